/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel calls that act on tracees, in one place.
 *
 * TRACEFS_KILL_AT=K in the environment: the process sends itself SIGKILL before its K-th such call, in C and in Python
 * (ptrace_ops.py) together. A test then finds out whether tracees outlive the tracer's death at that instant.
 */
#ifndef TRACEFS_CAPTURE_TASK_PTRACE_CALLS_H
#define TRACEFS_CAPTURE_TASK_PTRACE_CALLS_H

#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>

void cap_op_setup(void);                                                 /* read TRACEFS_KILL_AT */
void cap_op(void);                                                       /* count one call; may not return */
long cap_ptrace(int request, pid_t tid, uintptr_t addr, uintptr_t data); /* >= 0, or -errno */
/* The next report of a tracee or child of this thread, left in place. 0, or -errno. */
int cap_look(siginfo_t *si);
int cap_look_at(pid_t tid, siginfo_t *si); /* of this one, without waiting; si_pid 0: nothing */
int cap_wait_status(const siginfo_t *si);  /* of one that has ended: as of waitpid */
int cap_reap(pid_t tid);                   /* take an ended one's report away: its status as of waitpid, or -1 */
int cap_consume_stop(pid_t tid);           /* take away the stop of an untraced child */
#endif
