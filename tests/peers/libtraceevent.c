// SPDX-License-Identifier: GPL-2.0-only
/*
 * What libtraceevent makes of our `format` files and raw records.
 *
 *   libtraceevent EVENTS              parse EVENTS/SYSTEM/EVENT/format, all of them; print how many there are
 *   libtraceevent EVENTS records      then print each record of standard input: u32 length, bytes; a line each
 *   libtraceevent EVENTS pages SIZE   the same for sub-buffers of SIZE bytes, as trace_pipe_raw gives them
 *
 * Exit status 1: a format was not understood, or a record has no event. The library's warnings are on standard error.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>
#include <traceevent/kbuffer.h>

#define ROOM (1 << 22)

static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *text = file ? malloc(ROOM) : NULL;

	if (!text) {
		perror(path);
		exit(1);
	}
	*size = fread(text, 1, ROOM, file);
	fclose(file);
	return text;
}

static bool parse_event(struct tep_handle *tep, const char *directory, const char *system, const char *name)
{
	struct tep_event *event;
	char path[4096], *text;
	bool understood;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s/%s/format", directory, system, name);
	text = read_file(path, &size);
	understood = tep_parse_event(tep, text, size, system) == TEP_ERRNO__SUCCESS;
	event = tep_find_event_by_name(tep, system, name);
	understood = understood && event && !(event->flags & TEP_EVENT_FL_FAILED);
	if (!understood)
		fprintf(stderr, "%s is not understood\n", path);
	free(text);
	return understood;
}

static bool is_event_of(const struct dirent *entry, const char *directory, const char *system)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s/format", directory, system, entry->d_name);
	file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
	if (file)
		fclose(file);
	return file;
}

/* The number of events, or -1. */
static int parse_all(struct tep_handle *tep, const char *directory)
{
	DIR *systems = opendir(directory), *events;
	struct dirent *system, *event;
	int count = 0, failed = 0;
	char path[4096];

	while (systems && (system = readdir(systems))) {
		snprintf(path, sizeof(path), "%s/%s", directory, system->d_name);
		events = system->d_name[0] == '.' ? NULL : opendir(path);
		while (events && (event = readdir(events))) {
			if (!is_event_of(event, directory, system->d_name))
				continue;
			count++;
			failed += !parse_event(tep, directory, system->d_name, event->d_name);
		}
		if (events)
			closedir(events);
	}
	if (systems)
		closedir(systems);
	return failed ? -1 : count;
}

static bool print_record(struct tep_handle *tep, struct trace_seq *text, void *data, unsigned size)
{
	struct tep_record record = {.data = data, .size = (int)size};
	struct tep_event *event = tep_find_event_by_record(tep, &record);

	if (!event)
		return false;
	trace_seq_reset(text);
	tep_print_event(tep, text, &record, "%s: %s", TEP_PRINT_NAME, TEP_PRINT_INFO);
	trace_seq_terminate(text);
	/* a NUL behind it: texts of a task may have newlines */
	fwrite(text->buffer, 1, strlen(text->buffer) + 1, stdout);
	return true;
}

static bool print_records(struct tep_handle *tep, struct trace_seq *text)
{
	uint32_t size;
	bool known = true;

	while (known && fread(&size, sizeof(size), 1, stdin) == 1) {
		void *data = malloc(size);

		known = data && fread(data, 1, size, stdin) == size && print_record(tep, text, data, size);
		free(data);
	}
	return known;
}

static bool print_pages(struct tep_handle *tep, struct trace_seq *text, size_t size)
{
	struct kbuffer *kbuf = kbuffer_alloc(KBUFFER_LSIZE_8, KBUFFER_ENDIAN_LITTLE);
	unsigned long long time;
	void *page = malloc(size), *data;
	bool known = true;

	while (known && fread(page, 1, size, stdin) == size) {
		kbuffer_load_subbuffer(kbuf, page);
		for (data = kbuffer_read_event(kbuf, &time); known && data; data = kbuffer_next_event(kbuf, &time))
			known = print_record(tep, text, data, (unsigned)kbuffer_event_size(kbuf));
	}
	free(page);
	kbuffer_free(kbuf);
	return known;
}

int main(int argc, char **argv)
{
	struct tep_handle *tep = tep_alloc();
	struct trace_seq text;
	char path[4096], *header;
	bool known = true;
	size_t size;
	int count;

	if (argc < 2 || !tep)
		return 2;
	tep_set_loglevel(TEP_LOG_ALL);
	tep_set_long_size(tep, 8);
	tep_set_page_size(tep, 4096);
	snprintf(path, sizeof(path), "%s/header_page", argv[1]);
	header = read_file(path, &size);
	if (tep_parse_header_page(tep, header, size, 8))
		return 1;
	count = parse_all(tep, argv[1]);
	if (count < 0)
		return 1;
	trace_seq_init(&text);
	if (argc == 2)
		printf("%d\n", count);
	else if (!strcmp(argv[2], "records"))
		known = print_records(tep, &text);
	else
		known = print_pages(tep, &text, strtoul(argv[3], NULL, 0));
	trace_seq_destroy(&text);
	tep_free(tep);
	free(header);
	return !known;
}
