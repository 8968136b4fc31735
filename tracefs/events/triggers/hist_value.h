/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of one event: what keys, sums, variables and action arguments compute. Touches no table. */
#ifndef TRACEFS_EVENTS_TRIGGERS_HIST_VALUE_H
#define TRACEFS_EVENTS_TRIGGERS_HIST_VALUE_H

#include "tracefs/events/triggers/hist.h"

struct hist_frame { /* one event on its way through one trigger */
	const struct hist_event *event;
	uint64_t refs[HIST_REFS_MAX];
	uint64_t vars[HIST_VARS_MAX];
	char ref_strings[HIST_REFS_MAX][HIST_STRING_MAX];
	char var_strings[HIST_VARS_MAX][HIST_STRING_MAX];
};

uint64_t hist_number(const struct hist_expr *expr, const struct hist_frame *frame);
/* Copy the string, cut to size with its NUL, the rest zeroed; returns its length without the NUL. */
uint32_t hist_string(const struct hist_expr *expr, const struct hist_frame *frame, char *out, uint32_t size);
/* Copy a stack trace, zeroes behind its last address; returns how many addresses it has. */
uint32_t hist_stack(const struct hist_expr *expr, const struct hist_frame *frame, uint64_t out[HIST_STACK_MAX]);
/* Write the value as it stands in a key: a number in 8 bytes, a string or a stack in expr->size. */
void hist_key(const struct hist_expr *expr, const struct hist_frame *frame, uint8_t *out);

#endif
