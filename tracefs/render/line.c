// SPDX-License-Identifier: GPL-2.0-only
/* One whole line: which layout wins where several are switched on. */
#include "tracefs/render/typed/typed.h"

#define LOST_UNCOUNTED UINT64_MAX

void rn_lost_line(struct rn_text *text, int cpu, uint64_t lost)
{
	rn_puts(text, "CPU:");
	rn_put_signed(text, cpu);
	rn_puts(text, " [LOST ");
	if (lost != LOST_UNCOUNTED) {
		rn_put_dec(text, lost);
		rn_putc(text, ' ');
	}
	rn_puts(text, "EVENTS]\n");
}

void rn_frame(struct rn_text *text, const struct rn_event *event)
{
	struct rn_frame frame = {.ts = event->ts, .cpu = (uint32_t)event->cpu, .length = event->length};

	rn_put(text, (const char *)&frame, sizeof(frame));
	rn_put(text, event->data, event->length);
}

void rn_lost_frame(struct rn_text *text, int cpu, uint64_t lost)
{
	struct rn_frame frame = {.ts = lost, .cpu = (uint32_t)cpu, .length = RN_FRAME_LOST};

	rn_put(text, (const char *)&frame, sizeof(frame));
}

/* Whether the line has words by the type tables: those take the arguments from the record itself. */
static bool is_typed(const struct rn_event *event, const struct rn_options *options)
{
	return options->types && event->class && (event->class->kind == RN_ENTER || event->class->kind == RN_EXIT) &&
	       !(options->flags & (RN_BIN | RN_HEX | RN_RAW | RN_FIELDS)) && rn_typed_knows(event, options->types);
}

void rn_line(struct rn_text *text, struct rn_event *event, const struct rn_table *table,
	     const struct rn_options *options, struct rn_names *names)
{
	uint32_t flags = options->flags;
	bool context = flags & RN_CONTEXT_INFO;

	rn_decode(event, table);
	if (!is_typed(event, options))
		rn_decode_fields(event);
	if (flags & RN_BIN) {
		if (context)
			rn_context_bin(text, event);
		rn_event_type(text, event);
	} else if (flags & RN_HEX) {
		if (context)
			rn_context_hex(text, event);
		rn_event_type(text, event);
		rn_putc(text, '\n');
	} else if (flags & RN_RAW) {
		if (context)
			rn_context_raw(text, event);
		rn_event_raw(text, event);
	} else {
		if (context)
			rn_context(text, event, options, names);
		if (flags & RN_FIELDS)
			rn_event_fields(text, event);
		else if (!(flags & RN_SYSCALL_TRACER) || !rn_syscall_tracer(text, event, table, options))
			rn_event_text(text, event, options);
	}
}
