/* SPDX-License-Identifier: GPL-2.0-only */
#include "tracefs/capture/record/call.h"

#include <linux/audit.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "tracefs/capture/task/call_facts.h"
#include "tracefs/events/task_memory.h"

#define IO_URING_SETUP 425
#define IO_URING_ENTER 426
#define RING_FLAGS 2u         /* words in its struct io_uring_params: how the ring is set up ... */
#define RING_ARRAY 16u        /* ... and where its sq_off.array says that the order stands */
#define REGISTERED_RING 0x10u /* IORING_ENTER_REGISTERED_RING: the descriptor is none */

#define EXTEND_BYTES 8u /* of a time stamp that may go before a record in its sub-buffer */

/*
 * The event that stands for a call's entry; its exit is the next. Numbers that the tables do not know, also x32's with
 * their bit 30, are recorded raw; those of 32-bit code are another table's and never looked up in this one.
 */
static int event_of(const struct cap_recorder *r, int64_t nr, uint32_t arch)
{
	if (arch != AUDIT_ARCH_X86_64)
		return EV_COMPAT_SYS_ENTER;
	if (nr < 0 || nr > EV_SYSCALL_MAX_NR || !r->syscall[nr].known)
		return EV_RAW_SYS_ENTER;
	return EV_SYSCALL_FIRST + 2 * nr;
}

static uint64_t sinks_for(const struct cap_recorder *r, const struct cap_task *t, int id)
{
	return t->tracer_sinks | cap_event_sinks(r, t, id);
}

static bool wants_fds(const struct cap_recorder *r, int64_t nr, bool exit, uint64_t sinks)
{
	return unlikely(sinks & r->wants.fds) && r->syscall[nr].fds[exit];
}

static struct cap_measure measure_for(const struct cap_recorder *r, int sink, bool exit)
{
	const struct cap_sink *s = r->sink[sink];
	uint32_t whole = rb_writer_max_event(s->rb) - EXTEND_BYTES;

	return (struct cap_measure){.limit = s->saves[exit],
				    .paths = s->saves[exit] && s->paths > s->saves[exit] ? s->paths : s->saves[exit],
				    .room = whole < CAP_RECORD_MAX ? whole : CAP_RECORD_MAX,
				    .fds = r->wants.fds >> sink & 1};
}

static bool is_alike(struct cap_measure a, struct cap_measure b)
{
	return a.limit == b.limit && a.paths == b.paths && a.room == b.room && a.fds == b.fds;
}

/* What the pointers of a call lead to: asked of the tables, and of the task. */
struct saving {
	struct cap_recorder *r;
	struct cap_task *t;
	const struct cap_call *call;
	const struct cap_syscall *syscall;
	const int64_t *ret; /* NULL: at its entry */
};

/* By a signal: what the kernel gives back then, also where it makes the call again later. */
static bool was_interrupted(int64_t ret)
{
	return ret == -EINTR || (ret <= -512 && ret >= -516);
}

static bool know_call(const struct saving *s, int32_t netlink)
{
	const struct cap_call *call = s->call;

	return s->r->types && tt_call_of(&s->r->save->call, s->r->types, (uint64_t)call->nr, call->args,
					 s->syscall->nargs, s->ret, netlink);
}

/* Of io_uring_enter(fd, to_submit, min_complete, flags, ...). */
static void read_requests(const struct saving *s)
{
	struct cap_save *save = s->r->save;
	const uint64_t *args = s->call->args;

	cap_fds_begin(&save->fds, s->t->tid, s->t->tgid);
	save->requests = args[3] & REGISTERED_RING ? 0
						   : cap_ring_read(&save->rings, &save->fds, (int32_t)args[0],
								   (uint32_t)args[1], save->request);
	save->fds.used = 0;
}

/* The same again, where what it leads to turns out to be netlink messages. */
static void gather(const struct saving *s, struct cap_measure measure)
{
	enum tt_direction direction = !s->ret ? TT_IN : *s->ret < 0 ? TT_LEFT : TT_OUT;
	struct cap_save *save = s->r->save;
	unsigned asked;
	int32_t netlink;

	cap_memory_begin(&save->memory, s->t->tid);
	save->unsaved = __atomic_load_n(&s->syscall->unsaved, __ATOMIC_RELAXED);
	if (unlikely(s->call->nr == IO_URING_ENTER && !s->ret))
		read_requests(s);
	cap_save_gather(save, direction, measure);
	if (likely(!s->syscall->asked))
		return;
	asked = (unsigned)__builtin_ctz(s->syscall->asked);
	netlink = cap_save_netlink(save, asked, s->t->tid, s->t->tgid);
	if (likely(netlink < 0) || !know_call(s, netlink))
		return;
	cap_save_gather(save, direction, measure);
	cap_save_say_netlink(save, (int32_t)s->call->args[asked], netlink);
}

/*
 * A record of a call whose numbers are in save->record, followed by what its pointers lead to and what its descriptors
 * stand for: for each sink as much as that wants. Returns those it was written for.
 */
static uint64_t emit_saved(const struct saving *s, int cpu, uint64_t sinks, uint32_t len)
{
	struct cap_recorder *r = s->r;
	struct cap_save *save = r->save;
	bool exit = s->ret, fds = wants_fds(r, s->call->nr, exit, sinks);
	struct cap_measure most = {0};
	uint64_t written = 0;

	for (uint64_t left = sinks; left; left &= left - 1) {
		struct cap_measure one = measure_for(r, __builtin_ctzll(left), exit);

		most.limit = one.limit > most.limit ? one.limit : most.limit;
		most.paths = one.paths > most.paths ? one.paths : most.paths;
		most.room = one.room > most.room ? one.room : most.room;
	}
	cap_save_nothing(save);
	save->requests = 0;
	if ((most.limit || fds) && !(exit && *s->ret < 0 && !was_interrupted(*s->ret)) && know_call(s, -1)) {
		if (most.limit)
			gather(s, most);
		if (fds)
			cap_save_fds(save, s->t->tid, s->t->tgid);
	}
	for (uint64_t left = sinks; left;) {
		struct cap_measure first = measure_for(r, __builtin_ctzll(left), exit);
		uint64_t alike = 0;
		uint32_t size;

		for (uint64_t rest = left; rest; rest &= rest - 1) {
			int i = __builtin_ctzll(rest);

			if (is_alike(measure_for(r, i, exit), first))
				alike |= 1ull << i;
		}
		size = cap_save_put(save, len, s->syscall->saved[exit], &s->syscall->parts[exit], first);
		written |= cap_emit(r, s->t, cpu, alike, s->t->tracer_sinks, save->record, size);
		left &= ~alike;
	}
	return written;
}

/*
 * The event that stands for any call: for those who want that one, and in place of the call's own where it has none.
 * Returns those it was written for in its place.
 */
static uint64_t emit_raw(struct cap_recorder *r, struct cap_task *t, int cpu, int raw_id, int id, uint64_t sinks,
			 void *rec, uint32_t len)
{
	struct ev_common *common = rec;
	uint64_t raw = cap_event_sinks(r, t, raw_id);

	if (raw) {
		common->type = (uint16_t)raw_id;
		cap_emit(r, t, cpu, raw, raw & t->tracer_sinks & (id == raw_id ? ~0ull : 0), rec, len);
	}
	if (id == raw_id)
		sinks &= ~raw;
	if (id < EV_SYSCALL_FIRST && sinks) {
		common->type = (uint16_t)id;
		return cap_emit(r, t, cpu, sinks, t->tracer_sinks, rec, len);
	}
	return 0;
}

void cap_record_enter(struct cap_recorder *r, struct cap_task *t, const struct cap_call *call, int cpu)
{
	int id = event_of(r, call->nr, call->arch);
	uint64_t sinks = sinks_for(r, t, id);

	t->written = 0;
	if (unlikely(cap_event_sinks(r, t, EV_RAW_SYS_ENTER)) || (id < EV_SYSCALL_FIRST && sinks)) {
		struct ev_raw_sys_enter rec = {.id = call->nr};

		memcpy(rec.args, call->args, sizeof(rec.args));
		t->written = emit_raw(r, t, cpu, EV_RAW_SYS_ENTER, id, sinks, &rec, sizeof(rec));
	}
	if (id >= EV_SYSCALL_FIRST && sinks) {
		const struct cap_syscall *syscall = &r->syscall[call->nr];
		struct ev_sys_enter rec = {.common.type = (uint16_t)id, .nr = (int32_t)call->nr};
		uint32_t len = offsetof(struct ev_sys_enter, args) + 8u * syscall->nargs;

		memcpy(rec.args, call->args, sizeof(rec.args));
		if (syscall->saved[0] || wants_fds(r, call->nr, false, sinks)) {
			const struct saving saving = {r, t, call, syscall, NULL};

			memcpy(r->save->record, &rec, len);
			t->written = emit_saved(&saving, cpu, sinks, len);
		} else {
			t->written = cap_emit(r, t, cpu, sinks, t->tracer_sinks, &rec, len);
		}
	}
}

/* How a ring was set up, whoever wants the call: the order of its requests depends on that. */
static void learn_ring(struct cap_recorder *r, const struct cap_task *t, const struct cap_call *call, int64_t fd)
{
	uint32_t params[RING_ARRAY + 1];

	if (r->save && call->arch == AUDIT_ARCH_X86_64 && task_read(t->tid, call->args[1], params, sizeof(params)))
		cap_ring_learn(&r->save->rings,
			       (struct cap_ring){t->tgid, (int32_t)fd, params[RING_FLAGS], params[RING_ARRAY]});
}

static void record_sigreturn(struct cap_recorder *r, struct cap_task *t, int64_t ret, int cpu)
{
	struct ev_raw_sys_exit rec = {.common.type = EV_RAW_SYS_EXIT, .id = -1, .ret = ret};
	uint64_t sinks = cap_event_sinks(r, t, EV_RAW_SYS_EXIT);

	if (unlikely(sinks))
		cap_emit(r, t, cpu, sinks, 0, &rec, sizeof(rec));
}

void cap_record_exit(struct cap_recorder *r, struct cap_task *t, const struct cap_call *call, int64_t ret, int cpu)
{
	if (unlikely(cap_call_is(call, CAP_TRAIT_SIGRETURN))) {
		record_sigreturn(r, t, ret, cpu);
		return;
	}
	if (unlikely(call->nr == IO_URING_SETUP && ret >= 0))
		learn_ring(r, t, call, ret);
	int id = event_of(r, call->nr, call->arch) + 1;
	uint64_t sinks = sinks_for(r, t, id) & (~r->wants.paired | t->written);

	if (unlikely(cap_event_sinks(r, t, EV_RAW_SYS_EXIT)) || (id < EV_SYSCALL_FIRST && sinks)) {
		struct ev_raw_sys_exit rec = {.id = call->nr, .ret = ret};

		emit_raw(r, t, cpu, EV_RAW_SYS_EXIT, id, sinks, &rec, sizeof(rec));
	}
	if (id > EV_SYSCALL_FIRST && sinks) {
		const struct cap_syscall *syscall = &r->syscall[call->nr];
		struct ev_sys_exit rec = {.common.type = (uint16_t)id, .nr = (int32_t)call->nr, .ret = ret};

		if (syscall->saved[1] || wants_fds(r, call->nr, true, sinks)) {
			const struct saving saving = {r, t, call, syscall, &ret};
			uint32_t args = syscall->saved[1] ? 8u * syscall->nargs : 0;

			memcpy(r->save->record, &rec, sizeof(rec));
			memcpy(r->save->record + sizeof(rec), call->args, args);
			emit_saved(&saving, cpu, sinks, (uint32_t)sizeof(rec) + args);
		} else {
			cap_emit(r, t, cpu, sinks, t->tracer_sinks, &rec, sizeof(rec));
		}
	}
}
