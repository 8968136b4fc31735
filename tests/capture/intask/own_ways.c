/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that use what in-task capture uses, or change what it rests on. Each way prints what it sees of it; that
 * must be the same whether or not it is traced. `own_ways WAY`.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define CALLS 50
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#	define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

static volatile sig_atomic_t handled;
static volatile char selector;
static uint64_t numbers[] = {0xabc, 0xdef};

static void calls(void)
{
	int wrong = 0;
	char path[8];

	for (int i = 0; i < CALLS; i++)
		wrong += getppid() <= 0 || syscall(SYS_getpid) != getpid() || readlink("/", path, sizeof(path)) != -1;
	if (wrong)
		printf("%d calls went wrong\n", wrong);
}

static uint64_t at_gs(void)
{
	uint64_t value;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(value));
	return value;
}

static void own_gs(void)
{
	unsigned long base = 1;

	calls();
	syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
	printf("gs %lx\n", base);
	syscall(SYS_arch_prctl, ARCH_SET_GS, numbers);
	calls();
	printf("%lx\n", at_gs());
}

/* No call tells that it does this. */
static void own_gs_unseen(void)
{
	calls();
	__asm__ volatile("wrgsbase %0" ::"r"(numbers + 1));
	calls();
	printf("%lx\n", at_gs());
}

static void on_sigsys(int number, siginfo_t *info, void *context)
{
	(void)number;
	handled++;
	if (info->si_code == 2) { /* its own dispatching */
		selector = 0;
		((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = 777;
	}
}

static void own_handler(void)
{
	struct sigaction action = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO}, old = {.sa_handler = SIG_IGN};

	calls();
	sigaction(SIGSYS, NULL, &old);
	printf("default %d\n", old.sa_handler == SIG_DFL);
	sigaction(SIGSYS, &action, &old);
	printf("default %d\n", old.sa_handler == SIG_DFL);
	calls();
	raise(SIGSYS);
	sigaction(SIGSYS, &old, NULL);
	printf("handled %d\n", handled);
	calls();
}

static void own_dispatching(void)
{
	struct sigaction action = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};

	calls();
	sigaction(SIGSYS, &action, NULL);
	printf("%d\n", prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector));
	selector = 1;
	long result = syscall(SYS_getuid);
	printf("%ld %d\n", result, handled);
	prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0);
	calls();
}

/* It ends by SIGSYS, as nobody handles it; so does a child. */
static void sigsys(void)
{
	int status = 0;
	pid_t child;

	calls();
	fflush(stdout);
	child = fork();
	if (!child) {
		calls();
		raise(SIGSYS);
		_exit(5);
	}
	waitpid(child, &status, 0);
	printf("%d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -status);
	fflush(stdout);
	kill(getpid(), SIGSYS);
	calls();
}

static void masked(void)
{
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	calls();
	sigprocmask(SIG_BLOCK, NULL, &all);
	printf("blocked %d\n", sigismember(&all, SIGSYS));
	raise(SIGSYS);
	sigpending(&all);
	printf("pending %d\n", sigismember(&all, SIGSYS));
	signal(SIGSYS, SIG_IGN);
	sigprocmask(SIG_SETMASK, &old, NULL);
	calls();
}

static void filtered(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
	struct sigaction action = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};

	calls();
	sigaction(SIGSYS, &action, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	printf("%ld\n", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
	syscall(SYS_getuid);
	printf("handled %d\n", handled);
	calls();
	fflush(stdout);
	execl("/proc/self/exe", "own_ways", "plain", NULL);
}

static int untraced(void *unused)
{
	(void)unused;
	calls();
	return getppid() > 0 ? 7 : 8;
}

/* Children that no tracer is told of: one with a copy of the memory, one that shares it. */
static void unseen_children(void)
{
	static char stack[65536] __attribute__((aligned(16)));

	for (int shared = 0; shared < 2; shared++) {
		int status = 0;
		pid_t child;

		calls();
		child = clone(untraced, stack + sizeof(stack), CLONE_UNTRACED | (shared ? CLONE_VM : 0) | SIGCHLD,
			      NULL);
		calls();
		waitpid(child, &status, 0);
		printf("%d\n", WEXITSTATUS(status));
	}
}

static void *thread(void *unused)
{
	calls();
	return unused;
}

static void threads(void)
{
	pthread_t others[4];

	calls();
	for (int i = 0; i < 4; i++)
		pthread_create(&others[i], NULL, thread, NULL);
	calls();
	for (int i = 0; i < 4; i++)
		pthread_join(others[i], NULL);
	calls();
	printf("joined\n");
}

/* A page of the C library's code is made writable, and written to; then all code is unmapped but its own. */
static void own_code(void)
{
	uint8_t *page = (uint8_t *)((uintptr_t)&getppid & ~4095ul), *copy = malloc(8192);

	calls();
	memcpy(copy, page, 8192);
	printf("%d\n", mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC));
	memcpy(page, copy, 8192);
	calls();
	printf("%d\n", mprotect(page, 8192, PROT_READ | PROT_EXEC));
	calls();
	madvise(page, 8192, MADV_DONTNEED);
	calls();
	void *new = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(new, "\xb8\x6e\x00\x00\x00\x0f\x05\xc3", 8); /* getppid */
	for (int i = 0; i < CALLS; i++)
		if (((long (*)(void))new)() != getppid())
			printf("wrong\n");
	memcpy((char *)new + 1, "\x27", 1); /* getpid */
	printf("%d\n", ((long (*)(void))new)() == getpid());
}

static sigjmp_buf back;

static void on_alarm(int number)
{
	(void)number;
	handled++;
	siglongjmp(back, 1);
}

/* Handlers that do not return, out of calls that block and calls that do not. */
static void jumps(void)
{
	volatile int rounds = 0;

	signal(SIGALRM, on_alarm);
	while (rounds < 40) {
		if (sigsetjmp(back, 1)) {
			rounds = rounds + 1;
			continue;
		}
		ualarm(2000, 0);
		if (rounds % 2)
			pause();
		for (;;)
			getppid();
	}
	calls();
	printf("handled %d\n", handled);
}

static void limited(void)
{
	struct rlimit files = {0, 0};

	calls();
	setrlimit(RLIMIT_NOFILE, &files);
	fflush(stdout);
	execl("/bin/true", "true", NULL);
}

/* As some programs do for all signals when they begin. */
static void set_to_default(void)
{
	static const struct sigaction by_default = {.sa_handler = SIG_DFL};
	struct sigaction old = {.sa_handler = SIG_IGN};

	for (int i = 1; i < 32; i++)
		if (i != SIGKILL && i != SIGSTOP)
			sigaction(i, &by_default, NULL);
	calls();
	sigaction(SIGSYS, NULL, &old);
	printf("default %d\n", old.sa_handler == SIG_DFL);
	fflush(stdout);
	raise(SIGSYS);
}

static volatile int ended;

static void *busy(void *unused)
{
	while (!ended)
		calls();
	return unused;
}

/* From one moment to the next no thread may do what the recorder does: read memory by a call. */
static void filtered_at_once(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
	pthread_t others[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&others[i], NULL, busy, NULL);
	usleep(20000);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	printf("%ld\n", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program));
	usleep(20000);
	ended = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(others[i], NULL);
	calls();
	printf("joined\n");
}

static void plain(void)
{
	calls();
	printf("plain\n");
}

static const struct {
	const char *name;
	void (*run)(void);
} ways[] = {
	{"own_gs", own_gs},
	{"own_gs_unseen", own_gs_unseen},
	{"own_handler", own_handler},
	{"own_dispatching", own_dispatching},
	{"sigsys", sigsys},
	{"masked", masked},
	{"filtered", filtered},
	{"unseen_children", unseen_children},
	{"threads", threads},
	{"own_code", own_code},
	{"jumps", jumps},
	{"limited", limited},
	{"set_to_default", set_to_default},
	{"filtered_at_once", filtered_at_once},
	{"plain", plain},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(ways[i].name, argv[1])) {
			ways[i].run();
			return 0;
		}
	return 2;
}
