/* SPDX-License-Identifier: GPL-2.0-only */
/* int $0x80 in 64-bit code: 32-bit numbers and arguments, amid ordinary calls. */
#include "check.h"

static long int80(long nr, long b, long c, long d)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(b), "c"(c), "d"(d)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

static void behaviour(void)
{
	char *low =
		mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int fds[2];
	char got[8] = "";

	CHECK(low != MAP_FAILED);
	CHECK(pipe(fds) == 0);
	for (int i = 0; i < 20; i++) {
		strcpy(low, "compat");
		CHECK_EQ(int80(20, 0, 0, 0), getpid());      /* 20: getpid */
		CHECK_EQ(int80(64, 0, 0, 0), getppid());     /* 64: getppid */
		CHECK_EQ(int80(4, fds[1], (long)low, 6), 6); /* 4: write */
		CHECK_EQ(read(fds[0], got, 6), 6);
		CHECK(memcmp(got, "compat", 6) == 0);
		CHECK_EQ(int80(6, 100000, 0, 0), -EBADF); /* 6: close */
		CHECK_EQ(int80(4000, 0, 0, 0), -ENOSYS);
	}
	munmap(low, 4096);
	close(fds[0]);
	close(fds[1]);
}
