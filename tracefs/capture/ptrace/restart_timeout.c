/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/ptrace/restart_timeout.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "tracefs/capture/payload/fds.h"
#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/clock.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/events/task_memory.h"

#define NS_PER_MS 1000000ll
#define NS_PER_US 1000ll
/* linux/io_uring.h of newer kernels */
#define RING_ABSOLUTE (1u << 5)
#define RING_REGISTERED (1u << 6)
/* Beyond this a limit is as good as none, and adding it to the time does not overflow. */
#define LONGEST (CAP_NS_PER_S << 32)

bool cap_limited(uint32_t arch, int64_t nr)
{
	return cap_timeout_of(arch, nr);
}

void cap_limit_begin(struct cap_task *t)
{
	t->restart.began = cap_now_ns();
	t->restart.deadline = 0;
}

static int64_t whole(const struct timespec *ts)
{
	return ts->tv_sec >= LONGEST / CAP_NS_PER_S ? -1 : ts->tv_sec * CAP_NS_PER_S + ts->tv_nsec;
}

/* What is at that address of the task's, in ns; -1: nothing */
static int64_t duration(int32_t tid, uint64_t address)
{
	struct timespec ts;

	return address && task_read(tid, address, &ts, sizeof(ts)) ? whole(&ts) : -1;
}

static int64_t ring_limit(const struct cap_task *t, uint64_t address)
{
	struct io_uring_getevents_arg arg;
	uint64_t flags = t->call.args[3];

	if (!(flags & IORING_ENTER_EXT_ARG) || flags & (RING_ABSOLUTE | RING_REGISTERED) ||
	    !task_read(t->tid, address, &arg, sizeof(arg)))
		return -1;
	return duration(t->tid, arg.ts);
}

static int64_t socket_limit(const struct cap_task *t, int32_t fd, bool sends)
{
	int64_t us = cap_socket_limit(t->tid, t->tgid, fd, sends);

	return us < 0 || us > LONGEST / NS_PER_US ? -1 : us * NS_PER_US;
}

/* ns, -1: none */
static int64_t length(const struct cap_task *t, const struct cap_timeout *limit)
{
	uint64_t value = t->call.args[limit->argument];

	switch ((enum cap_limit)limit->unit) {
	case CAP_LIMIT_MS:
		return (int32_t)value < 0 ? -1 : (int32_t)value * NS_PER_MS;
	case CAP_LIMIT_FUTEX:
		return (t->call.args[1] & FUTEX_CMD_MASK) == FUTEX_WAIT ? duration(t->tid, value) : -1;
	case CAP_LIMIT_RECEIVE:
	case CAP_LIMIT_SEND:
	case CAP_LIMIT_CONNECT:
		return socket_limit(t, (int32_t)value, limit->unit != CAP_LIMIT_RECEIVE);
	case CAP_LIMIT_RING:
		return ring_limit(t, value);
	case CAP_LIMIT_TIMESPEC:
	case CAP_LIMIT_SLEEP:
		break;
	}
	return duration(t->tid, value);
}

/* A sleep's argument is also where the kernel has written what was left of it. */
static bool holds_rest(const struct cap_call *call, const struct cap_timeout *limit)
{
	return cap_sleeps(call->arch, call->nr) && call->args[limit->argument] == call->args[limit->argument + 1];
}

static int64_t result_of(const struct cap_task *t, const struct cap_timeout *limit)
{
	uint16_t family;

	if (limit->unit == CAP_LIMIT_CONNECT && task_read(t->tid, t->call.args[1], &family, sizeof(family)) &&
	    family == AF_UNIX)
		return -EAGAIN;
	return limit->result;
}

bool cap_sleeps(uint32_t arch, int64_t nr)
{
	return arch == AUDIT_ARCH_X86_64 && (nr == SYS_nanosleep || nr == SYS_clock_nanosleep);
}

bool cap_limit_keeps(const struct cap_call *call)
{
	const struct cap_timeout *limit = cap_timeout_of(call->arch, call->nr);

	if (limit && limit->unit == CAP_LIMIT_SLEEP) /* others pass while the task, or a process, computes */
		return call->args[0] == CLOCK_REALTIME || call->args[0] == CLOCK_MONOTONIC ||
		       call->args[0] == CLOCK_BOOTTIME || call->args[0] == CLOCK_TAI;
	return limit;
}

bool cap_limit_over(struct cap_thread *ct, struct cap_task *t, int64_t *result)
{
	const struct cap_timeout *limit = t->entered ? cap_timeout_of(t->call.arch, t->call.nr) : NULL;
	int64_t ns = limit ? length(t, limit) : -1;

	if (ns < 0)
		return false;
	t->restart.deadline = (holds_rest(&t->call, limit) ? cap_now_ns() : t->restart.began) + ns;
	if (t->restart.deadline <= cap_now_ns()) {
		*result = result_of(t, limit);
		return true;
	}
	ct->pending = true; /* cap_loop() returns, and cap_limit_overdue() is asked */
	return false;
}

int64_t cap_limit_overdue(struct cap_thread *ct)
{
	int64_t now = 0, next = -1;
	uint32_t place = 0;

	cap_emit_begin(&ct->recorder);
	for (struct cap_task *t = cap_task_next(&ct->tasks, &place, NULL); t;
	     t = cap_task_next(&ct->tasks, &place, t->next)) {
		if (!t->restart.deadline || !t->entered)
			continue;
		now = now ? now : cap_now_ns();
		int64_t left = t->restart.deadline - now;
		if (left <= 0) {
			t->restart.deadline = 0;
			t->interrupted |= cap_ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) >= 0;
		} else if (next < 0 || left < next) {
			next = left;
		}
	}
	cap_emit_end(&ct->recorder);
	return next;
}
