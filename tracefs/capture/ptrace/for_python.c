/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/ptrace/for_python.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracefs/capture/record/emit.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/status.h"
#include "tracefs/events/task_memory.h"

/* Give the lock back at the end of the scope. */
static void unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

#define LOCKED(ct)                                                                                                     \
	__attribute__((cleanup(unlock))) pthread_mutex_t *lock_ = &(ct)->recorder.emit_lock;                           \
	pthread_mutex_lock(lock_)

#define EACH_TASK(ct, t)                                                                                               \
	uint32_t place_ = 0;                                                                                           \
	for (struct cap_task *t = cap_task_next(&(ct)->tasks, &place_, NULL); t;                                       \
	     t = cap_task_next(&(ct)->tasks, &place_, (t)->next))

struct cap_recorder *cap_recorder_of(struct cap_thread *ct)
{
	return &ct->recorder;
}

bool cap_mark(struct cap_thread *ct, int sink, int32_t tid, const char *comm, int cpu, const void *rec, uint32_t len,
	      const void *seen, uint32_t seen_len)
{
	struct cap_recorder *r = &ct->recorder;
	struct cap_task stranger = {.tid = tid, .name.known = true}, *t;
	bool written = false;
	struct cap_emission e = {
		.task = &stranger, .sink = sink, .cpu = cpu, .always = true, .seen = seen, .seen_len = seen_len};

	cap_pause(r);
	t = cap_task_find(&ct->tasks, tid);
	stranger.event_sinks = t ? t->event_sinks : ~r->wants.filtered[CAP_EVENT_PIDS];
	strncpy(stranger.name.comm, comm, sizeof(stranger.name.comm) - 1);
	if (r->sink[sink]->triggers[((const struct ev_common *)rec)->type])
		written = cap_emit_triggered(r, &e, rec, len);
	else if (cap_sink_has_cpu(r->sink[sink], cpu))
		written = rb_write(r->sink[sink]->rb, (unsigned)cpu, rec, len);
	cap_unpause(r);
	return written;
}

void cap_memory_is_served(struct cap_thread *ct)
{
	(void)ct;
	task_memory_is_served();
}

uint64_t cap_stops(struct cap_thread *ct)
{
	LOCKED(ct);
	return ct->stops;
}

uint64_t cap_pages_read(struct cap_thread *ct)
{
	return ct->recorder.save->memory.fetches;
}

void cap_report_of(struct cap_thread *ct, struct cap_report *out)
{
	LOCKED(ct);
	*out = ct->report;
}

void cap_set_exec_policy(struct cap_thread *ct, bool on)
{
	LOCKED(ct);
	ct->exec_policy = on;
}

bool cap_call_of(struct cap_thread *ct, int32_t tid, struct cap_call *out)
{
	LOCKED(ct);
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	if (!t || !t->held)
		return false;
	*out = t->call;
	return true;
}

void cap_let_go(struct cap_thread *ct, int32_t tid)
{
	LOCKED(ct);
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	if (!t || !t->held)
		return;
	t->path = CAP_PATH_LEAVE;
	t->at_entry = false;
	cap_release(ct, t, 0);
}

void cap_vanished(struct cap_thread *ct, int32_t tid)
{
	LOCKED(ct);
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	if (t)
		cap_forget(ct, t);
}

bool cap_has(struct cap_thread *ct, int32_t tid)
{
	LOCKED(ct);
	return cap_task_find(&ct->tasks, tid);
}

int cap_list(struct cap_thread *ct, int32_t *tids, int32_t *tgids, uint32_t max)
{
	LOCKED(ct);
	uint32_t n = 0;
	EACH_TASK(ct, t)
	{
		if (n < max) {
			tids[n] = t->tid;
			tgids[n] = t->tgid;
		}
		n++;
	}
	return n;
}

int cap_leaving(struct cap_thread *ct, int32_t *tids, uint32_t max)
{
	LOCKED(ct);
	uint32_t n = 0;
	EACH_TASK(ct, t)
	if (t->path == CAP_PATH_LEAVE) {
		if (n < max)
			tids[n] = t->tid;
		n++;
	}
	return n;
}

int cap_members(struct cap_thread *ct, int sink, int set, int32_t *tids, uint32_t max)
{
	LOCKED(ct);
	uint32_t n = 0;
	EACH_TASK(ct, t)
	if (t->in[set] >> sink & 1) {
		if (n < max)
			tids[n] = t->tid;
		n++;
	}
	return n;
}

int cap_attached(struct cap_thread *ct, int32_t tid, int32_t tgid, bool in_scope)
{
	LOCKED(ct);
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	if (!t)
		t = cap_task_add(&ct->tasks, tid, tgid);
	if (!t)
		return -ENOMEM;
	t->in_scope |= in_scope;
	return 0;
}

void cap_set_scope(struct cap_thread *ct, int32_t tid, bool in_scope)
{
	LOCKED(ct);
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	if (t)
		t->in_scope = in_scope;
}

void cap_set_generation(struct cap_thread *ct, int32_t tid, uint32_t generation)
{
	LOCKED(ct);
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	if (t)
		t->generation = generation;
}

void cap_set_root(struct cap_thread *ct, int32_t tid)
{
	ct->root = tid;
}

void cap_set_depth(struct cap_thread *ct, uint32_t depth)
{
	LOCKED(ct);
	ct->descent.depth = depth;
}

bool cap_add_glob(struct cap_thread *ct, bool leave, const char *glob)
{
	LOCKED(ct);
	struct cap_globs *globs = leave ? &ct->descent.leave : &ct->descent.follow;
	if (globs->count == CAP_GLOBS || strlen(glob) >= CAP_GLOB_MAX)
		return false;
	strcpy(globs->text[globs->count++], glob);
	return true;
}

void cap_set_member(struct cap_thread *ct, int32_t tid, int sink, int set, bool member)
{
	LOCKED(ct);
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	if (t)
		t->in[set] = (t->in[set] & ~(1ull << sink)) | (uint64_t)member << sink;
}

void cap_clear_members(struct cap_thread *ct, int sink, int set)
{
	LOCKED(ct);
	EACH_TASK(ct, t)
	t->in[set] &= ~(1ull << sink);
}

void cap_choose_all(struct cap_thread *ct)
{
	LOCKED(ct);
	EACH_TASK(ct, t)
	cap_task_choose(t, &ct->recorder.wants);
}

int cap_interrupted(struct cap_thread *ct, int32_t *tids, uint32_t max)
{
	LOCKED(ct);
	uint32_t n = 0;
	EACH_TASK(ct, t)
	if (t->interrupted) {
		if (n < max)
			tids[n] = t->tid;
		n++;
	}
	return n;
}

bool cap_interrupt(struct cap_thread *ct, int32_t tid, char state, uint64_t sleeps)
{
	LOCKED(ct);
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	struct cap_status now;

	if (!t || t->interrupted)
		return false;
	if (state && (!cap_status_of(tid, &now) || now.state != state || now.sleeps != sleeps))
		return false;
	t->interrupted = cap_ptrace(PTRACE_INTERRUPT, tid, 0, 0) >= 0;
	return t->interrupted;
}

void cap_set_leaving(struct cap_thread *ct, int32_t tid)
{
	LOCKED(ct);
	struct cap_task *t = cap_task_find(&ct->tasks, tid);
	if (t)
		t->path = CAP_PATH_LEAVE;
}

int cap_unstopped(struct cap_thread *ct, int32_t *tids, uint32_t max)
{
	LOCKED(ct);
	uint32_t n = 0;
	EACH_TASK(ct, t)
	if (cap_must_follow(ct, t) && !t->followed && !t->newborn && !t->stopped && !t->interrupted) {
		if (n < max)
			tids[n] = t->tid;
		n++;
	}
	return n;
}

uint32_t cap_spawned(struct cap_thread *ct)
{
	LOCKED(ct);
	return ct->spawned_count;
}

int cap_in_task(struct cap_thread *ct)
{
	LOCKED(ct);
	if (!ct->hub)
		ct->hub = in_hub_new(&ct->recorder, ct->in_task_counts);
	return ct->hub ? 0 : -ENOTSUP;
}

bool cap_in_task_suits(int32_t tid)
{
	return in_suits(tid);
}

const char *cap_in_task_machine(void)
{
	return in_machine();
}

unsigned cap_in_task_reasons(struct cap_thread *ct, uint32_t *counts, unsigned max)
{
	LOCKED(ct);
	for (unsigned i = 0; i < in_reasons() && i < max; i++)
		counts[i] = ct->in_task_counts[i];
	return in_reasons();
}

static void *tell_number(void *to)
{
	*(int32_t *)to = (int32_t)syscall(SYS_gettid);
	return NULL;
}

/* Others make threads meanwhile, so this is tried some times round. */
void cap_in_task_approach(void)
{
	enum { TRIES = 4096, IN_NO_NUMBER = -1 };
	pthread_t thread;
	int32_t number = IN_NO_NUMBER;

	for (int i = 0; i < TRIES && !in_suits(number + 1); i++)
		if (!pthread_create(&thread, NULL, tell_number, &number))
			pthread_join(thread, NULL);
}
