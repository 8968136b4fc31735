/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A child stopped by each stop signal, continued, and killed while stopped: exactly one report of each to its parent.
 */
#include "jobs.h"

static void behaviour(void)
{
	control(0);
}
