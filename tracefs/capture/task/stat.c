/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/task/stat.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cap_stat_read(int32_t tgid, int32_t tid, char text[CAP_STAT_TEXT])
{
	char path[64];

	if (tgid)
		snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", tgid, tid);
	else
		snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, CAP_STAT_TEXT - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n > 0;
}

int64_t cap_stat_number(const char *text, enum cap_stat_field field)
{
	const char *at = strrchr(text, ')'); /* the name may hold anything, blanks and brackets too */

	for (int passed = CAP_STAT_NAME; at && passed < (int)field; passed++)
		at = strchr(at + 1, ' ');
	return at ? strtoll(at + 1, NULL, 10) : CAP_STAT_NOT_WHOLE;
}
