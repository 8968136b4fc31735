/* SPDX-License-Identifier: GPL-2.0-only */
/* Job control as the parent sees it: for each step, one report, one SIGCHLD, and nothing besides. */
#include "check.h"

struct job {
	_Atomic uint64_t steps;     /* grows while the child runs */
	_Atomic uint32_t continued; /* times the child's SIGCONT handler ran */
	_Atomic uint32_t ready;
};

static struct job *job;

static void on_cont(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	job->continued++;
}

static void *step(void *argument)
{
	for (;;) {
		syscall(SYS_getppid);
		job->steps++;
	}
	return argument;
}

static void nothing_else(pid_t child)
{
	int status;

	CHECK_EQ(waitpid(child, &status, WNOHANG | WUNTRACED | WCONTINUED), 0);
	no_more(SIGCHLD);
}

static void reported(pid_t child, int code, int status)
{
	siginfo_t info = next_signal(SIGCHLD);

	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_code, code);
	CHECK_EQ(info.si_status, status);
}

static void stop_and_continue(pid_t child, int signal, uint32_t times)
{
	uint64_t before;
	int64_t limit = now_ns() + 20000000000LL;

	/*
	 * SIGCHLD first: a wait that comes between the stop and its SIGCHLD takes the status out of that, untraced too
	 */
	CHECK(kill(child, signal) == 0);
	reported(child, CLD_STOPPED, signal);
	CHECK_EQ(status_of(child, WUNTRACED | WCONTINUED), 0x7f | signal << 8);
	before = job->steps;
	pause_us(300);
	CHECK_EQ(job->steps, before);
	CHECK(kill(child, SIGWINCH) == 0); /* nothing that a stopped task would act on */
	nothing_else(child);
	CHECK(kill(child, SIGCONT) == 0);
	CHECK_EQ(status_of(child, WUNTRACED | WCONTINUED), 0xffff);
	reported(child, CLD_CONTINUED, SIGCONT);
	while ((job->steps == before || job->continued != times) && now_ns() < limit)
		sched_yield();
	CHECK(job->steps != before);
	CHECK_EQ(job->continued, times);
	nothing_else(child);
}

/* One child with so many threads besides its leader, through every stop signal. */
static void control(int threads)
{
	static const int signals[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
	pid_t child;

	block(SIGCHLD);
	job = shared_memory(sizeof(*job));
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		CHECK(setpgid(0, 0) == 0); /* a group of its own, so not orphaned: SIGTSTP stops it */
		handle(SIGCONT, on_cont, SA_RESTART);
		for (int i = 0; i < threads; i++)
			thread(step, NULL);
		job->ready = 1;
		step(NULL);
	}
	while (!job->ready)
		sched_yield();
	for (uint32_t i = 0; i < 4; i++)
		stop_and_continue(child, signals[i], i + 1);
	CHECK(kill(child, SIGSTOP) == 0);                           /* and death while stopped */
	CHECK_EQ(status_of(child, WUNTRACED), 0x7f | SIGSTOP << 8); /* here the wait sleeps first */
	CHECK_EQ(next_signal(SIGCHLD).si_code, CLD_STOPPED);
	CHECK(kill(child, SIGKILL) == 0);
	CHECK_EQ(status_of(child, WUNTRACED | WCONTINUED), SIGKILL);
	reported(child, CLD_KILLED, SIGKILL);
	no_more(SIGCHLD);
	unblock(SIGCHLD);
	munmap(job, sizeof(*job));
}
