/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call's two records, made by the task that calls. They are those of record/call.c, byte for byte
 * (tests/capture/test_recorder.py): what differs is where the wishes stand (struct in_control, by offsets) and that
 * what a task cannot do here is left to a stop.
 *
 * One rule for the engine, which may find the thread anywhere in this code when a signal comes (phases.c): until the
 * phase says that something is written, nothing has been done that matters, and afterwards the thread is let run to the
 * end of the record.
 */
#include <errno.h>
#include <string.h>

#include "tracefs/capture/intask/alone.h"
#include "tracefs/capture/payload/gather.h"
#include "tracefs/events/filter.h"
#include "tracefs/events/record.h"

_Static_assert(sizeof(struct cap_save) <= IN_SLOT_BYTES - IN_STACK_BYTES - IN_VIEWS_BYTES, "the save buffer fits");

#define EXTEND_BYTES 8u /* of a time stamp that may go before a record in its sub-buffer: as record/call.c has it */
#define SIGSYS_BIT (1ull << 30)
#define SIG_UNBLOCK_HOW 1
#define SIGSYS_NUMBER 31

/* One record on its way. */
struct making {
	struct in_block *block;
	struct in_frame *frame;
	const struct in_control *control;
	const struct in_call *call;
	uint32_t nr, sinks;
	uint32_t version; /* of the wishes that this is made by */
	bool exit;
};

static const void *at(const struct in_control *control, uint32_t offset)
{
	return (const char *)control + offset;
}

/* The view of this CPU's buffer, made anew after a resize; NULL: it has none. */
static const struct rb_view *view_of(const struct making *m, unsigned sink, unsigned cpu)
{
	const struct in_control *control = m->control;
	struct rb_view *v = &in_views(m->frame)[sink * control->cpus + cpu];
	const struct in_geometry *g;
	uint64_t ring = in_mm.ring[sink].at;

	if (rb_likely(v->ctl && rb_view_current(v)))
		return v;
	g = (const struct in_geometry *)at(control, control->geometry) + sink * control->cpus + cpu;
	if (g->area >= in_mm.ring[sink].bytes ||
	    !rb_view_init(v, cpu, (void *)(ring + rb_ctl_at(cpu)), (void *)(ring + g->area), g->npages, g->subbuf_size,
			  g->generation) ||
	    !rb_view_current(v)) {
		v->ctl = NULL;
		return NULL;
	}
	return v;
}

/*
 * What cannot be written is dropped, as by rb_write(): the buffer is switched off. (A buffer of another shape is not
 * met: control.c.)
 */
static void write_to(const struct making *m, unsigned sink, unsigned cpu, const void *record, uint32_t len)
{
	uint64_t ring = in_mm.ring[sink].at;
	struct rb_header *header = (struct rb_header *)ring;
	const struct rb_view *v;
	struct rb_writer *writer;
	struct rb_slot slot;

	if (!ring || !rb_core_recording(header))
		return;
	v = view_of(m, sink, cpu);
	if (rb_unlikely(!v))
		return;
	writer = (struct rb_writer *)(ring + rb_writers_at(m->control->cpus)) + m->frame->writer[sink];
	if (len <= rb_core_max_event(v) &&
	    rb_core_reserve(header, v, writer, rb_core_now(header, in_gettime), len, &slot)) {
		memcpy(slot.data, record, len);
		rb_core_commit(header, &slot, in_wake);
	}
}

/*
 * To each of these sinks whose filter lets it pass; unfiltered: those for whom none applies. Returns those that it was
 * for.
 */
static uint32_t emit(const struct making *m, uint32_t sinks, uint32_t unfiltered, const uint32_t filters[IN_SINKS],
		     void *record, uint32_t len)
{
	unsigned cpu = in_cpu();
	uint32_t written = 0;

	if (rb_unlikely(cpu >= m->control->cpus))
		return 0;
	for (; sinks; sinks &= sinks - 1) {
		unsigned i = (unsigned)__builtin_ctz(sinks);
		const struct in_sink *s = &m->control->sink[i];

		if (!(s->cpus[cpu / 64] >> cpu % 64 & 1))
			continue;
		if (!(unfiltered >> i & 1) && filters[i] &&
		    !ev_filter_match(at(m->control, filters[i]), record, len, (int)cpu, m->block->comm))
			continue;
		write_to(m, i, cpu, record, len);
		written |= 1u << i;
	}
	return written;
}

static uint32_t emit_own(const struct making *m, uint32_t sinks, void *record, uint32_t len)
{
	uint32_t filters[IN_SINKS];

	for (unsigned i = 0; i < IN_SINKS; i++)
		filters[i] = m->control->sink[i].filter[m->exit][m->nr];
	return emit(m, sinks, m->block->tracers, filters, record, len);
}

static void emit_raw(const struct making *m, uint32_t sinks, void *record, uint32_t len)
{
	uint32_t filters[IN_SINKS];

	for (unsigned i = 0; i < IN_SINKS; i++)
		filters[i] = m->control->sink[i].raw_filter[m->exit];
	emit(m, sinks, 0, filters, record, len);
}

static struct cap_measure measure_for(const struct making *m, unsigned sink)
{
	const struct in_sink *s = &m->control->sink[sink];
	uint32_t whole = s->max_event - EXTEND_BYTES;

	return (struct cap_measure){.limit = s->saves[m->exit],
				    .paths = s->saves[m->exit] && s->paths > s->saves[m->exit] ? s->paths
											       : s->saves[m->exit],
				    .room = whole < CAP_RECORD_MAX ? whole : CAP_RECORD_MAX};
}

/* By a signal: what the kernel gives back then, also where it makes the call again later. As record/call.c has it. */
static bool was_interrupted(int64_t ret)
{
	return ret == -EINTR || (ret <= -512 && ret >= -516);
}

/* What the call's pointers lead to, for as much of it as any sink wants: read before anything is written. */
static void gather(const struct making *m, struct cap_save *save)
{
	const struct in_frame *frame = m->frame;
	const int64_t ret = (int64_t)frame->ret;
	struct cap_measure most = {0};

	for (uint32_t left = m->sinks; left; left &= left - 1) {
		struct cap_measure one = measure_for(m, (unsigned)__builtin_ctz(left));

		most.limit = one.limit > most.limit ? one.limit : most.limit;
		most.paths = one.paths > most.paths ? one.paths : most.paths;
		most.room = one.room > most.room ? one.room : most.room;
	}
	cap_save_nothing(save);
	if (!most.limit || !m->control->types || (m->exit && ret < 0 && !was_interrupted(ret)) ||
	    !tt_call_of(&save->call, at(m->control, m->control->types), m->nr, frame->args, m->call->nargs,
			m->exit ? &ret : NULL, -1))
		return;
	cap_memory_begin(&save->memory, frame->tid);
	cap_save_gather(save, !m->exit ? TT_IN : ret < 0 ? TT_LEFT : TT_OUT, most);
}

/*
 * The numbers of the record are in save->record; behind them goes what was gathered, for each sink as much as that
 * wants.
 */
static uint32_t emit_saved(const struct making *m, struct cap_save *save, uint32_t len)
{
	const struct cap_parts parts = {at(m->control, m->call->parts_at[m->exit]), m->call->parts[m->exit]};
	uint32_t written = 0;

	for (uint32_t left = m->sinks; left;) {
		struct cap_measure first = measure_for(m, (unsigned)__builtin_ctz(left));
		uint32_t alike = 0;

		for (uint32_t rest = left; rest; rest &= rest - 1) {
			unsigned i = (unsigned)__builtin_ctz(rest);
			struct cap_measure one = measure_for(m, i);

			if (one.limit == first.limit && one.paths == first.paths && one.room == first.room)
				alike |= 1u << i;
		}
		written |= emit_own(m, alike, save->record,
				    cap_save_put(save, len, m->call->saved[m->exit], &parts, first));
		left &= ~alike;
	}
	return written;
}

/* From here on the thread is let run until the record is whole. False: not now. */
static bool begin_writing(const struct making *m, uint32_t phase)
{
	/* A full fence: either we see the other version, or who made it sees that we write (control.c). */
	__atomic_exchange_n(&m->block->phase, phase, __ATOMIC_SEQ_CST);
	return rb_load_acquire(&m->control->version) == m->version;
}

/* Whether the range of memory that a call changes meets one that must not change unseen. */
static bool meets(uint64_t start, uint64_t length)
{
	uint64_t end = start + length < start ? UINT64_MAX : start + length, n = in_mm.ranges;

	for (uint64_t i = 0; i < n && i < IN_RANGES; i++)
		if (start < in_mm.range[i].end && in_mm.range[i].start < end)
			return true;
	return false;
}

static bool range_is_ours(const struct in_frame *f)
{
	enum { MMAP = 9, MREMAP = 25, MAP_FIXED_BIT = 0x10, MREMAP_FIXED_BIT = 2 };

	switch (f->nr) {
	case MMAP:
		return (f->args[3] & MAP_FIXED_BIT) && meets(f->args[0], f->args[1]);
	case MREMAP:
		return meets(f->args[0], f->args[1]) ||
		       ((f->args[3] & MREMAP_FIXED_BIT) && meets(f->args[4], f->args[2]));
	default:
		return meets(f->args[0], f->args[1]);
	}
}

/* Calls about signal masks use a copy of the set, so that what was looked at is what is applied. */
static bool blocks_sigsys(struct in_frame *f)
{
	enum { SET_BYTES = 8 };

	if (!f->args[1] || f->args[3] != SET_BYTES)
		return false;
	if (!in_read(f->tid, f->args[1], &f->set, sizeof(f->set)))
		return true; /* it fails, or another thread is quick: the kernel looks for itself */
	f->rsi = (uint64_t)&f->set;
	return (int32_t)f->args[0] != SIG_UNBLOCK_HOW && (f->set & SIGSYS_BIT);
}

static bool left_to_a_stop(const struct in_call *call, struct in_frame *f)
{
	switch (call->class) {
	case IN_CLASS_PASS:
	case IN_CLASS_RECORD:
		return false;
	case IN_CLASS_MASK:
		return blocks_sigsys(f);
	case IN_CLASS_ACTION:
		return (int32_t)f->args[0] == SIGSYS_NUMBER || (int32_t)f->args[0] >= IN_FIRST_QUEUED;
	case IN_CLASS_RANGE:
		return range_is_ours(f);
	default:
		return true;
	}
}

int inside_enter(struct in_frame *frame) /* IN_GO, IN_LEAVE */
{
	struct making m = {.block = in_own_block(), .frame = frame, .control = &in_own_control};
	uint32_t nr = (uint32_t)frame->nr, raw;
	struct cap_save *save;
	struct ev_sys_enter rec;

	m.version = rb_load_acquire(&m.control->version);
	if (nr != frame->nr || nr >= IN_CALLS || (m.version & 1) || rb_load(&m.block->halt))
		return IN_LEAVE;
	m.call = &m.control->call[nr];
	if (left_to_a_stop(m.call, frame))
		return IN_LEAVE;
	m.nr = nr;
	if (m.call->limited)
		frame->began = in_counter();
	m.sinks = m.block->tracers | (m.block->events & m.call->sinks[0]);
	raw = m.block->events & m.control->raw[0];
	frame->written = 0;
	if (!(m.sinks | raw)) {
		m.block->enters++;
		m.block->phase = IN_ENTERED;
		return IN_GO;
	}
	save = in_save(frame);
	if (m.call->saved[0] && m.sinks)
		gather(&m, save);
	if (!begin_writing(&m, IN_ENTER_WRITES)) {
		m.block->phase = IN_ENTERING;
		return IN_LEAVE;
	}
	if (raw) {
		struct ev_raw_sys_enter r = {.common = {.type = EV_RAW_SYS_ENTER, .pid = frame->tid},
					     .id = (int64_t)nr};

		memcpy(r.args, frame->args, sizeof(r.args));
		emit_raw(&m, raw, &r, sizeof(r));
	}
	if (m.sinks) {
		uint32_t len = offsetof(struct ev_sys_enter, args) + 8u * m.call->nargs;

		rec = (struct ev_sys_enter){
			.common = {.type = (uint16_t)(EV_SYSCALL_FIRST + 2 * nr), .pid = frame->tid},
			.nr = (int32_t)nr};
		for (unsigned i = 0; i < 6; i++)
			rec.args[i] = frame->args[i];
		if (m.call->saved[0]) {
			memcpy(save->record, &rec, len);
			frame->written = emit_saved(&m, save, len);
		} else {
			frame->written = emit_own(&m, m.sinks, &rec, len);
		}
	}
	m.block->enters++;
	m.block->phase = IN_ENTERED;
	return IN_GO;
}

/* What the program has in r11 after a call: its flags. entry.S has them in two parts. */
static uint64_t flags_of(const struct in_frame *f)
{
	enum { BY_LAHF = 0xd5, OVERFLOW_SHIFT = 11 };
	uint64_t ax = f->site >> 48;

	return (f->flags & ~(uint64_t)(BY_LAHF | 1u << OVERFLOW_SHIFT)) | (ax >> 8 & BY_LAHF) |
	       (ax & 1) << OVERFLOW_SHIFT;
}

int inside_exit(struct in_frame *frame) /* IN_GO, IN_LEAVE */
{
	struct making m = {.block = in_own_block(), .frame = frame, .control = &in_own_control, .exit = true};
	uint32_t nr = (uint32_t)frame->nr & (IN_CALLS - 1), raw;
	struct cap_save *save;

	frame->rflags = flags_of(frame);
	m.call = &m.control->call[nr];
	m.nr = nr;
	m.version = rb_load_acquire(&m.control->version);
	if ((m.version & 1) || rb_load(&m.block->halt))
		return IN_LEAVE;
	m.sinks = (m.block->tracers | (m.block->events & m.call->sinks[1])) & (~m.control->paired | frame->written);
	raw = m.block->events & m.control->raw[1];
	if (!(m.sinks | raw)) {
		m.block->phase = IN_EXITED;
		return IN_GO;
	}
	if (rb_unlikely(m.call->class == IN_CLASS_STOP))
		return IN_LEAVE; /* since it was made: only the engine can make this record */
	save = in_save(frame);
	if (m.call->saved[1] && m.sinks)
		gather(&m, save);
	if (!begin_writing(&m, IN_EXIT_WRITES)) {
		m.block->phase = IN_EXITING;
		return IN_LEAVE;
	}
	if (raw) {
		struct ev_raw_sys_exit r = {.common = {.type = EV_RAW_SYS_EXIT, .pid = frame->tid},
					    .id = (int64_t)nr,
					    .ret = (int64_t)frame->ret};

		emit_raw(&m, raw, &r, sizeof(r));
	}
	if (m.sinks) {
		struct ev_sys_exit rec = {
			.common = {.type = (uint16_t)(EV_SYSCALL_FIRST + 2 * nr + 1), .pid = frame->tid},
			.nr = (int32_t)nr,
			.ret = (int64_t)frame->ret};

		if (m.call->saved[1]) {
			memcpy(save->record, &rec, sizeof(rec));
			memcpy(save->record + sizeof(rec), frame->args, 8u * m.call->nargs);
			emit_saved(&m, save, (uint32_t)sizeof(rec) + 8u * m.call->nargs);
		} else {
			emit_own(&m, m.sinks, &rec, sizeof(rec));
		}
	}
	m.block->exits++;
	m.block->phase = IN_EXITED;
	return IN_GO;
}
