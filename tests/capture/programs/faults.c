/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults and traps of the program's own reach its handlers with the kernel's siginfo, or end it. */
#include "check.h"
#include <setjmp.h>
#include <sys/resource.h>

static sigjmp_buf back;
static volatile siginfo_t last; /* volatile: raise() is a leaf to the compiler */
static volatile sig_atomic_t count;

static void jump(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	last = *info;
	siglongjmp(back, 1);
}

static void note(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	last = *info;
	count++;
}

static void behaviour(void)
{
	static const struct rlimit no_core = {0, 0};
	volatile char *nowhere = (char *)0x1000;
	pid_t child;

	setrlimit(RLIMIT_CORE, &no_core);
	handle(SIGSEGV, jump, 0);
	if (!sigsetjmp(back, 1)) {
		*nowhere = 1;
		CHECK(false);
	}
	CHECK_EQ(last.si_code, SEGV_MAPERR);
	CHECK_EQ((intptr_t)last.si_addr, 0x1000);

	handle(SIGILL, jump, 0);
	if (!sigsetjmp(back, 1)) {
		__asm__ volatile("ud2");
		CHECK(false);
	}
	CHECK_EQ(last.si_code, ILL_ILLOPN);

	handle(SIGFPE, jump, 0);
	if (!sigsetjmp(back, 1)) {
		__asm__ volatile("xorl %%ecx, %%ecx; movl $1, %%eax; cltd; idivl %%ecx" ::: "eax", "ecx", "edx");
		CHECK(false);
	}
	CHECK_EQ(last.si_code, FPE_INTDIV);

	handle(SIGTRAP, note, 0);
	count = 0;
	__asm__ volatile("int3");
	CHECK_EQ(count, 1);
	CHECK_EQ(last.si_code, SI_KERNEL);
	CHECK(raise(SIGTRAP) == 0);
	CHECK_EQ(count, 2);
	CHECK_EQ(last.si_code, SI_TKILL);
	CHECK_EQ(last.si_pid, getpid());
	CHECK(kill(getpid(), SIGTRAP) == 0);
	CHECK_EQ(count, 3);
	CHECK_EQ(last.si_code, SI_USER);
	/* the processor's own single step, set by the program */
	__asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; pushfq; andq $~0x100, (%%rsp); popfq" ::
				 : "memory", "cc");
	CHECK(count > 3);
	CHECK_EQ(last.si_code, TRAP_TRACE);

	child = fork();
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		*nowhere = 1;
	}
	check_killed(child, SIGSEGV);
	child = fork();
	if (child == 0) {
		block(SIGTRAP); /* a trap cannot be put off: it kills */
		__asm__ volatile("int3");
	}
	check_killed(child, SIGTRAP);
	child = fork();
	if (child == 0)
		abort();
	check_killed(child, SIGABRT);
}
