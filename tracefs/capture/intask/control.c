/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/intask/control.h"

#include <linux/audit.h>
#include <string.h>
#include <sys/syscall.h>

#include "ringbuf/handle.h"
#include "tracefs/capture/record/events.h"
#include "tracefs/capture/task/call_facts.h"

/*
 * Calls that are always left to a stop, by number (asm/unistd_64.h; newer ones than the headers of an old machine know,
 * by value): those that end, and those that change what this rests on (SIGSYS, gs, dispatching, credentials, the
 * address space as a whole).
 */
static const uint16_t stopping[] = {
	SYS_exit,
	SYS_exit_group,
	SYS_restart_syscall,
	SYS_ptrace,
	SYS_prctl,
	SYS_arch_prctl,
	SYS_modify_ldt,
	SYS_personality,
	SYS_seccomp,
	SYS_unshare,
	SYS_setns,
	SYS_setuid,
	SYS_setgid,
	SYS_setreuid,
	SYS_setregid,
	SYS_setgroups,
	SYS_setresuid,
	SYS_setresgid,
	SYS_setfsuid,
	SYS_setfsgid,
	SYS_capset,
	SYS_chroot,
	SYS_pivot_root,
	SYS_remap_file_pages,
	SYS_shmat,
	SYS_pkey_mprotect,
	SYS_mlockall,
	335 /* uretprobe */,
	336 /* uprobe */,
	SYS_userfaultfd,
	453 /* map_shadow_stack */
};
/*
 * And by what is known of them: those that give birth, execute, or return from a signal; those with a time limit, as
 * the engine may have to undo their end by EINTR (restart_timeout.c); and those about affinities, which placement.c
 * must see first.
 */
#define STOPPING_TRAITS                                                                                                \
	(CAP_TRAITS_BIRTH | CAP_TRAIT_EXEC | CAP_TRAIT_SIGRETURN | CAP_TRAIT_TIMEOUT | CAP_TRAIT_AFFINITY)
static const uint16_t changing_memory[] = {SYS_mmap, SYS_mprotect, SYS_munmap, SYS_mremap, SYS_madvise};

/* Memory is handed out from the start of the control memory on. */
struct room {
	char *base;
	size_t used, bytes;
};

/* Its offset; 0: there is no room. */
static uint32_t put(struct room *room, const void *data, size_t bytes)
{
	size_t at = (room->used + 15) & ~(size_t)15;

	if (bytes > room->bytes || at > room->bytes - bytes)
		return 0;
	if (data)
		memcpy(room->base + at, data, bytes);
	room->used = at + bytes;
	return (uint32_t)at;
}

static bool put_filter(struct room *room, uint32_t *offset, const struct ev_filter *filter)
{
	*offset = filter ? put(room, filter, filter->bytes) : 0;
	return *offset || !filter;
}

/* It reads the task's memory where a stopped task is meant. */
static bool reads_task(const struct ev_filter *filter)
{
	for (uint32_t i = 0; filter && i < filter->terms; i++)
		if (filter->term[i].source == EV_TASK_CHARS)
			return true;
	return false;
}

static bool put_sink(struct room *room, struct in_control *out, unsigned number, const struct cap_sink *s)
{
	struct in_sink *own = &out->sink[number];
	struct in_geometry *geometry = (struct in_geometry *)(room->base + out->geometry) + number * out->cpus;

	own->saves[0] = s->saves[0];
	own->saves[1] = s->saves[1];
	own->paths = s->paths;
	own->max_event = rb_max_event(s->rb);
	memcpy(own->cpus, s->cpus, sizeof(own->cpus));
	for (unsigned exit = 0; exit < 2; exit++) {
		if (!put_filter(room, &own->raw_filter[exit], s->filter[EV_RAW_SYS_ENTER + exit]))
			return false;
		for (unsigned nr = 0; nr < IN_CALLS; nr++)
			if (!put_filter(room, &own->filter[exit][nr], s->filter[EV_SYSCALL_FIRST + 2 * nr + exit]))
				return false;
	}
	for (unsigned cpu = 0; cpu < out->cpus; cpu++) {
		struct rb_view *v = rb_view(s->rb, cpu);

		geometry[cpu] = (struct in_geometry){.area = rb_area_of(v)->offset,
						     .npages = v->npages,
						     .generation = v->generation,
						     .subbuf_size = v->size};
	}
	return true;
}

static bool listed(const uint16_t *list, size_t n, unsigned nr)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == nr)
			return true;
	return false;
}

#define LISTED(list, nr) listed(list, sizeof(list) / sizeof(*(list)), nr)

static enum in_class class_of(const struct cap_recorder *r, unsigned nr, bool saves)
{
	const struct cap_syscall *s = &r->syscall[nr];
	unsigned traits = cap_traits_of(AUDIT_ARCH_X86_64, nr);

	if (!s->known || traits & STOPPING_TRAITS || LISTED(stopping, nr) ||
	    (r->wants.fds && (s->fds[0] || s->fds[1])) || (s->asked && saves))
		return IN_CLASS_STOP;
	if (s->unsaved && saves)
		return IN_CLASS_STOP;
	if (traits & CAP_TRAIT_WAIT && r->event_sinks[EV_SCHED_PROCESS_WAIT])
		return IN_CLASS_STOP;
	if ((traits & CAP_TRAITS_SEND && r->event_sinks[EV_SIGNAL_GENERATE]) ||
	    (traits & CAP_TRAITS_ACTION && r->event_sinks[EV_SIGNAL_DELIVER]))
		return IN_CLASS_STOP;
	for (int sink = 0; sink < IN_SINKS; sink++)
		for (int id = EV_SYSCALL_FIRST + 2 * (int)nr; id < EV_SYSCALL_FIRST + 2 * (int)nr + 2; id++)
			if (r->sink[sink] && reads_task(r->sink[sink]->filter[id]))
				return IN_CLASS_STOP;
	if (nr == SYS_rt_sigprocmask)
		return IN_CLASS_MASK;
	if (nr == SYS_rt_sigaction)
		return IN_CLASS_ACTION;
	return LISTED(changing_memory, nr) ? IN_CLASS_RANGE : IN_CLASS_RECORD;
}

static bool put_call(struct room *room, struct in_control *out, const struct cap_recorder *r, unsigned nr, bool saves)
{
	const struct cap_syscall *s = &r->syscall[nr];
	struct in_call *own = &out->call[nr];

	own->class = (uint8_t)class_of(r, nr, saves);
	own->nargs = s->nargs;
	own->limited = cap_timeout_of(AUDIT_ARCH_X86_64, (int32_t)nr) != NULL;
	for (unsigned exit = 0; exit < 2; exit++) {
		own->saved[exit] = s->saved[exit];
		own->sinks[exit] = (uint8_t)in_sinks(r->event_sinks[EV_SYSCALL_FIRST + 2 * nr + exit]);
		own->parts[exit] = (uint16_t)s->parts[exit].n;
		own->parts_at[exit] = put(room, s->parts[exit].part, s->parts[exit].n * sizeof(*s->parts[exit].part));
		if (!own->parts_at[exit])
			return false;
	}
	return true;
}

/* What is done at every event, or may be switched by any, is done by the engine. */
static bool needs_stops(const struct cap_recorder *r)
{
	for (int i = 0; i < CAP_SINKS; i++) {
		const struct cap_sink *s = r->sink[i];

		if (!s)
			continue;
		if (i >= IN_SINKS || s->stacks || rb_cpus(s->rb) != rb_cpus(r->sink[0] ? r->sink[0]->rb : s->rb) ||
		    reads_task(s->filter[EV_RAW_SYS_ENTER]) || reads_task(s->filter[EV_RAW_SYS_EXIT]))
			return true;
		for (int id = 0; id <= EV_ID_MAX; id++)
			if (s->triggers[id] || s->soft_off[id])
				return true;
	}
	return false;
}

bool in_control_fill(struct in_control *out, size_t bytes, const struct cap_recorder *r)
{
	struct room room = {(char *)out, sizeof(*out), bytes};
	bool saves = false;

	if (needs_stops(r))
		return false;
	for (int i = 0; i < IN_SINKS; i++)
		if (r->sink[i]) {
			out->cpus = rb_cpus(r->sink[i]->rb);
			saves |= r->sink[i]->saves[0] || r->sink[i]->saves[1];
		}
	if (!out->cpus || out->cpus > IN_CPUS_MAX)
		return false;
	out->paired = in_sinks(r->wants.paired);
	out->geometry = put(&room, NULL, IN_SINKS * out->cpus * sizeof(struct in_geometry));
	if (!out->geometry || (r->types && !(out->types = put(&room, r->types, r->types->size))))
		return false;
	for (unsigned exit = 0; exit < 2; exit++)
		out->raw[exit] = (uint8_t)in_sinks(r->event_sinks[EV_RAW_SYS_ENTER + exit]);
	for (unsigned nr = 0; nr < IN_CALLS; nr++)
		if (!put_call(&room, out, r, nr, saves))
			return false;
	for (unsigned i = 0; i < IN_SINKS; i++)
		if (r->sink[i] && !put_sink(&room, out, i, r->sink[i]))
			return false;
	return true;
}
