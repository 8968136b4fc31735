/* SPDX-License-Identifier: GPL-2.0-only */
/* Queued realtime signals arrive each once, in order, with their values: to the process, and to one chosen thread. */
#include "check.h"

enum { EACH = 60 };

static _Atomic int got[3];    /* by signal: how many; also the next value expected */
static _Atomic int to_thread; /* as got, for the chosen thread's own */
static _Atomic pid_t chosen;
static pid_t sender;

static void on_queued(int signal, siginfo_t *info, void *context)
{
	int error = errno;

	(void)context;
	CHECK_EQ(info->si_code, SI_QUEUE);
	CHECK_EQ(info->si_pid, sender);
	CHECK_EQ(info->si_value.sival_int, got[signal - SIGRTMIN]);
	got[signal - SIGRTMIN]++;
	errno = error;
}

static void on_directed(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	CHECK_EQ(syscall(SYS_gettid), chosen);
	CHECK_EQ(info->si_value.sival_int, to_thread);
	to_thread++;
}

/* The other threads never take the process's signals: one taker, so that "in order" means something. */
static void *chosen_thread(void *argument)
{
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGRTMIN + 3);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	chosen = (pid_t)syscall(SYS_gettid);
	while (to_thread < EACH)
		syscall(SYS_getppid);
	return argument;
}

static void send_all(pid_t to, pid_t tid)
{
	for (int value = 0; value < EACH; value++) {
		siginfo_t info = {.si_signo = SIGRTMIN + 3, .si_code = SI_QUEUE};

		for (int i = 0; i < 3; i++)
			CHECK(sigqueue(to, SIGRTMIN + i, (union sigval){.sival_int = value}) == 0);
		info.si_pid = getpid();
		info.si_value.sival_int = value;
		CHECK_EQ(syscall(SYS_rt_tgsigqueueinfo, to, tid, SIGRTMIN + 3, &info), 0);
	}
}

static void behaviour(void)
{
	int64_t limit = now_ns() + 20000000000LL;
	int go[2];
	char byte;
	pthread_t t;

	got[0] = got[1] = got[2] = to_thread = 0;
	chosen = 0;
	for (int i = 0; i < 3; i++)
		handle(SIGRTMIN + i, on_queued, SA_RESTART);
	handle(SIGRTMIN + 3, on_directed, SA_RESTART);
	t = thread(chosen_thread, NULL);
	while (!chosen)
		sched_yield();
	CHECK(pipe(go) == 0);
	sender = fork();
	CHECK(sender >= 0);
	if (sender == 0) {
		CHECK_EQ(read(go[0], &byte, 1), 1);
		send_all(getppid(), chosen);
		_exit(21);
	}
	CHECK_EQ(write(go[1], "x", 1), 1);
	while ((got[0] < EACH || got[1] < EACH || got[2] < EACH) && now_ns() < limit)
		syscall(SYS_getppid);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(got[i], EACH);
	CHECK_EQ(pthread_join(t, NULL), 0);
	check_exited(sender, 21);
	pause_us(50);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(got[i], EACH); /* and none twice */
	CHECK_EQ(to_thread, EACH);
	close(go[0]);
	close(go[1]);
}
