/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The binary records in the ring buffer, as the `format` files describe them.
 *
 * Every record starts with the kernel's common fields (8 bytes). Layouts are those of the running kernel's
 * events/.../format (the oracle); identifiers are ours and listed in docs/architecture.md.
 */
#ifndef TRACEFS_EVENTS_RECORD_H
#define TRACEFS_EVENTS_RECORD_H

#include <stdint.h>

enum ev_id {
	EV_KERNEL_STACK = 4,
	EV_PRINT = 5,
	EV_USER_STACK = 13,
	EV_RAW_DATA = 19,
	EV_RAW_SYS_ENTER = 100,
	EV_RAW_SYS_EXIT = 101,
	EV_COMPAT_SYS_ENTER = 102, /* int 0x80 and 32-bit code: numbers of arch/x86/entry/syscalls/syscall_32.tbl */
	EV_COMPAT_SYS_EXIT = 103,
	EV_SCHED_PROCESS_FORK = 110,
	EV_SCHED_PROCESS_EXEC = 111,
	EV_SCHED_PROCESS_EXIT = 112,
	EV_SCHED_PROCESS_WAIT = 113,
	EV_SIGNAL_GENERATE = 114,
	EV_SIGNAL_DELIVER = 115,
	EV_TASK_NEWTASK = 116,
	EV_TASK_RENAME = 117,
	EV_TASK_PRCTL_UNKNOWN = 118,
	EV_SCHED_PREPARE_EXEC = 119,
	EV_SIGNAL_IGNORED = 120,
	EV_TASK_STOPPED = 121,
	EV_SYSCALL_FIRST = 1024, /* + 2 * nr: sys_enter_NAME; + 2 * nr + 1: sys_exit_NAME */
	EV_SYSCALL_MAX_NR = 1023,
	EV_SYSCALL_LAST = EV_SYSCALL_FIRST + 2 * EV_SYSCALL_MAX_NR + 1,
	EV_SYNTHETIC_FIRST, /* as synthetic_events makes them */
	EV_SYNTHETIC_MAX = EV_SYNTHETIC_FIRST + 255,
	EV_ID_MAX = EV_SYNTHETIC_MAX,
};

struct ev_common {
	uint16_t type;
	uint8_t flags;
	uint8_t preempt_count;
	int32_t pid; /* the task (TID) that the event happened in */
};

/*
 * fds: a __data_loc of what file descriptors of the call stood for (tracefs/syscalls/types/saved/fds.py), in what is
 * padding in the kernel's records; 0: that was not asked for, or there were none.
 */
struct ev_sys_enter {
	struct ev_common common;
	int32_t nr;
	uint32_t fds;
	uint64_t args[6]; /* only as many as the syscall has are recorded */
};

struct ev_sys_exit {
	struct ev_common common;
	int32_t nr;
	uint32_t fds;
	int64_t ret;
};

struct ev_raw_sys_enter {
	struct ev_common common;
	int64_t id;
	uint64_t args[6];
};

struct ev_raw_sys_exit {
	struct ev_common common;
	int64_t id;
	int64_t ret;
};

#define EV_STACK_MAX 16

struct ev_kernel_stack {
	struct ev_common common;
	int32_t size;
	int32_t pad;
	uint64_t caller[EV_STACK_MAX]; /* only `size` of them are recorded */
};

#define EV_USER_STACK_MAX 8

struct ev_user_stack {
	struct ev_common common;
	uint32_t tgid;
	uint32_t pad;
	uint64_t caller[EV_USER_STACK_MAX]; /* zeroes behind the last */
};

struct ev_print {
	struct ev_common common;
	uint64_t ip;
	char buf[];
};

struct ev_raw_data {
	struct ev_common common;
	uint32_t id;
	char buf[];
};

#endif
