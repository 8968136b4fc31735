/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/intask/hub.h"

#include <cpuid.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "ringbuf/handle.h"
#include "tracefs/capture/intask/blob.h"
#include "tracefs/capture/intask/control.h"
#include "tracefs/capture/task/clock.h"

#define HWCAP2_FSGSBASE 2
#define PAGE 4096u
#define PATIENCE_NS 50000000 /* for a task in the middle of a record, which takes less than a microsecond */
#define LOOK_NS 20000

#ifndef F_SEAL_FUTURE_WRITE
#	define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef MFD_EXEC
#	define MFD_EXEC 0x0010u
#endif

/* Whether the vDSO reads the clock itself: with any other source it makes a call. */
static bool clock_is_readable(void)
{
	static const char *const sources[] = {"tsc\n", "kvm-clock\n", "hyperv_clocksource_tsc_page\n"};
	char name[64] = "";
	int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);

	if (fd >= 0)
		close(fd);
	for (size_t i = 0; got > 0 && i < sizeof(sources) / sizeof(*sources); i++)
		if (!strcmp(name, sources[i]))
			return true;
	return false;
}

static bool has_rdpid(void)
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & bit_RDPID;
}

static bool ptrace_is_older(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	return uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2 || major < 6 ||
	       (major == 6 && minor < 4);
}

const char *in_machine(void)
{
	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
		return "programs may not set gs on this machine";
	if (!has_rdpid())
		return "this machine has no rdpid instruction";
	/* Off is what it is; EINVAL: the kernel does not know it. */
	if (prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 0, 0, 0, 0) < 0)
		return "this kernel has no Syscall User Dispatch";
	if (ptrace_is_older())
		return "this kernel's ptrace knows nothing of Syscall User Dispatch (Linux 6.4 does)";
	if (prctl(PR_GET_SECCOMP) > 0)
		return "a seccomp filter is in force here, and in all that is started";
	if (!clock_is_readable())
		return "this machine's clock cannot be read without a system call";
	return NULL;
}

static bool know_vdso(struct in_hub *hub)
{
	uint64_t vdso = getauxval(AT_SYSINFO_EHDR), end;
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)vdso;
	void *handle = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);
	void *gettime = handle ? dlsym(handle, "__vdso_clock_gettime") : NULL;

	if (handle)
		dlclose(handle);
	if (!vdso || !gettime)
		return false;
	end = header->e_shoff + (uint64_t)header->e_shentsize * header->e_shnum;
	hub->gettime = (uint64_t)gettime - vdso;
	hub->vdso_end = (end + 15) & ~15ull;
	hub->vdso_bytes = (end + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	return hub->gettime < end;
}

static int memory(const char *name, unsigned flags, uint64_t bytes)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);

	if (fd < 0 && flags)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING); /* a kernel that does not know the flag */
	if (fd >= 0 && ftruncate(fd, (off_t)bytes)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Only we can write to it, since we have it mapped already. */
static bool make_control(struct in_hub *hub)
{
	hub->control_fd = memory("tracefs-control", 0, IN_CONTROL_BYTES);
	if (hub->control_fd < 0)
		return false;
	hub->control = mmap(NULL, IN_CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, hub->control_fd, 0);
	if (hub->control == MAP_FAILED) {
		hub->control = NULL;
		return false;
	}
	hub->control->version = 1;
	return getrandom(&hub->control->cookie, sizeof(hub->control->cookie), 0) == sizeof(hub->control->cookie) &&
	       !fcntl(hub->control_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
}

static bool make_blob(struct in_hub *hub)
{
	hub->blob_fd = memory("tracefs-recorder", MFD_EXEC, 0);
	memcpy(&hub->head, in_blob, sizeof(hub->head));
	return hub->blob_fd >= 0 && write(hub->blob_fd, in_blob, in_blob_bytes) == (ssize_t)in_blob_bytes &&
	       !fcntl(hub->blob_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
}

bool in_suits(int32_t tid)
{
	return in_guard_suits(tid);
}

_Static_assert(IN_REASONS <= IN_COUNTS, "reasons fit");

unsigned in_reasons(void)
{
	return IN_REASONS;
}

struct in_hub *in_hub_new(struct cap_recorder *r, uint32_t counts[IN_COUNTS])
{
	struct in_hub *hub = calloc(1, sizeof(*hub));

	if (!hub)
		return NULL;
	hub->blob_fd = hub->control_fd = -1;
	hub->r = r;
	hub->reasons = counts;
	hub->counter_at = __rdtsc();
	hub->ns_at = cap_now_ns();
	hub->files = in_files_new();
	if (in_machine() || !hub->files || !in_guard_begin(&hub->guard) || !know_vdso(hub) || !make_blob(hub) ||
	    !make_control(hub)) {
		in_hub_free(hub);
		return NULL;
	}
	pthread_mutex_lock(&r->emit_lock);
	in_go_on(hub);
	r->hold = in_hold;
	r->go_on = in_go_on;
	r->silence = in_mute;
	r->holds = hub;
	pthread_mutex_unlock(&r->emit_lock);
	return hub;
}

void in_hub_free(struct in_hub *hub)
{
	if (hub->r->holds == hub) {
		pthread_mutex_lock(&hub->r->emit_lock);
		hub->r->hold = hub->r->go_on = NULL;
		hub->r->silence = NULL;
		hub->r->holds = NULL;
		pthread_mutex_unlock(&hub->r->emit_lock);
	}
	in_guard_end(&hub->guard);
	in_files_free(hub->files);
	if (hub->control)
		munmap(hub->control, IN_CONTROL_BYTES);
	if (hub->control_fd >= 0)
		close(hub->control_fd);
	if (hub->blob_fd >= 0)
		close(hub->blob_fd);
	free(hub);
}

bool in_held(const struct in_hub *hub)
{
	return rb_load(&hub->control->version) & 1;
}

/* A task that is stopped in the middle of a record is not waited for: it ends it when it goes on. */
void in_hold(void *of)
{
	struct in_hub *hub = of;
	const struct timespec look = {0, LOOK_NS};

	__atomic_fetch_or(&hub->control->version, 1, __ATOMIC_SEQ_CST);
	for (long waited = 0; waited < PATIENCE_NS && in_guard_writes(&hub->guard); waited += LOOK_NS)
		nanosleep(&look, NULL);
}

/* What tasks have mapped are these buffers, and all of them. */
static bool same_buffers(const struct in_hub *hub)
{
	for (int i = 0; hub->begun && i < CAP_SINKS; i++) {
		const struct cap_sink *s = hub->r->sink[i];
		struct rb *rb = s ? s->rb : NULL;

		if (i < IN_SINKS ? rb != hub->ring[i].rb : rb != NULL)
			return false;
		if (rb && (uint64_t)lseek(rb_fd(rb), 0, SEEK_END) > hub->ring[i].bytes)
			return false;
	}
	return true;
}

/* Programs that run go by stops from now on; those that begin map what there is then. */
static void begin_anew(struct in_hub *hub)
{
	for (struct in_task *it = hub->first; it; it = it->next)
		rb_store(&it->block->halt, 1);
	hub->begun = false;
	hub->shape++;
}

void in_go_on(void *of)
{
	struct in_hub *hub = of;

	for (struct in_task *it = hub->first; it; it = it->next) {
		it->block->tracers = in_sinks(it->task->tracer_sinks);
		it->block->events = in_sinks(it->task->event_sinks);
	}
	if (!same_buffers(hub))
		begin_anew(hub);
	if (in_control_fill(hub->control, IN_CONTROL_BYTES, hub->r))
		__atomic_fetch_add(&hub->control->version, 1, __ATOMIC_SEQ_CST);
}

void in_mute(void *of, int32_t tid)
{
	const struct in_hub *hub = of;

	for (struct in_task *it = hub->first; it; it = it->next)
		if (it->task->tid == tid)
			rb_store(&it->block->halt, 1);
}
