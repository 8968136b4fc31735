/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_RINGBUF_H
#define RINGBUF_RINGBUF_H
/* CONTRACT (the owner of ringbuf/ completes this header: invariants, layout, static inline hot path) */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rb; /* process-local handle of a mapped buffer; its address stays valid across resizes */

enum rb_clock { RB_CLOCK_LOCAL, RB_CLOCK_GLOBAL, RB_CLOCK_COUNTER, RB_CLOCK_MONO, RB_CLOCK_MONO_RAW, RB_CLOCK_BOOT,
	RB_CLOCK_TAI, RB_CLOCK_X86_TSC };

struct rb_slot { void *data; /* where to write; 4-byte aligned, 8 where the kernel's would be */ uint64_t opaque[3]; };

/* ---- writers: any number per CPU, never wait ---- */
/* Reserve len bytes in cpu's buffer, stamped now. False: dropped (and counted), or recording is off. */
bool rb_reserve(struct rb *rb, unsigned cpu, uint32_t len, struct rb_slot *slot);
void rb_commit(struct rb *rb, struct rb_slot *slot);
void rb_discard(struct rb *rb, struct rb_slot *slot); /* becomes a padding event; not counted as an entry */
bool rb_write(struct rb *rb, unsigned cpu, const void *data, uint32_t len); /* reserve, copy, commit */

/* ---- consuming readers: serialised by the caller per CPU ---- */
/*
 * Move the oldest committed, unconsumed events of cpu into page (subbuf_size bytes, a kernel sub-buffer image: time stamp,
 * commit, events; bits 31/30 of commit and the trailing word say missed events as in the kernel). Returns the bytes of event data, 0
 * when empty; *lost is how many events were overwritten since the previous call.
 */
int64_t rb_read_page(struct rb *rb, unsigned cpu, void *page, uint64_t *lost);
/* ---- iterating readers: any number, do not consume, never disturb ---- */
struct rb_iter;
struct rb_iter *rb_iter_new(struct rb *rb, unsigned cpu);
void rb_iter_free(struct rb_iter *it);
struct rb_event { uint64_t ts; const void *data; uint32_t len; uint64_t lost; /* before this one */ };
bool rb_iter_peek(struct rb_iter *it, struct rb_event *out); /* the next event; valid until rb_iter_next */
void rb_iter_next(struct rb_iter *it);
/* Walk the events of one page image (as rb_read_page leaves it): pos 0 at first, updated; false at the end. */
bool rb_page_next(const void *page, uint32_t subbuf_size, uint32_t *pos, uint64_t *ts, struct rb_event *out);

/* ---- waiting ---- */
/*
 * Sleep until cpu (-1: any) has something to consume, or rb_kick, or a signal (EINTR), or timeout_ns (< 0: none).
 * percent > 0: until that much of the buffer is full (buffer_percent). 0 ready, -EINTR, -ETIMEDOUT, -ECANCELED after a kick.
 */
int rb_wait(struct rb *rb, int cpu, int percent, int64_t timeout_ns);
void rb_kick(struct rb *rb); /* wake all who wait now */
bool rb_empty(struct rb *rb, int cpu);
uint64_t rb_now(struct rb *rb); /* the buffer's clock, in its own unit (ns, or ticks of counter/x86-tsc) */
#endif
