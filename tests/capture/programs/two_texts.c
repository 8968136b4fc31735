/* SPDX-License-Identifier: GPL-2.0-only */
/* One call with two texts that lie on one page. */
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

static char texts[2][16] __attribute__((aligned(4096))) = {"/nowhere/a", "/nowhere/b"};

static void behaviour(void)
{
	CHECK(syscall(SYS_symlink, texts[0], texts[1]) < 0);
}
