// SPDX-License-Identifier: GPL-2.0-only
/* Bytes of a record to values. The only place that trusts no length. */
#include "tracefs/render/render.h"

/* The characters at offset: up to a NUL, `limit` bytes or the end of the record. */
static void text_at(const struct rn_event *event, uint32_t offset, uint32_t limit, struct rn_value *value)
{
	value->text = "";
	value->length = 0;
	if (offset >= event->length)
		return;
	if (limit > event->length - offset)
		limit = event->length - offset;
	value->text = (const char *)event->data + offset;
	value->length = (uint32_t)strnlen(value->text, limit);
}

static void decode_field(const struct rn_event *event, const struct rn_field *field, struct rn_value *value)
{
	value->text = NULL;
	value->length = 0;
	switch (field->kind) {
	case RN_STRING:
		value->number = field->offset;
		text_at(event, field->offset, field->size ? field->size : UINT32_MAX, value);
		break;
	case RN_DATA_LOC:
		value->number = rn_number(event, field->offset, 4, false);
		text_at(event, value->number & 0xffff, (uint32_t)value->number >> 16, value);
		break;
	default:
		value->number = rn_number(event, field->offset, field->size, field->is_signed);
	}
}

void rn_decode(struct rn_event *event, const struct rn_table *table)
{
	uint32_t head = event->length < sizeof(event->common) ? event->length : sizeof(event->common);

	memset(&event->common, 0, sizeof(event->common));
	memcpy(&event->common, event->data, head);
	event->class = rn_class_of(table, event->common.type);
}

void rn_decode_fields(struct rn_event *event)
{
	unsigned i;

	if (!event->class)
		return;
	for (i = 0; i < event->class->field_count; i++)
		decode_field(event, &event->class->fields[i], &event->values[i]);
}
