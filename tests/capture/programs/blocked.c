/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads blocked in the calls that a stop would end with EINTR sleep on, whoever attaches and detaches meanwhile,
 * until each gets what it waits for.
 */
#include "check.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>

static int epoll_fd, epoll_pipe[2], inotify_fd, semaphore, queue, sockets[2], timed_sockets[2], plain[2], poll_pipe[2];
static _Atomic uint32_t futex_word;
static _Atomic int ready;
static char directory[] = "/tmp/blocked.XXXXXX";

static void *in_epoll_wait(void *argument)
{
	struct epoll_event event;

	ready++;
	CHECK_EQ(epoll_wait(epoll_fd, &event, 1, -1), 1);
	return argument;
}

static void *in_epoll_pwait_timed(void *argument)
{
	struct epoll_event event;
	sigset_t mask;

	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	ready++;
	CHECK_EQ(epoll_pwait(epoll_fd, &event, 1, 60000, &mask), 1);
	return argument;
}

static void *in_sigtimedwait(void *argument)
{
	struct timespec limit = {60, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 5);
	ready++;
	CHECK_EQ(sigtimedwait(&set, NULL, &limit), SIGRTMIN + 5);
	return argument;
}

static void *in_semop(void *argument)
{
	struct sembuf take = {0, -1, 0};

	ready++;
	CHECK_EQ(semop(semaphore, &take, 1), 0);
	return argument;
}

static void *in_msgrcv(void *argument)
{
	struct {
		long type;
		char text[8];
	} message;

	ready++;
	CHECK_EQ(msgrcv(queue, &message, sizeof(message.text), 1, 0), 4);
	return argument;
}

static void *in_inotify_read(void *argument)
{
	char buffer[4096];

	ready++;
	CHECK(read(inotify_fd, buffer, sizeof(buffer)) > 0);
	return argument;
}

static void *in_futex(void *argument)
{
	ready++;
	while (futex_word == 0)
		if (syscall(SYS_futex, &futex_word, FUTEX_WAIT, 0, NULL, NULL, 0) == -1)
			CHECK_EQ(errno, EAGAIN);
	return argument;
}

static void *in_futex_timed(void *argument)
{
	struct timespec limit = {60, 0};

	ready++;
	while (futex_word == 0)
		if (syscall(SYS_futex, &futex_word, FUTEX_WAIT, 0, &limit, NULL, 0) == -1)
			CHECK_EQ(errno, EAGAIN);
	return argument;
}

static void *in_read(void *argument)
{
	char byte;

	ready++;
	CHECK_EQ(read(plain[0], &byte, 1), 1);
	return argument;
}

static void *in_recv(void *argument)
{
	char byte;

	ready++;
	CHECK_EQ(recv(sockets[0], &byte, 1, 0), 1);
	return argument;
}

static void *in_recv_with_limit(void *argument)
{
	struct timeval limit = {60, 0};
	char byte;

	CHECK(setsockopt(timed_sockets[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
	ready++;
	CHECK_EQ(recv(timed_sockets[0], &byte, 1, 0), 1);
	return argument;
}

static void *in_poll(void *argument)
{
	struct pollfd fd = {.fd = poll_pipe[0], .events = POLLIN};

	ready++;
	CHECK_EQ(poll(&fd, 1, 60000), 1);
	return argument;
}

static void *in_select(void *argument)
{
	struct timeval limit = {60, 0};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(poll_pipe[0], &set);
	ready++;
	CHECK_EQ(select(poll_pipe[0] + 1, &set, NULL, NULL, &limit), 1);
	return argument;
}

static void *in_nanosleep(void *argument)
{
	struct timespec ts = {0, 30000000};
	int64_t start = now_ns();

	ready++;
	CHECK_EQ(nanosleep(&ts, NULL), 0);
	CHECK(now_ns() - start >= 30000000);
	return argument;
}

static void *(*const bodies[])(void *) = {
	in_epoll_wait, in_epoll_pwait_timed, in_sigtimedwait, in_semop, in_msgrcv,          in_inotify_read,
	in_futex,      in_futex_timed,       in_read,         in_recv,  in_recv_with_limit, in_poll,
	in_select,     in_nanosleep};

enum { BODIES = sizeof(bodies) / sizeof(*bodies) };

static void set_up(void)
{
	struct epoll_event event = {.events = EPOLLIN};

	CHECK(mkdtemp(directory) != NULL);
	CHECK(pipe(epoll_pipe) == 0 && pipe(plain) == 0 && pipe(poll_pipe) == 0);
	epoll_fd = epoll_create1(0);
	CHECK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, epoll_pipe[0], &event) == 0);
	inotify_fd = inotify_init();
	CHECK(inotify_add_watch(inotify_fd, directory, IN_CREATE) >= 0);
	semaphore = semget(IPC_PRIVATE, 1, 0600);
	queue = msgget(IPC_PRIVATE, 0600);
	CHECK(semaphore >= 0 && queue >= 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, timed_sockets) == 0);
	futex_word = ready = 0;
}

static void wake_all(void)
{
	struct sembuf give = {0, 1, 0};
	struct {
		long type;
		char text[8];
	} message = {1, "four"};
	char path[64];

	CHECK_EQ(write(epoll_pipe[1], "x", 1), 1);
	CHECK_EQ(kill(getpid(), SIGRTMIN + 5), 0);
	CHECK_EQ(semop(semaphore, &give, 1), 0);
	CHECK_EQ(msgsnd(queue, &message, 4, 0), 0);
	snprintf(path, sizeof(path), "%s/new", directory);
	CHECK_EQ(mkdir(path, 0700), 0);
	CHECK_EQ(rmdir(path), 0);
	futex_word = 1;
	syscall(SYS_futex, &futex_word, FUTEX_WAKE, 100, NULL, NULL, 0);
	CHECK_EQ(write(plain[1], "x", 1), 1);
	CHECK_EQ(send(sockets[1], "x", 1, 0), 1);
	CHECK_EQ(send(timed_sockets[1], "x", 1, 0), 1);
	CHECK_EQ(write(poll_pipe[1], "x", 1), 1);
}

static void tear_down(void)
{
	const int fds[] = {epoll_fd,         epoll_pipe[0],    epoll_pipe[1], inotify_fd, sockets[0],   sockets[1],
			   timed_sockets[0], timed_sockets[1], plain[0],      plain[1],   poll_pipe[0], poll_pipe[1]};

	for (unsigned i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		close(fds[i]);
	semctl(semaphore, 0, IPC_RMID);
	msgctl(queue, IPC_RMID, NULL);
	rmdir(directory);
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
}

static void behaviour(void)
{
	pthread_t threads[BODIES];

	block(SIGRTMIN + 5);
	set_up();
	for (int i = 0; i < BODIES; i++)
		threads[i] = thread(bodies[i], NULL);
	while (ready < BODIES)
		sched_yield();
	pause_us(25000); /* asleep, and tracers come and go */
	wake_all();
	for (int i = 0; i < BODIES; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	tear_down();
}
