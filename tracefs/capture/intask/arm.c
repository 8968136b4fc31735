/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * Giving a program that begins the recorder, without a stop: at the exit stop of its execve boot.S is put where nobody
 * runs and the program is sent there. After each step here the program runs correctly if all of us vanish:
 *
 *   1. the memory of its blocks is filled: the template. Nothing of it is in the program.
 *   2. boot.S and what it is to do are written to the unused end of the vDSO.
 *   3. the selector's word is put on the robust list and is IN_BLOCK.
 *   4. the program is sent to boot.S, which needs nobody.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ringbuf/handle.h"
#include "tracefs/capture/intask/blob.h"
#include "tracefs/capture/intask/control.h"
#include "tracefs/capture/intask/hub.h"
#include "tracefs/capture/task/procfs.h"
#include "tracefs/capture/task/ptrace_calls.h"
#include "tracefs/capture/task/regs.h"
#include "tracefs/capture/task/status.h"

#define GET_DISPATCHING 0x4211       /* PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG */
#define BELOW_VDSO 0x40000000ull     /* or more, for large buffers, but: */
#define BELOW_VDSO_MAX 0x70000000ull /* code near the vDSO must be within reach of a jump */
#define ALIGNED 0xffffull
#define GROWTH (64ull << 20)   /* a buffer may become so much longer and need not be mapped anew */
#define LOW_BASE 0x70000000ull /* near a program that is linked to run at a fixed, low address */
#define STACK_MAX (256ull << 20)
#define SIGNAL(n) (1ull << ((n) - 1))
#define ENTRIES 64

struct facts {
	uint64_t vdso, program_headers, interpreter, secure;
};

static bool facts_of(pid_t tid, struct facts *out)
{
	Elf64_auxv_t entry[ENTRIES];
	char path[32];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, entry, sizeof(entry));
	if (fd >= 0)
		close(fd);
	*out = (struct facts){.secure = 1};
	for (ssize_t i = 0; i < got / (ssize_t)sizeof(*entry); i++)
		switch (entry[i].a_type) {
		case AT_SYSINFO_EHDR:
			out->vdso = entry[i].a_un.a_val;
			break;
		case AT_PHDR:
			out->program_headers = entry[i].a_un.a_val;
			break;
		case AT_BASE:
			out->interpreter = entry[i].a_un.a_val;
			break;
		case AT_SECURE:
			out->secure = entry[i].a_un.a_val;
		}
	return out->vdso;
}

/* What the kernel would do for a call of the task's own must not be known to have been changed by it. */
static enum in_reason fit(const struct in_hub *hub, const struct in_task *it, const struct user_regs_struct *regs)
{
	const struct cap_task *t = it->task;
	struct {
		uint64_t mode, selector, offset, bytes;
	} dispatching = {0};
	struct rlimit memory, data, stack;
	struct cap_status status;
	uint64_t blocked;

	if (in_held(hub))
		return IN_WISHES;
	/* A filter that it began with, from before it was traced, might forbid what boot.S and the recorder do. */
	if (it->confined || t->filtered || !cap_status_of(t->tid, &status) || status.filters)
		return IN_CONFINED;
	if (t->path != CAP_PATH_STOPS || ((t->tracer_sinks | t->event_sinks) >> IN_SINKS))
		return IN_NOT_WANTED;
	if (regs->cs != CAP_CS_64)
		return IN_NOT_NATIVE;
	if (cap_ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(blocked), (uintptr_t)&blocked) < 0 ||
	    blocked & (SIGNAL(SIGSYS) | SIGNAL(SIGURG)))
		return IN_SIGNALS;
	if (regs->gs_base || cap_ptrace(GET_DISPATCHING, t->tid, sizeof(dispatching), (uintptr_t)&dispatching) < 0 ||
	    dispatching.mode)
		return IN_DISPATCHED;
	if (prlimit(t->tid, RLIMIT_AS, NULL, &memory) || prlimit(t->tid, RLIMIT_STACK, NULL, &stack) ||
	    prlimit(t->tid, RLIMIT_DATA, NULL, &data) || data.rlim_cur != RLIM_INFINITY ||
	    memory.rlim_cur != RLIM_INFINITY || stack.rlim_cur > STACK_MAX)
		return IN_LIMITS;
	return IN_RECORDS_ITSELF;
}

/* The buffers as they are when the first task is armed: all map these, and later ones must be the same. */
static bool begin(struct in_hub *hub)
{
	for (int i = 0; i < IN_SINKS && !hub->begun; i++) {
		const struct cap_sink *s = hub->r->sink[i];

		hub->ring[i].rb = s ? s->rb : NULL;
		off_t bytes = s ? lseek(rb_fd(s->rb), 0, SEEK_END) : 0;
		if (bytes < 0)
			return false;
		hub->ring[i].bytes = s ? (uint64_t)bytes + GROWTH : 0;
		hub->cpus = s ? rb_cpus(s->rb) : hub->cpus;
	}
	hub->begun = true;
	return true;
}

/* Where the recorder lies below the vDSO; 0: the buffers are too large. */
static uint64_t depth(const struct in_hub *hub)
{
	uint64_t bytes = IN_RINGS_AT + ALIGNED;

	for (int i = 0; i < IN_SINKS; i++)
		bytes += (hub->ring[i].bytes + ALIGNED) & ~ALIGNED;
	return bytes <= BELOW_VDSO ? BELOW_VDSO : bytes <= BELOW_VDSO_MAX ? bytes : 0;
}

static void put_map(struct in_boot *boot, uint64_t at, uint64_t bytes, uint32_t prot, uint32_t flags, uint32_t open,
		    int fd)
{
	struct in_map *map = &boot->map[boot->maps++];

	*map = (struct in_map){
		.at = at, .bytes = bytes, .prot = prot, .flags = flags | MAP_FIXED_NOREPLACE, .open = open | O_CLOEXEC};
	if (fd >= 0)
		snprintf(map->path, sizeof(map->path), "/proc/%d/fd/%d", getpid(), fd);
}

static void put_maps(const struct in_hub *hub, struct in_boot *boot, struct in_mm *mm, int own)
{
	uint64_t base = boot->base, at = base + IN_RINGS_AT;

	put_map(boot, base, IN_CODE_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE, O_RDONLY, hub->blob_fd);
	put_map(boot, base + IN_STUBS_AT, IN_STUBS_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, 0, -1);
	put_map(boot, base + IN_MM_AT, IN_MM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0, -1);
	put_map(boot, base + IN_BLOCK_AT, IN_BLOCKS_BYTES + IN_TEMPLATE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		O_RDWR, own);
	put_map(boot, base + IN_CONTROL_AT, IN_CONTROL_BYTES, PROT_READ, MAP_SHARED, O_RDONLY, hub->control_fd);
	put_map(boot, base + IN_SLOT_AT, IN_THREADS * (uint64_t)IN_SLOT_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, 0, -1);
	for (int i = 0; i < IN_SINKS; i++) {
		if (!hub->ring[i].rb)
			continue;
		put_map(boot, at, hub->ring[i].bytes, PROT_READ | PROT_WRITE, MAP_SHARED, O_RDWR,
			rb_fd(hub->ring[i].rb));
		mm->ring[i] = (struct in_ring){at, hub->ring[i].bytes};
		at += (hub->ring[i].bytes + ALIGNED) & ~ALIGNED;
	}
	/* What calls must not change unseen: all of ours, and what boot.S stands in is the kernel's. */
	mm->ranges = 1;
	mm->range[0].start = base;
	mm->range[0].end = at;
}

bool in_begin_frame(const struct in_hub *hub, struct cap_task *t, struct in_frame *frame)
{
	if (!cap_task_read_start(t))
		return false;
	for (int i = 0; i < IN_SINKS; i++) {
		struct rb *rb = hub->ring[i].rb;
		struct rb_writer *line = rb ? rb_writer_claim(rb, (uint32_t)t->tid, t->stat.start) : NULL;

		if (rb && !line)
			return false;
		frame->writer[i] = line ? (uint32_t)(line - rb->writers) : 0;
	}
	frame->tid = t->tid;
	return true;
}

/* The memory of the blocks of a program and of those that it gives birth to; -1: there is none to be had. */
static int make_own(const struct in_hub *hub, struct in_task *it, struct in_boot *boot, uint64_t vdso, uint64_t *end)
{
	static uint8_t own[IN_TEMPLATE_BYTES];
	struct in_mm *mm = (struct in_mm *)(own + IN_TEMPLATE_MM - IN_BLOCKS_BYTES);
	int fd = memfd_create("tracefs-task", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	memset(own, 0, sizeof(own));
	memcpy(own + IN_TEMPLATE_COOKIE - IN_BLOCKS_BYTES, &boot->cookie, sizeof(boot->cookie));
	memcpy(own + IN_TEMPLATE_FAMILY - IN_BLOCKS_BYTES, &hub->families, sizeof(hub->families));
	mm->block = boot->base + IN_BLOCK_AT;
	mm->frame = boot->base + IN_SLOT_AT + IN_SLOT_BYTES - IN_FRAME_BYTES;
	mm->gettime = vdso + hub->gettime;
	put_maps(hub, boot, mm, fd);
	*end = mm->range[0].end;
	if (fd >= 0 && in_begin_frame(hub, it->task, (struct in_frame *)(own + IN_TEMPLATE_FRAME - IN_BLOCKS_BYTES)) &&
	    pwrite(fd, own, sizeof(own), IN_BLOCKS_BYTES) == (ssize_t)sizeof(own) &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool in_take_block(struct in_hub *hub, struct in_task *it)
{
	struct cap_task *t = it->task;
	struct in_block *block;

	it->index = in_family_take(it->image->family);
	if (it->index < 0)
		return false;
	it->slot = in_guard_add(&hub->guard, it->image->family->fd, it->index);
	if (it->slot < 0) {
		it->image->family->used[it->index] = false;
		return false;
	}
	it->block = block = in_guard_block(&hub->guard, (uint32_t)it->slot);
	memset(block, 0, sizeof(*block));
	cap_task_name(t);
	memcpy(block->comm, t->name.comm, sizeof(block->comm));
	block->tracers = in_sinks(t->tracer_sinks);
	block->events = in_sinks(t->event_sinks);
	it->next = hub->first;
	it->link = &hub->first;
	if (it->next)
		it->next->link = &it->next;
	hub->first = it;
	return true;
}

static enum in_reason send(struct in_hub *hub, struct in_task *it, struct user_regs_struct *regs,
			   const struct facts *facts)
{
	uint64_t room = hub->vdso_bytes - hub->vdso_end;
	static uint8_t code[4096];
	struct in_boot *boot = (struct in_boot *)(code + in_boot_bytes - offsetof(struct in_boot, map));
	uint64_t low = !facts->interpreter && facts->program_headers < LOW_BASE, end;
	int fd;

	memset(code, 0, sizeof(code));
	memcpy(code, in_boot_code, in_boot_bytes);
	boot->entry = regs->rip;
	boot->base = low ? LOW_BASE : (facts->vdso - depth(hub)) & ~ALIGNED;
	boot->cookie = hub->control->cookie;
	boot->exempt = hub->head.exempt_end;
	boot->action[0] = boot->base + hub->head.handler;
	boot->action[1] = IN_ACTION_FLAGS;
	boot->action[2] = boot->base + hub->head.restorer;
	boot->action[3] = ~0ull;
	hub->families++;
	fd = make_own(hub, it, boot, facts->vdso, &end);
	if (fd < 0 || !(it->image = in_image_new(boot->base, boot->base + hub->head.entry, end, fd)))
		return IN_NO_ROOM;
	it->image->family->number = hub->families;
	it->image->shape = hub->shape;
	uint64_t bytes = (uint64_t)((uint8_t *)&boot->map[boot->maps] - code);
	if (bytes > room || !in_take_block(hub, it) || it->index != 0 ||
	    !in_poke(it->task->tid, facts->vdso + hub->vdso_end, code, (uint32_t)bytes))
		return IN_NO_ROOM;
	rb_store(&it->block->selector, hub->guard.word);
	cap_op();
	regs->rip = facts->vdso + hub->vdso_end;
	regs->orig_rax = (unsigned long long)-1;
	it->boot = regs->rip;
	return cap_ptrace(PTRACE_SETREGS, it->task->tid, 0, (uintptr_t)regs) < 0 ? IN_NO_ROOM : IN_RECORDS_ITSELF;
}

enum in_reason in_arm(struct in_hub *hub, struct in_task *it)
{
	struct user_regs_struct regs;
	struct facts facts;
	enum in_reason why;

	if (!cap_get_regs(it->task->tid, &regs))
		return IN_NO_ROOM;
	why = fit(hub, it, &regs);
	if (why != IN_RECORDS_ITSELF)
		return why;
	if (!facts_of(it->task->tid, &facts))
		return IN_NO_ROOM;
	if (facts.secure)
		return IN_PRIVILEGED;
	if (!begin(hub) || !depth(hub))
		return IN_NO_ROOM;
	why = send(hub, it, &regs, &facts);
	if (why != IN_RECORDS_ITSELF) {
		in_disarm(hub, it);
		return why;
	}
	it->state = IN_BOOTING;
	it->image->handler = true;
	return IN_RECORDS_ITSELF;
}

void in_disarm(struct in_hub *hub, struct in_task *it)
{
	it->state = IN_NONE;
	if (!it->block)
		return;
	in_guard_remove(&hub->guard, it->slot);
	it->image->family->used[it->index] = false;
	it->block = NULL;
	*it->link = it->next;
	if (it->next)
		it->next->link = it->link;
	it->link = NULL;
}
