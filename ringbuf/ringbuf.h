/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_RINGBUF_H
#define RINGBUF_RINGBUF_H
/*
 * A per-CPU, lock-free ring buffer of binary events in shared memory.
 *
 * What is where: layout.h (the mapping), core.h (what a writer needs, in any process: write.c, the hot path; claim.c,
 * who owns a sub-buffer; clock.c), map.c (memfd, handles), switches.c, record.c (writing with a handle), writers.c (who
 * writes, and who died), read.c (consuming), iter.c (looking without consuming), page.c (one sub-buffer image), wait.c,
 * resize.c, stats.c, swap.c.
 *
 * Invariants
 *  1. Position and time stamp of a CPU's buffer change together, by one 16-byte compare-and-swap, and neither ever
 *     decreases until the buffer is emptied: events of one CPU are in order of position and of time.
 *  2. A word of event header is zero until its event is committed, and never zero after.
 *  3. A sub-buffer is recycled only when every byte reserved in it was committed. One in which a writer sleeps between
 *     reserve and commit is left out, lap after lap, until it commits or the buffer is emptied or resized. What a dead
 *     writer had reserved is discarded by whoever meets it (writers.c). A writer that is killed while it clears a
 *     sub-buffer, or between the two steps of a commit, takes that sub-buffer with it: it is left out for good, and
 *     what is committed in it is still read.
 *  4. Writers never wait for anyone. (They look again for at most some microseconds at a sub-buffer that another writer
 *     is clearing, and then go round it.)
 *  5. With no writer in flight: entries == written - overrun - read, exactly.
 *     A writer or reader killed between two instructions can make a count, never the data, wrong by the events it held;
 *     a writer killed in the event that fills a sub-buffer up, by those of that sub-buffer until it is given up.
 *
 * What a reader may assume
 *  - It gets events in order, each once, never half of one, and stops at the first event that is not yet committed.
 *  - It stays there as long as the event's writer may live: nothing that is committed behind it is lost. Only while the
 *    buffer overwrites, and writers have since used every other sub-buffer, it gives up the rest of that one (its
 *    committed events are counted as overrun). At a dead writer's event it passes just that.
 *  - It cannot be made to read or write outside the mapping, or to loop, by anything that the mapping holds.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RB_PAGE_HEADER 16u          /* time stamp and commit word in front of a sub-buffer's events */
#define RB_MISSED_EVENTS (1u << 31) /* in the commit word of an image: events were lost before this one */
#define RB_MISSED_STORED (1u << 30) /* their number (8 bytes) follows the events */
#define RB_COMMIT_MASK ((1u << 20) - 1)

struct rb; /* process-local handle of a mapped buffer; its address stays valid across resizes */

enum rb_clock {
	RB_CLOCK_LOCAL,
	RB_CLOCK_GLOBAL,
	RB_CLOCK_COUNTER,
	RB_CLOCK_MONO,
	RB_CLOCK_MONO_RAW,
	RB_CLOCK_BOOT,
	RB_CLOCK_TAI,
	RB_CLOCK_X86_TSC,
	RB_CLOCK_COUNT
};

/* ---- life: all return 0 (or a handle) or a negative errno ---- */
/*
 * size: bytes per CPU, rounded up to sub-buffers as the kernel does, at least two. subbuf_size: 4096 << n, to 512 KiB.
 */
int rb_create(struct rb **out, unsigned cpus, uint64_t size, uint32_t subbuf_size, bool overwrite, enum rb_clock clock);
int rb_open(struct rb **out, int fd); /* maps another process's buffer; fd is duplicated */
void rb_close(struct rb *rb);
int rb_fd(const struct rb *rb);
unsigned rb_cpus(const struct rb *rb);
uint32_t rb_subbuf_size(struct rb *rb);
/* bytes of events and their headers that fit, as the kernel reports it */
uint64_t rb_size(struct rb *rb, unsigned cpu);
enum rb_clock rb_clock(const struct rb *rb);
bool rb_overwrite(const struct rb *rb);
void rb_set_overwrite(struct rb *rb, bool on);
bool rb_recording(const struct rb *rb);
void rb_set_recording(struct rb *rb, bool on);
/*
 * A second switch, for those who must keep writers out for a moment: events are taken while recording and not paused.
 */
bool rb_paused(const struct rb *rb);
void rb_set_paused(struct rb *rb, bool on);

/* ---- writers: any number per CPU, never wait ---- */
struct rb_slot {
	void *data; /* where to write the event; 4-byte aligned */
	/* the rest belongs to ringbuf */
	uint32_t *header; /* first word of the event, published last */
	struct rb_page *page;
	struct rb_ctl *ctl;
	uint32_t word, extend_word; /* what to publish; extend_word 0: no time extend in front */
	uint32_t bytes;             /* reserved, with the time extend */
	uint32_t closing;           /* what its commit adds because it fills the sub-buffer up */
	struct rb_open *open;       /* its entry in the writer's line */
};
/*
 * Reserve len bytes in cpu's buffer, stamped now. False: dropped (and counted), longer than rb_max_event, or not
 * recording. A thread commits, or discards, what it reserved, and has at most 3 reservations open at a time (as a
 * signal handler in a handler would).
 */
bool rb_reserve(struct rb *rb, unsigned cpu, uint32_t len, struct rb_slot *slot);
/* The same, stamped ts, or with the time of the last reservation where that is later. */
bool rb_reserve_at(struct rb *rb, unsigned cpu, uint64_t ts, uint32_t len, struct rb_slot *slot);
void rb_commit(struct rb *rb, struct rb_slot *slot);
void rb_discard(struct rb *rb, struct rb_slot *slot); /* leaves a gap that readers pass; not counted as an entry */
bool rb_write(struct rb *rb, unsigned cpu, const void *data, uint32_t len); /* reserve, copy, commit */
uint32_t rb_max_event(struct rb *rb);                                       /* longest event, bytes */
uint32_t rb_writer_max_event(struct rb *rb); /* the same without a lock, for those whom changes of shape keep out */

/* ---- consuming readers: serialised by the caller per CPU ---- */
/*
 * Move the oldest committed, unconsumed events of cpu into page (subbuf_size bytes, a kernel sub-buffer image: time
 * stamp, commit, events; bits 31/30 of commit and the trailing word say missed events as in the kernel). Returns the
 * bytes of event data, 0 when empty; *lost is how many events were overwritten since the previous call that returned
 * any. _into is for callers that do not keep set_subbuf_size out: -ENOSPC when capacity is less than a sub-buffer.
 */
int64_t rb_read_page(struct rb *rb, unsigned cpu, void *page, uint64_t *lost);
int64_t rb_read_page_into(struct rb *rb, unsigned cpu, void *page, uint32_t capacity, uint64_t *lost);

/* ---- iterating readers: any number, do not consume, never disturb ---- */
struct rb_iter;
struct rb_iter *rb_iter_new(struct rb *rb, unsigned cpu); /* NULL: no memory, no such cpu */
void rb_iter_free(struct rb_iter *it);                    /* before rb_close */
uint64_t rb_iter_loads(const struct rb_iter *it);         /* how often it has copied events out of the buffer */
struct rb_event {
	uint64_t ts;
	const void *data;
	uint32_t len;
	uint64_t lost; /* before this one */
};
bool rb_iter_peek(struct rb_iter *it, struct rb_event *out); /* the next event; valid until rb_iter_next */
void rb_iter_next(struct rb_iter *it);
/*
 * Walk the events of one page image (as rb_read_page leaves it): pos 0 at first, updated; false at the end.
 * out->lost of the first event is the number that the image itself stores, 0 where it has no room for one.
 */
bool rb_page_next(const void *page, uint32_t subbuf_size, uint32_t *pos, uint64_t *ts, struct rb_event *out);

/* ---- waiting ---- */
/*
 * Sleep until cpu (-1: any) has something to consume, or rb_kick, or a signal (EINTR), or timeout_ns (< 0: none).
 * percent > 0: until that much of the buffer is full (buffer_percent). 0 ready, -EINTR, -ETIMEDOUT, -ECANCELED after a
 * kick.
 */
int rb_wait(struct rb *rb, int cpu, int percent, int64_t timeout_ns);
void rb_kick(struct rb *rb);                        /* wake all who wait now */
bool rb_empty(struct rb *rb, int cpu);              /* nothing to consume now (-1: on any CPU) */
bool rb_ready(struct rb *rb, int cpu, int percent); /* what rb_wait waits for */
uint64_t rb_now(struct rb *rb); /* the buffer's clock, in its own unit (ns, or ticks of counter/x86-tsc) */

/* ---- counters ---- */
/* The numbers of per_cpu/cpuN/stats. Time stamps are raw, in the clock's unit. */
struct rb_stats {
	uint64_t entries, overrun, commit_overrun, bytes, oldest_ts, now_ts, dropped_events, read_events;
};
int rb_stats(struct rb *rb, unsigned cpu, struct rb_stats *out);
uint64_t rb_entries(struct rb *rb, int cpu); /* unread now (-1: of all CPUs) */
uint64_t rb_written(struct rb *rb, int cpu); /* since the buffer was emptied */

/* ---- changing shape: the caller keeps writers out; readers of this process are kept out here ---- */
int rb_resize(struct rb *rb, uint64_t size, int cpu);        /* keeps the newest events that fit; -1: all CPUs */
int rb_set_subbuf_size(struct rb *rb, uint32_t subbuf_size); /* empties */
int rb_set_clock(struct rb *rb, enum rb_clock clock);        /* empties */
int rb_reset(struct rb *rb, int cpu);                        /* empties, and zeroes the counters */
/*
 * Exchange what two buffers of as many CPUs hold (-1: all CPUs), with sizes and counters; -ENOMEM: some CPUs are not
 * exchanged.
 */
int rb_swap(struct rb *a, struct rb *b, int cpu);
#endif
