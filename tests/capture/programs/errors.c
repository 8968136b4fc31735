/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls that fail, fail the same: unknown numbers, bad pointers, the number -1, x32 numbers where there are none. */
#include "check.h"

static long raw(long nr, long a)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(0), "d"(0) : "rcx", "r11", "memory");
	return ret;
}

static void behaviour(void)
{
	CHECK_EQ(raw(-1, 0), -ENOSYS);
	CHECK_EQ(raw(-2, 0), -ENOSYS);
	CHECK_EQ(raw(5000, 0), -ENOSYS);
	CHECK_EQ(raw(0x7fffffff, 0), -ENOSYS);
	CHECK_EQ(raw(0x40000000 | SYS_getpid, 0), -ENOSYS);
	CHECK_EQ(raw(SYS_uname, 1), -EFAULT);
	CHECK_EQ(raw(SYS_close, 100000), -EBADF);
	CHECK_EQ(raw(SYS_getpid, 0), getpid());
	CHECK_EQ(raw(SYS_getpid | 1LL << 32, 0), getpid()); /* the kernel looks at 32 bits of the number only */
	CHECK_EQ(raw(SYS_restart_syscall, 0), -EINTR);
}
