/* SPDX-License-Identifier: GPL-2.0-only */
/* A handler interrupts a blocked call exactly as SA_RESTART and the call itself say, and runs exactly once. */
#include "check.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>

static volatile sig_atomic_t handled;
static int data[2];

static void on_usr1(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	handled++;
}

/* A child that signals us, once we had time to block, and later lets a read succeed. */
static pid_t disturber(bool then_write)
{
	pid_t parent = getpid(), child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		pause_us(1500);
		CHECK(kill(parent, SIGUSR1) == 0);
		pause_us(1000);
		if (then_write)
			CHECK_EQ(write(data[1], "x", 1), 1);
		_exit(0);
	}
	return child;
}

/* When the machine was busy the signal came before the call blocked; such a try says nothing and is made again. */
#define UNTIL_BLOCKED(attempt)                                                                                         \
	do {                                                                                                           \
		handled = 0;                                                                                           \
	} while (!(attempt))

static bool read_restarts(void)
{
	char byte = 0;
	pid_t child;

	handle(SIGUSR1, on_usr1, SA_RESTART);
	child = disturber(true);
	CHECK_EQ(read(data[0], &byte, 1), 1);
	CHECK_EQ(byte, 'x');
	CHECK_EQ(handled, 1);
	check_exited(child, 0);
	return true;
}

static bool read_is_interrupted(void)
{
	char byte;
	ssize_t n;
	pid_t child;

	handle(SIGUSR1, on_usr1, 0);
	child = disturber(true);
	n = read(data[0], &byte, 1);
	if (n == -1) {
		CHECK_EQ(errno, EINTR);
		CHECK_EQ(handled, 1);
		CHECK_EQ(read(data[0], &byte, 1), 1);
	}
	CHECK_EQ(handled, 1);
	check_exited(child, 0);
	return n == -1;
}

static bool nanosleep_tells_the_rest(void)
{
	struct timespec ts = {20, 0}, rest = {-1, -1};
	int64_t start = now_ns(), passed, left;
	pid_t child;

	handle(SIGUSR1, on_usr1, SA_RESTART); /* no difference: nanosleep never restarts after a handler */
	child = disturber(false);
	ts = (struct timespec){0, 300000000};
	start = now_ns();
	if (nanosleep(&ts, &rest) == 0) {
		check_exited(child, 0);
		return false;
	}
	CHECK_EQ(errno, EINTR);
	passed = now_ns() - start;
	left = rest.tv_sec * 1000000000LL + rest.tv_nsec;
	CHECK(left > 0 && left < 301000000); /* the kernel's slack of 50 us is in it, where the signal came at once */
	CHECK(passed + left >= 300000000);
	CHECK_EQ(handled, 1);
	check_exited(child, 0);
	return true;
}

static bool poll_is_interrupted(void)
{
	pid_t child;
	int n;

	handle(SIGUSR1, on_usr1, SA_RESTART); /* poll never restarts after a handler */
	child = disturber(false);
	n = poll(NULL, 0, 300);
	CHECK(n == 0 || errno == EINTR);
	CHECK_EQ(handled, 1);
	check_exited(child, 0);
	return n == -1;
}

static bool epoll_is_interrupted(void)
{
	struct epoll_event event;
	int fd = epoll_create1(0), n;
	pid_t child;

	handle(SIGUSR1, on_usr1, SA_RESTART);
	child = disturber(false);
	n = epoll_wait(fd, &event, 1, 300);
	CHECK(n == 0 || errno == EINTR);
	CHECK_EQ(handled, 1);
	check_exited(child, 0);
	close(fd);
	return n == -1;
}

static bool futex_restarts(void)
{
	struct timespec short_time = {0, 30000000};
	uint32_t word = 0;
	pid_t child;
	int64_t start;

	handle(SIGUSR1, on_usr1, SA_RESTART);
	child = disturber(false);
	start = now_ns();
	/* with a time limit it restarts with what is left, after a SA_RESTART handler: at last ETIMEDOUT or EINTR */
	CHECK(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &short_time, NULL, 0) == -1);
	CHECK(errno == ETIMEDOUT || errno == EINTR);
	if (errno == ETIMEDOUT)
		CHECK(now_ns() - start >= 30000000);
	check_exited(child, 0);
	CHECK_EQ(handled, 1);
	return true;
}

static bool waitpid_restarts(void)
{
	pid_t child;

	handle(SIGUSR1, on_usr1, SA_RESTART);
	child = disturber(false);
	check_exited(child, 0);
	CHECK_EQ(handled, 1);
	return true;
}

static void behaviour(void)
{
	CHECK(pipe(data) == 0);
	UNTIL_BLOCKED(read_restarts());
	UNTIL_BLOCKED(read_is_interrupted());
	UNTIL_BLOCKED(nanosleep_tells_the_rest());
	UNTIL_BLOCKED(poll_is_interrupted());
	UNTIL_BLOCKED(epoll_is_interrupted());
	UNTIL_BLOCKED(futex_restarts());
	UNTIL_BLOCKED(waitpid_restarts());
	close(data[0]);
	close(data[1]);
}
