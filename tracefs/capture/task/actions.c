/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/task/actions.h"

#include <linux/audit.h>
#include <signal.h>
#include <stdlib.h>

#include "tracefs/capture/task/call_facts.h"
#include "tracefs/capture/task/status.h"
#include "tracefs/events/task_memory.h"

/* Flags that the kernel keeps (UAPI_SA_FLAGS), and those that it adds itself for calls of 32-bit code and of x32. */
#define EXPOSE_TAGBITS 0x800u
#define RESTORER 0x04000000u
#define KEPT                                                                                                           \
	((uint64_t)(uint32_t)(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |        \
			      SA_RESETHAND) |                                                                          \
	 EXPOSE_TAGBITS | RESTORER)
#define IA32_ABI 0x02000000u
#define X32_ABI 0x01000000u

static bool read_action(const struct cap_task *t, uint32_t traits, struct cap_action *out)
{
	bool native = t->call.arch == AUDIT_ARCH_X86_64 && !(t->call.nr & CAP_X32);
	uint64_t at = t->call.args[1];
	uint32_t narrow[3] = {0}; /* handler, flags; of the old call handler, mask, flags */

	if (traits & CAP_TRAIT_ACTION_SIGNAL) { /* as the kernel: once, and not blocked meanwhile */
		*out = (struct cap_action){.handler = at, .flags = (uint32_t)(SA_RESETHAND | SA_NODEFER)};
		return true;
	}
	if (!at || !(native ? task_read(t->tid, at, out, sizeof(*out)) : task_read(t->tid, at, narrow, sizeof(narrow))))
		return false;
	if (!native)
		*out = (struct cap_action){.handler = narrow[0],
					   .flags = narrow[traits & CAP_TRAIT_ACTION_OLD ? 2 : 1]};
	out->flags &= KEPT;
	if (!native)
		out->flags |= t->call.arch == AUDIT_ARCH_X86_64 ? X32_ABI : IA32_ABI;
	return true;
}

void cap_actions_begin(struct cap_task *t)
{
	uint32_t traits = cap_traits_of(t->call.arch, t->call.nr);
	int32_t sig = (int32_t)t->call.args[0];
	struct cap_action action;

	/* Now: the kernel may write the former one to the same place. */
	t->sets.sig = sig > 0 && sig <= CAP_SIGNALS && read_action(t, traits, &action) ? sig : 0;
	if (t->sets.sig) {
		t->sets.handler = action.handler;
		t->sets.flags = action.flags;
	}
}

void cap_actions_end(struct cap_task *t, int64_t result)
{
	int32_t sig = t->sets.sig;

	t->sets.sig = 0;
	if (!sig || result < 0)
		return;
	if (!t->actions && !(t->actions = calloc(1, sizeof(*t->actions))))
		return;
	if (!t->actions->users)
		t->actions->users = 1;
	t->actions->known |= CAP_SIGNAL_BIT(sig);
	t->actions->of[sig - 1] = (struct cap_action){t->sets.handler, t->sets.flags};
}

void cap_actions_drop(struct cap_task *t)
{
	if (t->actions && !--t->actions->users)
		free(t->actions);
	t->actions = NULL;
}

void cap_actions_inherit(struct cap_task *child, const struct cap_task *parent, bool shared)
{
	if (!parent->actions || child->actions)
		return;
	if (!shared) {
		child->actions = malloc(sizeof(*child->actions));
		if (child->actions)
			*child->actions = *parent->actions;
	} else {
		child->actions = parent->actions;
	}
	if (child->actions)
		child->actions->users = shared ? child->actions->users + 1 : 1;
}

const struct cap_action *cap_action_of(const struct cap_task *t, int sig)
{
	return t->actions && t->actions->known & CAP_SIGNAL_BIT(sig) ? &t->actions->of[sig - 1] : NULL;
}
