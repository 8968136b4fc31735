// SPDX-License-Identifier: GPL-2.0-only
/* Files and descriptors by the calls that libraries no longer make, or seldom. */
#include "rare.h"

#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <time.h>
#include <utime.h>

#ifndef SYS_cachestat
#	define SYS_cachestat 451
#endif

static void names(void)
{
	struct utimbuf times = {1, 2};
	struct timeval both[2] = {{1, 2}, {3, 4}};
	struct stat found;
	char room[64];

	call(SYS_open, "/etc/passwd", O_RDONLY | O_NONBLOCK);
	call(SYS_open, "/nowhere/x", O_WRONLY | O_CREAT | O_EXCL, 0640);
	call(SYS_open, "/nowhere", O_RDWR | __O_TMPFILE, 0600);
	call(SYS_lstat, "/proc/self", &found);
	call(SYS_truncate, "/nowhere", 12);
	call(SYS_chown, "/nowhere", -1, 5);
	call(SYS_lchown, "/nowhere", 6, -1);
	call(SYS_utime, "/nowhere", &times);
	call(SYS_utimes, "/nowhere", both);
	call(SYS_futimesat, AT_FDCWD, "/nowhere", both);
	call(SYS_mknod, "/nowhere/x", S_IFIFO | 0600, 0);
	call(SYS_mknod, "/nowhere/x", S_IFBLK | 0660, 0x801);
	call(SYS_uselib, "/nowhere");
	call(SYS_ustat, 0x801, 8);
	call(SYS_chroot, "/nowhere");
	call(SYS_acct, "/nowhere");
	call(SYS_renameat, AT_FDCWD, "/nowhere", -1, "there");
	call(SYS_linkat, AT_FDCWD, "/nowhere", -1, "there", AT_SYMLINK_FOLLOW);
	call(SYS_symlinkat, "target", AT_FDCWD, "/nowhere/x");
	call(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", room, 5);
	call(SYS_fchmodat, AT_FDCWD, "/nowhere", 04755);
	call(SYS_faccessat, AT_FDCWD, "/etc/passwd", R_OK | W_OK);
	call(SYS_execveat, AT_FDCWD, "/nowhere", (char *[]){"a", "b", NULL}, (char *[]){"c=d", NULL},
	     AT_SYMLINK_NOFOLLOW);
	call(SYS_open_by_handle_at, -1,
	     "\x8\0\0\0\1\0\0\0"
	     "abcdefgh",
	     O_PATH);
	call(SYS_lsetxattr, "/nowhere", "user.x", "value", 5, XATTR_REPLACE);
	call(SYS_fsetxattr, -1, "user.x", "value", 5, 0);
	call(SYS_fgetxattr, 0, "user.x", room, sizeof(room));
	call(SYS_flistxattr, -1, room, sizeof(room));
	call(SYS_lremovexattr, "/nowhere", "user.x");
	call(SYS_fremovexattr, -1, "user.x");
	call(SYS_swapoff, "/nowhere");
}

static void contents(void)
{
	char one[3], other[40], listing[512];
	struct iovec vector[2] = {{one, sizeof(one)}, {other, sizeof(other)}};
	int ends[2], fd = (int)call(SYS_open, "/etc/passwd", O_RDONLY), more[2];

	call(SYS_readv, fd, vector, 2);
	call(SYS_preadv, fd, vector, 2, 1, 0);
	call(SYS_readahead, fd, 0, 4096);
	call(SYS_fsync, fd);
	call(SYS_syncfs, fd);
	call(SYS_sync, 0);
	call(SYS_pipe, ends);
	call(SYS_pipe, more);
	call(SYS_writev, ends[1], vector, 2);
	call(SYS_pwritev, ends[1], vector, 2, 7, 0);
	call(SYS_tee, ends[0], more[1], 10, SPLICE_F_NONBLOCK);
	call(SYS_vmsplice, more[1], vector, 2, SPLICE_F_GIFT | SPLICE_F_NONBLOCK);
	call(SYS_dup3, ends[0], more[0], O_CLOEXEC);
	call(SYS_close, fd);
	fd = (int)call(SYS_open, "/proc/self/task", O_RDONLY | O_DIRECTORY);
	call(SYS_getdents, fd, listing, sizeof(listing));
}

static void readiness(void)
{
	struct timeval second = {1, 0};
	struct timespec short_time = {0, 1000};
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.u64 = 5};
	struct itimerspec timer = {{0, 0}, {3, 4}};
	struct pollfd polled = {.events = POLLIN | POLLRDHUP};
	sigset_t none;
	fd_set reading, writing;
	int ends[2], watch, poll;

	sigemptyset(&none);
	sigaddset(&none, SIGUSR1);
	call(SYS_pipe, ends);
	FD_ZERO(&reading);
	FD_ZERO(&writing);
	FD_SET(ends[0], &reading);
	FD_SET(ends[1], &writing);
	call(SYS_select, ends[1] + 1, &reading, &writing, 0, &second);
	polled.fd = ends[0];
	call(SYS_ppoll, &polled, 1, &short_time, &none, 8);
	poll = (int)call(SYS_epoll_create, 5);
	call(SYS_epoll_ctl, poll, EPOLL_CTL_ADD, ends[1], &event);
	call(SYS_epoll_pwait2, poll, &event, 1, &short_time, &none, 8);
	call(SYS_signalfd, -1, &none, 8);
	call(SYS_eventfd, 7);
	watch = (int)call(SYS_inotify_init, 0);
	call(SYS_inotify_rm_watch, watch, 9);
	watch = (int)call(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	call(SYS_timerfd_settime, watch, TFD_TIMER_ABSTIME, &timer, &timer);
	call(SYS_timerfd_gettime, watch, &timer);
}

static void queues(void)
{
	struct mq_attr attr = {.mq_flags = O_NONBLOCK, .mq_maxmsg = 2, .mq_msgsize = 16};
	struct sigevent notify = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct timespec soon = {1, 2};
	char room[16];
	unsigned priority;
	int queue = (int)call(SYS_mq_open, "tracefs-rare", O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr);

	call(SYS_mq_unlink, "tracefs-rare");
	call(SYS_mq_timedsend, queue, "message", 7, 3, &soon);
	call(SYS_mq_getsetattr, queue, &attr, &attr);
	call(SYS_mq_notify, queue, &notify);
	call(SYS_mq_timedreceive, queue, room, sizeof(room), &priority, 0);
	call(SYS_mq_timedreceive, queue, room, sizeof(room), &priority, &soon);
}

int main(void)
{
	become_nobody();
	names();
	contents();
	readiness();
	queues();
	return 0;
}
