/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/task/status.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t number(const char *text, const char *key, int base)
{
	const char *at = strstr(text, key);
	return at ? strtoull(at + strlen(key), NULL, base) : 0;
}

bool cap_status_of(int32_t tid, struct cap_status *status)
{
	char path[48], text[8192];

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = 0;
	/* Linux 5.8 and older only tell the mode: 2 with filters */
	const char *filters = strstr(text, "\nSeccomp_filters:") ? "\nSeccomp_filters:" : "\nSeccomp:";
	const char *state = strstr(text, "\nState:\t"); /* a name cannot hold it: its newlines are escaped */
	*status = (struct cap_status){.tgid = (int32_t)number(text, "\nTgid:", 10),
				      .ppid = (int32_t)number(text, "\nPPid:", 10),
				      .state = state ? state[8] : '?',
				      .sleeps = number(text, "\nvoluntary_ctxt_switches:", 10),
				      .own = number(text, "\nSigPnd:", 16),
				      .shared = number(text, "\nShdPnd:", 16),
				      .blocked = number(text, "\nSigBlk:", 16),
				      .ignored = number(text, "\nSigIgn:", 16),
				      .caught = number(text, "\nSigCgt:", 16),
				      .filters = (uint32_t)number(text, filters, 10)};
	return true;
}
