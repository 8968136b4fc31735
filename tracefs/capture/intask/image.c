/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/intask/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tracefs/capture/task/ptrace_calls.h"

#define PAGE 4096u

bool in_peek(pid_t tid, uint64_t address, void *out, uint32_t bytes)
{
	struct iovec here = {out, bytes}, there = {(void *)(uintptr_t)address, bytes};

	return process_vm_readv(tid, &here, 1, &there, 1, 0) == (ssize_t)bytes;
}

bool in_poke(pid_t tid, uint64_t address, const void *data, uint32_t bytes)
{
	char path[32];
	int fd;
	bool whole;

	snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	cap_op();
	whole = pwrite(fd, data, bytes, (off_t)address) == (ssize_t)bytes;
	close(fd);
	return whole;
}

struct in_image *in_image_new(uint64_t base, uint64_t entry, uint64_t end, int fd)
{
	struct in_image *image = calloc(1, sizeof(*image));
	struct in_family *family = calloc(1, sizeof(*family));

	if (!image || !family) {
		free(image);
		free(family);
		close(fd);
		return NULL;
	}
	*family = (struct in_family){.users = 1, .fd = fd};
	*image = (struct in_image){.users = 1, .family = family, .base = base, .entry = entry, .end = end};
	return image;
}

int in_family_take(struct in_family *family)
{
	for (int i = 0; i < IN_THREADS && family->fd >= 0; i++)
		if (!family->used[i]) {
			family->used[i] = true;
			return i;
		}
	return -1;
}

struct in_image *in_image_share(struct in_image *image)
{
	image->users++;
	return image;
}

struct in_image *in_image_copy(const struct in_image *image)
{
	struct in_image *copy = malloc(sizeof(*copy));
	struct in_patch *patch = malloc((image->n + 1) * sizeof(*patch));

	if (!copy || !patch) {
		free(copy);
		free(patch);
		return NULL;
	}
	*copy = *image;
	if (image->n)
		memcpy(patch, image->patch, image->n * sizeof(*patch));
	copy->users = 1;
	copy->family->users++;
	copy->threads = false;
	copy->patch = patch;
	copy->room = image->n + 1;
	return copy;
}

void in_image_drop(struct in_image *image)
{
	if (--image->users)
		return;
	if (!--image->family->users) {
		if (image->family->fd >= 0)
			close(image->family->fd);
		free(image->family);
	}
	free(image->patch);
	free(image);
}

struct in_patch *in_image_patch(const struct in_image *image, uint64_t at)
{
	for (uint32_t i = 0; i < image->n; i++)
		if (image->patch[i].at == at)
			return &image->patch[i];
	return NULL;
}

struct in_patch *in_image_stub(const struct in_image *image, uint64_t address)
{
	uint64_t offset = address - image->base - IN_STUBS_AT;

	for (uint32_t i = 0; i < image->n; i++)
		if (offset - image->patch[i].stub < image->patch[i].moved + IN_TAIL_BYTES)
			return &image->patch[i];
	return NULL;
}

static bool overlap(uint64_t start, uint64_t end, uint64_t other, uint64_t bytes)
{
	return start < other + bytes && other < end;
}

bool in_image_meets(const struct in_image *image, uint64_t start, uint64_t length)
{
	uint64_t end = start + length < start ? UINT64_MAX : start + length;

	if (overlap(start, end, image->base, image->end - image->base))
		return true;
	for (uint32_t i = 0; i < image->n; i++)
		if (overlap(start, end, image->patch[i].place & ~(uint64_t)(PAGE - 1), PAGE))
			return true;
	return false;
}

void in_image_restore(struct in_image *image, pid_t tid)
{
	for (uint32_t i = 0; i < image->n; i++) {
		const struct in_patch *p = &image->patch[i];
		uint8_t jump[SITE_JUMP];
		int32_t distance;

		/* What the program put there meanwhile is its own. */
		if (!in_peek(tid, p->place, jump, sizeof(jump)) || jump[0] != 0xe9)
			continue;
		memcpy(&distance, jump + 1, sizeof(distance));
		if (p->place + SITE_JUMP + (uint64_t)(int64_t)distance == image->base + IN_STUBS_AT + p->stub)
			in_poke(tid, p->place, p->original, SITE_JUMP);
	}
}
