/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's side of in-task capture: what its C files share. All of it is the capture thread's, but for in_hold()
 * and in_go_on().
 *
 * A task's states. It is stopped whenever they change.
 *
 *     IN_NONE      by stops: it has no block
 *     IN_BOOTING   boot.S runs in it; runs free
 *     IN_OPEN      it has a block, its selector is open: by stops
 *     IN_ARMED     its selector is IN_BLOCK: runs free, and stops where a call does not come from the recorder
 *
 * To run free is PTRACE_CONT. In all other states its calls stop it twice, as without any of this.
 */
#ifndef TRACEFS_INTASK_HUB_H
#define TRACEFS_INTASK_HUB_H

#include <signal.h>
#include <sys/user.h>

#include "tracefs/capture/intask/dispatch.h"
#include "tracefs/capture/intask/guard.h"
#include "tracefs/capture/intask/image.h"
#include "tracefs/capture/record/sink.h"

#define IN_ACTION_FLAGS (0x04000000 | SA_SIGINFO | SA_ONSTACK) /* with SA_RESTORER, as rt_sigaction(2) has it */

enum in_state { IN_NONE, IN_BOOTING, IN_OPEN, IN_ARMED };

/* Why a program goes by stops. REASONS in policy/native.py names them. */
enum in_reason {
	IN_RECORDS_ITSELF,
	IN_WISHES,      /* what is wanted needs stops */
	IN_NOT_WANTED,  /* it is not recorded now */
	IN_NOT_NATIVE,  /* 32-bit code */
	IN_PRIVILEGED,  /* it was given privilege */
	IN_CONFINED,    /* it or a forefather changed its credentials, its namespaces, its seccomp filter */
	IN_SIGNALS,     /* SIGSYS or SIGURG is blocked */
	IN_DISPATCHED,  /* it uses gs or dispatching itself */
	IN_LIMITS,      /* RLIMIT_AS or RLIMIT_STACK */
	IN_NO_ROOM,     /* no vDSO, no memory, no number that is free */
	IN_BOOT_FAILED, /* it could not open or map what it needs, or ignores SIGSYS */
	IN_CROWDED,     /* of its threads and children, more than IN_THREADS */
	IN_REASONS,
};

struct in_task {
	struct cap_task *task;
	struct in_task *next, **link; /* of hub->first */
	struct in_image *image;       /* what is ours in its memory; NULL: nothing */
	struct in_block *block;       /* NULL: it does not record itself */
	int slot, index;              /* of its block: with the guard, in its family */
	uint64_t boot;                /* where boot.S lies in it */
	uint8_t state;
	bool executed;    /* its execve was successful, and its exit has not been seen */
	bool confined;    /* it may never record itself, nor may what it executes */
	bool asks_sigsys; /* in an rt_sigaction() of SIGSYS */
	/* on its way from a written enter to its call, with all signals blocked; stops at calls meanwhile */
	bool forward;
	bool in_handler;     /* in a call of our handler of SIGSYS */
	bool gs_away;        /* in a call that gives birth */
	bool joins;          /* born of one that records itself, and not seen yet */
	bool own_actions;    /* it shares the memory, not what is done at signals; */
	bool has_own_action; /* and SIGSYS has not our action any more */
	bool swapped;        /* in an rt_sigaction() that is given ours in place of what it said: */
	uint64_t own[4];
	bool waits;      /* its call is passed over, until no other thread is in the recorder: apart.c */
	int64_t passed;  /* the number of that */
	uint64_t led;    /* the site that it was led into the recorder from; 0: it was not */
	uint64_t led_at; /* the calls that it had recorded by then */
};

struct in_hub {
	struct cap_recorder *r;
	struct in_guard guard;
	struct in_head head;
	int blob_fd, control_fd;
	struct in_control *control;
	struct in_task *first; /* all that have a block */
	bool begun;            /* a task has these buffers mapped; how often there were others before: */
	uint32_t shape;
	uint32_t cpus;
	struct {
		struct rb *rb;
		uint64_t bytes;
	} ring[IN_SINKS];
	uint64_t vdso_end, vdso_bytes, gettime; /* of the vDSO: its image's end, its mapping's, clock_gettime */
	struct in_files *files;
	uint64_t counter_at; /* the time stamp counter, */
	int64_t ns_at;       /* and cap_now_ns() then */
	uint64_t families;   /* programs that were given the recorder */
	uint32_t *reasons;   /* of IN_REASONS */
};

/* hub.c */
/* Any thread, under the recorder's lock: no task begins a record, none is in one (but one that is stopped there). */
void in_hold(void *hub);
void in_mute(void *hub, int32_t tid); /* it goes by stops from now on, as it reads what it would write */
void in_go_on(void *hub);             /* with the wishes that the recorder has now */
bool in_held(const struct in_hub *hub);

/* arm.c: at the exit stop of an execve. Why not; IN_RECORDS_ITSELF: it is on its way. */
enum in_reason in_arm(struct in_hub *hub, struct in_task *it);
/* its block is given back; it is stopped, outside of the recorder */
void in_disarm(struct in_hub *hub, struct in_task *it);
bool in_take_block(struct in_hub *hub, struct in_task *it); /* of its family, selector open; false: there is none */
/* of zeros; false: it cannot write */
bool in_begin_frame(const struct in_hub *hub, struct cap_task *t, struct in_frame *frame);

/* join.c */
/* At the first stop of a thread, or of a child with a copy of the memory: it records itself as its parent does. */
void in_join(struct in_hub *hub, struct in_task *it);
/* of the call that it is in, of those that give birth; all: they cannot be had */
uint64_t in_birth_flags(const struct cap_task *t);
bool in_runs_beside(uint64_t flags); /* who is born with these shares the memory, and is not waited for by its parent */

/*
 * apart.c: what a call does to its whole process while others of it record themselves. At a call's entry or exit, ours
 * or not.
 */
bool in_keeps_apart(struct in_hub *hub, struct in_task *it, bool entry, int64_t nr, const uint64_t args[6]);
void in_open_selector(struct in_task *it); /* from now on its calls are made where the program makes them */
uint64_t in_own_gs(const struct in_task *it);
uint64_t in_frame_at(const struct in_task *it);
/* rt_sigaction(): a handler of a signal from IN_FIRST_QUEUED on */
bool in_handles_queued(pid_t tid, const uint64_t args[6]);
bool in_ranges_over(const struct in_image *image, int64_t nr, const uint64_t a[6]);

/* phases.c */
enum in_place {
	IN_PLACE_OUT,    /* not in our code, or now no longer: the registers are those of the program */
	IN_PLACE_WRITES, /* it is let end what it writes: all signals are blocked, and this one comes again */
	IN_PLACE_STAYS,  /* it ought to be, and this signal cannot be blocked */
};
/*
 * A signal is about to be taken. Its registers become those of its program; the call that it was in is recorded to be
 * over.
 */
enum in_place in_settle(struct in_hub *hub, struct in_task *it, int sig, struct user_regs_struct *regs);
/*
 * A call's entry while the task is on its way forward. The recorder's own call that would unblock the signals becomes
 * the one that the program makes, with the signals unblocked: so they find it in its call, as if they had come a moment
 * later. Then it is there.
 */
void in_arrive(struct in_hub *hub, struct in_task *it);
/* It is the recorder that asks the engine for the record of an exit, or the vDSO's clock for a call. True: done. */
bool in_help(struct in_hub *hub, struct in_task *it, struct user_regs_struct *regs);

#endif
