/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* What the project's C files need of a C library, without one; and memory.h's own process in place of another. */
#include "tracefs/capture/intask/alone.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "tracefs/capture/payload/fds.h"
#include "tracefs/capture/payload/memory.h"

#define REGISTERS 64u /* bytes up to which words are copied one by one: `rep movs` takes longer to begin than they do */
#define EVERYBODY 0x7fffffff
#define MEMORY_TOP_SHIFT 47

typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *result = to;
	char *out = to;
	const char *in = from;

	if (n > REGISTERS) {
		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
		return result;
	}
	for (; n >= sizeof(word); n -= sizeof(word), out += sizeof(word), in += sizeof(word))
		*(word *)out = *(const word *)in;
	for (; n; n--)
		*out++ = *in++;
	return result;
}

void *memset(void *to, int value, size_t n)
{
	void *result = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory");
	return result;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	for (const uint8_t *p = s; n; n--, p++)
		if (*p == (uint8_t)c)
			return (void *)p;
	return NULL;
}

size_t strnlen(const char *s, size_t n)
{
	const char *end = memchr(s, 0, n);

	return end ? (size_t)(end - s) : n;
}

void *memmem(const void *in, size_t n, const void *what, size_t length)
{
	for (const char *s = in; n >= length; s++, n--)
		if (!memcmp(s, what, length))
			return (void *)s;
	return NULL;
}

int __popcountdi2(int64_t value);
int __popcountdi2(int64_t value)
{
	int n = 0;

	for (uint64_t left = (uint64_t)value; left; left &= left - 1)
		n++;
	return n;
}

static inline long system_call(long nr, const long a[6])
{
	register long r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

int in_gettime(clockid_t clock, struct timespec *ts)
{
	return ((rb_gettime *)in_mm.gettime)(clock, ts);
}

void in_wake(uint32_t *futex)
{
	enum { WAKE = 1 };

	system_call(SYS_futex, (const long[6]){(long)futex, WAKE, EVERYBODY});
}

/* Bytes that were copied, up to the first that is not there. */
static uint32_t read_own(int32_t tid, uint64_t address, void *out, uint32_t length)
{
	struct iovec here = {out, length}, there = {(void *)address, length};
	long got = system_call(SYS_process_vm_readv, (const long[6]){tid, (long)&here, 1, (long)&there, 1, 0});

	return got < 0 ? 0 : (uint32_t)got;
}

bool in_read(int32_t tid, uint64_t address, void *out, uint32_t length)
{
	return read_own(tid, address, out, length) == length;
}

/* ---- memory.h: as payload/memory.c, of this process ---- */
static int64_t find(const struct cap_memory *m, uint64_t page)
{
	for (uint32_t i = 0; i < m->wanted; i++)
		if (m->page[i] == page)
			return i;
	return -1;
}

void cap_memory_begin(struct cap_memory *m, int32_t tid)
{
	m->tid = tid;
	m->wanted = m->fetched = 0;
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
		struct iovec here = {m->data[first], (size_t)n * CAP_PAGE}, there[CAP_PAGES];
		long got;

		for (uint32_t i = 0; i < n; i++) {
			there[i] = (struct iovec){(void *)(m->page[first + i] * CAP_PAGE), CAP_PAGE};
			m->bad[first + i] = true;
		}
		got = system_call(SYS_process_vm_readv, (const long[6]){m->tid, (long)&here, 1, (long)there, n, 0});
		if (got < 0 && got != -EFAULT) {
			m->fetched = m->wanted;
			return;
		}
		for (; got >= (long)CAP_PAGE; got -= CAP_PAGE)
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

/* ---- what is left to stops: control.c sees to it that no call gets here ---- */
int64_t task_read_string(int32_t tid, uint64_t address, char *buffer, uint32_t max);
int64_t task_read_string(int32_t tid, uint64_t address, char *buffer, uint32_t max)
{
	(void)tid, (void)address, (void)buffer, (void)max;
	return -EFAULT;
}

void cap_fds_begin(struct cap_fds *fds, int32_t tid, int32_t tgid)
{
	(void)fds, (void)tid, (void)tgid;
}

void cap_fds_within(struct cap_fds *fds, struct tt_scope scope, const struct tt_type *type, const uint8_t *bytes,
		    uint32_t length)
{
	(void)fds, (void)scope, (void)type, (void)bytes, (void)length;
}
