/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * signal_generate: signals that traced tasks send, by a call or by their end. What others send, and the kernel itself,
 * is not seen.
 *
 * Who the target is, and whether the signal is pending or dropped, is looked up at the entry of the call: afterwards
 * the target may have taken it, or be gone. That the call sends anything is known at its exit.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracefs/capture/record/events.h"
#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/stat.h"
#include "tracefs/capture/task/status.h"
#include "tracefs/events/task_memory.h"

#define FIRST_REAL_TIME 32

/* linux/pidfd.h */
#define SIGNAL_THREAD 1u
#define SIGNAL_GROUP 2u
#define SIGNAL_PROCESS_GROUP 4u

enum result { DELIVERED, IGNORED, ALREADY_PENDING }; /* TRACE_SIGNAL_... of trace/events/signal.h */

struct generate_record {
	struct ev_common common;
	int32_t sig, error, code;
	char comm[16];
	int32_t pid, group, result;
};

/* What a call says of a signal. */
struct sending {
	int32_t pid; /* as of kill(2): of one where it is positive */
	int32_t sig, error, code;
	bool group; /* to a process, not to one thread */
};

static bool in_our_namespace(int32_t tid)
{
	char path[48], ours[64], its[64];
	ssize_t n, m;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", tid);
	n = readlink(path, its, sizeof(its));
	m = readlink("/proc/self/ns/pid", ours, sizeof(ours));
	return n > 0 && n == m && !memcmp(its, ours, (size_t)n);
}

/* The process or thread of a pidfd; 0: unknown. */
static int32_t of_pidfd(int32_t tid, int fd)
{
	char path[64], line[256];
	int32_t pid = 0;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", tid, fd);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "Pid:\t", 5))
			pid = atoi(line + 5);
	if (file)
		fclose(file);
	return pid > 0 ? pid : 0;
}

/* The process that a thread is of; 0: gone. */
static int32_t process_of(int32_t tid)
{
	struct cap_status status;

	return cap_status_of(tid, &status) ? status.tgid : 0;
}

static void of_info(int32_t tid, uint64_t info, struct sending *out)
{
	int32_t head[3];

	if (info && task_read(tid, info, head, sizeof(head))) {
		out->error = head[1];
		out->code = head[2];
	}
}

/* false: the call sends none, or it is not known to whom. */
static bool read_call(const struct cap_task *t, struct sending *out)
{
	uint32_t traits = cap_traits_of(t->call.arch, t->call.nr) & CAP_TRAITS_SEND;
	const uint64_t *args = t->call.args;
	bool threads = traits & (CAP_TRAIT_SENDS_TGKILL | CAP_TRAIT_SENDS_TGQUEUE);
	uint32_t flags;

	*out = (struct sending){.pid = (int32_t)args[threads], .sig = (int32_t)args[1 + threads], .code = SI_USER};
	switch (traits) {
	case CAP_TRAIT_SENDS_KILL:
		out->group = true;
		break;
	case CAP_TRAIT_SENDS_TKILL:
	case CAP_TRAIT_SENDS_TGKILL:
		out->code = SI_TKILL;
		break;
	case CAP_TRAIT_SENDS_QUEUE:
		out->group = true;
		of_info(t->tid, args[2], out);
		break;
	case CAP_TRAIT_SENDS_TGQUEUE:
		of_info(t->tid, args[3], out);
		break;
	default:
		flags = (uint32_t)args[3];
		out->pid = of_pidfd(t->tid, (int)args[0]);
		out->group = !(flags & SIGNAL_THREAD) &&
			     (flags & (SIGNAL_GROUP | SIGNAL_PROCESS_GROUP) || process_of(out->pid) == out->pid);
		out->code = out->group ? SI_USER : SI_TKILL;
		of_info(t->tid, args[2], out);
		if (!out->pid)
			return false;
		if (flags & SIGNAL_PROCESS_GROUP)
			out->pid = -out->pid;
	}
	return out->sig > 0 && out->sig <= 64;
}

/* As the kernel says of one that is sent now. */
static enum result result_of(int32_t pid, const struct sending *s)
{
	struct cap_status status;
	uint64_t bit = CAP_SIGNAL_BIT(s->sig);

	if (!cap_status_of(pid, &status))
		return DELIVERED;
	if (status.state == 'Z' || status.state == 'X' || (cap_dropped(&status) & ~status.blocked & bit))
		return IGNORED;
	return s->sig < FIRST_REAL_TIME && (s->group ? status.shared : status.own) & bit ? ALREADY_PENDING : DELIVERED;
}

static void emit(struct cap_recorder *r, struct cap_task *t, const struct sending *s, int32_t pid, const char comm[16],
		 int32_t result)
{
	struct generate_record rec = {
		.sig = s->sig, .error = s->error, .code = s->code, .pid = pid, .group = s->group, .result = result};

	memcpy(rec.comm, comm, sizeof(rec.comm));
	cap_emit_event(r, t, EV_SIGNAL_GENERATE, &rec, sizeof(rec));
}

static bool is_meant(const struct cap_task *t, const struct sending *s, int32_t pid)
{
	if (s->pid == -1)
		return pid > 1 && pid != t->tgid;
	return getpgid(pid) == (s->pid ? -s->pid : getpgid(t->tid));
}

/* To a group, or to all: whoever of them may be sent one. Newest first, as the kernel has them. */
static void emit_many(struct cap_recorder *r, struct cap_task *t, const struct sending *s)
{
	struct dirent **found;
	int n = scandir("/proc", &found, NULL, versionsort);

	for (int i = n - 1; i >= 0; i--) {
		int32_t pid = atoi(found[i]->d_name);
		char comm[16];

		if (pid > 0 && is_meant(t, s, pid) && !kill(pid, 0) && cap_comm_of(pid, comm))
			emit(r, t, s, pid, comm, result_of(pid, s));
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}

/* The kernel refuses a thread of another process than the one that is named with it. */
static bool is_right(const struct cap_task *t)
{
	return !cap_call_is(&t->call, CAP_TRAIT_SENDS_TGKILL | CAP_TRAIT_SENDS_TGQUEUE) ||
	       (int32_t)t->call.args[0] == t->tgid;
}

void cap_sent_begin(struct cap_recorder *r, struct cap_task *t)
{
	struct sending s;

	t->sends.pid = 0;
	if (likely(!cap_event_wanted(r, t, EV_SIGNAL_GENERATE)) || !read_call(t, &s) || !in_our_namespace(t->tid))
		return;
	if (s.pid > 0 && cap_comm_of(s.pid, t->sends.comm)) {
		t->sends.pid = s.pid;
		t->sends.result = result_of(s.pid, &s);
	}
	/* A killed task makes no more stop: what ends its sender is told at once. */
	if (s.sig != SIGKILL)
		return;
	if (s.pid <= 0 && is_meant(t, &s, t->tgid))
		emit_many(r, t, &s);
	else if (t->sends.pid && process_of(s.pid) == t->tgid && is_right(t))
		emit(r, t, &s, s.pid, t->sends.comm, t->sends.result);
}

void cap_sent_end(struct cap_recorder *r, struct cap_task *t, int64_t result)
{
	struct sending s;

	if (result || !cap_event_wanted(r, t, EV_SIGNAL_GENERATE) || !read_call(t, &s))
		return;
	if (t->sends.pid)
		emit(r, t, &s, t->sends.pid, t->sends.comm, t->sends.result);
	else if (s.pid <= 0 && in_our_namespace(t->tid))
		emit_many(r, t, &s);
	t->sends.pid = 0;
}

void cap_sent_by_end(struct cap_recorder *r, struct cap_task *t, const siginfo_t *end)
{
	struct sending s = {.code = end->si_code, .group = true};
	struct cap_status status, parent;
	char comm[16], text[CAP_STAT_TEXT];

	if (t->tid != t->tgid || !cap_event_wanted(r, t, EV_SIGNAL_GENERATE) || !cap_stat_read(0, t->tid, text) ||
	    !cap_status_of(t->tid, &status) || !status.ppid || !cap_status_of(status.ppid, &parent) ||
	    !cap_comm_of(status.ppid, comm))
		return;
	s.sig = (int32_t)cap_stat_number(text, CAP_STAT_EXIT_SIGNAL);
	if (s.sig <= 0 || s.sig > 64 || (s.sig == SIGCHLD && parent.ignored & CAP_SIGNAL_BIT(SIGCHLD)))
		return; /* nobody is told */
	emit(r, t, &s, status.ppid, comm, result_of(status.ppid, &s));
}
