// SPDX-License-Identifier: GPL-2.0-only
#include "tracefs/render/printfmt/printfmt.h"

/* A number, or characters; FLAGS, SYMBOLIC and STACK stay unrendered until they are printed. */
struct operand {
	struct rn_value value;
	const struct rn_op *decoder;
	bool foreign; /* text of the record's, not of the format's */
};

static uint64_t cast(uint64_t value, unsigned size, bool is_signed)
{
	unsigned shift;

	if (size == 0 || size >= 8)
		return value;
	shift = 64 - 8 * size;
	return is_signed ? (uint64_t)((int64_t)(value << shift) >> shift) : value << shift >> shift;
}

static uint64_t binary(unsigned code, uint64_t a, uint64_t b)
{
	switch (code) {
	case RN_OP_MULTIPLY:
		return a * b;
	case RN_OP_DIVIDE:
		return b == 0 ? 0 : b == UINT64_MAX ? -a : (uint64_t)((int64_t)a / (int64_t)b);
	case RN_OP_MODULO:
		return b == 0 || b == UINT64_MAX ? 0 : (uint64_t)((int64_t)a % (int64_t)b);
	case RN_OP_ADD:
		return a + b;
	case RN_OP_SUBTRACT:
		return a - b;
	case RN_OP_SHIFT_LEFT:
		return a << (b & 63);
	case RN_OP_SHIFT_RIGHT:
		return a >> (b & 63);
	case RN_OP_LESS:
		return (int64_t)a < (int64_t)b;
	case RN_OP_GREATER:
		return (int64_t)a > (int64_t)b;
	case RN_OP_LESS_EQUAL:
		return (int64_t)a <= (int64_t)b;
	case RN_OP_GREATER_EQUAL:
		return (int64_t)a >= (int64_t)b;
	case RN_OP_EQUAL:
		return a == b;
	case RN_OP_NOT_EQUAL:
		return a != b;
	case RN_OP_AND:
		return a & b;
	case RN_OP_XOR:
		return a ^ b;
	case RN_OP_OR:
		return a | b;
	case RN_OP_LOGICAL_AND:
		return a && b;
	case RN_OP_LOGICAL_OR:
		return a || b;
	}
	return 0;
}

static struct operand evaluate(const struct rn_piece *piece, const struct rn_event *event)
{
	struct operand stack[RN_STACK + 1];
	struct operand *top = stack; /* the operand on top; stack[0] is the answer of an empty program */
	const struct rn_op *op, *end = piece->ops + piece->op_count;

	memset(stack, 0, sizeof(stack[0]));
	for (op = piece->ops; op < end; op++) {
		switch (op->code) {
		case RN_OP_NUMBER:
		case RN_OP_TEXT:
			*++top = (struct operand){.value = {op->number, op->text, op->count}};
			break;
		case RN_OP_FIELD:
			*++top = (struct operand){.value = event->values[op->number], .foreign = true};
			break;
		case RN_OP_MEMORY:
			*++top = (struct operand){.value.number =
							  rn_number(event, (uint32_t)op->number, op->size, op->flag)};
			break;
		case RN_OP_STACK:
			*++top = (struct operand){.decoder = op};
			break;
		case RN_OP_CAST:
			top->value.number = cast(top->value.number, op->size, op->flag);
			break;
		case RN_OP_NEGATE:
			top->value.number = -top->value.number;
			break;
		case RN_OP_INVERT:
			top->value.number = ~top->value.number;
			break;
		case RN_OP_NOT:
			top->value.number = !top->value.number;
			break;
		case RN_OP_SELECT:
			top -= 2;
			top[0] = top[0].value.number ? top[1] : top[2];
			break;
		case RN_OP_FLAGS:
		case RN_OP_SYMBOLIC:
			top->decoder = op;
			break;
		default:
			top--;
			top->value.number = binary(op->code, top[0].value.number, top[1].value.number);
		}
	}
	return *top;
}

static void put_symbolic(struct rn_text *text, const struct rn_op *op, uint64_t value)
{
	uint32_t i;

	for (i = 0; i < op->count; i++) {
		if (op->symbols[i].value == value) {
			rn_put(text, op->symbols[i].name, strlen(op->symbols[i].name));
			return;
		}
	}
	rn_puts(text, "0x");
	rn_put_hex(text, value);
}

static void put_flags(struct rn_text *text, const struct rn_op *op, uint64_t value)
{
	const char *between = "";
	uint32_t i;

	for (i = 0; i < op->count && value; i++) {
		uint64_t mask = op->symbols[i].value;

		if ((value & mask) != mask)
			continue;
		value &= ~mask;
		rn_put(text, between, strlen(between));
		rn_put(text, op->symbols[i].name, strlen(op->symbols[i].name));
		between = op->text;
	}
	if (value) {
		rn_put(text, between, strlen(between));
		rn_puts(text, "0x");
		rn_put_hex(text, value);
	}
}

/* Of a synthetic event: how many addresses, then these. A line each, as in the kernel. */
static void put_stack(struct rn_text *text, const struct rn_event *event, uint32_t at)
{
	uint32_t length = 0;
	const uint8_t *bytes = rn_saved_at(event, at, &length);
	uint64_t address;

	rn_puts(text, "STACK:\n");
	for (uint32_t i = 8; bytes && i + 8 <= length; i += 8) {
		memcpy(&address, bytes + i, sizeof(address));
		rn_puts(text, "=> 0x");
		rn_put_hex(text, address);
		rn_putc(text, '\n');
	}
}

/* The width around what `start` to text->at already holds. */
static void widen(struct rn_text *text, char *start, int width, bool left)
{
	int missing = width - (int)(text->at - start);

	if (missing <= 0)
		return;
	if (text->end - text->at < missing) {
		text->full = true;
		return;
	}
	if (left) {
		memset(text->at, ' ', (size_t)missing);
	} else {
		memmove(start + missing, start, (size_t)(text->at - start));
		memset(start, ' ', (size_t)missing);
	}
	text->at += missing;
}

/* The precision counts what is there, not what it is shown as. */
static void put_foreign(struct rn_text *text, const struct rn_piece *piece, const struct rn_value *value)
{
	uint32_t length = value->length;

	if (piece->precision >= 0 && length > (uint32_t)piece->precision)
		length = (uint32_t)piece->precision;
	rn_put_foreign(text, value->text, length);
}

static void put_string(struct rn_text *text, const struct rn_piece *piece, const struct operand *argument,
		       const struct rn_event *event)
{
	char *start = text->at;

	if (argument->decoder && argument->decoder->code == RN_OP_STACK)
		put_stack(text, event, (uint32_t)argument->decoder->number);
	else if (argument->decoder && argument->decoder->code == RN_OP_FLAGS)
		put_flags(text, argument->decoder, argument->value.number);
	else if (argument->decoder)
		put_symbolic(text, argument->decoder, argument->value.number);
	else if (argument->value.text && argument->foreign)
		put_foreign(text, piece, &argument->value);
	else if (argument->value.text)
		rn_put(text, argument->value.text, argument->value.length);
	else
		rn_puts(text, "(null)");
	if (piece->precision >= 0 && (argument->decoder || !argument->foreign) && text->at - start > piece->precision)
		text->at = start + piece->precision;
	widen(text, start, piece->width, piece->left);
}

static const char *prefix_of(const struct rn_piece *piece, uint64_t value, bool negative)
{
	switch (piece->conversion) {
	case 'd':
		return negative ? "-" : piece->plus ? "+" : piece->space ? " " : "";
	case 'x':
		return piece->alternate && value ? "0x" : "";
	case 'X':
		return piece->alternate && value ? "0X" : "";
	case 'o':
		return piece->alternate && value ? "0" : "";
	}
	return "";
}

static void put_number(struct rn_text *text, const struct rn_piece *piece, uint64_t value)
{
	char buffer[RN_DIGITS];
	char *end = buffer + RN_DIGITS, *digits;
	bool negative;
	const char *prefix;
	char *start = text->at;
	int length;

	value = cast(value, piece->size, piece->conversion == 'd');
	negative = piece->conversion == 'd' && (int64_t)value < 0;
	prefix = prefix_of(piece, value, negative);
	if (negative)
		value = -value;
	digits = rn_digits(end, value,
			   piece->conversion == 'o'                               ? 8
			   : piece->conversion == 'd' || piece->conversion == 'u' ? 10
										  : 16,
			   piece->conversion == 'X');
	length = (int)(end - digits);
	rn_put(text, prefix, strlen(prefix));
	if (piece->precision >= 0)
		rn_pad(text, '0', piece->precision - length);
	else if (piece->zero && !piece->left)
		rn_pad(text, '0', piece->width - (int)strlen(prefix) - length);
	rn_put(text, digits, (size_t)length);
	widen(text, start, piece->width, piece->left);
}

void rn_program_run(struct rn_text *text, const struct rn_program *program, const struct rn_event *event)
{
	uint32_t i;

	for (i = 0; i < program->piece_count; i++) {
		const struct rn_piece *piece = &program->pieces[i];
		struct operand argument;
		char *start;

		rn_put(text, piece->literal, piece->literal_length);
		if (!piece->conversion)
			continue;
		argument = evaluate(piece, event);
		start = text->at;
		switch (piece->conversion) {
		case 's':
			put_string(text, piece, &argument, event);
			break;
		case 'c':
			rn_putc(text, (char)argument.value.number);
			widen(text, start, piece->width, piece->left);
			break;
		case 'p':
			rn_put_hex_wide(text, argument.value.number, 16, '0');
			break;
		default:
			put_number(text, piece, argument.value.number);
		}
	}
}
