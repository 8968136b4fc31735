/* SPDX-License-Identifier: GPL-2.0-only */
/* One call with a text that begins on one page and ends on the next. */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

static char pages[8192] __attribute__((aligned(4096)));

static void behaviour(void)
{
	memset(pages + 4000, 'x', 200);
	memcpy(pages + 4000, "/nowhere/", 9);
	CHECK(syscall(SYS_symlink, pages + 4000, pages + 4000) < 0);
}
