/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program sees of itself while it records itself, under a storm of signals: a handler never sees a place that is
 * not the program's, a call keeps all registers and flags, none is made twice or not at all. Linked to run at a fixed
 * address, so that its own `syscall` is one that is patched. `places N`: that many calls; the number of signals is
 * told.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define DIRECTION 0x400ul
#define TOLD 0xcd5ul /* the flags that are compared: CF PF AF ZF SF DF OF */

struct state {
	uint64_t rbx, rbp, rdi, rsi, rdx, r8, r9, r10, r12, r13, r14, r15, flags, rax, rcx, r11;
};

/*
 * Loads all of `in`, makes the call lseek(), which changes nothing that rdi, rsi and rdx do not say, stores all in
 * `out`.
 */
void call_with(const struct state *in, struct state *out);
extern const char place[], after[];
uint64_t kept_rax, kept_rcx;
__asm__(".text\n.globl call_with, place, after\n.type call_with,@function\ncall_with:\n"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rsi; mov %rdi, %rcx\n"
	"mov (%rcx), %rbx; mov 8(%rcx), %rbp; mov 16(%rcx), %rdi; mov 24(%rcx), %rsi; mov 32(%rcx), %rdx\n"
	"mov 40(%rcx), %r8; mov 48(%rcx), %r9; mov 56(%rcx), %r10; mov 64(%rcx), %r12; mov 72(%rcx), %r13\n"
	"mov 80(%rcx), %r14; mov 88(%rcx), %r15; pushq 96(%rcx); popfq\n"
	"mov $8, %eax\n"
	"place: syscall\n"
	"after: mov %rax, kept_rax(%rip); mov %rcx, kept_rcx(%rip); pushfq; cld; pop %rax; pop %rcx\n"
	"mov %rax, 96(%rcx); mov kept_rax(%rip), %rax; mov %rax, 104(%rcx); mov kept_rcx(%rip), %rax; mov %rax, "
	"112(%rcx)\n"
	"mov %r11, 120(%rcx)\n"
	"mov %rbx, (%rcx); mov %rbp, 8(%rcx); mov %rdi, 16(%rcx); mov %rsi, 24(%rcx); mov %rdx, 32(%rcx)\n"
	"mov %r8, 40(%rcx); mov %r9, 48(%rcx); mov %r10, 56(%rcx); mov %r12, 64(%rcx); mov %r13, 72(%rcx)\n"
	"mov %r14, 80(%rcx); mov %r15, 88(%rcx)\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");

extern char __executable_start[], etext[];
static uint64_t vdso[2];
static volatile uint64_t signals, at_call;
static const struct state *volatile current;

static void fail(const char *what, uint64_t value)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "places: %s: %#lx\n", what, value);

	if (write(2, text, (size_t)n) != n)
		_exit(3);
	_exit(1);
}

static void find_vdso(void)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[vdso]"))
			sscanf(line, "%lx-%lx", &vdso[0], &vdso[1]);
	fclose(maps);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	const greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t rip = (uint64_t)g[REG_RIP];

	(void)number, (void)info;
	signals++;
	if ((rip < (uint64_t)__executable_start || rip >= (uint64_t)etext) && (rip < vdso[0] || rip >= vdso[1]))
		fail("a handler sees a strange place", rip);
	if (rip != (uint64_t)place && rip != (uint64_t)after)
		return;
	at_call++;
	if ((uint64_t)g[REG_RBX] != current->rbx || (uint64_t)g[REG_RBP] != current->rbp ||
	    (uint64_t)g[REG_RDI] != current->rdi || (uint64_t)g[REG_RSI] != current->rsi ||
	    (uint64_t)g[REG_RDX] != current->rdx || (uint64_t)g[REG_R8] != current->r8 ||
	    (uint64_t)g[REG_R9] != current->r9 || (uint64_t)g[REG_R10] != current->r10 ||
	    (uint64_t)g[REG_R12] != current->r12 || (uint64_t)g[REG_R13] != current->r13 ||
	    (uint64_t)g[REG_R14] != current->r14 || (uint64_t)g[REG_R15] != current->r15)
		fail("a handler sees strange registers at the call", rip);
	if (((uint64_t)g[REG_EFL] & TOLD) != (current->flags & TOLD))
		fail("a handler sees strange flags at the call", (uint64_t)g[REG_EFL]);
	if (rip == (uint64_t)place && g[REG_RAX] != SYS_lseek)
		fail("a handler sees a strange number at the call", (uint64_t)g[REG_RAX]);
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 1000;
	struct itimerval often = {{0, 700}, {0, 700}}, never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	FILE *file = tmpfile();
	uint64_t random = 1;

	find_vdso();
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGVTALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (long i = 0; i < n; i++) {
		struct state in, out;

		for (unsigned k = 0; k < sizeof(in) / 8; k++) {
			random = random * 6364136223846793005ul + 1442695040888963407ul;
			((uint64_t *)&in)[k] = random;
		}
		in.rdi = (uint64_t)fileno(file);
		in.rsi = random >> 40;
		in.rdx = SEEK_SET;
		in.flags = 0x202 | (in.flags & TOLD);
		current = &in;
		call_with(&in, &out);
		if (out.rax != in.rsi)
			fail("a strange result", out.rax);
		if (memcmp(&in, &out, offsetof(struct state, flags)))
			fail("registers have changed", (uint64_t)i);
		if ((out.flags & TOLD) != (in.flags & TOLD))
			fail("flags have changed", out.flags ^ in.flags);
		if (out.rcx != (uint64_t)after || (out.r11 & TOLD) != (in.flags & TOLD))
			fail("rcx or r11 are not as after a call", out.rcx);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	fprintf(stderr, "%lu signals, %lu of them at the call\n", signals, at_call);
	return 0;
}
