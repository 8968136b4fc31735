/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/TID/stat. Nothing here allocates: the keeper uses it in a fork of a process with threads. */
#ifndef TRACEFS_CAPTURE_TASK_STAT_H
#define TRACEFS_CAPTURE_TASK_STAT_H

#include <stdbool.h>
#include <stdint.h>

#define CAP_STAT_TEXT 1024 /* bytes that the file has at most */

/* Numbers of fields, as in proc(5). */
enum cap_stat_field {
	CAP_STAT_NAME = 2,
	CAP_STAT_PPID = 4,
	CAP_STAT_SESSION = 6,
	CAP_STAT_PRIORITY = 18,    /* the kernel's less 100: negative of real-time tasks */
	CAP_STAT_START = 22,       /* clock ticks since boot */
	CAP_STAT_EXIT_SIGNAL = 38, /* that its parent gets at its end */
	CAP_STAT_CPU = 39,         /* that it last ran on */
};

/* Read the file of a thread of a process; tgid 0: of the process that tid is. false: it is gone. */
bool cap_stat_read(int32_t tgid, int32_t tid, char text[CAP_STAT_TEXT]);
#define CAP_STAT_NOT_WHOLE INT64_MIN
/* A number behind the name, or CAP_STAT_NOT_WHOLE. */
int64_t cap_stat_number(const char *text, enum cap_stat_field field);

#endif
