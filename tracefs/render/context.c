// SPDX-License-Identifier: GPL-2.0-only
/* What stands before the event: task, CPU, flags, time. Layouts as the running kernel prints them. */
#include "tracefs/render/render.h"

#define NSEC_PER_USEC 1000
#define USEC_PER_SEC 1000000

/* common_flags, with the letters that Documentation/trace/ftrace.rst gives them */
enum {
	IRQS_OFF = 0x01,
	RESCHED_LAZY = 0x02,
	RESCHED = 0x04,
	HARDIRQ = 0x08,
	SOFTIRQ = 0x10,
	PREEMPT_RESCHED = 0x20,
	NMI = 0x40,
	BH_OFF = 0x80,
};

void rn_names_init(struct rn_names *names, const struct cmdlines *cmdlines)
{
	unsigned i;

	names->cmdlines = cmdlines;
	for (i = 0; i < RN_NAME_CACHE; i++)
		names->slots[i].length = 0;
}

static void set_name(struct rn_name *name, const char *comm)
{
	struct rn_text text = {.at = name->comm, .end = name->comm + sizeof(name->comm)};

	rn_put_foreign(&text, comm, strnlen(comm, CMDLINE_LEN - 1));
	name->length = (uint8_t)(text.at - name->comm + 1); /* 0 means unused, so an empty name counts 1 */
}

const struct rn_name *rn_names_find(struct rn_names *names, int32_t pid)
{
	struct rn_name *name = &names->slots[(uint32_t)pid % RN_NAME_CACHE];
	char comm[CMDLINE_LEN];

	if (name->length && name->pid == pid)
		return name;
	name->pid = pid;
	name->tgid = 0;
	if (pid == 0)
		set_name(name, "<idle>");
	else if (pid < 0)
		set_name(name, "<XXX>");
	else if (names->cmdlines && cmdlines_find(names->cmdlines, pid, comm, &name->tgid))
		set_name(name, comm);
	else
		set_name(name, "<...>");
	return name;
}

static uint64_t to_usec(uint64_t ns)
{
	return (ns + NSEC_PER_USEC / 2) / NSEC_PER_USEC;
}

static char resched_letter(unsigned flags)
{
	static const char letters[8] = {'.', 'l', 'n', 'b', 'p', 'L', 'N', 'B'};

	return letters[(flags & RESCHED_LAZY ? 1 : 0) | (flags & RESCHED ? 2 : 0) | (flags & PREEMPT_RESCHED ? 4 : 0)];
}

static char irq_letter(unsigned flags)
{
	if (flags & NMI)
		return flags & HARDIRQ ? 'Z' : 'z';
	if (flags & HARDIRQ)
		return flags & SOFTIRQ ? 'H' : 'h';
	return flags & SOFTIRQ ? 's' : '.';
}

static char count_letter(unsigned count)
{
	return count ? "0123456789abcdef"[count & 15] : '.';
}

static void put_flags(struct rn_text *text, const struct ev_common *common)
{
	unsigned flags = common->flags;

	rn_putc(text, (flags & IRQS_OFF) ? (flags & BH_OFF) ? 'D' : 'd' : (flags & BH_OFF) ? 'b' : '.');
	rn_putc(text, resched_letter(flags));
	rn_putc(text, irq_letter(flags));
	rn_putc(text, count_letter(common->preempt_count & 15));
	rn_putc(text, count_letter(common->preempt_count >> 4));
}

/* The name right-aligned in `width` columns, and cut to them where `cut`. */
static void put_name(struct rn_text *text, const struct rn_name *name, unsigned width, bool cut)
{
	unsigned length = name->length - 1u;

	if (cut && length > width)
		length = width;
	rn_pad(text, ' ', (int)width - (int)length);
	rn_put(text, name->comm, length);
}

/* "%-7d" */
static void put_pid_left(struct rn_text *text, int32_t pid)
{
	char *start = text->at;

	rn_put_signed(text, pid);
	rn_pad(text, ' ', 7 - (int)(text->at - start));
}

static void put_tgid(struct rn_text *text, int32_t tgid)
{
	if (!tgid) {
		rn_puts(text, "(-------) ");
		return;
	}
	rn_putc(text, '(');
	rn_put_signed_wide(text, tgid, 7);
	rn_puts(text, ") ");
}

static void put_default(struct rn_text *text, const struct rn_event *event, uint32_t flags, const struct rn_name *name)
{
	put_name(text, name, 16, false);
	rn_putc(text, '-');
	put_pid_left(text, event->common.pid);
	rn_putc(text, ' ');
	if (flags & RN_RECORD_TGID)
		put_tgid(text, name->tgid);
	rn_putc(text, '[');
	rn_put_dec_wide(text, (uint64_t)event->cpu, 3, '0');
	rn_puts(text, "] ");
	if (flags & RN_IRQ_INFO)
		put_flags(text, &event->common);
	rn_putc(text, ' ');
	if (flags & RN_CLOCK_IN_NS) {
		uint64_t usec = to_usec(event->ts);

		rn_put_dec_wide(text, usec / USEC_PER_SEC, 5, ' ');
		rn_putc(text, '.');
		rn_put_dec_wide(text, usec % USEC_PER_SEC, 6, '0');
	} else {
		rn_put_dec_wide(text, event->ts, 12, ' ');
	}
	rn_puts(text, ": ");
}

/* How long it took until the next event, as one character. */
static char delay_mark(uint64_t usec)
{
	static const struct {
		uint64_t above_usec;
		char mark;
	} marks[] = {{1000000, '$'}, {100000, '@'}, {10000, '*'}, {1000, '#'}, {100, '!'}, {10, '+'}};
	unsigned i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (usec > marks[i].above_usec)
			return marks[i].mark;
	return ' ';
}

static void put_latency(struct rn_text *text, const struct rn_event *event, const struct rn_options *options,
			const struct rn_name *name)
{
	uint64_t since_start = event->ts - options->time_start;

	put_name(text, name, 8, true);
	rn_putc(text, '-');
	put_pid_left(text, event->common.pid);
	rn_putc(text, ' ');
	rn_put_dec_wide(text, (uint64_t)event->cpu, 3, ' ');
	put_flags(text, &event->common);
	rn_putc(text, ' ');
	if (options->flags & RN_CLOCK_IN_NS) {
		rn_put_signed_wide(text, (int64_t)to_usec(since_start), 4);
		rn_puts(text, "us");
		rn_putc(text, delay_mark(to_usec(event->next_ts - event->ts)));
	} else {
		rn_put_signed_wide(text, (int64_t)since_start, 4);
	}
	rn_puts(text, ": ");
}

static void put_msec(struct rn_text *text, uint64_t usec)
{
	rn_put_dec(text, usec / 1000);
	rn_putc(text, '.');
	rn_put_dec_wide(text, usec % 1000, 3, '0');
	rn_puts(text, "ms");
}

static void put_latency_verbose(struct rn_text *text, const struct rn_event *event, const struct rn_options *options,
				const struct rn_name *name)
{
	uint64_t since_start = event->ts - options->time_start;
	uint64_t until_next = event->next_ts - event->ts;

	put_name(text, name, 16, false);
	rn_putc(text, ' ');
	rn_put_signed_wide(text, event->common.pid, 7);
	rn_putc(text, ' ');
	rn_put_dec_wide(text, (uint64_t)event->cpu, 3, ' ');
	rn_putc(text, ' ');
	rn_put_dec(text, event->common.flags);
	rn_putc(text, ' ');
	rn_put_hex_wide(text, event->common.preempt_count, 8, '0');
	rn_putc(text, ' ');
	rn_put_hex_wide(text, event->index, 8, '0');
	rn_puts(text, " [");
	if (options->flags & RN_CLOCK_IN_NS) {
		rn_put_hex_wide(text, to_usec(event->ts), 8, '0');
		rn_puts(text, "] ");
		put_msec(text, to_usec(since_start));
		rn_puts(text, " (+");
		put_msec(text, to_usec(until_next));
	} else {
		rn_put_hex_wide(text, event->ts, 16, '0');
		rn_puts(text, "] ");
		rn_put_signed(text, (int64_t)since_start);
		rn_puts(text, " (+");
		rn_put_signed(text, (int64_t)until_next);
	}
	rn_puts(text, "): ");
}

void rn_context(struct rn_text *text, const struct rn_event *event, const struct rn_options *options,
		struct rn_names *names)
{
	const struct rn_name *name = rn_names_find(names, event->common.pid);

	if (!(options->flags & RN_LATENCY_FORMAT))
		put_default(text, event, options->flags, name);
	else if (options->flags & RN_VERBOSE)
		put_latency_verbose(text, event, options, name);
	else
		put_latency(text, event, options, name);
}

void rn_context_raw(struct rn_text *text, const struct rn_event *event)
{
	rn_put_signed(text, event->common.pid);
	rn_putc(text, ' ');
	rn_put_signed(text, event->cpu);
	rn_putc(text, ' ');
	rn_put_dec(text, event->ts);
	rn_putc(text, ' ');
}

void rn_context_hex(struct rn_text *text, const struct rn_event *event)
{
	rn_put_hex_wide(text, (uint32_t)event->common.pid, 8, '0');
	rn_putc(text, ' ');
	rn_put_hex_wide(text, (uint32_t)event->cpu, 8, '0');
	rn_putc(text, ' ');
	rn_put_hex_wide(text, event->ts, 16, '0');
	rn_putc(text, ' ');
}

void rn_context_bin(struct rn_text *text, const struct rn_event *event)
{
	rn_put(text, (const char *)&event->common.pid, sizeof(event->common.pid));
	rn_put(text, (const char *)&event->cpu, sizeof(event->cpu));
	rn_put(text, (const char *)&event->ts, sizeof(event->ts));
}
