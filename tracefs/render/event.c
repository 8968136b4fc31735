// SPDX-License-Identifier: GPL-2.0-only
/* The event part of a line: as text, raw, by type only, or field by field. */
#include <stddef.h>

#include "tracefs/render/printfmt/printfmt.h"
#include "tracefs/render/render.h"

/* All markers are written through trace_marker, which the kernel names so. */
#define MARKER "tracing_mark_write"

static void put_value_text(struct rn_text *text, const struct rn_value *value)
{
	if (value->text)
		rn_put(text, value->text, value->length);
}

static void put_unknown(struct rn_text *text, const struct rn_event *event)
{
	rn_puts(text, "Unknown type ");
	rn_put_dec(text, event->common.type);
	rn_putc(text, '\n');
}

/* fields of ftrace/print: ip, buf */
static void put_print(struct rn_text *text, const struct rn_event *event, const struct rn_options *options)
{
	rn_puts(text, MARKER);
	if (options->flags & RN_SYM_ADDR) {
		rn_puts(text, " <");
		rn_put_hex_wide(text, event->values[0].number, 16, '0');
		rn_putc(text, '>');
	}
	rn_puts(text, ": ");
	put_value_text(text, &event->values[1]);
}

static void put_print_raw(struct rn_text *text, const struct rn_event *event)
{
	rn_puts(text, "# ");
	rn_put_hex(text, event->values[0].number);
	rn_putc(text, ' ');
	put_value_text(text, &event->values[1]);
}

/* fields of ftrace/raw_data: id, buf; every byte up to the record's end counts */
static void put_raw_data(struct rn_text *text, const struct rn_event *event)
{
	const unsigned char *bytes = event->data;
	uint32_t i;

	rn_puts(text, "# ");
	rn_put_hex(text, event->values[0].number);
	rn_puts(text, " buf:");
	for (i = offsetof(struct ev_raw_data, buf); i < event->length; i++) {
		rn_putc(text, ' ');
		rn_put_hex_wide(text, bytes[i], 2, '0');
	}
	rn_putc(text, '\n');
}

#define STACK_FIRST 16
#define STACK_ENTRIES 8

static void put_stack(struct rn_text *text, const struct rn_event *event, const char *title, unsigned entries)
{
	unsigned i;

	rn_put(text, title, strlen(title));
	for (i = 0; i < entries; i++) {
		uint64_t ip = rn_number(event, STACK_FIRST + 8 * i, 8, false);

		if (!ip || ip == UINT64_MAX)
			break;
		rn_puts(text, " =>  <");
		rn_put_hex_wide(text, ip, 16, '0');
		rn_puts(text, ">\n");
	}
}

void rn_event_text(struct rn_text *text, const struct rn_event *event, const struct rn_options *options)
{
	const struct rn_class *class = event->class;

	if (!class) {
		put_unknown(text, event);
		return;
	}
	switch (class->kind) {
	case RN_ENTER:
		rn_sys_enter(text, event, options);
		break;
	case RN_EXIT:
		rn_sys_exit(text, event, options);
		break;
	case RN_PRINT:
		put_print(text, event, options);
		break;
	case RN_RAW_DATA:
		put_raw_data(text, event);
		break;
	case RN_USER_STACK:
		put_stack(text, event, "<user stack trace>\n", STACK_ENTRIES);
		break;
	case RN_KERNEL_STACK:
		put_stack(text, event, "<stack trace>\n", EV_STACK_MAX);
		break;
	default:
		rn_put(text, class->name, strlen(class->name));
		rn_puts(text, ": ");
		rn_program_run(text, class->program, event);
		rn_putc(text, '\n');
	}
}

void rn_event_type(struct rn_text *text, const struct rn_event *event)
{
	rn_puts(text, "type: ");
	rn_put_dec(text, event->common.type);
	rn_putc(text, '\n');
}

void rn_event_raw(struct rn_text *text, const struct rn_event *event)
{
	if (!event->class) {
		rn_put_dec(text, event->common.type);
		rn_puts(text, " ?\n");
	} else if (event->class->kind == RN_PRINT) {
		put_print_raw(text, event);
	} else if (event->class->kind == RN_RAW_DATA) {
		put_raw_data(text, event);
	} else {
		rn_event_type(text, event);
	}
}

static void put_field_number(struct rn_text *text, const struct rn_field *field, uint64_t value)
{
	if (field->size == 1) {
		unsigned char byte = (unsigned char)value;

		if (byte >= ' ' && byte <= '~') {
			rn_putc(text, '\'');
			rn_putc(text, (char)byte);
			rn_putc(text, '\'');
		}
		rn_putc(text, '(');
		rn_put_dec(text, byte);
		rn_putc(text, ')');
		return;
	}
	rn_puts(text, "0x");
	rn_put_hex(text, field->size == 8 ? value : value & ((1ull << 8 * field->size) - 1));
	rn_puts(text, " (");
	/* the kernel prints every width as signed, whatever the field's type */
	rn_put_signed(text, field->size == 8 ? (int64_t)value : field->size == 4 ? (int32_t)value : (int16_t)value);
	rn_putc(text, ')');
}

static void put_field(struct rn_text *text, const struct rn_field *field, const struct rn_value *value)
{
	switch (field->kind) {
	case RN_STRING:
	case RN_DATA_LOC:
		if (value->text)
			rn_put_foreign(text, value->text, value->length);
		break;
	case RN_USER_STRING:
		/* here the kernel shows an address of its own buffer; the task's pointer says more */
		rn_puts(text, "(0x");
		rn_put_hex(text, value->number);
		rn_putc(text, ')');
		break;
	case RN_OPAQUE:
		rn_puts(text, "<INVALID-SIZE>");
		break;
	default:
		put_field_number(text, field, value->number);
	}
}

void rn_event_fields(struct rn_text *text, const struct rn_event *event)
{
	const struct rn_class *class = event->class;
	unsigned i;

	if (!class) {
		put_unknown(text, event);
		return;
	}
	if (class->kind == RN_PRINT || class->kind == RN_RAW_DATA || class->kind >= RN_USER_STACK) {
		rn_puts(text, "UNKNOWN TYPE ");
		rn_put_dec(text, event->common.type);
		rn_putc(text, '\n');
		return;
	}
	rn_put(text, class->name, strlen(class->name));
	rn_putc(text, ':');
	/*
	 * A record without what pointers lead to (the kernel's, an older one of ours) ends before the fields for that.
	 */
	for (i = 0; i < class->field_count && class->fields[i].offset + class->fields[i].size <= event->length; i++) {
		if (class->fields[i].kind == RN_DATA_LOC && !event->values[i].number)
			continue; /* what descriptors stand for was not recorded */
		rn_putc(text, ' ');
		rn_put(text, class->fields[i].name, strlen(class->fields[i].name));
		rn_putc(text, '=');
		put_field(text, &class->fields[i], &event->values[i]);
	}
	rn_putc(text, '\n');
}
