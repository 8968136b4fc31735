/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recorder that runs in tasks, in this one process, beside record/call.c (tests/capture/intask/test_recorder.py):
 *
 *   recorder_driver BLOB TYPES ROWS check    makes calls; both write their records of each; says where they differ
 *   recorder_driver BLOB TYPES ROWS time N   ns that N getppid() and read() take by themselves, and recorded
 *
 * BLOB: recorder.bin; TYPES: the compiled type tables; ROWS: what the engine knows of each call (struct row).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ringbuf/handle.h"
#include "tracefs/capture/intask/control.h"
#include "tracefs/capture/record/call.h"

#define ROOM 16u

struct row {
	int32_t nr;
	uint8_t nargs, saved[2], fds[2], asked, parts[2];
	struct cap_part part[2][ROOM];
};

static struct cap_recorder recorder;
static struct cap_task task;
static struct rb *stopped, *inside; /* the buffers of record/call.c, of the recorder */
static char *base;
static const struct in_head *head;
static unsigned made;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void *contents(const char *path, size_t *bytes)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	*bytes = (size_t)st.st_size;
	void *at = mmap(NULL, *bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	return at;
}

static char *map(uint64_t at, uint64_t bytes, int prot, int fd)
{
	void *got =
		mmap(base + at, bytes, prot, (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED) | MAP_FIXED, fd, 0);

	if (got == MAP_FAILED)
		die("mmap");
	return got;
}

static void *vdso_gettime(void)
{
	void *vdso = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);

	return vdso ? dlsym(vdso, "__vdso_clock_gettime") : NULL;
}

static void set_up(char **argv)
{
	size_t blob_bytes, types_bytes, rows_bytes, place = IN_RINGS_AT + (64u << 20);
	void *blob = contents(argv[1], &blob_bytes), *types = contents(argv[2], &types_bytes);
	struct row *row = contents(argv[3], &rows_bytes);

	/* One CPU: the two must agree on which it is. */
	unsigned cpu = (unsigned)sched_getcpu(), cpus = (unsigned)sysconf(_SC_NPROCESSORS_CONF);
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (cap_recorder_init(&recorder, NULL) || rb_create(&stopped, cpus, 8u << 20, 65536, true, RB_CLOCK_MONO) ||
	    rb_create(&inside, cpus, 8u << 20, 65536, true, RB_CLOCK_MONO) || cap_sink_add(&recorder, inside))
		die("recorder");
	for (size_t i = 0; i < rows_bytes / sizeof(*row); i++) {
		cap_describe(&recorder, row[i].nr, row[i].nargs, row[i].saved, row[i].fds, row[i].asked);
		for (int exit = 0; exit < 2; exit++)
			cap_describe_parts(&recorder, row[i].nr, exit, row[i].part[exit], row[i].parts[exit]);
	}
	cap_types(&recorder, types);
	task = (struct cap_task){
		.tid = (int32_t)syscall(SYS_gettid), .tgid = getpid(), .in_scope = true, .stat.fd = -1};

	base = mmap(NULL, place, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	memcpy(map(0, IN_CODE_BYTES, PROT_READ | PROT_WRITE, -1), blob, blob_bytes);
	mprotect(base, IN_CODE_BYTES, PROT_READ | PROT_EXEC);
	head = (const struct in_head *)base;
	struct in_mm *mm = (struct in_mm *)map(IN_MM_AT, IN_MM_BYTES, PROT_READ | PROT_WRITE, -1);
	char *slot = map(IN_SLOT_AT, IN_SLOT_BYTES, PROT_READ | PROT_WRITE, -1);
	struct in_block *block = (struct in_block *)map(IN_BLOCK_AT, IN_BLOCK_BYTES, PROT_READ | PROT_WRITE, -1);
	map(IN_CONTROL_AT, IN_CONTROL_BYTES, PROT_READ | PROT_WRITE, -1);
	struct in_frame *frame = (struct in_frame *)(slot + IN_SLOT_BYTES - IN_FRAME_BYTES);
	struct rb_writer *line = rb_writer_claim(inside, (uint32_t)task.tid, rb_thread_start((uint32_t)task.tid));
	frame->tid = task.tid;
	frame->writer[0] = (uint32_t)(line - inside->writers);
	mm->block = (uint64_t)block;
	mm->frame = (uint64_t)frame;
	mm->gettime = (uint64_t)vdso_gettime();
	block->selector = IN_BLOCK;
	strcpy(block->comm, "driver");
	strcpy(task.name.comm, "driver");
	task.name.known = true;
	__asm__ volatile("wrgsbase %0" ::"r"(block));
}

/* Emptying a buffer gives it a new shape. */
static void map_ring(void)
{
	struct in_mm *mm = (struct in_mm *)(base + IN_MM_AT);
	struct stat st;

	if (fstat(rb_fd(inside), &st))
		die("fstat");
	map(IN_RINGS_AT, (uint64_t)st.st_size, PROT_READ | PROT_WRITE, rb_fd(inside));
	mm->ring[0] = (struct in_ring){(uint64_t)(base + IN_RINGS_AT), (uint64_t)st.st_size};
}

/* As the engine does when the wishes change. */
static void wish(bool tracer, bool raw, uint32_t saves, uint32_t paths, const struct ev_filter *filter,
		 int32_t filtered)
{
	struct in_control *control = (struct in_control *)(base + IN_CONTROL_AT);
	struct in_block *block = (struct in_block *)(base + IN_BLOCK_AT);
	struct cap_wish_event events[3];
	uint32_t n = 0;

	map_ring();
	if (raw) {
		events[n++] = (struct cap_wish_event){.id = EV_RAW_SYS_ENTER, .enabled = true};
		events[n++] = (struct cap_wish_event){.id = EV_RAW_SYS_EXIT, .enabled = true};
	}
	if (filter)
		events[n++] = (struct cap_wish_event){.id = filtered, .enabled = true, .filter = (uint64_t)filter};
	struct cap_wish all = {.tracer = tracer,
			       .save_enter = saves,
			       .save_exit = saves,
			       .save_paths = paths,
			       .events = events,
			       .event_count = n};
	memset(all.cpus, 0xff, sizeof(all.cpus));
	cap_sink_want(&recorder, 0, &all);
	cap_task_choose(&task, &recorder.wants);
	recorder.sink[0]->rb = inside;
	if (!in_control_fill(control, IN_CONTROL_BYTES, &recorder))
		die("control");
	recorder.sink[0]->rb = stopped;
	block->tracers = in_sinks(task.tracer_sinks);
	block->events = in_sinks(task.event_sinks);
}

/* The call by the recorder: as a stub leads there. */
static long recorded(long nr, const long a[6])
{
	register long r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
	long result;

	__asm__ volatile(
		"lea 1f(%%rip), %%rcx\n\t"
		"mov %%rax, %%r11\n\tlahf\n\tseto %%al\n\txchg %%rax, %%r11\n\t"
		"jmp *%[entry]\n"
		"1:\tsyscall"
		: "=a"(result)
		: "0"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8),
		  "r"(r9), [entry] "m"(*(const uint64_t *[]){&(const uint64_t){(uint64_t)base + head->entry}}[0])
		: "rcx", "r11", "memory", "cc");
	return result;
}

static long both(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	const long a[6] = {a0, a1, a2, a3, a4, a5};
	struct cap_call call = {.nr = nr, .arch = 0xc000003e};
	int cpu = sched_getcpu();
	const struct in_control *control = (const struct in_control *)(base + IN_CONTROL_AT);

	memcpy(call.args, a, sizeof(a));
	if (control->call[nr].class == IN_CLASS_STOP)
		return syscall(nr, a0, a1, a2, a3, a4, a5);
	cap_record_enter(&recorder, &task, &call, cpu);
	long result = recorded(nr, a);
	cap_record_exit(&recorder, &task, &call, result, cpu);
	made++;
	return result;
}

#define CALL(name, ...) CALL_(SYS_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(nr, a0, a1, a2, a3, a4, a5, ...)                                                                         \
	both(nr, (long)(a0), (long)(a1), (long)(a2), (long)(a3), (long)(a4), (long)(a5))

/* Calls of all sorts: with texts, data, structures, arrays, addresses that lead nowhere, those that fail. */
static void make_calls(const char *dir)
{
	char path[256], buffer[5000],
		*edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec pieces[3] = {{buffer, 10}, {buffer + 100, 2000}, {NULL, 0}};
	struct timespec ts = {0, 1000}, left;
	struct stat st;
	const struct timespec times[2] = {{1, 2}, {3, 4}};
	struct epoll_event event = {.events = EPOLLIN};
	int number = 4096, size = sizeof(struct sockaddr_un), four = 4;
	uint64_t set = 1ull << 9, old;
	long ends[2], fd, events;

	munmap(edge + 4096, 4096);
	memset(edge, 'e', 4096);
	snprintf(path, sizeof(path), "%s/file", dir);
	CALL(getppid);
	CALL(getpid);
	fd = CALL(openat, AT_FDCWD, path, O_RDWR | O_CREAT, 0600);
	for (unsigned n = 0; n < 12; n++) {
		memset(buffer, 'a' + (int)n, sizeof(buffer));
		CALL(write, fd, buffer, 1u << n);
		CALL(pwrite64, fd, buffer, n, n);
	}
	for (unsigned n = 0; n < 12; n++)
		CALL(pread64, fd, buffer, 1u << n, n * 7);
	CALL(writev, fd, pieces, 3);
	CALL(preadv, fd, pieces, 3, 0);
	CALL(lseek, fd, -5, SEEK_END);
	CALL(read, fd, buffer, 100);
	CALL(read, fd, buffer, 100);
	CALL(fstat, fd, &st);
	CALL(newfstatat, AT_FDCWD, path, &st, 0);
	CALL(newfstatat, AT_FDCWD, "/nowhere/at/all", &st, 0);
	CALL(access, path, R_OK);
	CALL(access, edge + 4090, R_OK);
	CALL(access, NULL, R_OK);
	CALL(access, 1, R_OK);
	CALL(readlink, "/proc/self/exe", buffer, sizeof(buffer));
	CALL(statfs, dir, buffer);
	CALL(uname, buffer);
	CALL(getcwd, buffer, sizeof(buffer));
	CALL(pipe2, ends, O_CLOEXEC);
	CALL(fcntl, fd, F_GETFL);
	CALL(dup, fd);
	CALL(nanosleep, &ts, &left);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, NULL);
	CALL(clock_gettime, CLOCK_REALTIME, &ts);
	CALL(rt_sigprocmask, SIG_BLOCK, &set, &old, 8);
	CALL(rt_sigprocmask, SIG_SETMASK, &old, NULL, 8);
	CALL(rt_sigprocmask, SIG_BLOCK, NULL, &old, 8);
	CALL(rt_sigprocmask, 99, &set, &old, 8);
	CALL(rt_sigprocmask, SIG_BLOCK, &set, &old, 4);
	CALL(rt_sigaction, SIGUSR1, NULL, buffer, 8);
	CALL(getrandom, buffer, 33, 0);
	CALL(sysinfo, buffer);
	CALL(getrlimit, 7, buffer);
	CALL(prlimit64, 0, 7, NULL, buffer);
	CALL(getrusage, 0, buffer);
	CALL(times, buffer);
	events = CALL(epoll_create1, 0);
	CALL(epoll_ctl, events, EPOLL_CTL_ADD, fd, &event);
	long name = CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/socket", dir);
	CALL(bind, name, &address, sizeof(address));
	CALL(connect, name, &address, sizeof(address));
	CALL(getsockname, name, &address, &size);
	CALL(setsockopt, name, SOL_SOCKET, SO_SNDBUF, &number, 4);
	CALL(getsockopt, name, SOL_SOCKET, SO_SNDBUF, buffer, &four);
	CALL(madvise, edge, 4096, MADV_NORMAL);
	CALL(mprotect, edge, 4096, PROT_READ);
	CALL(mmap, NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CALL(munmap, edge, 4096);
	CALL(futex, ends, 1, 1);
	CALL(umask, 022);
	long listed = CALL(openat, AT_FDCWD, dir, O_RDONLY | O_DIRECTORY);
	CALL(getdents64, listed, buffer, sizeof(buffer));
	CALL(close, listed);
	CALL(utimensat, AT_FDCWD, path, times, 0);
	CALL(close, fd);
	CALL(close, 12345);
	CALL(unlink, path);
	unlink(address.sun_path);
}

/* What differs between the buffers, besides time. */
static int compare(const char *what)
{
	unsigned cpu = (unsigned)sched_getcpu();
	struct rb_iter *a = rb_iter_new(stopped, cpu), *b = rb_iter_new(inside, cpu);
	struct rb_event x, y;
	uint64_t last = 0;
	unsigned n = 0;
	int wrong = 0;

	for (;; n++) {
		bool is = rb_iter_peek(a, &x), too = rb_iter_peek(b, &y);

		if (!is || !too) {
			if (is != too) {
				printf("%s: one has more than %u records\n", what, n);
				wrong++;
			}
			break;
		}
		if (x.len != y.len || memcmp(x.data, y.data, x.len)) {
			const struct ev_common *common = x.data;

			printf("%s: record %u, of event %u (%u), differs: %u bytes, %u bytes\n", what, n, common->type,
			       ((const struct ev_common *)y.data)->type, x.len, y.len);
			wrong++;
		}
		if (y.ts < last) {
			printf("%s: record %u goes back in time\n", what, n);
			wrong++;
		}
		last = y.ts;
		rb_iter_next(a);
		rb_iter_next(b);
	}
	rb_iter_free(a);
	rb_iter_free(b);
	rb_reset(stopped, -1);
	rb_reset(inside, -1);
	printf("%s: %u records\n", what, n);
	return wrong;
}

static int check(const char *dir)
{
	struct {
		struct ev_filter filter;
		struct ev_term term;
	} large = {{1, sizeof(large)},
		   {.source = EV_U64, .compare = EV_GT, .next = {EV_REJECT, EV_ACCEPT}, .offset = 32, .value = 64}};
	int wrong = 0;

	wish(true, false, 0, 0, NULL, 0);
	make_calls(dir);
	wrong += compare("numbers");
	wish(true, false, 32, 4096, NULL, 0);
	make_calls(dir);
	wrong += compare("memory");
	wish(true, true, 0, 0, NULL, 0);
	make_calls(dir);
	wrong += compare("raw");
	wish(false, false, 4096, 0, &large.filter, EV_SYSCALL_FIRST + 2 * SYS_write);
	make_calls(dir);
	wrong += compare("filter");
	printf("%u calls\n", made);
	return wrong != 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* The best of a few turns, as others run on this machine. */
static double per_call(bool by_recorder, long nr, const long a[6], unsigned n)
{
	double best = 1e18;

	for (int turn = 0; turn < 9; turn++) {
		double start = now();

		for (unsigned i = 0; i < n; i++) {
			if (by_recorder)
				recorded(nr, a);
			else
				syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		}
		double took = (now() - start) / n;
		best = took < best ? took : best;
	}
	return best;
}

static int take_time(unsigned n)
{
	char buffer[64];
	const long zero[6] = {open("/dev/zero", O_RDONLY), (long)buffer, 1, 0, 0, 0};

	for (int save = 0; save < 2; save++) {
		wish(true, false, save ? 32 : 0, 0, NULL, 0);
		for (int call = 0; call < 2; call++) {
			long nr = call ? SYS_read : SYS_getppid;

			printf("%s%s %.0f %.0f\n", call ? "read" : "getppid", save ? "+saved" : "",
			       per_call(false, nr, zero, n), per_call(true, nr, zero, n));
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	set_up(argv);
	return strcmp(argv[4], "time") ? check(argv[5]) : take_time((unsigned)atoi(argv[5]));
}
