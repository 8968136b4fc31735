/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A static 32-bit program without a C library; build with -m32 -nostdlib -static. Exits 0 if its calls did as they
 * should.
 */
static long call3(long nr, long b, long c, long d)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(b), "c"(c), "d"(d) : "memory");
	return ret;
}

enum {
	EXIT = 1,
	FORK = 2,
	WRITE = 4,
	GETPID = 20,
	KILL = 37,
	PIPE = 42,
	SIGNAL = 48,
	GETPPID = 64,
	WAITPID = 7,
	READ = 3,
	MMAP2 = 192,
	GETTID = 224,
	EXIT_GROUP = 252
};

static volatile int handled;

static void on_usr1(int signal)
{
	handled += signal;
}

static int behaviour(void)
{
	int fds[2], status = 0;
	char got[4] = {0};
	long me = call3(GETPID, 0, 0, 0), child;

	if (call3(GETTID, 0, 0, 0) != me)
		return 2;
	if (call3(PIPE, (long)fds, 0, 0) || call3(WRITE, fds[1], (long)"abc", 3) != 3)
		return 3;
	if (call3(READ, fds[0], (long)got, 4) != 3 || got[2] != 'c')
		return 4;
	if (call3(SIGNAL, 10, (long)on_usr1, 0) || call3(KILL, me, 10, 0) || handled != 10)
		return 5;
	child = call3(FORK, 0, 0, 0);
	if (child == 0)
		call3(EXIT_GROUP, call3(GETPPID, 0, 0, 0) == me ? 66 : 1, 0, 0);
	if (call3(WAITPID, child, (long)&status, 0) != child || status != 66 << 8)
		return 6;
	return call3(4000, 0, 0, 0) == -38 ? 0 : 7;
}

__attribute__((force_align_arg_pointer, noreturn)) void _start(void)
{
	call3(EXIT_GROUP, behaviour(), 0, 0);
	for (;;)
		;
}
