/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/intask/guard.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracefs/capture/task/ptrace_calls.h"

#define STRETCH ((size_t)IN_GUARDED * IN_BLOCK_BYTES)

static struct robust_list *link_of(const struct in_guard *g, int slot)
{
	return (struct robust_list *)(g->links + slot * (size_t)IN_BLOCK_BYTES);
}

bool in_guard_begin(struct in_guard *g)
{
	int32_t tid = (int32_t)syscall(SYS_gettid);

	*g = (struct in_guard){.word = (uint32_t)tid};
	if (!in_guard_suits(tid))
		return false;
	g->links = mmap(NULL, 2 * STRETCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (g->links == MAP_FAILED) {
		g->links = NULL;
		return false;
	}
	g->blocks = g->links + STRETCH;
	g->head.list.next = &g->head.list;
	g->head.futex_offset = (long)(STRETCH + IN_SELECTOR);
	return !syscall(SYS_set_robust_list, &g->head, sizeof(g->head));
}

void in_guard_end(struct in_guard *g)
{
	struct robust_list *each;

	if (!g->links)
		return;
	for (each = g->head.list.next; each != &g->head.list; each = each->next)
		rb_store((uint32_t *)((char *)each + g->head.futex_offset), IN_ALLOW);
	g->head.list.next = &g->head.list;
	munmap(g->links, 2 * STRETCH);
	g->links = NULL;
}

int in_guard_add(struct in_guard *g, int fd, int page)
{
	int slot = 0;

	while (slot < IN_GUARDED && g->used[slot])
		slot++;
	if (slot == IN_GUARDED)
		return -1;
	if (mmap(in_guard_block(g, (uint32_t)slot), IN_BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 (off_t)page * IN_BLOCK_BYTES) == MAP_FAILED)
		return -1;
	g->used[slot] = true;
	if ((uint32_t)slot >= g->high)
		__atomic_store_n(&g->high, (uint32_t)slot + 1, __ATOMIC_RELEASE);
	cap_op();
	link_of(g, slot)->next = g->head.list.next;
	__atomic_store_n(&g->head.list.next, link_of(g, slot), __ATOMIC_RELEASE);
	return slot;
}

/* What is left in its place can be read, as in_guard_writes() may be about to. */
void in_guard_remove(struct in_guard *g, int slot)
{
	struct robust_list **at = &g->head.list.next, *own = link_of(g, slot);

	cap_op();
	rb_store(&in_guard_block(g, (uint32_t)slot)->selector, IN_ALLOW);
	while (*at != own)
		at = &(*at)->next;
	*at = own->next;
	mmap(in_guard_block(g, (uint32_t)slot), IN_BLOCK_BYTES, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	g->used[slot] = false;
}

bool in_guard_writes(const struct in_guard *g)
{
	uint32_t high = __atomic_load_n(&g->high, __ATOMIC_ACQUIRE);

	for (uint32_t slot = 0; slot < high; slot++) {
		uint32_t phase = __atomic_load_n(&in_guard_block(g, slot)->phase, __ATOMIC_SEQ_CST);

		if (phase == IN_ENTER_WRITES || phase == IN_EXIT_WRITES)
			return true;
	}
	return false;
}
