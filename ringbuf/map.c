// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memfd: made, mapped, checked.
 *
 * Where the limit on the size of files (RLIMIT_FSIZE) leaves no room in it, an area, or all, is memory that the
 * processes share which were forked, and nobody else can open: its offset in the file is 0, where no area can be.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handle.h"

_Static_assert(sizeof(struct rb_header) <= RB_FILE_PAGE, "the header is one page");
_Static_assert(sizeof(struct rb_ctl) == 256 && sizeof(struct rb_page) == 32 && sizeof(struct rb_writer) == 128,
	       "the layout is fixed");

int rb_pages_for(uint64_t size, uint32_t subbuf_size, uint64_t *npages)
{
	uint32_t capacity = subbuf_size - RB_PAGE_HEADER;
	uint64_t n = size / capacity + (size % capacity != 0);
	if (n > RB_MAX_PAGES)
		return -ENOMEM;
	*npages = n < 2 ? 2 : n;
	return 0;
}

/*
 * The kernel takes a buffer's memory at once and says ENOMEM; we take it when used, so ask beforehand whether it is
 * there.
 */
bool rb_memory_for(uint64_t bytes)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kb;
	char line[128];
	bool enough = true;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kb) == 1)
			enough = bytes / 1024 <= kb;
	if (f)
		fclose(f);
	return enough;
}

/* Counters and positions of a CPU whose area is all zeroes. */
void rb_ctl_empty(struct rb_view *v)
{
	struct rb_ctl *ctl = v->ctl;
	rb_store(&ctl->pos, rb_pos(0, v->size));
	rb_store(&ctl->ts, 0);
	rb_store(&ctl->written, 0);
	rb_store(&ctl->overrun, 0);
	rb_store(&ctl->commit_overrun, 0);
	rb_store(&ctl->dropped, 0);
	rb_store(&ctl->bytes_closed, -(uint64_t)rb_capacity(v)); /* of seq 0, which is counted when it is left */
	rb_store(&ctl->bytes_gone, 0);
	rb_store(&ctl->head, 1);
	rb_store(&ctl->read, 0);
	rb_store(&ctl->lost_reported, 0);
}

void rb_view_destroy(struct rb_view *v)
{
	if (!v)
		return;
	struct rb_area *area = rb_area_of(v);
	munmap(area->map, area->map_len);
	free(area);
}

/* Make the file so large, without the signal that is for those who try to go beyond the limit: -EFBIG. */
static int grow(int fd, uint64_t size)
{
	struct rlimit limit;
	if (fd < 0 || (!getrlimit(RLIMIT_FSIZE, &limit) && size > limit.rlim_cur))
		return -EFBIG;
	return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

/* fd < 0: memory without a file */
static void *map_shared(int fd, uint64_t offset, uint64_t len)
{
	int flags = MAP_SHARED | MAP_NORESERVE | (fd < 0 ? MAP_ANONYMOUS : 0);
	return mmap(NULL, len, PROT_READ | PROT_WRITE, flags, fd, (off_t)offset);
}

/* Map an area; offset 0: of memory without a file. */
static int area_map(struct rb *rb, unsigned cpu, uint64_t offset, uint64_t npages, uint32_t size, uint64_t generation,
		    struct rb_view **out)
{
	uint64_t len = rb_state_bytes(npages) + npages * size;
	struct rb_area *area = calloc(1, sizeof(*area));
	if (!area)
		return -ENOMEM;
	area->map = map_shared(offset ? rb->fd : -1, offset, len);
	if (area->map == MAP_FAILED) {
		int error = errno;
		free(area);
		return -error;
	}
	area->map_len = len;
	area->offset = offset;
	rb_view_init(&area->view, cpu, &rb->ctl[cpu], area->map, npages, size, generation);
	*out = &area->view;
	return 0;
}

/* Map the area that the arguments describe; they come from the mapping and are not to be trusted. */
static int view_map(struct rb *rb, unsigned cpu, uint64_t offset, uint64_t npages, uint32_t size, uint64_t generation,
		    struct rb_view **out)
{
	struct stat st;
	if (!rb_subbuf_size_ok(size) || npages < 2 || npages > RB_MAX_PAGES || offset % RB_FILE_PAGE)
		return -EINVAL;
	uint64_t len = rb_state_bytes(npages) + npages * size;
	if (fstat(rb->fd, &st) < 0)
		return -errno;
	if (offset < rb->head_len || offset > (uint64_t)st.st_size || len > (uint64_t)st.st_size - offset)
		return -EINVAL;
	return area_map(rb, cpu, offset, npages, size, generation, out);
}

static int view_from_ctl(struct rb *rb, unsigned cpu, struct rb_view **out)
{
	struct rb_ctl *ctl = &rb->ctl[cpu];
	uint64_t generation = rb_load_acquire(&ctl->generation);
	return view_map(rb, cpu, rb_load(&ctl->area), rb_load(&ctl->npages), rb_load(&ctl->subbuf_size), generation,
			out);
}

struct rb_view *rb_view_reload(struct rb *rb, unsigned cpu)
{
	pthread_mutex_lock(&rb->remap);
	struct rb_view *old = rb->view[cpu], *v;
	if (old->generation != rb_load(&old->ctl->generation) && view_from_ctl(rb, cpu, &v) == 0) {
		struct rb_area *area = rb_area_of(old);
		area->retired = rb->retired;
		rb->retired = area;
		__atomic_store_n(&rb->view[cpu], v, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&rb->remap);
	return rb->view[cpu];
}

int rb_area_create(struct rb *rb, unsigned cpu, uint64_t npages, uint32_t size, struct rb_view **out)
{
	struct stat st = {0};
	if (rb->fd >= 0 && fstat(rb->fd, &st) < 0)
		return -errno;
	uint64_t area = rb_to_file_page((uint64_t)st.st_size);
	int error = grow(rb->fd, area + rb_state_bytes(npages) + npages * size);
	if (error && error != -EFBIG)
		return error;
	return area_map(rb, cpu, error ? 0 : area, npages, size, rb_load(&rb->ctl[cpu].generation) + 1, out);
}

void rb_area_adopt(struct rb *rb, unsigned cpu, struct rb_view *v)
{
	struct rb_view *old = rb->view[cpu];
	struct rb_ctl *ctl = v->ctl;
	rb_store(&ctl->area, rb_area_of(v)->offset);
	rb_store(&ctl->npages, v->npages);
	rb_store(&ctl->subbuf_size, v->size);
	rb_store_release(&ctl->generation, v->generation);
	__atomic_store_n(&rb->view[cpu], v, __ATOMIC_RELEASE);
	if (old) {
		const struct rb_area *area = rb_area_of(old);
		if (area->offset)
			fallocate(rb->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)area->offset,
				  (off_t)area->map_len);
		rb_view_destroy(old);
	}
}

static int rb_alloc(struct rb **out, int fd, unsigned cpus)
{
	struct rb *rb = calloc(1, sizeof(*rb) + cpus * sizeof(rb->view[0]));
	if (!rb)
		return -ENOMEM;
	rb->fd = fd;
	rb->cpus = cpus;
	rb->head_len = rb_head_bytes(cpus);
	void *map = map_shared(fd, 0, rb->head_len);
	if (map == MAP_FAILED) {
		int error = errno;
		free(rb);
		return -error;
	}
	rb->header = map;
	rb->ctl = (struct rb_ctl *)(void *)((uint8_t *)map + rb_ctl_at(0));
	rb->writers = (struct rb_writer *)(void *)((uint8_t *)map + rb_writers_at(cpus));
	/* Several modules of a process may have this code: the counter's address tells their handles apart. */
	static uint64_t count;
	rb->id = (uintptr_t)&count + __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
	pthread_rwlock_init(&rb->shape, NULL);
	pthread_mutex_init(&rb->remap, NULL);
	*out = rb;
	return 0;
}

void rb_close(struct rb *rb)
{
	if (!rb)
		return;
	for (unsigned i = 0; i < rb->cpus; i++)
		rb_view_destroy(rb->view[i]);
	while (rb->retired) {
		struct rb_area *area = rb->retired;
		rb->retired = area->retired;
		rb_view_destroy(&area->view);
	}
	munmap(rb->header, rb->head_len);
	if (rb->fd >= 0)
		close(rb->fd);
	pthread_rwlock_destroy(&rb->shape);
	pthread_mutex_destroy(&rb->remap);
	free(rb);
}

/* *out: -1 where no file may be so large */
static int file_create(uint64_t head, int *out)
{
	int fd = memfd_create("ringbuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	int error = grow(fd, head);
	/* Nobody may shrink it: a mapping beyond the end of its file is a SIGBUS. */
	if (!error && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		error = -errno;
	if (error)
		close(fd);
	*out = error ? -1 : fd;
	return error == -EFBIG ? 0 : error;
}

int rb_create(struct rb **out, unsigned cpus, uint64_t size, uint32_t subbuf_size, bool overwrite, enum rb_clock clock)
{
	uint64_t npages;
	if (!cpus || cpus > RB_MAX_CPUS || !rb_subbuf_size_ok(subbuf_size) || clock >= RB_CLOCK_COUNT)
		return -EINVAL;
	if (rb_pages_for(size, subbuf_size, &npages) || !rb_memory_for(npages * subbuf_size * cpus))
		return -ENOMEM;
	int fd = -1, error = file_create(rb_head_bytes(cpus), &fd);
	if (error)
		return error;
	struct rb *rb;
	error = rb_alloc(&rb, fd, cpus);
	if (error) {
		if (fd >= 0)
			close(fd);
		return error;
	}
	*rb->header = (struct rb_header){.magic = RB_MAGIC,
					 .version = RB_VERSION,
					 .cpus = cpus,
					 .header_size = (uint32_t)rb->head_len,
					 .clock = clock,
					 .flags = RB_FLAG_RECORDING | (overwrite ? RB_FLAG_OVERWRITE : 0)};
	for (unsigned i = 0; i < cpus; i++) {
		struct rb_view *v;
		error = rb_area_create(rb, i, npages, subbuf_size, &v);
		if (error) {
			rb_close(rb);
			return error;
		}
		rb_ctl_empty(v);
		rb_area_adopt(rb, i, v);
	}
	*out = rb;
	return 0;
}

int rb_open(struct rb **out, int fd)
{
	struct stat st;
	struct rb_header head;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0)
		return -EINVAL;
	if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) || head.magic != RB_MAGIC ||
	    head.version != RB_VERSION || !head.cpus || head.cpus > RB_MAX_CPUS ||
	    (uint64_t)st.st_size < rb_head_bytes(head.cpus))
		return -EINVAL;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	struct rb *rb;
	int error = rb_alloc(&rb, fd, head.cpus);
	if (error) {
		close(fd);
		return error;
	}
	for (unsigned i = 0; i < rb->cpus && !error; i++)
		error = view_from_ctl(rb, i, &rb->view[i]);
	if (error)
		rb_close(rb);
	else
		*out = rb;
	return error;
}

int rb_view_elsewhere(struct rb *rb, unsigned cpu, void *base, struct rb_view *out)
{
	if (cpu >= rb->cpus)
		return -EINVAL;
	pthread_rwlock_rdlock(&rb->shape);
	struct rb_view *v = rb_view(rb, cpu);
	uint8_t *file = base;
	bool ok = rb_area_of(v)->offset && rb_view_init(out, cpu, file + rb_ctl_at(cpu), file + rb_area_of(v)->offset,
							v->npages, v->size, v->generation);
	pthread_rwlock_unlock(&rb->shape);
	return ok ? 0 : -EINVAL;
}
