/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens when an event hits: the triggers of one event in one instance, newest first.
 *
 * Python builds a struct trigger_list when a `trigger` file is written, and puts it in the place of the old one; the
 * capture thread (and whoever writes trace_marker) runs it. What a trigger does to its surroundings goes through struct
 * trigger_host, so that this file knows no buffer and no engine. Semantics: Documentation/trace/events.rst, "Event
 * triggers".
 */
#ifndef TRACEFS_EVENTS_TRIGGERS_TRIGGER_H
#define TRACEFS_EVENTS_TRIGGERS_TRIGGER_H

#include "tracefs/events/triggers/hist.h"

struct ev_filter;

enum trigger_kind {
	TRIGGER_TRACEON,
	TRIGGER_TRACEOFF,
	TRIGGER_SNAPSHOT,
	TRIGGER_STACKTRACE,
	TRIGGER_ENABLE_EVENT,
	TRIGGER_DISABLE_EVENT,
	TRIGGER_HIST,
	TRIGGER_ENABLE_HIST,
	TRIGGER_DISABLE_HIST,
	TRIGGER_KINDS,
};

struct trigger {
	uint8_t kind;
	uint16_t event;                 /* enable, disable: the id of the event to switch */
	int64_t count;                  /* how often it may still act; < 0: always. Counted down atomically */
	const struct ev_filter *filter; /* NULL: every hit */
	struct hist *hist;
};

struct trigger_list {
	uint32_t n;
	uint8_t looks; /* some trigger looks at the record, or comes after it */
	uint8_t stack; /* some histogram wants the callers */
	struct trigger *items[];
};

struct trigger_host {
	struct hist_host hist; /* its context is that of all */
	bool (*recording)(void *context);
	void (*set_recording)(void *context, bool on);
	bool (*event_enabled)(void *context, uint16_t event);
	void (*set_event)(void *context, uint16_t event, bool on);
	void (*set_hists)(void *context, uint16_t event, bool on); /* continue, pause the histograms of an event */
	void (*stack)(void *context, const struct hist_event *event);
};

/* Which kinds run before the event is written: as in the kernel, all of them where none looks at the record. */
uint32_t triggers_before(const struct trigger_list *list);
/* Run those of the kinds in the mask (bit k: enum trigger_kind k). */
void triggers_run(const struct trigger_list *list, const struct hist_event *event, const struct trigger_host *host,
		  uint32_t kinds);

#endif
