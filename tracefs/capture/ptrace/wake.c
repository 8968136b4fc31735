/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Waking the capture thread out of waitid(), which knows neither time-outs nor file descriptors: by a signal.
 *
 * A signal that arrives after the thread looked at `pending` and before it sleeps would be lost. So its handler arms a
 * timer that sends it again a millisecond later, and again, until the thread has taken note (pending is false).
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "tracefs/capture/ptrace/wake.h"

#define RETRY_NS 1000000
#define TICK_NS 4000000

static __thread struct cap_thread *self;

static void set_timer(timer_t timer, int64_t first_ns, int64_t period_ns)
{
	struct itimerspec when = {
		.it_value = {first_ns / 1000000000, first_ns % 1000000000},
		.it_interval = {period_ns / 1000000000, period_ns % 1000000000},
	};
	timer_settime(timer, 0, &when, NULL);
}

/*
 * PTRACE_SEIZE waits while a thread of that process executes a program, and the execve waits for us to take note of its
 * dead siblings. The kernel makes the call again after a signal; instead it is to end with EINTR.
 */
static void leave_seize(ucontext_t *context)
{
	static const uint8_t syscall_instruction[] = {0x0f, 0x05};
	greg_t *regs = context->uc_mcontext.gregs;

	if (regs[REG_RAX] != SYS_ptrace || regs[REG_RDI] != PTRACE_SEIZE ||
	    memcmp((void *)regs[REG_RIP], syscall_instruction, sizeof(syscall_instruction)))
		return;
	regs[REG_RIP] += sizeof(syscall_instruction);
	regs[REG_RAX] = -EINTR;
}

static void on_signal(int sig, siginfo_t *si, void *context)
{
	struct cap_thread *ct = self;
	int saved = errno;

	(void)sig;
	if (!ct)
		return;
	leave_seize(context);
	if (si->si_code == SI_TIMER && si->si_value.sival_ptr == &ct->tick) {
		ct->tick = true; /* its timer is periodic */
	} else {
		if (si->si_code == SI_TIMER && atomic_exchange(&ct->alarm_set, false))
			ct->pending = true;
		if (ct->pending)
			set_timer(ct->alarm_timer, RETRY_NS, 0);
	}
	errno = saved;
}

static int make_timer(struct cap_thread *ct, void *value, timer_t *timer)
{
	struct sigevent ev = {
		.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = CAP_SIGNAL, .sigev_value.sival_ptr = value};
	ev._sigev_un._tid = ct->tid;
	return timer_create(CLOCK_MONOTONIC, &ev, timer) ? -errno : 0;
}

/* A sanitizer reports from their handlers. Blocked ones stay so: someone means to outlive those that are sent. */
static void leave_faults_open(sigset_t *mask)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		if (!sigismember(&now, faults[i]))
			sigdelset(mask, faults[i]);
}

int cap_wake_enter(struct cap_thread *ct)
{
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO}; /* no SA_RESTART */
	struct sigaction child;
	sigset_t mask;
	int error;

	self = ct;
	if (sigaction(CAP_SIGNAL, &sa, NULL))
		return -errno;
	/* Each stop would make a SIGCHLD, only to be thrown away. Unless someone in this process handles it. */
	if (!sigaction(SIGCHLD, NULL, &child) && child.sa_handler == SIG_DFL) {
		child.sa_flags |= SA_NOCLDSTOP;
		sigaction(SIGCHLD, &child, NULL);
	}
	/*
	 * Everything else goes to other threads (Python's handlers belong to the main one), but SIGCHLD stays open:
	 * blocked it would not be ignored, and every stop would wake the main thread to throw it away.
	 */
	sigfillset(&mask);
	sigdelset(&mask, CAP_SIGNAL);
	sigdelset(&mask, SIGCHLD);
	leave_faults_open(&mask);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if ((error = make_timer(ct, &ct->pending, &ct->alarm_timer)))
		return error;
	if ((error = make_timer(ct, &ct->tick, &ct->tick_timer))) {
		timer_delete(ct->alarm_timer);
		return error;
	}
	ct->wake_tid = ct->tid;
	return 0;
}

void cap_wake_leave(struct cap_thread *ct)
{
	ct->wake_tid = 0;
	timer_delete(ct->alarm_timer);
	timer_delete(ct->tick_timer);
	self = NULL;
}

void cap_wake(struct cap_thread *ct)
{
	ct->pending = true;
	pid_t tid = ct->wake_tid;
	if (tid)
		syscall(SYS_tgkill, getpid(), tid, CAP_SIGNAL);
}

void cap_alarm(struct cap_thread *ct, int64_t ns)
{
	ct->alarm_set = true;
	set_timer(ct->alarm_timer, ns > 0 ? ns : 1, 0);
}

void cap_tick(struct cap_thread *ct, bool on)
{
	if (ct->tick_armed == on)
		return;
	ct->tick_armed = on;
	set_timer(ct->tick_timer, on ? TICK_NS : 0, on ? TICK_NS : 0);
}

void cap_sleep(void)
{
	struct timespec long_time = {.tv_sec = 3600};
	nanosleep(&long_time, NULL);
}
