/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A child asleep in each of many calls: "PID NUMBER RESULT" of each is printed, then all are released when the input
 * ends. Each makes one getppid() then.
 */
#include "check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

static int empty[2], full[2], stream[2], datagram[2], packet[2], silent[2], queue, locked, listening, ep, file;
#define ERESTART_RESTARTBLOCK 516 /* what the kernel makes EINTR of on the way back to the program */

static pid_t sleeper;
static uint32_t *word;
static char data[65536];
static struct sockaddr_un name = {.sun_family = AF_UNIX};

static long part(int fd)
{
	struct iovec vector = {data, 1};
	struct mmsghdr message = {.msg_hdr = {.msg_iov = &vector, .msg_iovlen = 1}};

	return recvmmsg(fd, &message, 1, 0, NULL);
}

static long with_limit(int fd)
{
	struct timeval limit = {.tv_sec = 1000};

	CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	return part(fd);
}

static long from_pipe(int to)
{
	int some[2];

	CHECK(pipe(some) == 0 && write(some[1], "x", 1) == 1);
	return splice(some[0], NULL, to, NULL, 1, 0);
}

static long to_pipe(void)
{
	int room[2];

	CHECK_EQ(pipe(room), 0);
	return splice(empty[0], NULL, room[1], NULL, 1, 0);
}

static long as_tee(void)
{
	int room[2];

	CHECK_EQ(pipe(room), 0);
	return tee(empty[0], room[1], 1, 0);
}

static long as_vmsplice(void)
{
	struct iovec vector = {data, 1};

	return vmsplice(full[1], &vector, 1, 0);
}

static long as_message(int fd)
{
	struct iovec vector = {data, 100};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};

	return sendmsg(fd, &message, 0);
}

static void hear(int sig)
{
	(void)sig;
}

static long as_sleep(void)
{
	struct timespec limit = {.tv_sec = 1000};

	signal(SIGUSR1, hear);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &limit, NULL), EINTR);
	return -ERESTART_RESTARTBLOCK;
}

static long as_connect(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&name, sizeof(name));
}

#define SLEEPS(number, result, call)                                                                                   \
	do {                                                                                                           \
		child = fork();                                                                                        \
		if (!child) {                                                                                          \
			CHECK_EQ((long)(call), (long)(result));                                                        \
			syscall(SYS_getppid);                                                                          \
			_exit(0);                                                                                      \
		}                                                                                                      \
		printf("%d %d %d\n", child, SYS_##number, (int)(result));                                              \
		children++;                                                                                            \
	} while (0)

static int fall_asleep(void)
{
	struct pollfd polled = {.fd = empty[0], .events = POLLIN};
	struct epoll_event event;
	struct timespec limit = {.tv_sec = 1000};
	int children = 0;
	pid_t child;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(empty[0], &set);
	SLEEPS(read, 1, read(empty[0], data, 1));
	SLEEPS(poll, 1, poll(&polled, 1, 1000000));
	SLEEPS(ppoll, 1, ppoll(&polled, 1, &limit, NULL));
	SLEEPS(pselect6, 1, pselect(empty[0] + 1, &set, NULL, NULL, &limit, NULL));
	SLEEPS(epoll_wait, 1, epoll_wait(ep, &event, 1, 1000000));
	SLEEPS(futex, 0, syscall(SYS_futex, word, 0, 0, &limit, NULL, 0));
	SLEEPS(clock_nanosleep, -ERESTART_RESTARTBLOCK, as_sleep());
	sleeper = child;
	SLEEPS(flock, 0, flock(open("/proc/self/fd/255", O_RDWR), LOCK_SH));
	SLEEPS(msgrcv, 1, msgrcv(queue, data, 1, 0, 0));
	SLEEPS(tee, 1, as_tee());
	SLEEPS(splice, 1, to_pipe());
	SLEEPS(splice, 1, from_pipe(full[1]));
	SLEEPS(sendfile, 1, sendfile(full[1], file, NULL, 1));
	SLEEPS(vmsplice, 1, as_vmsplice());
	SLEEPS(write, 1, write(full[1], data, 1));
	SLEEPS(sendto, 100, send(stream[0], data, 100, 0));
	SLEEPS(write, 100, write(stream[0], data, 100));
	SLEEPS(sendto, 100, send(datagram[0], data, 100, 0));
	SLEEPS(sendmsg, 100, as_message(packet[0]));
	SLEEPS(recvfrom, 1, recv(silent[0], data, 1, 0));
	SLEEPS(recvmmsg, 1, part(silent[0]));
	SLEEPS(recvmmsg, 1, with_limit(silent[0]));
	SLEEPS(connect, 0, as_connect());
	return children;
}

static void release(void)
{
	const struct {
		long type;
		char text[8];
	} message = {1, ""};
	int readers[] = {full[0], stream[1], datagram[1], packet[1]};

	kill(sleeper, SIGUSR1);
	CHECK_EQ(write(empty[1], data, 100), 100);
	*word = 1;
	syscall(SYS_futex, word, 1, 10, NULL, NULL, 0);
	flock(locked, LOCK_UN);
	CHECK_EQ(msgsnd(queue, &message, 1, 0), 0);
	CHECK_EQ(write(silent[1], data, 100), 100);
	CHECK(accept(listening, NULL, NULL) >= 0);
	for (unsigned i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
		if (fork())
			continue;
		while (read(readers[i], data, sizeof(data)) > 0) /* until SIGKILL */
			;
		_exit(0);
	}
}

static void fill(int fd, int chunk, bool socket)
{
	if (socket)
		while (send(fd, data, (size_t)chunk, MSG_DONTWAIT) > 0)
			;
	else
		while (write(fd, data, (size_t)chunk) > 0)
			;
}

static void behaviour(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	char path[] = "/tmp/asleep-XXXXXX";
	int flags, children;

	setpgid(0, 0);
	CHECK(pipe(empty) == 0 && pipe(full) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, stream) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagram) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packet) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, silent) == 0);
	ep = epoll_create1(0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, empty[0], &event), 0);
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	queue = msgget(IPC_PRIVATE, 0600);
	file = open("/proc/self/exe", O_RDONLY);
	locked = dup2(mkstemp(path), 255);
	unlink(path);
	CHECK_EQ(flock(locked, LOCK_EX), 0);
	flags = fcntl(full[1], F_GETFL);
	fcntl(full[1], F_SETFL, flags | O_NONBLOCK);
	fill(full[1], 4096, false);
	fcntl(full[1], F_SETFL, flags);
	fill(stream[0], 4096, true);
	fill(stream[0], 1, true);
	fill(datagram[0], 100, true);
	fill(packet[0], 100, true);
	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "asleep-in-%d", getpid());
	CHECK(bind(listening, (struct sockaddr *)&name, sizeof(name)) == 0 && listen(listening, 0) == 0 &&
	      as_connect() == 0);
	children = fall_asleep();
	fflush(stdout);
	read(0, data, 1);
	release();
	while (children--) {
		int status;

		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	msgctl(queue, IPC_RMID, NULL);
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
}
