/* SPDX-License-Identifier: GPL-2.0-only */
#include "tracefs/events/triggers/hist_value.h"

#include <string.h>

/* A field past the end of a (shorter) record reads as zero: nothing outside the record is ever touched. */
static uint64_t read_field(const struct hist_event *event, const struct hist_op *op)
{
	uint64_t value = 0;

	if (op->size > 8 || (uint32_t)op->offset + op->size > event->len)
		return 0;
	memcpy(&value, event->record + op->offset, op->size);
	if (op->sign && op->size && op->size < 8) {
		unsigned shift = 64 - 8 * op->size;

		value = (uint64_t)((int64_t)(value << shift) >> shift);
	}
	return value;
}

static uint64_t divide(uint64_t a, uint64_t b)
{
	return b ? a / b : ~(uint64_t)0;
}

/* The exponent of the power of two at or above the value, as the .log2 modifier buckets it. */
static uint64_t log2_of(uint64_t value)
{
	return value > 1 ? 64 - (uint64_t)__builtin_clzll(value - 1) : 0;
}

static uint64_t operand(const struct hist_op *op, const struct hist_frame *frame)
{
	switch (op->code) {
	case HIST_OP_FIELD:
		return read_field(frame->event, op);
	case HIST_OP_TIMESTAMP:
		return divide(frame->event->ts, op->arg);
	case HIST_OP_CPU:
		return (uint64_t)frame->event->cpu;
	case HIST_OP_REF:
		return op->arg < HIST_REFS_MAX ? frame->refs[op->arg] : 0;
	case HIST_OP_VAR:
		return op->arg < HIST_VARS_MAX ? frame->vars[op->arg] : 0;
	default:
		return op->arg;
	}
}

static uint64_t unary(const struct hist_op *op, uint64_t a)
{
	switch (op->code) {
	case HIST_OP_NEG:
		return -a;
	case HIST_OP_LOG2:
		return log2_of(a);
	default:
		return op->arg ? a / op->arg * op->arg : a;
	}
}

static uint64_t binary(uint8_t code, uint64_t a, uint64_t b)
{
	switch (code) {
	case HIST_OP_ADD:
		return a + b;
	case HIST_OP_SUB:
		return a - b;
	case HIST_OP_MUL:
		return a * b;
	default:
		return divide(a, b);
	}
}

uint64_t hist_number(const struct hist_expr *expr, const struct hist_frame *frame)
{
	uint64_t stack[HIST_DEPTH_MAX] = {0};
	unsigned depth = 0;

	for (const struct hist_op *op = expr->ops; op < expr->ops + HIST_OPS_MAX && op->code != HIST_OP_END; op++) {
		bool is_binary = op->code >= HIST_OP_ADD && op->code <= HIST_OP_DIV;
		bool is_unary = op->code >= HIST_OP_NEG;

		/* The compiler in Python never makes such a program; a broken one must do no harm. */
		if (depth < (is_binary ? 2u : is_unary ? 1u : 0u) || depth == HIST_DEPTH_MAX)
			return 0;
		if (is_binary) {
			depth--;
			stack[depth - 1] = binary(op->code, stack[depth - 1], stack[depth]);
		} else if (is_unary) {
			stack[depth - 1] = unary(op, stack[depth - 1]);
		} else {
			stack[depth++] = operand(op, frame);
		}
	}
	return depth ? stack[depth - 1] : 0;
}

/* Where a string lies and how many bytes may be read there. */
static const char *locate(const struct hist_expr *expr, const struct hist_frame *frame, uint32_t *room)
{
	const struct hist_event *event = frame->event;
	uint32_t at = expr->offset, size = expr->size;

	*room = HIST_STRING_MAX;
	switch (expr->string) {
	case HIST_STRING_COMM:
		*room = 16;
		return event->comm;
	case HIST_STRING_REF:
		return expr->ref < HIST_REFS_MAX ? frame->ref_strings[expr->ref] : "";
	case HIST_STRING_VAR:
		return expr->ref < HIST_VARS_MAX ? frame->var_strings[expr->ref] : "";
	case HIST_STRING_DYNAMIC:
		if (at + 4 > event->len)
			return "";
		memcpy(&size, event->record + at, sizeof(size));
		at = size & 0xffff;
		size >>= 16;
		break;
	default:
		break;
	}
	if (at >= event->len)
		return "";
	*room = size < event->len - at ? size : event->len - at;
	return (const char *)event->record + at;
}

uint32_t hist_string(const struct hist_expr *expr, const struct hist_frame *frame, char *out, uint32_t size)
{
	uint32_t room, len;
	const char *from = locate(expr, frame, &room);

	if (!size)
		return 0;
	len = (uint32_t)strnlen(from, room < size - 1 ? room : size - 1);
	memcpy(out, from, len);
	memset(out + len, 0, size - len);
	return len;
}

/* How many addresses a field of a synthetic event has; they are copied. */
static uint32_t stack_field(const struct hist_expr *expr, const struct hist_event *event, uint64_t out[HIST_STACK_MAX])
{
	uint32_t loc, at, size;

	if ((uint32_t)expr->offset + 4 > event->len)
		return 0;
	memcpy(&loc, event->record + expr->offset, sizeof(loc));
	at = (loc & 0xffff) + 8u; /* behind their number */
	size = loc >> 16 < 8 ? 0 : (loc >> 16) - 8;
	if (at > event->len || size > event->len - at || size > HIST_STACK_MAX * sizeof(*out))
		return 0;
	memcpy(out, event->record + at, size);
	return size / sizeof(*out);
}

uint32_t hist_stack(const struct hist_expr *expr, const struct hist_frame *frame, uint64_t out[HIST_STACK_MAX])
{
	uint32_t size = HIST_STACK_MAX * sizeof(*out), n = HIST_STACK_MAX;

	_Static_assert(HIST_STACK_MAX * sizeof(uint64_t) <= HIST_STRING_MAX, "a variable has room for a stack");
	memset(out, 0, size);
	if (expr->stack == HIST_STACK_EVENT && frame->event->stack)
		memcpy(out, frame->event->stack, size);
	else if (expr->stack == HIST_STACK_FIELD)
		n = stack_field(expr, frame->event, out);
	else if (expr->stack == HIST_STACK_REF && expr->ref < HIST_REFS_MAX)
		memcpy(out, frame->ref_strings[expr->ref], size);
	else if (expr->stack == HIST_STACK_VAR && expr->ref < HIST_VARS_MAX)
		memcpy(out, frame->var_strings[expr->ref], size);
	for (uint32_t i = 0; i < n; i++)
		if (!out[i])
			return i;
	return n;
}

void hist_key(const struct hist_expr *expr, const struct hist_frame *frame, uint8_t *out)
{
	uint64_t number, stack[HIST_STACK_MAX];

	if (expr->stack) {
		hist_stack(expr, frame, stack);
		memcpy(out, stack, expr->size < sizeof(stack) ? expr->size : sizeof(stack));
	} else if (expr->string) {
		hist_string(expr, frame, (char *)out, expr->size);
	} else {
		number = hist_number(expr, frame);
		memcpy(out, &number, sizeof(number));
	}
}
