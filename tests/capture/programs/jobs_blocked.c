/* SPDX-License-Identifier: GPL-2.0-only */
/* Stopping and continuing a child that is blocked in a restartable call is invisible to that call. */
#include "check.h"
#include <poll.h>

struct state {
	_Atomic uint32_t ready;
};

static struct state *state;
static int in[2], go[2];

static void child_reads(void)
{
	char byte = 0;

	CHECK_EQ(read(in[0], &byte, 1), 1);
	CHECK_EQ(byte, 'x');
}

static void child_polls(void)
{
	int64_t start = now_ns();

	CHECK_EQ(poll(NULL, 0, 12), 0); /* restart_syscall goes on with what is left */
	CHECK(now_ns() - start >= 12000000);
}

static void child_sleeps(void)
{
	struct timespec ts = {0, 12000000};
	int64_t start = now_ns();

	CHECK_EQ(nanosleep(&ts, NULL), 0);
	CHECK(now_ns() - start >= 12000000);
}

static void behaviour(void)
{
	static void (*const bodies[])(void) = {child_reads, child_polls, child_sleeps};

	CHECK(pipe(in) == 0 && pipe(go) == 0);
	state = shared_memory(sizeof(*state));
	for (int i = 0; i < 3; i++) {
		pid_t child;
		char byte;

		state->ready = 0;
		child = fork();
		CHECK(child >= 0);
		if (child == 0) {
			state->ready = 1;
			bodies[i]();
			CHECK_EQ(read(go[0], &byte, 1), 1); /* else its end might hide that it was continued */
			_exit(50 + i);
		}
		while (!state->ready)
			sched_yield();
		pause_us(500);
		CHECK(kill(child, SIGSTOP) == 0);
		CHECK_EQ(status_of(child, WUNTRACED), 0x7f | SIGSTOP << 8);
		pause_us(500);
		CHECK(kill(child, SIGCONT) == 0);
		CHECK_EQ(status_of(child, WCONTINUED), 0xffff);
		if (i == 0)
			CHECK_EQ(write(in[1], "x", 1), 1);
		CHECK_EQ(write(go[1], "x", 1), 1);
		check_exited(child, 50 + i);
	}
	close(in[0]);
	close(in[1]);
	close(go[0]);
	close(go[1]);
	munmap(state, sizeof(*state));
}
