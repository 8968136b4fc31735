/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of a traced task, and the table of them. Used by the capture thread alone. */
#ifndef TRACEFS_CAPTURE_TASK_TASK_H
#define TRACEFS_CAPTURE_TASK_TASK_H

#include <stdbool.h>
#include <stdint.h>

#define unlikely(x) __builtin_expect(!!(x), 0)
#define likely(x) __builtin_expect(!!(x), 1)

/* The pid sets that a sink may have; see PidSet in wanted.py. */
enum cap_set { CAP_TRACER_PIDS, CAP_TRACER_NOTRACE, CAP_EVENT_PIDS, CAP_EVENT_NOTRACE, CAP_SETS };

/* Which sinks want what, bit s of each word for sink s (a sink is an instance's buffer: record/sink.h). */
struct cap_wants {
	uint64_t tracer;             /* its tracer records every system call */
	uint64_t events;             /* some event is enabled, or has triggers */
	uint64_t filtered[CAP_SETS]; /* the pid set is active */
	uint64_t follow[CAP_SETS];   /* children of the set's members join it */
	uint64_t record_comm;        /* names of recorded tasks are saved */
	uint64_t record_tgid;        /* and their process numbers */
	uint64_t paired;             /* exits only of calls whose entry was written */
	uint64_t fds;                /* what file descriptors stand for is recorded */
};

/* How a task's system calls are captured. cap_task_choose() decides: another way to capture would be added there. */
enum cap_path {
	CAP_PATH_LEAVE,  /* not wanted, nor may its children be: detach at the next stop */
	CAP_PATH_BIRTHS, /* not wanted, but its children may be: stops at events and signals only */
	CAP_PATH_STOPS,  /* stops at each system call's entry and exit */
};

/* One system call: what a record of it says, and what decides how its task is treated meanwhile (call_facts.h). */
struct cap_call {
	int64_t nr;       /* in the table of arch; x32's numbers have bit 30 */
	uint32_t arch;    /* AUDIT_ARCH_X86_64 (x32 too) or AUDIT_ARCH_I386 */
	uint64_t args[6]; /* the six argument registers at its entry */
};

struct cap_actions;
struct in_task;

struct cap_task {
	struct cap_task *next; /* in the same bucket of struct cap_tasks */
	int32_t tid, tgid;     /* thread and process number, in the tracer's pid namespace */

	/* Who records it: cap_task_choose(). */
	uint64_t in[CAP_SETS]; /* bit s: member of sink s's set */
	uint64_t tracer_sinks; /* bit s: sink s's tracer records its calls */
	uint64_t event_sinks;  /* bit s: sink s records its enabled events */
	bool in_scope;         /* recorded by sinks whose pid sets are not active */
	bool awaits_exec;      /* descent.h: what it executes says whether it is in scope */
	bool begins_scope;     /* it came into scope by the execve that it is in */
	uint32_t generation;   /* of children, from a process that was named: that is 0 */
	uint8_t path;          /* enum cap_path */

	/* Where it stands: ptrace/stops.c. */
	bool newborn;     /* its first stop has not been seen */
	bool orphan;      /* its first stop was seen before its parent's report of the birth */
	bool spawning;    /* our own child before its execve: what it calls is ours, and not recorded */
	bool filtered;    /* stops at the calls that its seccomp filter names (ptrace/seccomp.h), not at all */
	bool followed;    /* was resumed so that it stops at its next call */
	bool interrupted; /* PTRACE_INTERRUPT was sent, and no stop has come since */
	bool stopped;     /* in a group stop (PTRACE_LISTEN) */
	bool at_entry;    /* in the stop at the entry of a call */
	bool held;        /* at the entry of an execve that the policy has not decided on (CAP_EXEC) */
	bool in_kernel;   /* in a call; false: computing, as far as is known */
	uint64_t served;  /* number of its last stop, of all stops that the capture thread has handled */

	/* The call that it is in: ptrace/calls.c. */
	struct cap_call call;
	bool entered;     /* `call` is the call that it is in */
	uint64_t written; /* bit s: its entry was written for sink s */
	bool unrecorded;  /* that call's entry was left out, so its exit is too */
	/*
	 * ptrace/untraced.c: the flags of its clone, or of the one that made it, while CLONE_UNTRACED is taken out;
	 * else 0
	 */
	uint64_t cloned_with;

	struct cap_actions *actions; /* task/actions.h; NULL: nothing is known */
	struct {                     /* the action that its call sets; sig 0: none */
		int32_t sig;
		uint64_t handler, flags;
	} sets;

	struct { /* record/signal_sent.c: to whom its call sends a signal; pid 0: to nobody, or to many */
		int32_t pid, result;
		char comm[16];
	} sends;
	uint32_t exec_words; /* 1 + arguments that its execve passes; 0: not counted (record/exec_event.c) */

	struct {                  /* ptrace/restart.c: a call that tracing ended early is made again */
		bool pending;     /* it makes `call` again, unless a handler comes first */
		int32_t ended;    /* what the call returned then, for all that is recorded */
		int64_t began;    /* when it made a call with a time limit; ns of CLOCK_MONOTONIC */
		int64_t deadline; /* when that limit ends, where the call was made again; 0: none */
	} restart;

	struct {               /* task/procfs.c: its name */
		char comm[16]; /* with a NUL */
		bool known;    /* comm is its name */
		uint8_t age;   /* records since the name was saved (record/emit.c) */
	} name;

	struct {                /* task/procfs.c: /proc/TID/stat */
		int fd;         /* open for reading, -1: not */
		bool kept_open; /* counted as one that stays open */
		uint64_t start; /* its start time in clock ticks since boot, 0: not read yet */
		int cpu;        /* the CPU that it ran on at the stop numbered cpu_at, -1: not read yet */
		uint64_t cpu_at;
	} stat;

	struct in_task *inside; /* intask/hub.h: of its capture by itself; NULL: nothing */

	struct {                   /* ptrace/placement.c: the CPU that it is kept on */
		int cpu;           /* -1: it is not kept */
		int slot;          /* in the keeper's table, -1 */
		uint64_t stopped;  /* when it last stopped; ns of CLOCK_MONOTONIC */
		bool counted;      /* among the tasks that compute */
		bool stops_often;  /* its last two stops were near each other */
		bool hands_on;     /* in a call that gives its affinity to a child or a program */
		bool asks;         /* in a call that tells or changes an affinity */
		uint8_t bursts;    /* times in a row that it computed only briefly between two stops */
		uint8_t try_again; /* stops until keeping it is tried again */
	} place;
};

struct cap_tasks {
	struct cap_task **bucket; /* lists of tasks, by a hash of tid */
	uint32_t buckets;         /* a power of two */
	uint32_t count;           /* of tasks */
};

bool cap_tasks_init(struct cap_tasks *tasks);
void cap_tasks_free(struct cap_tasks *tasks); /* and all that are in it */
struct cap_task *cap_task_find(const struct cap_tasks *tasks, int32_t tid);
struct cap_task *cap_task_add(struct cap_tasks *tasks, int32_t tid, int32_t tgid); /* not yet there; NULL: no memory */
void cap_task_remove(struct cap_tasks *tasks, struct cap_task *t);                 /* frees it */
void cap_task_rename(struct cap_tasks *tasks, struct cap_task *t, int32_t tid);
/* Walk them all: *place is 0 at first. The one returned may be removed, nothing else changed. */
struct cap_task *cap_task_next(const struct cap_tasks *tasks, uint32_t *place, struct cap_task *after);

/* Decide who records the task, and so how it is captured. After any change of its sets, its scope or the wishes. */
void cap_task_choose(struct cap_task *t, const struct cap_wants *wants);
/* What a child is member of; its scope is cap_descent_born()'s. */
void cap_task_inherit(struct cap_task *child, const struct cap_task *parent, const struct cap_wants *wants);

#endif
