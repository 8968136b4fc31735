/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RINGBUF_BENCH_H
#define RINGBUF_BENCH_H
#include "ringbuf.h"

/*
 * Write count events of len bytes into cpu's buffer from each of `writers` threads; nanoseconds of wall clock, < 0:
 * errno.
 */
int64_t rb_bench_write(struct rb *rb, unsigned cpu, uint32_t len, uint64_t count, unsigned writers);
#endif
