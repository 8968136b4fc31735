/* SPDX-License-Identifier: GPL-2.0-only */
/* Every verdict of a seccomp filter has its untraced effect: ERRNO, TRAP, TRACE without a tracer for it, KILL. */
#include "check.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define ON(nr, verdict) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), BPF_STMT(BPF_RET | BPF_K, (verdict))

static volatile sig_atomic_t traps;
static volatile siginfo_t last; /* volatile: raise() is a leaf to the compiler */

static void on_sys(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	traps++;
	last = *info;
}

static void install(void)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ON(SYS_getppid, SECCOMP_RET_ERRNO | 77),
		ON(SYS_getuid, SECCOMP_RET_TRAP | 55),
		ON(SYS_getgid, SECCOMP_RET_TRACE),
		ON(SYS_getpgrp, SECCOMP_RET_KILL_PROCESS),
		ON(SYS_geteuid, SECCOMP_RET_KILL_THREAD),
		ON(SYS_ptrace, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void *killed_thread(void *argument)
{
	syscall(SYS_geteuid);
	_exit(1);
	return argument;
}

static void behaviour(void)
{
	static const struct rlimit no_core = {0, 0};
	pid_t child = fork();

	CHECK(child >= 0);
	setrlimit(RLIMIT_CORE, &no_core);
	if (child == 0) {
		pid_t doomed;

		traps = 0;
		handle(SIGSYS, on_sys, 0);
		install();
		for (int i = 1; i <= 5; i++) {
			CHECK(syscall(SYS_getppid) == -1 && errno == 77);
			syscall(SYS_getuid);
			CHECK_EQ(traps, i);
			CHECK_EQ(last.si_syscall, SYS_getuid);
			CHECK_EQ(last.si_errno, 55);
			CHECK_EQ(last.si_code, 1 /* SYS_SECCOMP */);
			CHECK_EQ(last.si_arch, AUDIT_ARCH_X86_64);
			CHECK(syscall(SYS_getgid) == -1 && errno == ENOSYS);
			CHECK(syscall(SYS_gettid) == getpid());
		}
		doomed = fork(); /* filters are inherited */
		if (doomed == 0) {
			syscall(SYS_getpgrp);
			_exit(1);
		}
		check_killed(doomed, SIGSYS);
		doomed = fork();
		if (doomed == 0) {
			CHECK_EQ(pthread_join(thread(killed_thread, NULL), NULL), 0); /* this thread lives on */
			_exit(88);
		}
		check_exited(doomed, 88);
		_exit(99);
	}
	check_exited(child, 99);
}
