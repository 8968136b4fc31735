/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The blocks of tasks that record themselves, as the engine has them, and what becomes of them when the engine dies.
 *
 * While a task records itself its selector is IN_BLOCK: any call that does not come from the recorder is a SIGSYS,
 * which only a tracer can make harmless. So the word that the selector is the low byte of holds the capture thread's
 * number and is on that thread's robust list (get_robust_list(2)): when the thread dies, however it dies, the kernel
 * puts FUTEX_OWNER_DIED there, whose low byte is IN_ALLOW, and does so before it lets go of the thread's tracees. For
 * that the number's low byte must be IN_BLOCK.
 *
 * The list's links are private memory of ours: nothing that a task can write leads the kernel anywhere.
 */
#ifndef TRACEFS_INTASK_GUARD_H
#define TRACEFS_INTASK_GUARD_H

#include <linux/futex.h>
#include <stdbool.h>

#include "tracefs/capture/intask/inside.h"

#define IN_GUARDED 1024 /* tasks that record themselves at a time: the kernel follows 2,048 links */

struct in_guard {
	struct robust_list_head head;
	char *links, *blocks; /* IN_GUARDED pages each, one above the other */
	bool used[IN_GUARDED];
	uint32_t high; /* slots at and above this were never used */
	uint32_t word; /* what a selector's word is while it is IN_BLOCK */
};

/* Whether a thread of that number can be the capture thread. */
static inline bool in_guard_suits(int32_t tid)
{
	return (tid & 0xff) == IN_BLOCK;
}

bool in_guard_begin(struct in_guard *g); /* by the capture thread; false: no memory, or its number does not suit */
void in_guard_end(struct in_guard *g);   /* all selectors are opened */
/* Map a page of the file as a block, whose selector is open. Its slot, or -1. */
int in_guard_add(struct in_guard *g, int fd, int page);
void in_guard_remove(struct in_guard *g, int slot);

static inline struct in_block *in_guard_block(const struct in_guard *g, uint32_t slot)
{
	return (struct in_block *)(g->blocks + slot * (size_t)IN_BLOCK_BYTES);
}

/* Any thread: whether a task is between the beginning and the end of a record. */
bool in_guard_writes(const struct in_guard *g);

#endif
