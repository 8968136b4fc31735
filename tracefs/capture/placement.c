/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/* Which CPU the capture thread and its tracees run on. */
#include "tracefs/capture/place.h"

int cap_place_cpu(struct cap_thread *ct, struct cap_task *t)
{
	(void)ct;
	return cap_task_cpu(t);
}
