// SPDX-License-Identifier: GPL-2.0-only
/* Identities, times, memory, messages and filters: calls that common programs make seldom. */
#include "rare.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/input.h>
#include <linux/mempolicy.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

static void identities(void)
{
	unsigned real, effective, saved;
	struct sched_param param = {0};
	struct timespec slice;
	stack_t stack = {.ss_sp = (void *)0x1000, .ss_size = 4096, .ss_flags = SS_DISABLE};
	struct rlimit limit;
	sigset_t pending;

	call(SYS_setuid, NOBODY);
	call(SYS_setgid, NOBODY);
	call(SYS_setreuid, -1, NOBODY);
	call(SYS_setregid, -1, 0);
	call(SYS_getresuid, &real, &effective, &saved);
	call(SYS_getresgid, &real, &effective, &saved);
	call(SYS_setfsuid, -1);
	call(SYS_setfsgid, -1);
	call(SYS_setsid, 0);
	call(SYS_setpriority, PRIO_PROCESS, 0, 3);
	call(SYS_sched_setparam, 0, &param);
	call(SYS_sched_get_priority_max, SCHED_FIFO);
	call(SYS_sched_get_priority_min, SCHED_RR);
	call(SYS_sched_rr_get_interval, 0, &slice);
	call(SYS_sched_yield, 0);
	call(SYS_getrlimit, RLIMIT_STACK, &limit);
	call(SYS_rt_sigpending, &pending, 8);
	call(SYS_sigaltstack, &stack, &stack);
	call(SYS_tkill, -1, SIGTERM);
	call(SYS_sethostname, "name", 4);
	call(SYS_setdomainname, "domain", 6);
	call(SYS_vhangup, 0);
	call(SYS_iopl, 3);
	call(SYS_ioperm, 1, 2, 1);
	call(SYS_init_module, 8, 5, "option=1");
	call(SYS_finit_module, -1, "option=1", 1);
	call(SYS_kexec_file_load, -1, -1, 5, "line", 2);
	call(SYS_pidfd_getfd, -1, 3, 0);
	call(SYS_process_mrelease, -1, 0);
}

static void times(void)
{
	struct timespec short_time = {0, 1};
	struct timeval now;
	struct timezone zone;
	struct itimerval interval;
	struct itimerspec rest;
	struct sigevent event = {.sigev_notify = SIGEV_NONE};
	struct futex_waitv waited = {.val = 1, .uaddr = 8, .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG};
	int timer;

	call(SYS_nanosleep, &short_time, &short_time);
	call(SYS_getitimer, ITIMER_REAL, &interval);
	call(SYS_alarm, 0);
	call(SYS_gettimeofday, &now, &zone);
	call(SYS_settimeofday, &now, 0);
	call(SYS_clock_settime, CLOCK_REALTIME, &short_time);
	call(SYS_timer_create, CLOCK_REALTIME, &event, &timer);
	call(SYS_timer_gettime, timer, &rest);
	call(SYS_timer_getoverrun, timer);
	call(SYS_timer_delete, timer);
	call(SYS_futex_waitv, &waited, 1, 0, &short_time, CLOCK_MONOTONIC);
}

static void memory(void)
{
	unsigned char resident[2];
	char one[4] = "abc", other[4];
	struct iovec local = {other, sizeof(other)}, remote = {one, sizeof(one)};
	char *area = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *pages[1] = {area};
	int nodes[1] = {0}, status[1];
	unsigned long mask = 1;
	void *head;
	size_t length;

	call(SYS_mincore, area, 8192, resident);
	call(SYS_mlock, area, 4096);
	call(SYS_munlock, area, 4096);
	call(SYS_mlockall, MCL_CURRENT | MCL_FUTURE | 4);
	call(SYS_munlockall, 0);
	call(SYS_remap_file_pages, area, 4096, 0, 1, MAP_NONBLOCK);
	call(SYS_migrate_pages, 0, 8, &mask, &mask);
	call(SYS_move_pages, 0, 1, pages, nodes, status, MPOL_MF_MOVE);
	call(SYS_set_mempolicy_home_node, area, 4096, 0, 0);
	call(SYS_process_vm_readv, getpid(), &local, 1, &remote, 1, 0);
	call(SYS_process_vm_writev, getpid(), &remote, 1, &local, 1, 0);
	call(SYS_get_robust_list, 0, &head, &length);
	call(SYS_pkey_free, 1);
	call(SYS_memfd_secret, 1);
}

static void messages(void)
{
	struct {
		long type;
		char text[300];
	} message = {5, "hello"};
	struct msginfo about;
	struct sembuf steps[2] = {{0, 1, SEM_UNDO}, {0, -1, IPC_NOWAIT}};
	struct timespec short_time = {0, 1};
	char room[128];
	int queue = (int)call(SYS_msgget, IPC_PRIVATE, 0600), semaphores = (int)call(SYS_semget, IPC_PRIVATE, 1, 0600);

	call(SYS_msgsnd, queue, &message, 6, IPC_NOWAIT);
	memset(message.text, 'x', sizeof(message.text));
	call(SYS_msgsnd, queue, &message, 300, IPC_NOWAIT);
	call(SYS_msgrcv, queue, &message, 6, 0, MSG_NOERROR | IPC_NOWAIT);
	call(SYS_msgrcv, queue, &message, 300, 0, MSG_EXCEPT | IPC_NOWAIT);
	call(SYS_msgrcv, queue, &message, 20, -5, IPC_NOWAIT);
	call(SYS_msgctl, queue, MSG_INFO, &about);
	call(SYS_msgctl, queue, IPC_STAT, room);
	call(SYS_msgctl, queue, IPC_RMID, 0);
	call(SYS_semtimedop, semaphores, steps, 2, &short_time);
	call(SYS_semctl, semaphores, 0, IPC_RMID, 0);
	call(SYS_shmctl, 0, SHM_INFO, room);
	call(SYS_shmdt, 4096);
}

static void filters(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc000003e, 0, 2),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PROTOCOL),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_NET_OFF + 4),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	struct bpf_insn instructions[] = {
		{BPF_ALU64 | BPF_MOV | BPF_K, 1, 2, 3, 4},  {BPF_LD | BPF_DW | BPF_IMM, 1, 1, 0, 5},
		{BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8, 0}, {BPF_JMP | BPF_JNE | BPF_K, 1, 0, 1, 1},
		{BPF_JMP | BPF_CALL, 0, 0, 0, 6},           {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 6, .prog_name = "name"};
	struct perf_event_attr counter = {.type = PERF_TYPE_SOFTWARE,
					  .size = sizeof(counter),
					  .config = PERF_COUNT_SW_DUMMY,
					  .freq = 1,
					  .sample_freq = 99,
					  .disabled = 1,
					  .precise_ip = 1,
					  .use_clockid = 1,
					  .clockid = CLOCK_MONOTONIC,
					  .watermark = 1,
					  .wakeup_watermark = 7};

	load.insns = (uintptr_t)instructions;
	load.license = (uintptr_t)"GPL";
	call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0xff000, &program);
	call(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	call(SYS_setsockopt, -1, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	call(SYS_bpf, BPF_PROG_LOAD, &load, 120);
	call(SYS_perf_event_open, &counter, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	counter.type = PERF_TYPE_BREAKPOINT;
	counter.bp_type = 1;
	call(SYS_perf_event_open, &counter, 0, -1, -1, 0);
	counter.size = PERF_ATTR_SIZE_VER0;
	call(SYS_perf_event_open, &counter, 0, -1, -1, 0);
}

static void inputs(void)
{
	static const unsigned long commands[] = {
		EVIOCGNAME(64),      EVIOCGPHYS(32),   EVIOCGUNIQ(8),   EVIOCGPROP(4),    EVIOCGMTSLOTS(40),
		EVIOCGKEY(96),       EVIOCGLED(8),     EVIOCGSW(8),     EVIOCGBIT(0, 32), EVIOCGBIT(EV_KEY, 96),
		EVIOCGBIT(0x1e, 16), EVIOCGABS(ABS_X), EVIOCGABS(0x3f), EVIOCSABS(ABS_Y), EVIOCSFF,
		EVIOCRMFF,           EVIOCGKEYCODE};
	char room[128] = "";

	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		call(SYS_ioctl, -1, commands[i], room);
}

int main(void)
{
	become_nobody();
	identities();
	times();
	memory();
	messages();
	filters();
	inputs();
	return 0;
}
