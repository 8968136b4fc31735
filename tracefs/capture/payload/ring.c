// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of a ring. The ring is mapped here for as long as it is read, by the task's own descriptor: so it does not
 * matter where the task has it mapped, or under which of several rings' addresses.
 */
#define _GNU_SOURCE
#include "tracefs/capture/payload/ring.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_io_uring_setup
#	define SYS_io_uring_setup 425
#endif

#define OFF_RING 0ull
#define OFF_REQUESTS 0x10000000ull
#define SETUP_LONG 0x400u       /* IORING_SETUP_SQE128 */
#define SETUP_NO_ARRAY 0x10000u /* IORING_SETUP_NO_SQARRAY */
#define ENTRIES_MOST 32768u
#define LINE 64u
#define END 16u               /* bytes of struct io_uring_cqe */
#define ARRAY_MOST (1u << 23) /* where an array may begin */
#define PAGE 4096u

/* struct io_uring_params: here, since older headers lack members. */
struct params {
	uint32_t sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd, resv[3];
	struct {
		uint32_t head, tail, ring_mask, ring_entries, flags, dropped, array, resv1;
		uint64_t user_addr;
	} sq_off;
	struct {
		uint32_t head, tail, ring_mask, ring_entries, overflow, cqes, flags, resv1;
		uint64_t user_addr;
	} cq_off;
};

_Static_assert(sizeof(struct params) == 120, "as the kernel has it");

/*
 * Where things stand in a ring is the same for all rings of a kernel: a small one of our own tells. False: there is
 * none.
 */
static bool ask_kernel(struct params *asked)
{
	static struct params kept;
	static int known; /* -1: cannot be asked */

	if (!known) {
		int fd = (int)syscall(SYS_io_uring_setup, 1, &kept);

		known = fd >= 0 ? 1 : -1;
		if (fd >= 0)
			close(fd);
	}
	*asked = kept;
	return known > 0;
}

static const struct cap_ring *find(const struct cap_rings *rings, int32_t tgid, int32_t fd)
{
	for (uint32_t i = 0; i < rings->n; i++)
		if (rings->ring[i].tgid == tgid && rings->ring[i].fd == fd)
			return &rings->ring[i];
	return NULL;
}

void cap_ring_learn(struct cap_rings *rings, struct cap_ring ring)
{
	const struct cap_ring *known = find(rings, ring.tgid, ring.fd);
	uint32_t place = known ? (uint32_t)(known - rings->ring) : rings->next;

	rings->ring[place] = ring;
	if (known)
		return;
	rings->next = (place + 1) % CAP_RINGS;
	if (rings->n < CAP_RINGS)
		rings->n++;
}

static uint32_t word(const uint8_t *ring, uint32_t offset)
{
	return __atomic_load_n((const uint32_t *)(const void *)(ring + offset), __ATOMIC_ACQUIRE);
}

static const uint8_t *map(int fd, uint64_t offset, size_t length)
{
	void *at = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)offset);

	return at == MAP_FAILED ? NULL : at;
}

/* What a ring has, read once: its owner may change it meanwhile, and only itself is the worse for that. */
struct seen {
	uint32_t entries, head, tail, array, length;
};

static bool look(const uint8_t *ring, const struct params *at, const struct cap_ring *known, struct seen *seen)
{
	uint32_t ends = word(ring, at->cq_off.ring_entries);

	*seen = (struct seen){.entries = word(ring, at->sq_off.ring_entries),
			      .head = word(ring, at->sq_off.head),
			      .tail = word(ring, at->sq_off.tail)};
	if (!seen->entries || seen->entries > ENTRIES_MOST || seen->entries & (seen->entries - 1) ||
	    ends > 2 * ENTRIES_MOST)
		return false;
	seen->array = known ? known->array : (at->cq_off.cqes + ends * END + LINE - 1) / LINE * LINE;
	if (seen->array > ARRAY_MOST || seen->array % 4)
		return false;
	seen->length = seen->array + 4 * seen->entries;
	return true;
}

static uint32_t waiting(const struct seen *seen, uint64_t wanted)
{
	uint32_t n = seen->tail - seen->head;

	if (n > seen->entries)
		n = seen->entries;
	if (n > wanted)
		n = (uint32_t)wanted;
	return n < CAP_RING_MOST ? n : CAP_RING_MOST;
}

/*
 * Of a ring that was set up unseen: whether its requests stand where they do in any case, with an array of their order
 * or without, and are not long ones, which a page may have room for.
 */
static bool is_plain(const uint8_t *ring, const struct seen *seen, uint32_t n, int fd)
{
	size_t twice = (size_t)seen->entries * 2 * CAP_RING_REQUEST;
	const uint8_t *longer = map(fd, OFF_REQUESTS, twice);

	if (longer)
		munmap((void *)(uintptr_t)longer, twice);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = (seen->head + i) & (seen->entries - 1);

		if (word(ring, seen->array + 4 * at) != at || (longer && at))
			return false;
	}
	return true;
}

static uint32_t copy(const uint8_t *ring, const uint8_t *requests, const struct seen *seen, uint32_t flags, uint32_t n,
		     uint8_t *out)
{
	uint32_t done = 0, size = flags & SETUP_LONG ? 2 * CAP_RING_REQUEST : CAP_RING_REQUEST;
	bool by_array = !(flags & SETUP_NO_ARRAY);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = (seen->head + i) & (seen->entries - 1),
			 index = by_array ? word(ring, seen->array + 4 * at) : at;

		if (index < seen->entries) /* the kernel drops others */
			memcpy(out + CAP_RING_REQUEST * done++, requests + (size_t)size * index, CAP_RING_REQUEST);
	}
	return done;
}

static uint32_t read_requests(int fd, const struct params *at, const struct cap_ring *known, uint64_t wanted,
			      uint8_t *out)
{
	uint32_t flags = known ? known->flags : 0, n, done = 0;
	size_t length = PAGE, all;
	struct seen seen;
	const uint8_t *ring = map(fd, OFF_RING, length), *requests;

	if (ring && look(ring, at, known, &seen) && !(flags & SETUP_NO_ARRAY) && seen.length > length) {
		munmap((void *)(uintptr_t)ring, length);
		length = seen.length;
		ring = map(fd, OFF_RING, length);
	}
	if (!ring)
		return 0;
	if (look(ring, at, known, &seen) &&
	    (flags & SETUP_NO_ARRAY || seen.length <= (length + PAGE - 1) / PAGE * PAGE)) {
		n = waiting(&seen, wanted);
		all = (size_t)seen.entries * (flags & SETUP_LONG ? 2 : 1) * CAP_RING_REQUEST;
		requests = known || is_plain(ring, &seen, n, fd) ? map(fd, OFF_REQUESTS, all) : NULL;
		if (requests) {
			done = copy(ring, requests, &seen, flags, n, out);
			munmap((void *)(uintptr_t)requests, all);
		}
	}
	munmap((void *)(uintptr_t)ring, length);
	return done;
}

uint32_t cap_ring_read(const struct cap_rings *rings, struct cap_fds *fds, int32_t fd, uint64_t wanted,
		       uint8_t out[CAP_RING_MOST * CAP_RING_REQUEST])
{
	struct params at;
	uint32_t done;
	int own;

	if (!wanted || !ask_kernel(&at))
		return 0;
	own = cap_fds_borrow(fds, fd);
	if (own < 0)
		return 0;
	done = read_requests(own, &at, find(rings, fds->tgid, fd), wanted, out);
	close(own);
	return done;
}
