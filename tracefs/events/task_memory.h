/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRACEFS_EVENTS_TASK_MEMORY_H
#define TRACEFS_EVENTS_TASK_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct iovec;

/*
 * As process_vm_readv(2) with a buffer for all of remote[n]. Where that is not to be had (a sandbox of the reader's:
 * EPERM, ENOSYS) it reads /proc/TID/mem, and where that is not, asks ptrace, if this thread traces that one.
 * A page that a program serves itself by a userfaultfd(2) may be served by a task that we hold: see
 * task_memory_is_served().
 */
int64_t task_read_vector(int32_t tid, void *buffer, const struct iovec *remote, uint32_t n);
bool task_read(int32_t tid, uint64_t address, void *buffer, uint32_t size); /* all of it, or false */

/*
 * Copy a string of at most max bytes from another task's memory to buffer[max + 1], NUL-terminated. Its length, or
 * -EFAULT where not even its first byte can be read, or it ends at a page that cannot.
 */
int64_t task_read_string(int32_t tid, uint64_t address, char *buffer, uint32_t max);

/*
 * Some task has a userfaultfd: from now on all memory is read by /proc/TID/mem, which does not wait for such a page
 * (EIO), where process_vm_readv(2) does.
 */
void task_memory_is_served(void);

#endif
