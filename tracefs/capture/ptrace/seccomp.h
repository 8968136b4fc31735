/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A filtered task stops at the calls that are wanted alone: a seccomp filter, which it installed on itself before its
 * first execve and which its children inherit, asks its tracer at these (SECCOMP_RET_TRACE) and lets all others pass.
 *
 * The filter cannot be taken off. Where nobody traces such a task the kernel answers those calls with ENOSYS: it must
 * not be let go, and a tracer that is killed does it harm. So this is only done where it was asked for.
 */
#ifndef TRACEFS_CAPTURE_PTRACE_SECCOMP_H
#define TRACEFS_CAPTURE_PTRACE_SECCOMP_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* What our filter tells its tracer: another filter of the task's may ask one too. */
#define CAP_FILTER_DATA 0x7466u
#define CAP_WANTED_WORDS 16 /* bit n of word n / 64: call n is wanted */

struct cap_filter {
	struct sock_fprog program;
	struct sock_filter code[BPF_MAXINSNS];
};

/* The calls of wanted, those that the engine itself must see, and all of 32-bit and x32 code. NULL: no memory. */
struct cap_filter *cap_filter_new(const uint64_t wanted[CAP_WANTED_WORDS]);
void cap_filter_free(struct cap_filter *filter);
/*
 * In the child. Without privilege it first gives up what set-user-ID programs could gain it (no_new_privs). 0 or
 * -errno.
 */
int cap_filter_install(const struct cap_filter *filter);

#endif
