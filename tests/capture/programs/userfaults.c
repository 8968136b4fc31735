/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls whose arguments point to memory that a thread of the program serves by a userfaultfd: it makes calls itself to
 * serve it.
 */
#include "check.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

enum { PAGES = 3, PAGE = 4096 };

static int faults;

static void *serve(void *ignored)
{
	static char content[PAGE] __attribute__((aligned(PAGE)));

	strcpy(content, "/dev/null");
	for (int served = 0; served < PAGES; served++) {
		struct uffd_msg message;
		struct uffdio_copy copy = {.src = (uintptr_t)content, .len = PAGE};

		CHECK_EQ(read(faults, &message, sizeof(message)), sizeof(message));
		CHECK_EQ(message.event, UFFD_EVENT_PAGEFAULT);
		CHECK_EQ(getppid() > 0, 1);
		copy.dst = message.arg.pagefault.address & ~(uint64_t)(PAGE - 1);
		CHECK_EQ(ioctl(faults, UFFDIO_COPY, &copy), 0);
	}
	return ignored;
}

static void behaviour(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register served = {.mode = UFFDIO_REGISTER_MODE_MISSING, .range.len = PAGES * PAGE};
	char *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(pages != MAP_FAILED);
	faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (faults < 0)
		/* EPERM, ENOSYS: not allowed, or none: a kernel thread's faults are served for the privileged alone */
		exit(0);
	CHECK_EQ(ioctl(faults, UFFDIO_API, &api), 0);
	served.range.start = (uintptr_t)pages;
	CHECK_EQ(ioctl(faults, UFFDIO_REGISTER, &served), 0);
	pthread_t server = thread(serve, NULL);
	for (int i = 0; i < PAGES; i++) {
		int file = open(pages + i * PAGE, O_RDONLY | O_CLOEXEC);

		CHECK(file >= 0);
		close(file);
	}
	CHECK_EQ(pthread_join(server, NULL), 0);
	close(faults);
	munmap(pages, PAGES * PAGE);
}
