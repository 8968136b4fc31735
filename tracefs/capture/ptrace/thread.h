/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ptrace capture engine: what its C files share.
 *
 * All state of a capture thread is in struct cap_thread, so that there could be several. One is enough: a child stays
 * with its parent's tracer thread (the kernel attaches it there), so a tree of tasks cannot be spread anyway, and a stop is
 * handled fastest on the CPU that its tracee stopped on, which is where placement.c puts the thread.
 *
 * Who may call what: functions marked [capture] only the thread that called cap_enter(); the others any thread.
 *
 * The rule that keeps tracees safe: a stop is looked at with waitid(WNOWAIT), never consumed; the request that resumes it
 * clears it. A tracer that dies in between leaves the stop as it was, and the kernel resumes the task with its signal.
 * From this follows that a stop cannot be put aside: until it is resumed, waitid reports it again. Every stop is
 * resumed before the next is looked at.
 */
#ifndef TRACEFS_CAPTURE_PTRACE_THREAD_H
#define TRACEFS_CAPTURE_PTRACE_THREAD_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <time.h>

#include "ringbuf/ringbuf.h"
#include "tracefs/capture/payload/gather.h"
#include "tracefs/capture/task/task.h"
#include "tracefs/events/cmdlines.h"
#include "tracefs/events/record.h"

#define CAP_SINKS 64
#define CAP_OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
		     PTRACE_O_TRACEEXEC)

#ifdef __cplusplus
#error "C only"
#endif

#define unlikely(x) __builtin_expect(!!(x), 0)
#define likely(x) __builtin_expect(!!(x), 1)

typedef struct __ptrace_syscall_info cap_info;

/* Why cap_loop() returned. After CAP_EXEC a task is stopped: cap_resume() it before the next cap_loop(). */
enum cap_reason {
	CAP_WOKEN = 0,	   /* cap_wake() or cap_alarm() */
	CAP_CHILD_EXIT,	   /* a child of this thread ended: report.tid, report.status */
	CAP_EXEC,	   /* a task is about to execve and exec_policy is on: report.tid */
};

#define CAP_GO_ON (-1000)

struct cap_report {
	int32_t tid;
	int32_t status; /* as waitpid(2) */
	int32_t sig;	/* to resume with */
};

/* What is recorded of one system call number. */
struct cap_syscall {
	uint8_t known;
	uint8_t nargs;
	uint8_t saved[2]; /* [exit]: arguments that an event has a location for, bit by bit */
	uint8_t fds[2];	  /* [exit]: arguments that are or lead to file descriptors, bit by bit; bit 6: the result */
	uint8_t asked;	  /* the argument whose netlink protocol its types depend on, as a bit; 0: none */
	struct cap_parts parts[2]; /* [exit]: of what it saves, that an event has a location for */
};

/* A consumer of records: one instance's buffer and what it wants in it. */
struct cap_sink {
	struct rb *rb;
	uint64_t cpus[16];		/* tracing_cpumask, 1024 CPUs */
	uint8_t enabled[EV_ID_MAX + 1]; /* events wanted, by id */
	const void *filter[EV_ID_MAX + 1];
	struct trigger_list *triggers[EV_ID_MAX + 1]; /* NULL: none */
	uint8_t soft_off[EV_ID_MAX + 1]; /* enabled, but not written: what enable_event and disable_event switch */
	struct rb *snapshot;		 /* NULL: not allocated */
	uint32_t saves[2];		 /* [exit]: bytes of a text that are saved; 0: nothing is */
	uint8_t stacks;			 /* enum cap_stack: written after each event */
};

/* Bit s of each says something of sink s. See cap_task_choose(). */
struct cap_wants {
	uint64_t tracer;	     /* records every system call */
	uint64_t events;	     /* has some event enabled */
	uint64_t filtered[CAP_SETS]; /* the pid set is active */
	uint64_t follow[CAP_SETS];   /* children of members join it */
	uint64_t record_comm, record_tgid;
	uint64_t paired; /* exits only of calls whose entry was written */
	uint64_t fds; /* what file descriptors stand for is recorded */
};

enum cap_stack { CAP_KERNEL_STACK = 1, CAP_USER_STACK = 2 }; /* as which kind of event the task's user stack is written */

struct trigger_list;

struct cap_thread {
	struct cap_tasks tasks;
	struct cap_task *last;
	struct cap_wants wants;
	struct cap_sink *sink[CAP_SINKS];
	uint64_t event_sinks[EV_ID_MAX + 1]; /* sinks that have the event enabled, or triggers on it */
	struct cap_syscall syscall[EV_SYSCALL_MAX_NR + 1];
	const struct tt_table *types;
	struct cap_save *save;
	struct cmdlines *cmdlines;
	struct cap_report report;
	bool exec_policy;

	/* wake.c */
	pid_t tid;
	_Atomic(pid_t) wake_tid; /* 0: nobody to wake */
	atomic_bool pending;
	atomic_bool tick;
	atomic_bool alarm_set;
	timer_t alarm_timer, tick_timer;
	bool tick_armed;

	/* pause.c */
	pthread_mutex_t emit_lock;
	pthread_cond_t emit_go;
	atomic_int pausing;

	/* mute.c */
	pthread_mutex_t mute_lock;
	struct cap_mute *mutes;
	uint32_t mute_count, mute_room;
	atomic_uint muted;

	/* events.c: children whose first stop and exit came before their parent's report of the birth */
	int32_t early_dead[64];
	uint32_t early_count;

	/* loop.c */
	uint64_t stops;		 /* handled so far */
	uint64_t swept;		 /* value of stops at the last sweep */
	int32_t *starved;	 /* sweep in progress */
	uint32_t starved_count;

	/* spawn.c */
	int32_t *spawned; /* children of this thread that have not ended */
	uint32_t spawned_count, spawned_room;

	struct cap_place *place; /* placement.c */
};

/* thread.c */
struct cap_thread *cap_new(struct cmdlines *cmdlines);
void cap_free(struct cap_thread *ct);
int cap_enter(struct cap_thread *ct);  /* [capture] 0 or -errno */
void cap_leave(struct cap_thread *ct); /* [capture] unpin all; the exit of the thread detaches them */

/* loop.c */
int cap_loop(struct cap_thread *ct);		       /* [capture] enum cap_reason, or -errno */
bool cap_resume(struct cap_thread *ct, int32_t tid, int sig); /* [capture] false: the task is gone */

/* wake.c */
void cap_wake(struct cap_thread *ct);
void cap_alarm(struct cap_thread *ct, int64_t ns); /* [capture] cap_loop() returns CAP_WOKEN after ns */
void cap_tick(struct cap_thread *ct, bool on);	   /* [capture] */

/* pause.c */
void cap_pause(struct cap_thread *ct);
void cap_unpause(struct cap_thread *ct); /* by the thread that paused */
void cap_emit_begin(struct cap_thread *ct);
void cap_emit_end(struct cap_thread *ct);

/* mute.c */
int cap_mute(struct cap_thread *ct, int32_t tid);
void cap_unmute(struct cap_thread *ct, int32_t tid);
bool cap_is_muted(struct cap_thread *ct, int32_t tid);

/* sinks.c: [capture], or between cap_pause() and cap_unpause() */
int cap_sink_add(struct cap_thread *ct, struct rb *rb);
void cap_sink_remove(struct cap_thread *ct, int sink);
void cap_sink_tracer(struct cap_thread *ct, int sink, bool on);
void cap_sink_events(struct cap_thread *ct, int sink, const int32_t *ids, const uint64_t *filters, uint32_t count);
void cap_sink_triggers(struct cap_thread *ct, int sink, const int32_t *ids, const uint64_t *lists, uint32_t count);
void cap_sink_snapshot(struct cap_thread *ct, int sink, struct rb *snapshot);
void cap_sink_stacks(struct cap_thread *ct, int sink, uint8_t stacks);
void cap_sink_paired(struct cap_thread *ct, int sink, bool paired);
void cap_sink_saves(struct cap_thread *ct, int sink, uint32_t enter, uint32_t exit, bool fds);
void cap_sink_options(struct cap_thread *ct, int sink, bool record_comm, bool record_tgid, const uint64_t *cpus);
void cap_sink_set(struct cap_thread *ct, int sink, int set, bool active, bool follow);
/* saved, fds, asked: masks of arguments (struct cap_syscall). */
void cap_describe(struct cap_thread *ct, int32_t nr, uint8_t nargs, const uint8_t saved[2], const uint8_t fds[2],
		  uint8_t asked);
/* parts: they outlive ct. */
void cap_describe_parts(struct cap_thread *ct, int32_t nr, bool exit, const struct cap_part *parts, uint32_t n);
void cap_types(struct cap_thread *ct, const void *table); /* a struct tt_table that outlives ct; until then nothing is saved */

static inline bool cap_sink_has_cpu(const struct cap_sink *s, int cpu)
{
	return s->cpus[cpu / 64 % 16] >> cpu % 64 & 1;
}

/* user_stack.c: [capture] */
/* The return addresses of a task that is stopped for this thread, innermost first; how many. */
uint32_t cap_user_stack(int32_t tid, uint64_t *callers, uint32_t max);
void cap_write_stacks(struct rb *rb, const struct cap_task *t, int cpu, unsigned stacks); /* enum cap_stack */

/* Write an event of a task, and its stack where the sink wants that. */
static inline void cap_sink_write(const struct cap_sink *s, const struct cap_task *t, int cpu, const void *rec, uint32_t len)
{
	rb_write(s->rb, (unsigned)cpu, rec, len);
	if (unlikely(s->stacks))
		cap_write_stacks(s->rb, t, cpu, s->stacks);
}

/* emit.c: [capture] */
/* Whether a record of an event is written: it is enabled, and passes its filter. */
bool cap_sink_passes(const struct cap_sink *s, struct cap_task *t, const void *rec, uint32_t len, int cpu);
uint64_t cap_emit(struct cap_thread *ct, struct cap_task *t, uint64_t sinks, uint64_t unfiltered, void *rec, uint32_t len);
void cap_emit_event(struct cap_thread *ct, struct cap_task *t, int id, void *rec, uint32_t len);

/* triggers.c: [capture], or between cap_pause() and cap_unpause() */
struct cap_emission { /* one record on its way to one sink */
	struct cap_task *task;
	int sink, cpu;
	bool always; /* write it whether or not the event is enabled and passes its filter */
	unsigned depth; /* synthetic events that led here */
	const void *seen; /* what triggers see in place of the record; NULL: the record */
	uint32_t seen_len;
};
/* Write the record as its triggers, its filter and its switches say; whether it was written. */
bool cap_emit_triggered(struct cap_thread *ct, const struct cap_emission *e, const void *rec, uint32_t len);

/* triggers.c: any thread; they take emit_lock */
/* Write what a program wrote into trace_marker; any task. seen: the record as triggers see it, without the line's end. */
void cap_mark(struct cap_thread *ct, int sink, int32_t tid, const char *comm, int cpu, const void *rec, uint32_t len,
	      const void *seen, uint32_t seen_len);
/* Exchange the buffer with that of cap_sink_snapshot(), if there is one (-1: of all CPUs). */
void cap_take_snapshot(struct cap_thread *ct, int sink, int cpu);
bool cap_soft_off(struct cap_thread *ct, int sink, uint16_t event);
void cap_set_soft_off(struct cap_thread *ct, int sink, uint16_t event, bool off);

/* calls.c: [capture] */
void cap_on_enter(struct cap_thread *ct, struct cap_task *t, const cap_info *info);
bool cap_before_exec(const struct cap_task *t); /* it stopped at the entry of execve or execveat */
bool cap_before_birth(const struct cap_task *t); /* it is in fork, vfork, clone or clone3 */
bool cap_before_affinity(const struct cap_task *t); /* it is in sched_getaffinity or sched_setaffinity */
void cap_on_exit(struct cap_thread *ct, struct cap_task *t, const cap_info *info);
/* The return of a call whose exit stop was missed: a newborn's clone, the call that a task was attached in. */
void cap_on_return(struct cap_thread *ct, struct cap_task *t);

/* sched_events.c: [capture] */
void cap_emit_fork(struct cap_thread *ct, struct cap_task *parent, int32_t child);
void cap_emit_exec(struct cap_thread *ct, struct cap_task *t, int32_t old_tid);
void cap_emit_exit(struct cap_thread *ct, struct cap_task *t, int status); /* as of waitpid */
void cap_emit_newtask(struct cap_thread *ct, struct cap_task *parent, int32_t child, int event);
void cap_emit_wait(struct cap_thread *ct, struct cap_task *t); /* at the entry of each call */

/* rename_event.c: [capture] */
void cap_rename_begin(struct cap_thread *ct, struct cap_task *t); /* at the entry of a call that names its task */
void cap_rename_end(struct cap_thread *ct, struct cap_task *t);	  /* it has a new name */

/* signal_event.c: [capture] */
void cap_emit_signal(struct cap_thread *ct, struct cap_task *t, int sig);

/* family.c, stops.c: [capture] */
void cap_on_birth(struct cap_thread *ct, struct cap_task *parent, int event);
struct cap_task *cap_adopt(struct cap_thread *ct, int32_t tid);
struct cap_task *cap_on_exec(struct cap_thread *ct, struct cap_task *t, int32_t tid);
void cap_on_gone(struct cap_thread *ct, struct cap_task *t);
void cap_forget(struct cap_thread *ct, struct cap_task *t);
int cap_on_stop(struct cap_thread *ct, int32_t tid, int status); /* enum cap_reason, or CAP_GO_ON */
/* Whether its calls must be seen: it is recorded, or may execute what a tracer must not be there for. */
static inline bool cap_must_follow(const struct cap_thread *ct, const struct cap_task *t)
{
	return t->path == CAP_PATH_STOPS || (ct->exec_policy && t->path == CAP_PATH_BIRTHS);
}
bool cap_release(struct cap_thread *ct, struct cap_task *t, int sig);

/* spawn.c: [capture] pid of the child, or -errno. exec_error: read end of a pipe that ends, or gives an errno. */
struct cap_spawn {
	const char *path;
	char *const *argv;
	char *const *envp;
	int fds[3];	  /* for 0, 1, 2 */
	uint64_t sigmask; /* blocked signals of the child, bit n - 1 for signal n */
	uint64_t restore; /* ignored signals to set to the default */
	const uint64_t *wanted; /* seccomp.h: the calls to stop at; NULL: all */
	int exec_error;	  /* out */
};
int cap_spawn(struct cap_thread *ct, struct cap_spawn *how);
bool cap_was_spawned(struct cap_thread *ct, int32_t pid); /* it ended: true once if cap_spawn() made it */

#endif
