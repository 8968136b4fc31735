/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is recorded, and for whom. A sink is a consumer of records: one instance's buffer, and what it wants in it. The
 * recorder is all sinks, and what is known of system calls.
 *
 * Both capture paths hand their records to a recorder: the stops of ptrace/, and the in-task recorder. So nothing in
 * this room makes a ptrace request: what needs one is read by the caller and handed over.
 */
#ifndef TRACEFS_CAPTURE_RECORD_SINK_H
#define TRACEFS_CAPTURE_RECORD_SINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ringbuf/ringbuf.h"
#include "tracefs/capture/payload/gather.h"
#include "tracefs/capture/task/procfs.h"
#include "tracefs/events/cmdlines.h"
#include "tracefs/events/filter.h"
#include "tracefs/events/record.h"

#define CAP_SINKS 64
#define CAP_CPU_WORDS 16 /* 64-bit words of a set of CPUs: 1024 of them */

struct trigger_list;

/* as which kind of event the task's user stack is written */
enum cap_stack { CAP_KERNEL_STACK = 1, CAP_USER_STACK = 2 };

/* What is recorded of one system call number of the 64-bit table. */
struct cap_syscall {
	uint8_t known;    /* it has events of its own; if not, the raw ones stand for it */
	uint8_t nargs;    /* arguments that it takes */
	uint8_t saved[2]; /* [exit]: arguments that an event has a location for, bit by bit */
	/* arguments whose memory is left out all the same, bit by bit; changes while calls are recorded */
	uint8_t unsaved;
	uint8_t fds[2]; /* [exit]: arguments that are or lead to file descriptors, bit by bit; bit 6: the result */
	uint8_t asked;  /* the argument whose netlink protocol its types depend on, as a bit; 0: none */
	struct cap_parts parts[2]; /* [exit]: of what it saves, that an event has a location for */
};

/* How a pid set of a sink selects tasks. Its members are set one by one, as they are found. */
struct cap_wish_set {
	bool active; /* only its members are recorded; those of a NOTRACE set: all but they */
	bool follow; /* children of members join it */
};

/* An event that a sink wants, or whose occurrence triggers something. */
struct cap_wish_event {
	int32_t id;        /* 0 to EV_ID_MAX */
	bool enabled;      /* it is recorded */
	uint64_t filter;   /* address of its struct ev_filter; 0: all pass */
	uint64_t triggers; /* address of its struct trigger_list; 0: it has none */
};

/*
 * All that one sink wants recorded. A new one replaces the last; what it points to is copied, what it gives addresses
 * of is not.
 */
struct cap_wish {
	bool tracer;         /* the syscall tracer records every call */
	bool paired;         /* exits are recorded only of calls whose enter was written */
	bool fds;            /* what descriptors stand for is recorded with the calls */
	bool record_comm;    /* names of recorded tasks are saved */
	bool record_tgid;    /* and the ids of their processes */
	uint8_t stacks;      /* enum cap_stack: written after each event */
	uint32_t save_enter; /* bytes of a text or of data that are saved at the enter of calls; 0: no memory is */
	uint32_t save_exit;  /* the same at their exit */
	uint32_t save_paths; /* the same of a path's name, where that is more */
	uint32_t event_count;
	const struct cap_wish_event *events; /* event_count of them */
	uint64_t cpus[CAP_CPU_WORDS];        /* bit by bit: whose events are recorded */
	struct cap_wish_set sets[CAP_SETS];  /* by enum cap_set */
};

struct cap_sink {
	struct rb *rb;
	uint64_t cpus[CAP_CPU_WORDS];    /* tracing_cpumask */
	uint8_t enabled[EV_ID_MAX + 1];  /* events wanted, by id */
	uint8_t soft_off[EV_ID_MAX + 1]; /* enabled, but not written: what enable_event and disable_event switch */
	const struct ev_filter *filter[EV_ID_MAX + 1]; /* by event id; NULL: all its events pass */
	struct trigger_list *triggers[EV_ID_MAX + 1];  /* by event id; NULL: none */
	struct rb *snapshot;                           /* exchanged with rb by a snapshot; NULL: not allocated */
	uint32_t paths;    /* bytes of a path's name that are saved, where that is more than of a text */
	uint32_t saves[2]; /* [exit]: bytes of a text that are saved; 0: no memory is */
	uint8_t stacks;    /* enum cap_stack: written after each event */
};

/* Where the user stack of a stopped task begins. */
struct cap_frame {
	uint64_t ip, sp, bp; /* instruction, stack and frame pointer */
	bool narrow;         /* 32-bit code, whose frames are of two u32 */
};

struct cap_recorder {
	struct cap_wants wants;
	struct cap_sink *sink[CAP_SINKS];
	uint64_t event_sinks[EV_ID_MAX + 1]; /* by event id, bit s: sink s has it enabled, or triggers on it */
	struct cap_syscall syscall[EV_SYSCALL_MAX_NR + 1];
	const struct tt_table *types; /* by which memory is saved; NULL: none is */
	struct cap_save *save;        /* of the one call that is recorded at a time */
	struct cmdlines *cmdlines;    /* names of recorded tasks */
	uint64_t replayed_at;         /* the time stamp of what is written, while it is replayed (replay.h); 0: now */
	/* Asks whoever captures for the registers of a task that is stopped. false: it is not, or is gone. */
	bool (*frame_of)(int32_t tid, struct cap_frame *out);

	/* pause.c */
	pthread_mutex_t emit_lock; /* held while one stop is handled; recursive */
	pthread_cond_t emit_go;    /* pausing has become smaller */
	atomic_int pausing;        /* threads that want the lock */
	int pauses;                /* of the thread that has the lock, one in another */
	/*
	 * Who else writes, besides the capture thread: kept from it while somebody pauses. Both with the lock held;
	 * NULL: nobody.
	 */
	void (*hold)(void *holds), (*go_on)(void *holds);
	void (*silence)(void *holds, int32_t tid); /* likewise: that task writes nothing itself from now on */
	void *holds;

	/* mute.c */
	pthread_mutex_t mute_lock; /* of `mutes` */
	struct cap_mute *mutes;    /* an array */
	uint32_t mute_count;       /* tasks in it */
	uint32_t mute_room;        /* tasks that it has room for */
	atomic_uint muted;         /* mute_count, to look at without the lock */
};

/* Functions marked [capture] are called by the thread that captures alone; the others by any thread. */

/* sinks.c */
int cap_recorder_init(struct cap_recorder *r, struct cmdlines *cmdlines); /* of zeroes: 0 or -ENOMEM */
void cap_recorder_free(struct cap_recorder *r);                           /* what it holds */

/* pause.c */
/* nothing is written until cap_unpause(); waits for the stop that is being handled */
void cap_pause(struct cap_recorder *r);
void cap_unpause(struct cap_recorder *r);    /* by the thread that paused */
void cap_emit_begin(struct cap_recorder *r); /* [capture] */
void cap_emit_end(struct cap_recorder *r);   /* [capture] */

/* mute.c: tasks whose calls are not recorded for now. Mutes of a task are counted. */
int cap_mute(struct cap_recorder *r, int32_t tid); /* 0 or -ENOMEM */
void cap_unmute(struct cap_recorder *r, int32_t tid);
bool cap_is_muted(struct cap_recorder *r, int32_t tid);

/* sinks.c: [capture], or between cap_pause() and cap_unpause() */
int cap_sink_add(struct cap_recorder *r, struct rb *rb); /* its number, or -ENOMEM, -ENOSPC */
void cap_sink_remove(struct cap_recorder *r, int sink);
void cap_sink_want(struct cap_recorder *r, int sink, const struct cap_wish *wish);
void cap_sink_snapshot(struct cap_recorder *r, int sink, struct rb *snapshot);
/* saved, fds, asked: masks of arguments (struct cap_syscall). */
void cap_describe(struct cap_recorder *r, int32_t nr, uint8_t nargs, const uint8_t saved[2], const uint8_t fds[2],
		  uint8_t asked);
/* parts: they outlive r. */
void cap_describe_parts(struct cap_recorder *r, int32_t nr, bool exit, const struct cap_part *parts, uint32_t n);
void cap_unsaved(struct cap_recorder *r, int32_t nr, uint8_t mask); /* any thread */
void cap_names(struct cap_recorder *r, struct cmdlines *cmdlines);  /* where names are saved */
void cap_types(struct cap_recorder *r, const void *table);          /* a struct tt_table that outlives r */

static inline bool cap_sink_has_cpu(const struct cap_sink *s, int cpu)
{
	return s->cpus[cpu / 64 % 16] >> cpu % 64 & 1;
}

/* Whether a record of an event is written: it is enabled, and passes its filter. */
static inline bool cap_sink_passes(const struct cap_sink *s, struct cap_task *t, const void *rec, uint32_t len, int cpu)
{
	unsigned id = ((const struct ev_common *)rec)->type;

	if (!s->enabled[id] || s->soft_off[id])
		return false;
	if (likely(!s->filter[id]))
		return true;
	cap_task_name(t);
	return ev_filter_match(s->filter[id], rec, len, cpu, t->name.comm);
}

#endif
