// SPDX-License-Identifier: GPL-2.0-only
/* Syscall events: the kernel's lines, and those of the syscall tracer of 2009. */
#include <stddef.h>

#include "tracefs/render/typed/typed.h"

/* enter classes: field 0 is the number, the arguments follow, then a __data_loc for each of what they point to */
static void put_call(struct rn_text *text, const struct rn_event *event, bool types, const struct rn_saved_arg *saved,
		     void (*put_value)(struct rn_text *text, uint64_t value))
{
	const struct rn_class *class = event->class;
	uint32_t at = (uint32_t)(offsetof(struct ev_sys_enter, args) + 8 * class->args);
	unsigned i;

	rn_puts(text, "sys_");
	rn_put(text, class->syscall, strlen(class->syscall));
	rn_putc(text, '(');
	for (i = 1; i <= class->args; i++) {
		const struct rn_field *field = &class->fields[i];

		if (i > 1)
			rn_puts(text, ", ");
		if (types) {
			rn_put(text, field->ctype, strlen(field->ctype));
			rn_putc(text, ' ');
		}
		rn_put(text, field->name, strlen(field->name));
		rn_puts(text, ": ");
		put_value(text, event->values[i].number);
		if (saved && saved[i - 1].kind != RN_SAVED_NOTHING) {
			rn_put_saved(text, event, &saved[i - 1], at);
			at += 4;
		}
	}
	rn_puts(text, ")\n");
}

/* The kernel marks hex only where it reads differently from decimal. */
static void put_marked_hex(struct rn_text *text, uint64_t value)
{
	if (value > 9)
		rn_puts(text, "0x");
	rn_put_hex(text, value);
}

void rn_sys_enter(struct rn_text *text, const struct rn_event *event, const struct rn_options *options)
{
	const struct rn_saved_arg *saved = options->saved;

	if (saved)
		saved += RN_ARGS * ((event->common.type - EV_SYSCALL_FIRST) / 2);
	if (!options->types || !rn_typed_enter(text, event, options->types))
		put_call(text, event, options->flags & RN_VERBOSE, saved, put_marked_hex);
}

static void put_return(struct rn_text *text, uint64_t value)
{
	rn_puts(text, " -> 0x");
	rn_put_hex(text, value);
	rn_putc(text, '\n');
}

void rn_sys_exit(struct rn_text *text, const struct rn_event *event, const struct rn_options *options)
{
	if (options->types && rn_typed_exit(text, event, options->types))
		return;
	rn_puts(text, "sys_");
	rn_put(text, event->class->syscall, strlen(event->class->syscall));
	put_return(text, rn_number(event, offsetof(struct ev_sys_exit, ret), 8, false));
}

static void put_unnamed_args(struct rn_text *text, const struct rn_event *event)
{
	uint32_t offset = offsetof(struct ev_raw_sys_enter, args);
	unsigned i;

	rn_putc(text, '(');
	for (i = 0; i < RN_ARGS && offset + 8 <= event->length; i++, offset += 8) {
		if (i)
			rn_puts(text, ", ");
		rn_putc(text, 'a');
		rn_putc(text, (char)('0' + i));
		rn_puts(text, ": ");
		rn_put_hex(text, rn_number(event, offset, 8, false));
	}
	rn_puts(text, ")\n");
}

/* A call without an event class: by its 32-bit name, else by its number. */
static void put_unnamed(struct rn_text *text, const struct rn_event *event, const char *name, int64_t nr, bool enter,
			bool compat)
{
	if (compat)
		rn_puts(text, "compat_");
	rn_puts(text, "sys_");
	if (name)
		rn_put(text, name, strlen(name));
	else
		rn_put_signed(text, nr);
	if (enter)
		put_unnamed_args(text, event);
	else
		put_return(text, rn_number(event, offsetof(struct ev_raw_sys_exit, ret), 8, false));
}

static bool has_class(const struct rn_table *table, int64_t nr, bool enter)
{
	return nr >= 0 && nr <= EV_SYSCALL_MAX_NR && rn_class_of(table, EV_SYSCALL_FIRST + 2 * (uint64_t)nr + !enter);
}

/* The tracer's print_line: true where the event is one of its own. */
bool rn_syscall_tracer(struct rn_text *text, const struct rn_event *event, const struct rn_table *table,
		       const struct rn_options *options)
{
	unsigned type = event->common.type;
	bool enter = !(type & 1); /* holds for all the ids below */
	int64_t nr;

	if (type >= EV_SYSCALL_FIRST && type <= EV_SYSCALL_LAST) {
		if (!event->class)
			put_unnamed(text, event, NULL, (type - EV_SYSCALL_FIRST) / 2, enter, false);
		else if (event->class->kind == RN_EXIT)
			rn_sys_exit(text, event, options);
		else if (!options->types || !rn_typed_enter(text, event, options->types))
			put_call(text, event, options->flags & RN_ARG_TYPES, NULL, rn_put_hex);
		return true;
	}
	nr = (int64_t)rn_number(event, offsetof(struct ev_raw_sys_enter, id), 8, true);
	switch (type) {
	case EV_RAW_SYS_ENTER:
	case EV_RAW_SYS_EXIT:
		/* Known numbers have events of their own: this one was enabled besides, and prints itself. */
		if (has_class(table, nr, enter))
			return false;
		put_unnamed(text, event, NULL, nr, enter, false);
		return true;
	case EV_COMPAT_SYS_ENTER:
	case EV_COMPAT_SYS_EXIT:
		put_unnamed(text, event, nr >= 0 && nr < table->compat_count ? table->compat_names[nr] : NULL, nr,
			    enter, true);
		return true;
	}
	return false;
}
