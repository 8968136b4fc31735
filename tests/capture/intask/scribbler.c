/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hostile program: writes random words over all that it shares with its tracer, and makes calls in between.
 * `scribbler SEED ROUNDS WHAT`: WHAT is a part of the name of the memory in /proc/self/maps. Whether it lives through
 * that is its own affair.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t state;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

int main(int argc, char **argv)
{
	struct {
		uint32_t *at;
		uint64_t words;
	} shared[16];
	unsigned n = 0;
	char line[512], path[16];
	FILE *maps = fopen("/proc/self/maps", "r");

	if (argc < 4 || !maps)
		return 2;
	while (n < 16 && fgets(line, sizeof(line), maps)) {
		unsigned long start, end;

		if (!strstr(line, "rw-s") || !strstr(line, argv[3]) || sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		shared[n].at = (uint32_t *)start;
		shared[n++].words = (end - start > 65536 ? 65536 : end - start) / 4;
	}
	fclose(maps);
	printf("%s\n", n ? "found" : "nothing");
	fflush(stdout);
	state = strtoull(argv[1], NULL, 0) * 2654435761u + 1;
	for (long i = atol(argv[2]); n && i > 0; i--) {
		unsigned which = (unsigned)(draw() % n);
		uint64_t word = draw() % 4 ? draw() % 64 : draw() % shared[which].words;

		if (word < shared[which].words)
			shared[which].at[word] = draw() % 3 ? (uint32_t)draw() : (uint32_t)(draw() % 8);
		syscall(SYS_getppid);
		if (readlink("/", path, sizeof(path)) == 0)
			return 3;
	}
	return 0;
}
