// SPDX-License-Identifier: GPL-2.0-only
/* What controls files and tasks: ioctl, fcntl, prctl, schedulers, limits, timers, ptrace, signals. */
#include "rare.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/if_tun.h>
#include <linux/input.h>
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/loop.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/rtc.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <linux/stat.h>
#include <linux/userfaultfd.h>
#include <net/if.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

static void terminals(void)
{
	char termios[64];
	struct winsize size = {24, 80, 1, 2};
	int pid = 0, fd = call(SYS_openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0;

	call(SYS_ioctl, fd, TIOCSPTLCK, &zero);
	call(SYS_ioctl, fd, TIOCGPTN, &pid);
	call(SYS_ioctl, fd, TCGETS, termios);
	call(SYS_ioctl, fd, TCSETSW, termios);
	call(SYS_ioctl, fd, 0x802c542a, termios);
	call(SYS_ioctl, fd, TIOCSWINSZ, &size);
	call(SYS_ioctl, fd, TIOCGWINSZ, &size);
	call(SYS_ioctl, fd, FIONREAD, &pid);
	call(SYS_ioctl, fd, TIOCGPGRP, &pid);
	call(SYS_ioctl, fd, TCFLSH, TCIOFLUSH);
	call(SYS_ioctl, fd, TCXONC, TCOON);
	call(SYS_ioctl, fd, TIOCPKT, &zero);
	call(SYS_ioctl, fd, TIOCGETD, &pid);
	call(SYS_ioctl, fd, FIONBIO, &zero);
	call(SYS_ioctl, fd, FIOCLEX, 0);
	call(SYS_ioctl, -1, TIOCSTI, "x");
	call(SYS_ioctl, -1, TIOCMBIS, &(int){6});
	call(SYS_close, fd);
}

static void devices(void)
{
	struct loop_info64 loop = {.lo_flags = LO_FLAGS_AUTOCLEAR, .lo_file_name = "file"};
	struct ifreq tap = {.ifr_name = "tap0", .ifr_flags = IFF_TAP | IFF_NO_PI};
	struct uffdio_api api = {.api = UFFD_API};
	struct rtc_time time = {.tm_year = 126};
	struct file_clone_range range = {3, 4, 5, 6};
	struct fsxattr extended = {.fsx_xflags = FS_XFLAG_APPEND};
	struct fstrim_range trim = {0, 4096, 1};
	char room[512] = "";
	unsigned long bytes;
	int number, fd = call(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);

	call(SYS_ioctl, -1, LOOP_SET_STATUS64, &loop);
	call(SYS_ioctl, -1, LOOP_SET_FD, 3);
	call(SYS_ioctl, -1, LOOP_CTL_GET_FREE, 0);
	call(SYS_ioctl, -1, LOOP_CTL_ADD, 7);
	call(SYS_ioctl, -1, TUNSETIFF, &tap);
	call(SYS_ioctl, -1, TUNSETPERSIST, 1);
	call(SYS_ioctl, -1, UFFDIO_API, &api);
	call(SYS_ioctl, -1, RTC_SET_TIME, &time);
	call(SYS_ioctl, -1, RTC_RD_TIME, &time);
	call(SYS_ioctl, -1, BLKGETSIZE64, &bytes);
	call(SYS_ioctl, -1, BLKROSET, &(int){1});
	call(SYS_ioctl, -1, BLKDISCARD, (uint64_t[2]){1, 2});
	call(SYS_ioctl, -1, BLKFLSBUF, 0);
	call(SYS_ioctl, fd, FICLONE, fd);
	call(SYS_ioctl, fd, FICLONERANGE, &range);
	call(SYS_ioctl, fd, FS_IOC_GETFLAGS, &number);
	call(SYS_ioctl, fd, FS_IOC_FSGETXATTR, &extended);
	call(SYS_ioctl, fd, FS_IOC_FSSETXATTR, &extended);
	call(SYS_ioctl, fd, FIGETBSZ, &number);
	call(SYS_ioctl, -1, FITRIM, &trim);
	call(SYS_ioctl, fd, FS_IOC_FIEMAP, room);
	call(SYS_ioctl, fd, FIDEDUPERANGE, room);
	call(SYS_ioctl, -1, EVIOCGVERSION, &number);
	call(SYS_ioctl, -1, EVIOCGID, room);
	call(SYS_ioctl, -1, EVIOCGNAME(64), room);
	call(SYS_ioctl, -1, EVIOCGBIT(EV_KEY, 32), room);
	call(SYS_ioctl, -1, EVIOCGRAB, 1);
	call(SYS_ioctl, -1, 0xc0045877, 0);
	call(SYS_ioctl, -1, 0x12345678, 0x9abc);
	call(SYS_close, fd);
}

static void files(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 2};
	struct f_owner_ex owner = {F_OWNER_PID, 1};
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	struct timespec times[2] = {{1, UTIME_NOW}, {2, UTIME_OMIT}};
	char handle[128] = "\x40";
	uint64_t hint = RWH_WRITE_LIFE_SHORT;
	struct statx found;
	int mount_id, fd = call(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY | O_NOFOLLOW);

	for (int command = 0; command < 18; command++)
		call(SYS_fcntl, -1, command, command == 5 || command == 6 || command == 7 ? (void *)&lock : (void *)1);
	call(SYS_fcntl, -1, F_OFD_SETLK, &lock);
	call(SYS_fcntl, fd, F_SETOWN_EX, &owner);
	call(SYS_fcntl, fd, F_GETOWN_EX, &owner);
	call(SYS_fcntl, fd, F_GETFL);
	call(SYS_fcntl, fd, F_SETLEASE, F_RDLCK);
	call(SYS_fcntl, fd, F_GETLEASE);
	call(SYS_fcntl, fd, F_GET_SEALS);
	call(SYS_fcntl, -1, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL);
	call(SYS_fcntl, -1, F_NOTIFY, DN_ACCESS | DN_MULTISHOT);
	call(SYS_fcntl, -1, 1036, &hint);
	call(SYS_openat2, AT_FDCWD, "/nowhere", &how, sizeof(how));
	call(SYS_utimensat, AT_FDCWD, "/nowhere", times, AT_SYMLINK_NOFOLLOW);
	call(SYS_name_to_handle_at, AT_FDCWD, "/etc/passwd", handle, &mount_id, AT_SYMLINK_FOLLOW);
	call(SYS_statx, AT_FDCWD, "/etc/passwd", AT_STATX_FORCE_SYNC, STATX_BASIC_STATS | STATX_BTIME, &found);
	call(SYS_fallocate, -1, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1, 2);
	call(SYS_renameat2, AT_FDCWD, "/nowhere", AT_FDCWD, "/there", 1);
	call(SYS_mknodat, AT_FDCWD, "/nowhere/x", S_IFCHR | 0600, 0x103);
	call(SYS_faccessat2, AT_FDCWD, "/etc", R_OK | X_OK, AT_EACCESS);
	call(SYS_setxattr, "/nowhere", "user.x", "value", 5, 1);
	call(SYS_fadvise64, -1, 0, 10, 3);
	call(SYS_sync_file_range, -1, 0, 10, 7);
	call(SYS_copy_file_range, -1, 0, -1, 0, 10, 0);
	call(SYS_splice, -1, 0, -1, 0, 10, 3);
	call(SYS_memfd_create, "name", 3);
	call(SYS_inotify_add_watch, -1, "/etc", IN_CREATE | IN_DELETE | IN_ONLYDIR);
	call(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);
	call(SYS_fanotify_mark, -1, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN | FAN_CLOSE_WRITE, AT_FDCWD, "/etc");
	call(SYS_close, fd);
}

static void attributes(void)
{
	static const unsigned long none[] = {3, 7, 21, 27, 30, 37, 39};
	struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {1, code};
	uint32_t action = SECCOMP_RET_ERRNO;
	struct prctl_mm_map map = {0};
	char name[16];
	int number;
	unsigned long base;

	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		call(SYS_prctl, none[i], 0, 0, 0, 0);
	call(SYS_prctl, PR_SET_NAME, "renamed");
	call(SYS_prctl, PR_GET_NAME, name);
	call(SYS_prctl, PR_SET_PDEATHSIG, SIGTERM);
	call(SYS_prctl, PR_GET_PDEATHSIG, &number);
	call(SYS_prctl, PR_SET_DUMPABLE, 1);
	call(SYS_prctl, PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_KEEP_CAPS);
	call(SYS_prctl, PR_CAPBSET_READ, CAP_CHOWN);
	call(SYS_prctl, PR_CAPBSET_DROP, CAP_SYS_ADMIN);
	call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0);
	call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	call(SYS_prctl, PR_GET_CHILD_SUBREAPER, &number);
	call(SYS_prctl, PR_SET_TIMERSLACK, 50000);
	call(SYS_prctl, PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
	call(SYS_prctl, PR_MCE_KILL_GET, 0, 0, 0, 0);
	call(SYS_prctl, PR_SET_MM, PR_SET_MM_BRK, 0x1000, 0, 0);
	call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
	call(SYS_prctl, PR_SET_PTRACER, -1);
	call(SYS_prctl, PR_SET_THP_DISABLE, 1, 0, 0, 0);
	call(SYS_prctl, PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0);
	call(SYS_prctl, PR_SET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, PR_SPEC_DISABLE, 0, 0);
	call(SYS_prctl, PR_GET_TSC, &number);
	call(SYS_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0x1000, 4096, "area");
	call(SYS_prctl, PR_GET_TID_ADDRESS, &base);
	call(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0);
	call(SYS_prctl, PR_SCHED_CORE, 0, 0, 1, 0);
	call(SYS_prctl, PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	call(SYS_prctl, PR_SET_SECCOMP, 2, 8);
	call(SYS_arch_prctl, ARCH_GET_FS, &base);
	call(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
	call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program);
}

static void tasks(void)
{
	struct sched_attr attr = {.size = sizeof(attr), .sched_policy = SCHED_BATCH, .sched_flags = 1, .sched_nice = 5};
	struct sched_param param = {1};
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_PIDFD | CLONE_SIGHAND, .pidfd = 8, .exit_signal = SIGCHLD};
	struct rlimit limit = {RLIM_INFINITY, 1024 * 1024};
	struct rusage usage;
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = -1};
	struct timespec short_time = {0, 1};
	unsigned long long cpus = 3;
	int status;

	call(SYS_sched_setattr, 0, &attr, 0);
	call(SYS_sched_getattr, 0, &attr, sizeof(attr), 0);
	call(SYS_sched_setscheduler, 0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
	call(SYS_sched_getscheduler, 0);
	call(SYS_sched_getparam, 0, &param);
	call(SYS_sched_setaffinity, 0, 8, &cpus);
	call(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3));
	call(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
	call(SYS_capget, &header, data);
	call(SYS_capset, &header, data);
	call(SYS_clone3, &args, sizeof(args));
	call(SYS_unshare, CLONE_NEWNS | CLONE_NEWPID);
	call(SYS_setns, -1, CLONE_NEWNET);
	call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
	call(SYS_setrlimit, RLIMIT_AS, &limit);
	call(SYS_getrusage, RUSAGE_SELF, &usage);
	call(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG, &usage);
	call(SYS_wait4, -1, &status, WUNTRACED | __WALL, 0);
	call(SYS_kcmp, 1, 1, KCMP_FILE, 0, 1);
	call(SYS_personality, 0x40000);
	call(SYS_personality, 0xffffffff);
	call(SYS_rt_sigqueueinfo, -1, SIGUSR1, &info);
	call(SYS_rt_tgsigqueueinfo, -1, -1, SIGRTMIN, &info);
	call(SYS_tgkill, 1, -1, SIGRTMAX);
	call(SYS_rt_sigtimedwait, (uint64_t[]){1 << (SIGUSR1 - 1)}, &info, &short_time, 8);
	call(SYS_pidfd_open, -1, O_NONBLOCK);
	call(SYS_membarrier, 0, 0, 0);
	call(SYS_ptrace, PTRACE_SETOPTIONS, -1, 0, 0x100001);
	call(SYS_ptrace, PTRACE_SEIZE, -1, 0, 2);
	call(SYS_ptrace, PTRACE_CONT, -1, 0, SIGCONT);
	call(SYS_ptrace, PTRACE_GETREGSET, -1, 1, 8);
	call(SYS_ptrace, PTRACE_PEEKUSR, -1, 8 * 15, 0);
	call(SYS_ptrace, PTRACE_GET_SYSCALL_INFO, -1, 88, 8);
	call(SYS_process_madvise, -1, 0, 0, 20, 0);
	call(SYS_reboot, 0xfee1dead, 672274793, 0);
	call(SYS_syslog, 10, 0, 0);
	call(SYS_kexec_load, 0, 0, 0, 1 | 62 << 16);
	call(SYS_delete_module, "nowhere", O_NONBLOCK);
}

static void times_and_memory(void)
{
	struct timex clock = {.modes = 0};
	struct itimerspec interval = {{1, 2}, {0, 0}};
	struct itimerval old = {{0, 0}, {0, 0}};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	struct epoll_event ready = {EPOLLIN | EPOLLET | EPOLLONESHOT, {.u64 = 7}};
	struct tms times;
	uint32_t word = 1;
	int id;

	call(SYS_adjtimex, &clock);
	call(SYS_clock_adjtime, CLOCK_REALTIME, &clock);
	call(SYS_timer_create, CLOCK_MONOTONIC, &event, &id);
	call(SYS_timer_settime, id, TIMER_ABSTIME, &interval, &interval);
	call(SYS_setitimer, ITIMER_VIRTUAL, &old, &old);
	call(SYS_clock_getres, CLOCK_BOOTTIME, &interval);
	call(SYS_clock_gettime, -6, &interval);
	call(SYS_times, &times);
	call(SYS_epoll_ctl, -1, EPOLL_CTL_ADD, 3, &ready);
	call(SYS_futex, &word, FUTEX_WAKE_OP_PRIVATE, 1, 1, &word, FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_GT, 2));
	call(SYS_futex, &word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 2, 0, 0, 0);
	call(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 2, &word, 1);
	call(SYS_madvise, 0x1000, 4096, MADV_DONTNEED);
	call(SYS_mremap, 0x1000, 1, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 0x2000);
	call(SYS_mlock2, 0x1000, 1, 1);
	call(SYS_mbind, 0x1000, 4096, 0x8002, 0, 0, 2);
	call(SYS_msync, 1, 2, MS_SYNC | MS_INVALIDATE);
	call(SYS_mmap, 0, 1 << 21, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << 26, -1, 0);
	call(SYS_pkey_mprotect, 0, 0, PROT_EXEC | PROT_GROWSDOWN, -1);
	call(SYS_userfaultfd, O_CLOEXEC | 1);
}

int main(void)
{
	become_nobody();
	terminals();
	devices();
	files();
	attributes();
	tasks();
	times_and_memory();
	return 0;
}
