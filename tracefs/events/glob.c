/* SPDX-License-Identifier: GPL-2.0-only */
#include "tracefs/events/glob.h"

struct cursor {
	const unsigned char *at;
	const unsigned char *end;
};

/*
 * The set behind a `[`: whether it holds c; *set is moved behind its `]`. False and *set unmoved where it never ends.
 * The first byte belongs to the set even if it is a `]`; a `-` before the `]` stands for itself.
 */
static bool in_set(struct cursor *set, unsigned char c, bool *holds)
{
	const unsigned char *at = set->at;
	bool inverted = at < set->end && *at == '!';
	bool found = false;

	at += inverted;
	do {
		unsigned char low, high;

		if (at >= set->end)
			return false;
		low = high = *at++;
		if (set->end - at >= 2 && at[0] == '-' && at[1] != ']') {
			high = at[1];
			at += 2;
		}
		found = found || (low <= c && c <= high);
	} while (at >= set->end || *at != ']');
	set->at = at + 1;
	*holds = found != inverted;
	return true;
}

/* Match one byte of text with the one-byte pattern at the cursor, and move the cursor behind it. */
static bool match_one(struct cursor *pattern, unsigned char c)
{
	unsigned char p = *pattern->at++;
	bool holds;

	if (p == '?')
		return true;
	if (p == '[' && in_set(pattern, c, &holds))
		return holds;
	if (p == '\\')
		p = pattern->at < pattern->end ? *pattern->at++ : '\0'; /* the end of the pattern: see glob_match */
	return p == c;
}

bool glob_match(const char *pattern, uint32_t pattern_len, const char *text, uint32_t text_len)
{
	struct cursor p = {.at = (const unsigned char *)pattern, .end = (const unsigned char *)pattern + pattern_len};
	struct cursor t = {.at = (const unsigned char *)text, .end = (const unsigned char *)text + text_len};
	struct cursor star = {0}, retry = {0}; /* behind the last star, and the text it was last tried on */

	for (;;) {
		if (p.at < p.end && *p.at == '*') {
			p.at++;
			star = p;
			retry = t;
			continue;
		}
		if (t.at == t.end)
			return p.at == p.end || (p.end - p.at == 1 && *p.at == '\\');
		if (p.at < p.end && match_one(&p, *t.at)) {
			t.at++;
			continue;
		}
		if (!star.at)
			return false;
		/* Let the last star swallow one byte more. */
		p = star;
		t = retry;
		t.at++;
		retry = t;
	}
}
