/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRACEFS_EVENTS_GLOB_H
#define TRACEFS_EVENTS_GLOB_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the whole text matches the pattern: `*` any bytes, `?` any byte, `[a-z]` a set, `[!a-z]` the others, a
 * backslash takes the next byte as it is. A `[` without its `]` stands for itself; a backslash at the pattern's end
 * for nothing.
 */
bool glob_match(const char *pattern, uint32_t pattern_len, const char *text, uint32_t text_len);

#endif
