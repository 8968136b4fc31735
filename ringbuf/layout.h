/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_LAYOUT_H
#define RINGBUF_LAYOUT_H
/*
 * The shared mapping, byte for byte.
 *
 *     0                        struct rb_header (one page)
 *     4096                     struct rb_ctl[cpus], to a page boundary
 *     rb_writers_at(cpus)      struct rb_writer[RB_WRITERS]
 *     ctl[i].area              CPU i: struct rb_page[npages], to a page boundary, then npages sub-buffers
 *
 * A resize puts a CPU's area at a new place in the file, gives the old place back to the system and raises
 * ctl.generation.
 *
 * Positions. Sub-buffers are numbered for ever (seq 1, 2, 3...); seq lies in slot seq % npages. A position is
 * seq << RB_OFF_BITS | offset in the sub-buffer (its 16 header bytes included). The position starts at the end of an
 * imaginary sub-buffer 0, so the first event takes the normal path into sub-buffer 1.
 *
 * A live sub-buffer differs from the image that readers get in two things, both mended by page.c: its commit word is
 * unused (0), and a discarded event is type 31 with its length in array[0] (padding would need a delta that is not 0).
 */
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#define RB_MAGIC 0x66756252u
#define RB_VERSION 3u
#define RB_FILE_PAGE 4096u
#define RB_SUBBUF_MIN 4096u
#define RB_SUBBUF_MAX (512u << 10)
#define RB_MAX_CPUS 8192u
#define RB_WRITERS 4096u
#define RB_MAX_PAGES (1ull << 30)

#define RB_OFF_BITS 24
#define RB_OFF_MASK ((1u << RB_OFF_BITS) - 1)
#define RB_OFF_GONE RB_OFF_MASK
#define RB_OFF_GIVEN_UP (RB_OFF_MASK - 1)

enum {
	RB_TYPE_DATA_MAX = 28,
	RB_TYPE_PADDING = 29,
	RB_TYPE_TIME_EXTEND = 30,
	RB_TYPE_TIME_STAMP = 31,
	RB_TYPE_DISCARDED = 31 /* in a live sub-buffer only */
};
#define RB_DELTA_BITS 27

enum { RB_FLAG_RECORDING = 1, RB_FLAG_OVERWRITE = 2, RB_FLAG_PAUSED = 4 };

struct rb_header {
	uint32_t magic, version, cpus, header_size;
	/* relaxed: a writer may see a switch late; nothing else hangs on it */
	alignas(64) uint32_t flags;
	uint32_t clock;
	/* relaxed add: the counter clock */
	alignas(64) uint64_t counter;
	/* the futex; seq_cst, see wait.c */
	alignas(64) uint32_t wake;
	uint32_t kicks;
	/*
	 * release; acquire in who looks for the writer of a reservation: no line of the table at or past this was ever
	 * taken
	 */
	alignas(64) uint32_t writers;
};

struct rb_ctl {
	/* Written at every event: one cache line. */
	/* {pos, ts}: 16-byte CAS, seq_cst; pairs with itself, and with the acquire load of pos in readers */
	alignas(64) uint64_t pos;
	uint64_t ts; /* of the last reservation */
	/* relaxed add: events of the sub-buffers that were closed; those of the open one are in its done */
	uint64_t written;
	uint64_t want;       /* whom a commit must wake: see wait.c */
	uint64_t generation; /* of the geometry below; relaxed: the caller keeps writers out while it changes */
	/* Written when a sub-buffer is entered, or an event is lost. All relaxed adds: counters. */
	alignas(64) uint64_t overrun;
	uint64_t commit_overrun, dropped;
	uint64_t bytes_closed; /* event bytes of the sub-buffers before that of pos; starts below zero for seq 0 */
	uint64_t bytes_gone;   /* event bytes overwritten or read */
	/* Written by the consuming reader. */
	/* release; acquire in no-overwrite writers: everything before this seq is consumed or given up */
	alignas(64) uint64_t head;
	uint64_t read;          /* relaxed */
	uint64_t lost_reported; /* relaxed: the overrun that readers were told of */
	/* Geometry: written while nobody writes. */
	alignas(64) uint64_t area;
	uint64_t npages;
	uint32_t subbuf_size;
};

/*
 * A reservation that is not committed yet, told by its writer for the case that it dies: whoever meets it then discards
 * it (writers.c). Written with plain stores, in this order: all but pos, pos (release), the reservation itself (a full
 * fence), and pos = 0 after the commit. So a reservation that exists and is not committed always has its entry; an
 * entry may have no reservation.
 */
struct rb_open {
	uint64_t pos;   /* where it is, if it is; 0: nowhere */
	uint64_t delta; /* its time stamp, counted from that of the reservation before it */
	uint64_t what;  /* whose buffer: cpu << 32 | bytes reserved, with the time extend */
	/*
	 * the reservation enters a new sub-buffer: where the rest of the one before begins, until that is closed. Else
	 * 0.
	 */
	uint64_t pad;
};

/* One thread that writes. As many open reservations as the kernel has contexts that interrupt each other, less one. */
#define RB_OPEN 3
struct rb_writer {
	alignas(128) uint32_t tid; /* 0: free. CAS; acquire and release pair with the next owner's */
	uint32_t reserved;
	/* when the thread began: starttime of /proc/TID/stat. Says which thread of that number. 0: not known */
	uint64_t start;
	struct rb_open open[RB_OPEN];
};

/*
 * The state of one sub-buffer. {who, skip} changes only by 16-byte CAS, so that for each seq exactly one of two things
 * comes true, for everybody: the sub-buffer becomes CONTENT(seq) and will be entered, or seq is skipped.
 */
struct rb_page {
	/*
	 * seq << 24 | state << 22 | events consumed. Acquire load pairs with the CAS that made it CONTENT: contents
	 * cleared, stamped.
	 */
	alignas(16) uint64_t who;
	/*
	 * highest skipped seq << 24 | offset up to which the content is consumed. RB_OFF_GIVEN_UP: it was given up, and
	 * its bytes will be counted as gone when it is closed; RB_OFF_GONE: they were.
	 */
	uint64_t skip;
	/*
	 * entries << 32 | closings << 24 | bytes committed, padding included. Add is seq_cst and a writer's last access
	 * to the sub-buffer: its release pairs with the acquire load of who recycles the sub-buffer; as a full fence it
	 * orders the event before ctl.want (wait.c). Who makes closings more than 0 counts the entries so far as
	 * written, and then all count their own: one locked add per event less. What fills a sub-buffer up (an event,
	 * or padding) closes it, and so does who gives it up.
	 */
	uint64_t done;
	uint32_t used; /* bytes of events when padding closed it; 0: full to the brim, or still open. Relaxed. */
	uint32_t reserved;
};

enum rb_state { RB_CLEAN, RB_CONTENT, RB_CLEARING };

#define RB_DONE_CLOSING (1u << 24)
#define RB_DONE_BYTES_MASK (RB_DONE_CLOSING - 1)

#define RB_WHO_STATE_SHIFT 22
#define RB_CONSUMED_MASK ((1u << RB_WHO_STATE_SHIFT) - 1)

static inline uint64_t rb_open_what(uint32_t cpu, uint32_t bytes)
{
	return (uint64_t)cpu << 32 | bytes;
}

static inline uint32_t rb_open_cpu(uint64_t what)
{
	return what >> 32;
}

static inline uint32_t rb_open_bytes(uint64_t what)
{
	return (uint32_t)what;
}

static inline uint64_t rb_seq(uint64_t word)
{
	return word >> RB_OFF_BITS;
}

static inline uint32_t rb_off(uint64_t word)
{
	return word & RB_OFF_MASK;
}

static inline bool rb_off_gone(uint32_t off)
{
	return off >= RB_OFF_GIVEN_UP;
}

static inline uint64_t rb_pos(uint64_t seq, uint32_t off)
{
	return seq << RB_OFF_BITS | off;
}

static inline uint64_t rb_who(uint64_t seq, enum rb_state state, uint32_t consumed)
{
	return seq << RB_OFF_BITS | (uint64_t)state << RB_WHO_STATE_SHIFT | consumed;
}

static inline enum rb_state rb_who_state(uint64_t who)
{
	return who >> RB_WHO_STATE_SHIFT & 3;
}

static inline uint32_t rb_who_consumed(uint64_t who)
{
	return who & RB_CONSUMED_MASK;
}

static inline uint32_t rb_done_bytes(uint64_t done)
{
	return done & RB_DONE_BYTES_MASK;
}

static inline bool rb_done_closed(uint64_t done)
{
	return (uint32_t)done >= RB_DONE_CLOSING;
}

static inline uint32_t rb_done_entries(uint64_t done)
{
	return done >> 32;
}

/* ---- where things are: offsets in the file ---- */
static inline uint64_t rb_to_file_page(uint64_t n)
{
	return (n + RB_FILE_PAGE - 1) & ~(uint64_t)(RB_FILE_PAGE - 1);
}

static inline uint64_t rb_ctl_at(unsigned cpu)
{
	return RB_FILE_PAGE + (uint64_t)cpu * sizeof(struct rb_ctl);
}

static inline uint64_t rb_writers_at(unsigned cpus)
{
	return rb_to_file_page(rb_ctl_at(cpus));
}

static inline uint64_t rb_head_bytes(unsigned cpus)
{
	return rb_writers_at(cpus) + RB_WRITERS * sizeof(struct rb_writer);
}

/* Of the sub-buffers' states, in front of the sub-buffers themselves. */
static inline uint64_t rb_state_bytes(uint64_t npages)
{
	return rb_to_file_page(npages * sizeof(struct rb_page));
}

static inline bool rb_subbuf_size_ok(uint32_t size)
{
	return size >= RB_SUBBUF_MIN && size <= RB_SUBBUF_MAX && !(size & (size - 1));
}

/* ---- atomics: __atomic and __sync builtins, which ThreadSanitizer follows ---- */
#define rb_load(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define rb_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define rb_store(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define rb_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define rb_add(p, v) __atomic_fetch_add(p, v, __ATOMIC_RELAXED)
#define rb_likely(x) __builtin_expect(!!(x), 1)
#define rb_unlikely(x) __builtin_expect(!!(x), 0)

/* cmpxchg16b on two neighbouring words; seq_cst. p is 16-byte aligned. */
static inline bool rb_cas2(uint64_t *p, uint64_t old0, uint64_t old1, uint64_t new0, uint64_t new1)
{
	unsigned __int128 old = (unsigned __int128)old1 << 64 | old0;
	unsigned __int128 new = (unsigned __int128)new1 << 64 | new0;
	return __sync_bool_compare_and_swap((unsigned __int128 *)(void *)p, old, new);
}
#endif
