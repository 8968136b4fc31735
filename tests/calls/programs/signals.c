// SPDX-License-Identifier: GPL-2.0-only
/* Signals of each kind that a siginfo tells apart: sent, queued, of faults, timers, children, descriptors, seccomp. */
#include "rare.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static sigjmp_buf behind;

static void count(int number)
{
	(void)number;
}

static void leave(int number)
{
	siglongjmp(behind, number);
}

#define FAULT(statement)                                                                                               \
	do {                                                                                                           \
		if (!sigsetjmp(behind, 1))                                                                             \
			statement;                                                                                     \
	} while (0)

static void faults(void)
{
	static volatile int zero;
	int file = (int)call(SYS_memfd_create, "empty", 0);
	char *fixed = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char *beyond = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);

	FAULT(*(volatile int *)16 = 1);
	FAULT(*(volatile char *)fixed = 1);
	FAULT(zero = beyond[0]);
	FAULT(zero = 100 / zero);
	FAULT(__asm__ volatile("ud2"));
	FAULT(__asm__ volatile("int3"));
}

static void sent(void)
{
	union sigval value = {.sival_int = 77};
	int ends[2];

	kill(getpid(), SIGUSR1);
	raise(SIGUSR1);
	sigqueue(getpid(), SIGRTMIN + 1, value);
	if (pipe(ends) || fcntl(ends[0], F_SETFL, O_ASYNC) || fcntl(ends[0], F_SETOWN, getpid()) ||
	    fcntl(ends[0], F_SETSIG, SIGIO) || write(ends[1], "x", 1) != 1)
		_exit(1);
}

/* Blocked until it waits for them: a signal must not come before the wait. */
static void timers(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 5};
	struct itimerspec soon = {{0, 0}, {0, 1000}};
	struct itimerval alarm_soon = {{0, 0}, {0, 1}};
	sigset_t blocked, none;
	timer_t timer;

	sigemptyset(&none);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigaddset(&blocked, SIGALRM);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &soon, NULL);
	sigsuspend(&none);
	setitimer(ITIMER_REAL, &alarm_soon, NULL);
	sigsuspend(&none);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}

static void children(void)
{
	pid_t child = fork();

	if (!child)
		_exit(7);
	waitpid(child, NULL, 0);
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void seccomp(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | 9),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(1);
	call(SYS_getppid, 0);
}

int main(void)
{
	static const int counted[] = {SIGUSR1, SIGALRM, SIGCHLD, SIGIO, SIGSYS},
			 faulting[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

	for (unsigned i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		signal(counted[i], count);
	for (unsigned i = 0; i < sizeof(faulting) / sizeof(faulting[0]); i++)
		signal(faulting[i], leave);
	signal(SIGRTMIN + 1, count);
	become_nobody();
	sent();
	faults();
	timers();
	children();
	seccomp();
	signal(SIGUSR1, SIG_DFL);
	kill(getpid(), SIGUSR1);
	return 1;
}
