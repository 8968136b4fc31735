/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every program here shares: CHECK, and rounds.
 *
 * A program defines behaviour(), one short round that fails unless everything is exactly as an untraced process
 * sees it; or, when it starts itself again, role(argv). Without CHECK_FLAG it does one round. CHECK_FLAG names a
 * file of four u32 (struct flag): rounds go on until `stop`, so a harness can attach, detach and kill tracers
 * meanwhile.
 */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#	define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct flag {
	_Atomic uint32_t stop;    /* set by the harness: finish this round, then end */
	_Atomic uint32_t started; /* the program has reached main() */
	_Atomic uint32_t rounds;  /* whole rounds done */
	_Atomic uint32_t pid;
};

static struct flag one_round = {.stop = 1};
static struct flag *flag = &one_round;
static char *self;

static void behaviour(void);
#ifdef HAS_ROLES
static int role(char **argv);
#endif

__attribute__((noreturn, noinline)) static void fail(const char *file, int line, const char *what)
{
	int error = errno;

	dprintf(2, "%s:%d: %s (errno %d, pid %d tid %ld)\n", file, line, what, error, getpid(), syscall(SYS_gettid));
	_exit(1);
}

#define CHECK(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition))

/* As CHECK(a == b), and says both. */
#define CHECK_EQ(a, b)                                                                                                 \
	do {                                                                                                           \
		long long got_ = (long long)(a), want_ = (long long)(b);                                               \
		char text_[200];                                                                                       \
		if (got_ != want_) {                                                                                   \
			snprintf(text_, sizeof(text_), "%s: %lld, not %s: %lld", #a, got_, #b, want_);                 \
			fail(__FILE__, __LINE__, text_);                                                               \
		}                                                                                                      \
	} while (0)

static inline int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Sleeps without any wish to be exact; carries on after a signal. */
static inline void pause_us(long us)
{
	struct timespec ts = {us / 1000000, us % 1000000 * 1000};

	while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
		;
}

/* The wait status of exactly this child, which must be the next thing waitpid tells about it. */
static inline int status_of(pid_t pid, int options)
{
	int status;
	pid_t got = waitpid(pid, &status, options);

	CHECK_EQ(got, pid);
	return status;
}

static inline void check_exited(pid_t pid, int code)
{
	int status = status_of(pid, __WALL);

	CHECK_EQ(status, (code & 0xff) << 8);
}

static inline void check_killed(pid_t pid, int signal)
{
	int status = status_of(pid, __WALL);

	CHECK_EQ(status & ~0x80, signal); /* 0x80: dumped core, if the limits allow it */
}

/* Memory shared with children, zeroed. */
static inline void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static inline void handle(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	CHECK(sigaction(signal, &action, NULL) == 0);
}

static inline void block(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
}

static inline void unblock(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
}

/*
 * The next of one blocked signal, waited for at most a long while; the program fails when none comes.
 *
 * CHECK_KILLED says that a tracer may be killed meanwhile. The kernel wakes what it traced, and a task that stood at
 * the very entry of this call then gets EINTR: nothing that a tracer could prevent.
 */
static inline siginfo_t next_signal(int signal)
{
	struct timespec limit = {20, 0};
	siginfo_t info;
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, signal);
	do
		got = sigtimedwait(&set, &info, &limit);
	while (got == -1 && errno == EINTR && getenv("CHECK_KILLED"));
	CHECK_EQ(got, signal);
	return info;
}

/* No further instance of one blocked signal is pending. */
static inline void no_more(int signal)
{
	struct timespec none = {0, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	CHECK(sigtimedwait(&set, NULL, &none) == -1 && errno == EAGAIN);
}

static inline pthread_t thread(void *(*body)(void *), void *argument)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, body, argument), 0);
	return t;
}

static void flag_open(void)
{
	const char *path = getenv("CHECK_FLAG");
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	flag = mmap(NULL, sizeof(*flag), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(flag != MAP_FAILED);
	close(fd);
}

int main(int argc, char **argv)
{
	self = argv[0];
	flag_open();
#ifdef HAS_ROLES
	if (argc > 1)
		return role(argv + 1);
#else
	(void)argc;
#endif
	flag->pid = getpid();
	flag->started = 1;
	do {
		behaviour();
		flag->rounds++;
	} while (!flag->stop);
	return 0;
}

#endif
