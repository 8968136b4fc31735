/* SPDX-License-Identifier: GPL-2.0-only */
/* A syscall changes rax, rcx and r11 and no other register, vector registers included; so does a signal on the way. */
#include "check.h"

struct registers {
	uint64_t rbx, rbp, rdi, rsi, rdx, r8, r9, r10, r12, r13, r14, r15;
	uint8_t xmm[4][16];
};

static volatile sig_atomic_t handled;

static void on_usr1(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	handled++;
}

/* Loads all of `in`, does the call, stores all in `out`. */
long call_with(long nr, const struct registers *in, struct registers *out);
__asm__(".text\n.globl call_with\n.type call_with,@function\ncall_with:\n"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rdx; mov %rdi, %rax; mov %rsi, %rcx\n"
	"movdqu 96(%rcx), %xmm0; movdqu 112(%rcx), %xmm7; movdqu 128(%rcx), %xmm8; movdqu 144(%rcx), %xmm15\n"
	"mov (%rcx), %rbx; mov 8(%rcx), %rbp; mov 16(%rcx), %rdi; mov 24(%rcx), %rsi; mov 32(%rcx), %rdx\n"
	"mov 40(%rcx), %r8; mov 48(%rcx), %r9; mov 56(%rcx), %r10; mov 64(%rcx), %r12; mov 72(%rcx), %r13\n"
	"mov 80(%rcx), %r14; mov 88(%rcx), %r15\n"
	"syscall\n"
	"pop %rcx\n"
	"movdqu %xmm0, 96(%rcx); movdqu %xmm7, 112(%rcx); movdqu %xmm8, 128(%rcx); movdqu %xmm15, 144(%rcx)\n"
	"mov %rbx, (%rcx); mov %rbp, 8(%rcx); mov %rdi, 16(%rcx); mov %rsi, 24(%rcx); mov %rdx, 32(%rcx)\n"
	"mov %r8, 40(%rcx); mov %r9, 48(%rcx); mov %r10, 56(%rcx); mov %r12, 64(%rcx); mov %r13, 72(%rcx)\n"
	"mov %r14, 80(%rcx); mov %r15, 88(%rcx)\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");

static void behaviour(void)
{
	struct registers in, out;
	pid_t me = getpid(), parent = getppid();

	handle(SIGUSR1, on_usr1, 0);
	for (int round = 0; round < 200; round++) {
		for (unsigned i = 0; i < sizeof(in); i++)
			((uint8_t *)&in)[i] = (uint8_t)(round * 7 + (int)i);
		CHECK_EQ(call_with(SYS_getppid, &in, &out), parent);
		CHECK(memcmp(&in, &out, sizeof(in)) == 0);
		if (round % 8)
			continue;
		handled = 0;
		in.rdi = (uint64_t)me;
		in.rsi = SIGUSR1;
		CHECK_EQ(call_with(SYS_kill, &in, &out), 0);
		CHECK_EQ(handled, 1);
		CHECK(memcmp(&in, &out, sizeof(in)) == 0);
	}
}
