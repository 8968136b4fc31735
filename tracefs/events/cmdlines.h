/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names and thread groups of recorded tasks (saved_cmdlines, saved_tgids): pid -> comm, tgid.
 *
 * One table per mount, in ordinary process memory. The capture thread is the main writer; Python threads may write too
 * (trace_marker by an untraced task). A slot is guarded by a sequence count: odd while it is written, so a reader that
 * sees the same even value before and after has a whole entry. Writers take the slot by compare-and-swap on the count;
 * one that loses drops its update (the name is written again at the next event that asks for it).
 * Replacement is by age, as in the kernel: the oldest saved entry goes first.
 */
#ifndef TRACEFS_EVENTS_CMDLINES_H
#define TRACEFS_EVENTS_CMDLINES_H

#include <stdbool.h>
#include <stdint.h>

#define CMDLINE_LEN 16 /* TASK_COMM_LEN, with its NUL */

struct cmdlines; /* opaque; made by cmdlines_new */

/* NULL without memory, or for no entries. */
struct cmdlines *cmdlines_new(uint32_t entries);
void cmdlines_free(struct cmdlines *map);

/* Save (or renew) a task's name and thread group. comm is cut to 15 bytes. Never blocks. */
void cmdlines_save(struct cmdlines *map, int32_t pid, int32_t tgid, const char *comm);
/* Copy the name of pid to comm[CMDLINE_LEN] and its thread group to *tgid (either may be NULL); false where unknown. */
bool cmdlines_find(const struct cmdlines *map, int32_t pid, char *comm, int32_t *tgid);
/* Copy up to max entries (oldest first) for saved_cmdlines; returns how many there are. */
uint32_t cmdlines_list(const struct cmdlines *map, int32_t *pids, int32_t *tgids, char (*comms)[CMDLINE_LEN],
		       uint32_t max);
/*
 * Another table of so many entries, with the youngest that fit. NULL without memory, or for no entries. Readers of the
 * old one go on with that: it is theirs until the last of them has ended.
 */
struct cmdlines *cmdlines_resized(const struct cmdlines *map, uint32_t entries);
uint32_t cmdlines_size(const struct cmdlines *map);
/* Forget all. Only while no writer is active. */
void cmdlines_clear(struct cmdlines *map);

#endif
