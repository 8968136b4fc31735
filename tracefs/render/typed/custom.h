/* SPDX-License-Identifier: GPL-2.0-only */
/* How the renderer asks for the words of types that only other code knows. */
#ifndef TRACEFS_RENDER_TYPED_CUSTOM_H
#define TRACEFS_RENDER_TYPED_CUSTOM_H

#include <stdint.h>

#define RN_CUSTOM_WORDS_MAX 4096 /* characters of one value */

/*
 * Writes at most room characters of words for length bytes of the named type: how many, or -1 where there are none. Any
 * thread.
 */
typedef int32_t (*rn_custom_words)(const char *name, const uint8_t *bytes, uint32_t length, char *words, uint32_t room);

/* Ask this for all types that custom.c does not list, from now on. */
void rn_custom_use(rn_custom_words words);

#endif
