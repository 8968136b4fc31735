/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls whose arguments point to memory of every kind: a page's end, nowhere, a list, a structure that leads on. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

static void behaviour(void)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), long_name[101];
	char first[] = "one", second[] = "second";
	struct iovec parts[2] = {{first, 3}, {second, 6}};
	int null = open("/dev/null", O_WRONLY), ends[2];
	struct stat status;

	CHECK(pages != MAP_FAILED && null >= 0);
	strcpy(pages + 4096 - 6, "/across/pages");
	CHECK(access(pages + 4096 - 6, F_OK) < 0 && errno == ENOENT);
	CHECK(munmap(pages + 4096, 4096) == 0);
	memcpy(pages + 4096 - 7, "/at/end", 7);
	CHECK(access(pages + 4096 - 7, F_OK) < 0 && errno == EFAULT);
	strcpy(pages + 4096 - 5, "last");
	CHECK(access(pages + 4096 - 5, F_OK) < 0 && errno == ENOENT);
	CHECK(access((char *)16, F_OK) < 0 && errno == EFAULT);
	CHECK(syscall(SYS_access, NULL, F_OK) < 0 && errno == EFAULT);
	CHECK(access("", F_OK) < 0 && errno == ENOENT);
	memset(long_name, 'x', 100);
	long_name[100] = 0;
	CHECK(access(long_name, F_OK) < 0 && errno == ENOENT);
	CHECK(write(null, "data\0more", 9) == 9);
	CHECK(writev(null, parts, 2) == 9);
	CHECK(pipe(ends) == 0);
	CHECK(write(ends[1], "to be read", 10) == 10);
	CHECK(read(ends[0], pages, 100) == 10);
	CHECK(read(99, pages, 100) < 0 && errno == EBADF);
	CHECK(syscall(SYS_newfstatat, AT_FDCWD, "/dev/null", &status, 0) == 0);
	CHECK(close(null) == 0 && close(ends[0]) == 0 && close(ends[1]) == 0 && munmap(pages, 4096) == 0);
}
