/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests/capture/intask/test_sites.py asks of the site finder:
 *
 *   sites_driver list FILE...        a line a site: FILE ADDRESS BACK LENGTH REFUSED, or `FILE error ERRNO`
 *   sites_driver learn FILE DIR N    which sites were met before, with what DIR keeps; then the N-th one is met
 *   sites_driver fuzz FILE SEED N    N copies of FILE with damaged headers and tables: must not crash (built with ASan)
 *   sites_driver live                relocates and patches functions of its own, and runs them
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracefs/capture/intask/sites.h"

#define STUB_ROOM 4096u
#define STUBS_BELOW (64ul << 20) /* bytes below this program: within reach of a jump */

static int list(const char *path)
{
	struct sites *sites = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = fd < 0 ? -errno : sites_of(fd, NULL, &sites);

	if (fd >= 0)
		close(fd);
	if (err) {
		printf("%s error %d\n", path, -err);
		return 0;
	}
	for (uint32_t i = 0; i < sites->n; i++)
		printf("%s %lu %u %u %u\n", path, sites->site[i].at, sites->site[i].back, sites->site[i].length,
		       sites->site[i].refused);
	sites_free(sites);
	return 0;
}

/* Meets one site of the file, and prints which of its sites were met before. */
static int learn(const char *path, const char *dir, unsigned which)
{
	struct sites *sites = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = sites_of(fd, dir, &sites);

	close(fd);
	if (err)
		return 2;
	for (uint32_t i = 0; i < sites->n; i++)
		if (sites->site[i].hit)
			printf("%u ", i);
	printf("learned %d\n", sites_learned(sites, &sites->site[which]));
	sites_free(sites);
	return 0;
}

static int fuzz(const char *path, unsigned seed, unsigned rounds)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *bytes;

	if (from < 0 || fstat(from, &st) < 0 || !(bytes = malloc((size_t)st.st_size)) ||
	    read(from, bytes, (size_t)st.st_size) != st.st_size)
		return 2;
	close(from);
	srand(seed);
	for (unsigned round = 0; round < rounds; round++) {
		size_t size = rand() % 8 ? (size_t)st.st_size : (size_t)rand() % (size_t)st.st_size;
		int fd = memfd_create("damaged", MFD_CLOEXEC);
		struct sites *sites;

		if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
			return 2;
		for (int i = 0; i < 8; i++) {
			uint8_t value = (uint8_t)rand();
			size_t at = (size_t)rand() % (rand() % 2 ? 1024 : size);

			if (pwrite(fd, &value, 1, (off_t)at) < 0)
				return 2;
		}
		if (!sites_of(fd, NULL, &sites)) {
			for (uint32_t i = 0; i < sites->n; i++) {
				struct site *site = &sites->site[i];
				struct site_step steps[SITE_STEPS + 1];
				uint8_t stub[SITE_STUB];

				if (!site->refused && site_move(site, 0x400000, 0x500000, stub, steps) == -EINVAL)
					return 3;
			}
			sites_free(sites);
		}
		close(fd);
	}
	free(bytes);
	printf("%u rounds\n", rounds);
	return 0;
}

/*
 * Functions that end in a `syscall` each in its own way. They stand in this program's own file, so it finds their sites
 * there.
 */
__asm__(".pushsection .text\n"
	".globl moved_number, moved_flag, moved_jump, moved_lea\n"
	".type moved_number, @function\n"
	"moved_number: .cfi_startproc\n"
	"	mov $110, %eax\n" /* getppid */
	"	syscall\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size moved_number, . - moved_number\n"
	".type moved_flag, @function\n"
	"moved_flag: .cfi_startproc\n" /* as libc's read(): a flag in memory, a jump, and a number without 5 bytes */
	"	cmpb $0, flag(%rip)\n"
	"	je 1f\n"
	"	push $110\n"
	"	pop %rax\n"
	"	syscall\n"
	"	ret\n"
	"1:	mov $-7, %rax\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size moved_flag, . - moved_flag\n"
	".type moved_jump, @function\n"
	"moved_jump: .cfi_startproc\n"
	"	test %edi, %edi\n"
	"	mov $0x12345, %esi\n"
	"	jne 2f\n"
	"	push $110\n"
	"	pop %rax\n"
	"	syscall\n"
	"	ret\n"
	"2:	lea (%rsi), %rax\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size moved_jump, . - moved_jump\n"
	".type moved_lea, @function\n"
	"moved_lea: .cfi_startproc\n"
	"	push $110\n"
	"	pop %rax\n"
	"	lea flag(%rip), %rdx\n"
	"	syscall\n"
	"	mov %rdx, (%rdi)\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size moved_lea, . - moved_lea\n"
	".popsection\n");
extern long moved_number(void), moved_flag(void), moved_jump(int), moved_lea(void **);
char flag;

static void jump(uint8_t *from, const uint8_t *to)
{
	int32_t distance = (int32_t)(to - from) - (int32_t)SITE_JUMP;

	*from = 0xe9;
	memcpy(from + 1, &distance, sizeof(distance));
}

/* Leads the function's `syscall` through a stub: its instructions, then a jump to the `syscall` itself. */
static void patch(const struct sites *sites, void *code, uint8_t *stub)
{
	extern char __executable_start[];
	uint64_t bias = (uint64_t)__executable_start;
	struct site_step steps[SITE_STEPS + 1];
	const struct site *site = sites->site;
	uint8_t *call, *from;
	void *page;
	int length;

	while (bias + site->at < (uint64_t)code)
		site++;
	call = (uint8_t *)bias + site->at;
	from = call - site->back;
	length = site->refused ? -site->refused : site_move(site, bias, (uint64_t)stub, stub, steps);
	if (length < 0 || memcmp(from, site->bytes, site->back + 2u) || from + steps[site->steps].place != call) {
		printf("refused %d\n", length);
		exit(1);
	}
	jump(stub + length, call);
	page = (void *)((uintptr_t)from & ~4095ul);
	mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
	jump(from, stub);
	mprotect(page, 8192, PROT_READ | PROT_EXEC);
}

static int live(void)
{
	void *codes[] = {(void *)moved_number, (void *)moved_flag, (void *)moved_jump, (void *)moved_lea}, *rdx = NULL;
	uint8_t *stubs = mmap((void *)((uintptr_t)live - STUBS_BELOW), STUB_ROOM, PROT_READ | PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct sites *sites;

	if (stubs == MAP_FAILED || sites_of(fd, NULL, &sites))
		return 2;
	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		patch(sites, codes[i], stubs + i * 256);
	printf("number %d\n", moved_number() == getppid());
	printf("flag %ld\n", moved_flag());
	flag = 1;
	printf("flag set %d\n", moved_flag() == getppid());
	printf("jump %d %#lx\n", moved_jump(0) == getppid(), moved_jump(1));
	printf("lea %d", moved_lea(&rdx) == getppid());
	printf(" %d\n", rdx == (void *)&flag);
	sites_free(sites);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "list")) {
		for (int i = 2; i < argc; i++)
			list(argv[i]);
		return 0;
	}
	if (argc == 5 && !strcmp(argv[1], "fuzz"))
		return fuzz(argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
	if (argc == 5 && !strcmp(argv[1], "learn"))
		return learn(argv[2], argv[3], (unsigned)atoi(argv[4]));
	return argc == 2 && !strcmp(argv[1], "live") ? live() : 2;
}
