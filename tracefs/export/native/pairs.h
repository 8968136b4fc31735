/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records in the order of their time, calls put together of enter and exit, and each call to a sink that writes it: all
 * that is frequent, without an object of Python's per event. What is not plain (a task is born, executes, ends; a
 * signal; a call whose words only Python knows) is left to Python, in its order: ex_run() stops there.
 */
#ifndef TRACEFS_EXPORT_PAIRS_H
#define TRACEFS_EXPORT_PAIRS_H

#include "tracefs/render/typed/typed.h"

struct ex_pairs;

enum ex_stop {
	EX_DONE,  /* nothing more that is old enough */
	EX_FULL,  /* the sink has much to write */
	EX_FRAME, /* ex_frame() is for Python; ex_run() goes on behind it */
	EX_NO_MEMORY,
};

/* One record for Python. */
struct ex_frame {
	uint64_t ts;
	const uint8_t *record; /* valid until the next call of ex_add() or ex_run() */
	uint32_t cpu, length;
	int32_t tid;
	uint64_t lost; /* events of this CPU that are missing before it: 0: none, UINT64_MAX: nobody knows how many */
};

/* A call for a sink. `whole` says where in `words` each argument's text stands. */
struct ex_call {
	uint64_t ts, end; /* ns */
	uint64_t task;    /* what ex_task() was told */
	int32_t tid;
	unsigned nr;
	const uint64_t *args;
	unsigned nargs;
	const char *words;
	const struct rn_whole *whole;
};
/* False: no memory; nothing was written then. */
typedef bool ex_sink(void *to, const struct ex_call *call);

enum ex_mine {
	EX_NONE,
	EX_ALL,
	EX_CHANNELS, /* where the descriptor is a pipe or a socket */
};

/*
 * ours: the records' numbers are those of events/record.h; else all is for Python.
 * mine: by number of the syscall, an ex_mine: which calls are for Python.
 */
struct ex_pairs *ex_pairs_new(bool ours, const uint8_t mine[1024], ex_sink *sink, void *to);
void ex_pairs_free(struct ex_pairs *pairs);

/* Frames as RN_FRAMES has them, cut anywhere. False: no memory. */
bool ex_add(struct ex_pairs *pairs, const void *frames, size_t size);
/* The records of one sub-buffer. False: no memory. last: the time stamp of its last record, 0: it has none. */
bool ex_add_page(struct ex_pairs *pairs, const void *page, uint32_t size, unsigned cpu, uint64_t *last);
/* How many records wait that ex_run() has not come to. */
size_t ex_waiting(const struct ex_pairs *pairs);

/*
 * Take what has come up to `until`, in the order of time. limit: bytes that the sink may have at its end (asked by
 * size()).
 */
int ex_run(struct ex_pairs *pairs, const struct rn_types *types, uint64_t until, const size_t *written, size_t limit);
const struct ex_frame *ex_frame_of(const struct ex_pairs *pairs);

/* What the sink gets of a task's calls; 0: its calls are for Python. False: no memory. */
bool ex_task(struct ex_pairs *pairs, int32_t tid, uint64_t task);
/* The task's call that has not ended is Python's from now on. False: there is none. */
bool ex_take_open(struct ex_pairs *pairs, int32_t tid, struct ex_frame *frame);
/* Any such task, -1: none. */
int32_t ex_any_open(const struct ex_pairs *pairs);
/* The time stamp of the newest record that was taken. */
uint64_t ex_now(const struct ex_pairs *pairs);

#endif
