/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/events/task_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096
#define PIECE 256 /* most strings are short: do not copy a page for each */

/* Reads so much at that address, or the beginning of it; -1: nothing. */
typedef int64_t reader(int32_t tid, int file, uint64_t address, uint8_t *out, uint64_t size);

static int64_t read_file(int32_t tid, int file, uint64_t address, uint8_t *out, uint64_t size)
{
	(void)tid;
	return pread(file, out, size, (off_t)address);
}

/* Whole words, none of which is over a page's end. */
static int64_t read_by_ptrace(int32_t tid, int file, uint64_t address, uint8_t *out, uint64_t size)
{
	uint64_t done = 0;

	(void)file;
	while (done < size) {
		uint64_t at = (address + done) & ~(sizeof(long) - 1), skip = (address + done) - at,
			 here = sizeof(long) - skip;
		long word;

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, tid, (void *)(uintptr_t)at, NULL);
		if (errno)
			break;
		here = here < size - done ? here : size - done;
		memcpy(out + done, (uint8_t *)&word + skip, here);
		done += here;
	}
	return done ? (int64_t)done : -1;
}

static int64_t read_each(int32_t tid, int file, reader *read, uint8_t *out, const struct iovec *remote, uint32_t n)
{
	int64_t done = 0;

	for (uint32_t i = 0; i < n; i++) {
		int64_t got = read(tid, file, (uintptr_t)remote[i].iov_base, out + done, remote[i].iov_len);

		done += got > 0 ? got : 0;
		if (got < (int64_t)remote[i].iov_len)
			break;
	}
	if (!done)
		errno = EFAULT;
	return done ? done : -1;
}

static int64_t read_otherwise(int32_t tid, uint8_t *out, const struct iovec *remote, uint32_t n)
{
	char path[32];
	int64_t got = -1;

	snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		got = read_each(tid, file, read_file, out, remote, n);
		close(file);
	}
	return got < 0 ? read_each(tid, -1, read_by_ptrace, out, remote, n) : got;
}

static _Atomic bool served;

void task_memory_is_served(void)
{
	served = true;
}

int64_t task_read_vector(int32_t tid, void *buffer, const struct iovec *remote, uint32_t n)
{
	struct iovec local = {.iov_base = buffer};
	int64_t got;

	if (served)
		return read_otherwise(tid, buffer, remote, n);
	for (uint32_t i = 0; i < n; i++)
		local.iov_len += remote[i].iov_len;
	got = process_vm_readv(tid, &local, 1, remote, n, 0);
	return got < 0 && (errno == EPERM || errno == ENOSYS) ? read_otherwise(tid, buffer, remote, n) : got;
}

bool task_read(int32_t tid, uint64_t address, void *buffer, uint32_t size)
{
	struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};

	return task_read_vector(tid, buffer, &remote, 1) == size;
}

int64_t task_read_string(int32_t tid, uint64_t address, char *buffer, uint32_t max)
{
	uint32_t len = 0;

	while (len < max) {
		uint64_t at = address + len;
		uint64_t want = PAGE - at % PAGE; /* never over a page's end: what lies behind may not be there */
		const char *end;

		if (want > PIECE)
			want = PIECE;
		if (want > max - len)
			want = max - len;
		if (!task_read(tid, at, buffer + len, (uint32_t)want))
			return -EFAULT;
		end = memchr(buffer + len, '\0', want);
		if (end)
			return end - buffer;
		len += (uint32_t)want;
	}
	buffer[len] = '\0';
	return len;
}
