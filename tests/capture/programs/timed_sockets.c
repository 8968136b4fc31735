/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waits whose time limit is their socket's, or a ring's: signals that the program ignores neither end nor prolong them.
 * A child that sends until the wait is over would make one that begins anew last for ever.
 */
#include "check.h"
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

enum { LIMIT_MS = 60, SIGNAL_MS = 25, LATEST_MS = 20000 };

static _Atomic pid_t waiter;
static _Atomic int waiting;
static char data[4096];

static void *send_ignored(void *argument)
{
	while (waiting) {
		pause_us(SIGNAL_MS * 1000);
		CHECK(syscall(SYS_tgkill, getpid(), waiter, SIGWINCH) == 0);
	}
	return argument;
}

/* The call lasts as long as it may, and fails with that error. */
#define LASTS(call, error)                                                                                             \
	do {                                                                                                           \
		pthread_t t_;                                                                                          \
		int64_t start_, ms_;                                                                                   \
		waiting = 1;                                                                                           \
		t_ = thread(send_ignored, NULL);                                                                       \
		start_ = now_ns();                                                                                     \
		errno = 0;                                                                                             \
		CHECK_EQ((call), -1);                                                                                  \
		CHECK_EQ(errno, error);                                                                                \
		ms_ = (now_ns() - start_) / 1000000;                                                                   \
		waiting = 0;                                                                                           \
		CHECK_EQ(pthread_join(t_, NULL), 0);                                                                   \
		CHECK(ms_ >= LIMIT_MS - 10 && ms_ < LATEST_MS);                                                        \
	} while (0)

static void limit(int fd, int option)
{
	struct timeval tv = {0, LIMIT_MS * 1000};

	CHECK_EQ(setsockopt(fd, SOL_SOCKET, option, &tv, sizeof(tv)), 0);
}

static void receive_and_send(void)
{
	struct iovec piece = {data, sizeof(data)};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	struct mmsghdr messages = {message, 0};
	int pair[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	limit(pair[0], SO_RCVTIMEO);
	limit(pair[0], SO_SNDTIMEO);
	LASTS(recv(pair[0], data, sizeof(data), 0), EAGAIN);
	LASTS(read(pair[0], data, sizeof(data)), EAGAIN);
	LASTS(recvmmsg(pair[0], &messages, 1, 0, NULL), EAGAIN);
	CHECK_EQ(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
	while (write(pair[0], data, sizeof(data)) > 0)
		;
	CHECK_EQ(fcntl(pair[0], F_SETFL, 0), 0);
	LASTS(send(pair[0], data, sizeof(data), 0), EAGAIN);
	LASTS(write(pair[0], data, sizeof(data)), EAGAIN);
	LASTS(sendmsg(pair[0], &message, 0), EAGAIN);
	close(pair[0]);
	close(pair[1]);
}

static void connect_and_accept(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un own = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(address), own_length = sizeof(own);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd[3], one, unix_listener = socket(AF_UNIX, SOCK_STREAM, 0);

	CHECK_EQ(bind(listener, (struct sockaddr *)&address, length), 0);
	CHECK_EQ(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	CHECK_EQ(listen(listener, 0), 0);
	limit(listener, SO_RCVTIMEO);
	LASTS(accept(listener, NULL, NULL), EAGAIN);
	for (int i = 0; i < 3; i++) { /* more than there is room for: the next is not answered */
		fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fd[i], (struct sockaddr *)&address, length);
	}
	one = socket(AF_INET, SOCK_STREAM, 0);
	limit(one, SO_SNDTIMEO);
	pause_us(20000);
	LASTS(connect(one, (struct sockaddr *)&address, length), EINPROGRESS);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	close(one);
	close(listener);

	CHECK_EQ(bind(unix_listener, (struct sockaddr *)&own, sizeof(sa_family_t)), 0); /* any name */
	CHECK_EQ(getsockname(unix_listener, (struct sockaddr *)&own, &own_length), 0);
	CHECK_EQ(listen(unix_listener, 0), 0);
	fd[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(connect(fd[0], (struct sockaddr *)&own, own_length), 0);
	one = socket(AF_UNIX, SOCK_STREAM, 0);
	limit(one, SO_SNDTIMEO);
	LASTS(connect(one, (struct sockaddr *)&own, own_length), EAGAIN);
	close(fd[0]);
	close(one);
	close(unix_listener);
}

static int pgetevents(aio_context_t context, const struct timespec *ts)
{
	struct io_event event;
	long got = syscall(SYS_io_pgetevents, context, 1, 1, &event, ts, NULL);

	errno = got ? errno : ETIME; /* nothing within its time */
	return -1;
}

static void rings(void)
{
	struct timespec ts = {0, LIMIT_MS * 1000000};
	struct io_uring_getevents_arg argument = {.sigmask_sz = 8, .ts = (uintptr_t)&ts};
	struct io_uring_params params = {0};
	aio_context_t context = 0;
	int ring = (int)syscall(SYS_io_uring_setup, 4, &params);

	if (ring >= 0) { /* not switched off here */
		LASTS(syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument,
			      sizeof(argument)),
		      ETIME);
		close(ring);
	}
	if (syscall(SYS_io_setup, 1, &context) == 0) {
		LASTS(pgetevents(context, &ts), ETIME);
		syscall(SYS_io_destroy, context);
	}
}

static void behaviour(void)
{
	waiter = (pid_t)syscall(SYS_gettid);
	receive_and_send();
	connect_and_accept();
	rings();
}
