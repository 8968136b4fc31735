/* SPDX-License-Identifier: GPL-2.0-only */
/* The requests that a call of io_uring_enter(2) submits: they stand in memory that task and kernel share. */
#ifndef TRACEFS_CAPTURE_PAYLOAD_RING_H
#define TRACEFS_CAPTURE_PAYLOAD_RING_H

#include "tracefs/capture/payload/fds.h"

#define CAP_RING_MOST 64u    /* requests of one call that are kept */
#define CAP_RING_REQUEST 64u /* bytes of one; of a longer one its end, which has no members, is left out */
#define CAP_RINGS 64u        /* rings of which it is known how they were set up */

/*
 * How a ring was set up, by who has it: IORING_SETUP_*, and where in it the array stands that says the requests' order.
 */
struct cap_ring {
	int32_t tgid, fd;
	uint32_t flags, array;
};

struct cap_rings {
	struct cap_ring ring[CAP_RINGS];
	uint32_t n, next;
};

/* A task has set up a ring. */
void cap_ring_learn(struct cap_rings *rings, struct cap_ring ring);
/*
 * The next requests of the ring `fd` of the stopped task that `fds` was begun for, `wanted` at most, in the order in
 * which the kernel will take them. How many were written to `out`; 0 where there are none, or the ring is in the task's
 * own memory (IORING_SETUP_NO_MMAP) or no descriptor (IORING_ENTER_REGISTERED_RING).
 */
uint32_t cap_ring_read(const struct cap_rings *rings, struct cap_fds *fds, int32_t fd, uint64_t wanted,
		       uint8_t out[CAP_RING_MOST * CAP_RING_REQUEST]);

#endif
