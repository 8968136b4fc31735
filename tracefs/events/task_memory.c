/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/events/task_memory.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#define PAGE 4096
#define PIECE 256 /* most strings are short: do not copy a page for each */

bool task_read(int32_t tid, uint64_t address, void *buffer, uint32_t size)
{
	struct iovec local = { .iov_base = buffer, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)address, .iov_len = size };

	return process_vm_readv(tid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

int64_t task_read_string(int32_t tid, uint64_t address, char *buffer, uint32_t max)
{
	uint32_t len = 0;

	while (len < max) {
		uint64_t at = address + len;
		uint64_t want = PAGE - at % PAGE; /* never over a page's end: what lies behind may not be there */
		struct iovec local, remote;
		const char *end;

		if (want > PIECE)
			want = PIECE;
		if (want > max - len)
			want = max - len;
		local = (struct iovec){ .iov_base = buffer + len, .iov_len = want };
		remote = (struct iovec){ .iov_base = (void *)(uintptr_t)at, .iov_len = want };
		if (process_vm_readv(tid, &local, 1, &remote, 1, 0) != (ssize_t)want)
			return -EFAULT;
		end = memchr(buffer + len, '\0', want);
		if (end)
			return end - buffer;
		len += (uint32_t)want;
	}
	buffer[len] = '\0';
	return len;
}
