/* SPDX-License-Identifier: GPL-2.0-only */
/* As jobs, with a child of three threads: they stop and go on together, and are reported as one. */
#include "jobs.h"

static void behaviour(void)
{
	control(2);
}
