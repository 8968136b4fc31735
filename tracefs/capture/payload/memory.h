/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one stop reads of a task's memory: whole pages, each at most once. First say what is wanted, then fetch all of
 * it with one task_read_vector(), then look; what that leads to is wanted and fetched next.
 */
#ifndef TRACEFS_CAPTURE_PAYLOAD_MEMORY_H
#define TRACEFS_CAPTURE_PAYLOAD_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define CAP_PAGE 4096u
#define CAP_PAGES 64u /* that one stop reads at most */

struct cap_memory {
	int32_t tid;
	uint32_t wanted, fetched; /* pages: all that were asked for; the first of them, that were read */
	uint64_t fetches;         /* pages read since the start: for tests */
	uint64_t page[CAP_PAGES]; /* its number */
	bool bad[CAP_PAGES];      /* it could not be read */
	uint8_t data[CAP_PAGES][CAP_PAGE];
};

void cap_memory_begin(struct cap_memory *m, int32_t tid); /* a stop: nothing is known yet */
void cap_memory_want(struct cap_memory *m, uint64_t address, uint32_t length);
void cap_memory_fetch(struct cap_memory *m);
/* Copy what was fetched, up to the first byte that was not; how many bytes. */
uint32_t cap_memory_copy(const struct cap_memory *m, uint64_t address, void *out, uint32_t length);

#endif
