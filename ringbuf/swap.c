// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exchanging what two buffers hold: a snapshot. The areas are in different files, so the events that are there are
 * copied, each once; a handle stays with its file, its switches and its readers.
 */
#include <errno.h>
#include <string.h>

#include "handle.h"

/* The position and counters of a CPU; its geometry and whom it has to wake stay. */
static void take_state(struct rb_ctl *to, const struct rb_ctl *from)
{
	rb_store(&to->pos, from->pos);
	rb_store(&to->ts, from->ts);
	rb_store(&to->written, from->written);
	rb_store(&to->overrun, from->overrun);
	rb_store(&to->commit_overrun, from->commit_overrun);
	rb_store(&to->dropped, from->dropped);
	rb_store(&to->bytes_closed, from->bytes_closed);
	rb_store(&to->bytes_gone, from->bytes_gone);
	rb_store(&to->head, from->head);
	rb_store(&to->read, from->read);
	rb_store(&to->lost_reported, from->lost_reported);
}

/* A CPU's content as it was, whatever becomes of its control line. */
struct content {
	struct rb_ctl ctl;
	struct rb_view view;
};

static void look(struct content *content, const struct rb_view *v)
{
	content->ctl = *v->ctl;
	content->view = *v;
	content->view.ctl = &content->ctl;
}

static int swap_cpu(struct rb *a, struct rb *b, unsigned cpu)
{
	struct rb_view *new_a, *new_b;
	struct content was_a, was_b;
	look(&was_a, rb_view(a, cpu));
	look(&was_b, rb_view(b, cpu));
	/* One that is made and not used costs no memory: the area is a hole in its file. */
	int error = rb_area_create(a, cpu, was_b.view.npages, was_b.view.size, &new_a);
	if (error)
		return error;
	error = rb_area_create(b, cpu, was_a.view.npages, was_a.view.size, &new_b);
	if (error) {
		rb_view_destroy(new_a);
		return error;
	}
	take_state(new_a->ctl, &was_b.ctl);
	rb_move_newest(new_a, &was_b.view);
	take_state(new_b->ctl, &was_a.ctl);
	rb_move_newest(new_b, &was_a.view);
	rb_writers_forget(a, cpu);
	rb_writers_forget(b, cpu);
	rb_area_adopt(a, cpu, new_a);
	rb_area_adopt(b, cpu, new_b);
	return 0;
}

int rb_swap(struct rb *a, struct rb *b, int cpu)
{
	if (a == b || a->cpus != b->cpus || cpu >= (int)a->cpus)
		return -EINVAL;
	unsigned i = cpu < 0 ? 0 : (unsigned)cpu, end = cpu < 0 ? a->cpus : (unsigned)cpu + 1;
	int error = 0;
	/* Address order: two who swap the same buffers the other way round do not wait for each other. */
	pthread_rwlock_wrlock(a < b ? &a->shape : &b->shape);
	pthread_rwlock_wrlock(a < b ? &b->shape : &a->shape);
	for (; i < end && !error; i++)
		error = swap_cpu(a, b, i);
	pthread_rwlock_unlock(&a->shape);
	pthread_rwlock_unlock(&b->shape);
	return error;
}
