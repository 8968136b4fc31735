/* SPDX-License-Identifier: GPL-2.0-only */
/* The leader of a process with running threads executes: they vanish, the pid stays, mask and pending signals stay. */
#include "exec.h"

static void behaviour(void)
{
	pid_t child = child_with_threads();

	if (child == 0)
		execute(NULL);
	check_exited(child, 42);
}
