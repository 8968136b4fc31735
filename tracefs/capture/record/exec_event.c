/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * sched_prepare_exec: an execve that will not fail any more. A tracer learns of it a little later, when the new program
 * is in place; what its interpreter is (of a script, `/bin/sh`) is its first argument then, as the kernel puts it
 * before those that were passed.
 */
#include <linux/audit.h>
#include <stddef.h>
#include <string.h>

#include "tracefs/capture/record/events.h"
#include "tracefs/capture/task/call_facts.h"
#include "tracefs/events/task_memory.h"

#define PATH_MAX_RECORDED 1024
#define PAGE 4096u
#define WORDS_MAX (6u << 20) /* MAX_ARG_STRINGS is more, but all of them are 6 MiB at most (execve(2)) */

struct prepare_record {
	struct ev_common common;
	uint32_t interp, filename;
	int32_t pid;
	uint32_t comm;
	char text[2 * (PATH_MAX_RECORDED + 1) + 16];
};

/* Of a list of pointers that ends in NULL, `width` bytes each: how many there are; -1 where it cannot be read. */
static int64_t count_pointers(int32_t tid, uint64_t at, unsigned width)
{
	uint8_t page[PAGE];
	int64_t n = 0;

	for (uint64_t read = 0; read < WORDS_MAX;) {
		uint32_t size = (uint32_t)(PAGE - (at + read) % PAGE); /* what lies behind the page may not be there */

		size = size < width ? width : size / width * width;
		if (!task_read(tid, at + read, page, size))
			return -1;
		for (uint32_t i = 0; i < size; i += width, n++) {
			uint64_t pointer = 0;

			memcpy(&pointer, page + i, width);
			if (!pointer)
				return n;
		}
		read += size;
	}
	return -1;
}

void cap_prepare_exec_begin(struct cap_recorder *r, struct cap_task *t)
{
	bool narrow = t->call.arch != AUDIT_ARCH_X86_64 || t->call.nr & CAP_X32;
	uint64_t argv = t->call.args[cap_call_is(&t->call, CAP_TRAIT_EXEC_AT) ? 2 : 1];
	int64_t n;

	t->exec_words = 0;
	if (likely(!cap_event_sinks(r, t, EV_SCHED_PREPARE_EXEC)))
		return;
	cap_task_name(t);
	n = argv ? count_pointers(t->tid, argv, narrow ? 4 : 8) : 0;
	t->exec_words = n < 0 ? 0 : 1 + (n ? (uint32_t)n : 1); /* an empty list becomes one empty argument */
}

/* The first argument of a program that has not begun, and how many there are. */
static uint32_t first_word(const struct cap_recorder *r, int32_t tid, char word[PATH_MAX_RECORDED + 1])
{
	struct cap_frame top;
	uint64_t head[2] = {0};
	uint32_t narrow[2];

	word[0] = 0;
	if (!r->frame_of(tid, &top))
		return 0;
	if (!top.narrow && !task_read(tid, top.sp, head, sizeof(head)))
		return 0;
	if (top.narrow) {
		if (!task_read(tid, top.sp, narrow, sizeof(narrow)))
			return 0;
		head[0] = narrow[0];
		head[1] = narrow[1];
	}
	if (task_read_string(tid, head[1], word, PATH_MAX_RECORDED) < 0)
		word[0] = 0;
	return (uint32_t)head[0];
}

static uint32_t put_string(struct prepare_record *rec, uint32_t *end, const char *text)
{
	uint32_t at = *end, size = (uint32_t)strlen(text) + 1;

	memcpy((char *)rec + at, text, size);
	*end = at + size;
	return size << 16 | at;
}

void cap_emit_prepare_exec(struct cap_recorder *r, struct cap_task *t, int32_t old_tid)
{
	struct prepare_record rec = {.pid = old_tid};
	char path[PATH_MAX_RECORDED + 1], word[PATH_MAX_RECORDED + 1];
	uint32_t end = offsetof(struct prepare_record, text), words = t->exec_words;
	int32_t tid = t->tid;

	t->exec_words = 0;
	if (likely(!cap_event_wanted(r, t, EV_SCHED_PREPARE_EXEC)))
		return;
	if (task_read_string(tid, cap_task_execfn(tid), path, PATH_MAX_RECORDED) < 0)
		path[0] = 0;
	bool is_script = words && first_word(r, tid, word) > words - 1;
	rec.interp = put_string(&rec, &end, is_script ? word : path);
	rec.filename = put_string(&rec, &end, path);
	rec.comm = put_string(&rec, &end, t->name.known ? t->name.comm : "");
	(void)cap_task_cpu(t); /* while it has its number */
	t->tid = old_tid;      /* the thread that called it had this one */
	cap_emit_event(r, t, EV_SCHED_PREPARE_EXEC, &rec, end);
	t->tid = tid;
}
