/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/payload/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "tracefs/events/task_memory.h"

void cap_memory_begin(struct cap_memory *m, int32_t tid)
{
	m->tid = tid;
	m->wanted = m->fetched = 0;
}

static int64_t find(const struct cap_memory *m, uint64_t page)
{
	for (uint32_t i = 0; i < m->wanted; i++)
		if (m->page[i] == page)
			return i;
	return -1;
}

void cap_memory_want(struct cap_memory *m, uint64_t address, uint32_t length)
{
	uint64_t last = address + length - 1;

	if (!length || last < address)
		return;
	for (uint64_t page = address / CAP_PAGE; page <= last / CAP_PAGE && m->wanted < CAP_PAGES; page++)
		if (find(m, page) < 0)
			m->page[m->wanted++] = page;
}

/* The call ends at the first page that is not there, having read those before it: go on behind that one. */
void cap_memory_fetch(struct cap_memory *m)
{
	while (m->fetched < m->wanted) {
		uint32_t first = m->fetched, n = m->wanted - first;
		struct iovec remote[CAP_PAGES];
		int64_t got;

		for (uint32_t i = 0; i < n; i++) {
			remote[i] = (struct iovec){(void *)(uintptr_t)(m->page[first + i] * CAP_PAGE), CAP_PAGE};
			m->bad[first + i] = true;
		}
		got = task_read_vector(m->tid, m->data[first], remote, n);
		if (got < 0 && errno != EFAULT) {
			m->fetched = m->wanted; /* it is gone, or closed to us */
			return;
		}
		for (; got >= (int64_t)CAP_PAGE; got -= CAP_PAGE, m->fetches++)
			m->bad[m->fetched++] = false;
		if (m->fetched < m->wanted)
			m->fetched++;
	}
}

uint32_t cap_memory_copy(const struct cap_memory *m, uint64_t address, void *out, uint32_t length)
{
	uint32_t done = 0;

	while (done < length) {
		uint64_t at = address + done;
		uint32_t offset = at % CAP_PAGE, here = CAP_PAGE - offset;
		int64_t i = find(m, at / CAP_PAGE);

		if (i < 0 || i >= m->fetched || m->bad[i])
			break;
		if (here > length - done)
			here = length - done;
		memcpy((uint8_t *)out + done, m->data[i] + offset, here);
		done += here;
	}
	return done;
}
