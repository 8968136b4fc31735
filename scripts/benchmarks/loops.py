# SPDX-License-Identifier: GPL-2.0-only
"""Small C programs, each a loop over calls of one kind: what a line of such calls costs to print."""

from __future__ import annotations

from pathlib import Path

from benchmarks.workloads import compile_c

_PROGRAM = """
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char data[4096];
	%s
	for (long n = argc > 1 ? atol(argv[1]) / %d : 0; n > 0; n--) {
		%s
	}
	return 0;
}
"""

_SOCKETS = """
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from;
	struct iovec out[] = {{"hello, ", 7}, {"world", 5}}, in = {data, sizeof(data)};
	socklen_t size = sizeof(to);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bind(fd, (struct sockaddr *)&to, size);
	getsockname(fd, (struct sockaddr *)&to, &size);
"""
_SENT = """
		struct msghdr sent = {.msg_name = &to, .msg_namelen = size, .msg_iov = out, .msg_iovlen = 2};
		struct msghdr got = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &in, .msg_iovlen = 1};
		sendmsg(fd, &sent, MSG_NOSIGNAL);
		recvmsg(fd, &got, MSG_DONTWAIT);
"""
_POLLED = """
	struct epoll_event event = {.events = EPOLLIN}, ready[8];
	int fds[2], other[2], all = epoll_create1(0);
	struct pollfd polled[3];
	pipe(fds);
	pipe(other);
	write(fds[1], "x", 1);
	epoll_ctl(all, EPOLL_CTL_ADD, event.data.fd = fds[0], &event);
	event.events = EPOLLOUT | EPOLLET;
	epoll_ctl(all, EPOLL_CTL_ADD, event.data.fd = other[1], &event);
	polled[0] = (struct pollfd){.fd = fds[0], .events = POLLIN};
	polled[1] = (struct pollfd){.fd = other[0], .events = POLLIN | POLLPRI};
	polled[2] = (struct pollfd){.fd = other[1], .events = POLLOUT};
"""
_PROGRAMS = """
	char *words[] = {"cc", "-O2", "-Wall", "-c", "-o", "part.o", "part.c", NULL};
	char *environment[] = {"HOME=/root", "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", NULL};
"""

BODIES: dict[str, tuple[int, str, str]] = {
    "newfstatat, openat, read, close": (
        4,
        "struct stat found; int fd;",
        'newfstatat(AT_FDCWD, "/etc/passwd", &found, 0); fd = openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC);'
        "read(fd, data, sizeof(data)); close(fd);".replace("newfstatat", "fstatat"),
    ),
    "newfstatat, read": (
        2,
        'struct stat found; int fd = open("/dev/zero", O_RDONLY);',
        'fstatat(AT_FDCWD, "/etc/passwd", &found, 0); read(fd, data, 64);',
    ),
    "statx": (
        1,
        "struct statx found;",
        'statx(AT_FDCWD, "/etc/passwd", AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS, &found);',
    ),
    "sendmsg, recvmsg": (2, _SOCKETS, _SENT),
    "poll, epoll_wait": (2, _POLLED, "poll(polled, 3, 0); epoll_wait(all, ready, 8, 0);"),
    "getdents64, lseek": (
        2,
        'int fd = open("/etc", O_RDONLY | O_DIRECTORY);',
        "syscall(SYS_getdents64, fd, data, sizeof(data)); lseek(fd, 0, SEEK_SET);",
    ),
    "execve": (1, _PROGRAMS, 'execve("/nowhere/cc", words, environment);'),
    "mmap, mprotect, futex, munmap": (
        4,
        "int word = 0; void *at;",
        "at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); mprotect(at, 4096, PROT_READ);"
        "syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0); munmap(at, 4096);",
    ),
    "rt_sigaction, rt_sigprocmask": (
        2,
        "sigset_t set, old; struct sigaction action = {.sa_handler = SIG_IGN}; sigemptyset(&set); sigaddset(&set, SIGCHLD);",
        "sigaction(SIGUSR1, &action, NULL); sigprocmask(SIG_BLOCK, &set, &old);",
    ),
    "clock_gettime, getrusage": (
        2,
        "struct timespec now; struct rusage used;",
        "syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now); getrusage(RUSAGE_SELF, &used);",
    ),
}
"""Name -> calls a round, what stands before the loop, the loop's body."""


def build(directory: Path) -> dict[str, Path]:
    """Each takes the number of its calls as argument."""
    return {
        name: compile_c(directory, f"loop-{number}", _PROGRAM % (before, calls, body))
        for number, (name, (calls, before, body)) in enumerate(BODIES.items())
    }
