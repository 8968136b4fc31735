/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ptrace capture path: what its C files share.
 *
 * A capture thread's state is in struct cap_thread, so that there could be several (what is shared then: descriptors
 * that stay open in task/procfs.c, the count of task/ptrace_calls.c). One is enough: a child stays with its parent's
 * tracer thread (the kernel attaches it there), so a tree of tasks cannot be spread anyway, and a stop is handled
 * fastest on the CPU that its tracee stopped on, which is where placement.c puts the thread.
 *
 * Who may call what: functions marked [capture] only the thread that called cap_enter(); the others any thread.
 *
 * The rule that keeps tracees safe: a stop is looked at with waitid(WNOWAIT), never consumed; the request that resumes
 * it clears it. A tracer that dies in between leaves the stop as it was, and the kernel resumes the task with its
 * signal. From this follows that a stop cannot be put aside: until it is resumed, waitid reports it again. Every stop
 * is resumed before the next is looked at.
 */
#ifndef TRACEFS_CAPTURE_PTRACE_THREAD_H
#define TRACEFS_CAPTURE_PTRACE_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <time.h>

#include "tracefs/capture/intask/dispatch.h"
#include "tracefs/capture/record/sink.h"
#include "tracefs/capture/task/descent.h"
#include "tracefs/capture/task/task.h"

#define CAP_OPTIONS                                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)
#define CAP_EARLY_DEAD 64u

typedef struct __ptrace_syscall_info cap_info;

/* Why cap_loop() returned. After CAP_EXEC a task is stopped until cap_resume() or cap_let_go(); the others go on. */
enum cap_reason {
	CAP_WOKEN = 0,  /* cap_wake() or cap_alarm() */
	CAP_CHILD_EXIT, /* a child of this thread ended: report.tid, report.status */
	CAP_EXEC,       /* a task is about to execve and exec_policy is on: report.tid */
	CAP_ROOT_END,   /* the root has ended, and its parent is told after the next cap_loop() only */
};

#define CAP_GO_ON (-1000) /* no reason to return */

struct cap_report {
	int32_t tid;
	int32_t status; /* as of waitpid(2) */
};

struct cap_thread {
	struct cap_tasks tasks;
	struct cap_task *last; /* that stopped: most often it is the next one, too */
	struct cap_recorder recorder;
	struct cap_report report;   /* what the last cap_loop() returned for */
	bool exec_policy;           /* cap_loop() returns before each execve: the tracer has no privilege */
	struct cap_descent descent; /* of those in scope */
	int32_t root;               /* the process whose end is reported before its parent knows; 0: none */

	/* wake.c */
	pid_t tid;               /* of the capture thread, 0: there is none */
	_Atomic(pid_t) wake_tid; /* the same while it can be woken */
	atomic_bool pending;     /* cap_loop() is to return */
	atomic_bool tick;        /* a tick came: placement.c */
	atomic_bool alarm_set;
	timer_t alarm_timer, tick_timer;
	bool tick_armed;

	/* family.c: children whose first stop and whose end came before their parent's report of the birth; a ring */
	int32_t early_dead[CAP_EARLY_DEAD]; /* 0: none */
	uint32_t early_count;               /* put in so far */

	/* loop.c */
	uint64_t stops;         /* handled so far */
	uint64_t swept;         /* value of stops at the last sweep */
	int32_t *starved;       /* tasks that a sweep in progress has still to ask; NULL: none is in progress */
	uint32_t starved_count; /* of them */

	/* spawn.c: children of this thread that have not ended */
	int32_t *spawned;
	uint32_t spawned_count, spawned_room; /* in the array, and that it has room for */

	uint32_t in_task_counts[IN_COUNTS]; /* programs that recorded themselves, and why others did not */
	struct in_hub *hub;                 /* intask/: tasks may record themselves; NULL: none may */

	struct cap_place *place; /* placement.c; NULL between cap_leave() and cap_enter() */
};

/* thread.c */
struct cap_thread *cap_new(struct cmdlines *cmdlines);
void cap_free(struct cap_thread *ct);
int cap_enter(struct cap_thread *ct);  /* [capture] 0 or -errno */
void cap_leave(struct cap_thread *ct); /* [capture] unpin all; the exit of the thread detaches them */

/* loop.c */
int cap_loop(struct cap_thread *ct); /* [capture] enum cap_reason, or -errno */

/* wake.c */
void cap_wake(struct cap_thread *ct);
void cap_alarm(struct cap_thread *ct, int64_t ns); /* [capture] cap_loop() returns CAP_WOKEN after ns */
void cap_tick(struct cap_thread *ct, bool on);     /* [capture] */

/* calls.c: [capture] */
void cap_on_enter(struct cap_thread *ct, struct cap_task *t, const cap_info *info);
void cap_on_exit(struct cap_thread *ct, struct cap_task *t, uint32_t arch, int64_t result);
/* The return of a call whose exit stop was missed: a newborn's clone, the call that a task was attached in. */
void cap_on_return(struct cap_thread *ct, struct cap_task *t);
/* The call that a task was in when it was attached goes on: its exit is seen, its entry was not. */
void cap_on_middle(struct cap_thread *ct, struct cap_task *t, const struct user_regs_struct *regs, uint32_t arch);

/* family.c: [capture] */
void cap_on_birth(struct cap_thread *ct, struct cap_task *parent, int event);
struct cap_task *cap_adopt(struct cap_thread *ct, int32_t tid);
struct cap_task *cap_on_exec(struct cap_thread *ct, struct cap_task *t, int32_t tid);
void cap_on_gone(struct cap_thread *ct, struct cap_task *t);
void cap_forget(struct cap_thread *ct, struct cap_task *t);

/* stops.c: [capture] */
int cap_on_stop(struct cap_thread *ct, int32_t tid, int status); /* enum cap_reason, or CAP_GO_ON */
bool cap_resume(struct cap_thread *ct, int32_t tid, int sig);    /* after CAP_EXEC; false: the task is gone */
bool cap_release(struct cap_thread *ct, struct cap_task *t, int sig);

/* Whether its calls must be seen: it is recorded, or may execute what a tracer must not be there for. */
static inline bool cap_must_follow(const struct cap_thread *ct, const struct cap_task *t)
{
	return t->path == CAP_PATH_STOPS || (t->path == CAP_PATH_BIRTHS && (ct->exec_policy || t->awaits_exec));
}

/* spawn.c: [capture] */
struct cap_rlimit {
	int32_t resource; /* RLIMIT_... */
	uint64_t soft, hard;
};

enum cap_spawn_step { CAP_STEP_FORK, CAP_STEP_SEIZE, CAP_STEP_FILES, CAP_STEP_FILTER, CAP_STEP_EXEC };

/* What a child writes to its pipe where it could not execute the program. */
struct cap_spawn_failure {
	int32_t step, error; /* enum cap_spawn_step, an errno */
};

struct cap_spawn {
	const char *path;
	char *const *argv;
	char *const *envp;
	int fds[3];                      /* for 0, 1, 2; -1: closed */
	uint64_t sigmask;                /* blocked signals of the child, bit n - 1 for signal n */
	uint64_t ignored;                /* likewise; all others have their default action */
	const struct cap_rlimit *limits; /* to set */
	uint32_t limit_count;
	const uint64_t *wanted; /* seccomp.h: the calls to stop at; NULL: all */
	int report;             /* out: a pipe that ends, or gives a struct cap_spawn_failure */
	int32_t failed;         /* out, where cap_spawn() fails: enum cap_spawn_step */
};
/* The pid of the child, or -errno. */
int cap_spawn(struct cap_thread *ct, struct cap_spawn *how);
bool cap_was_spawned(struct cap_thread *ct, int32_t pid); /* it ended: true once if cap_spawn() made it */

#endif
