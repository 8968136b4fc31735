/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a stub to the recorder, the call itself, and back to the program: registers, flags and the stack are the program's again
 * wherever it runs. phases.c says of each instruction here what the program's state is.
 */
#include "tracefs/capture/intask/inside.h"

	.section .head,"ax"
	.globl in_head
	.hidden in_head
in_head:
	.irp label, entry, packed, placed, saved, flagged, written, unmasked, leave_saved, leave, the_syscall, after, kept, end
	.quad \label - in_head
	.endr
	.irp label, handler, restorer, exempt_end, help, help_after, last
	.quad \label - in_head
	.endr

.macro ARGUMENTS
	mov IN_ARGS(%rsp), %rdi
	mov IN_ARGS+8(%rsp), %rsi
	mov IN_ARGS+16(%rsp), %rdx
	mov IN_ARGS+24(%rsp), %r10
	mov IN_ARGS+32(%rsp), %r8
	mov IN_ARGS+40(%rsp), %r9
.endm

/* rcx: the low 48 bits of itself, as an address. */
.macro ADDRESS
	shl $16, %rcx
	sar $16, %rcx
.endm

/* The flags that lahf and seto put into ax. */
.macro FLAGS
	add $127, %al
	sahf
.endm

	.balign 64
/*
 * rax: the call's number. rcx: the program's `syscall`. r11: ax as lahf and seto left it, in its low half word.
 * All else is the program's. (rcx and r11 are what a call changes anyway.)
 */
entry:	shl $48, %r11
packed:	or %r11, %rcx
placed:	rdgsbase %r11
	sub in_mm + IN_MM_BLOCK(%rip), %r11
	test $IN_BLOCKS_ODD, %r11
	jnz leave
	cmpb $IN_BLOCK, %gs:IN_SELECTOR
	jne leave
	cmpl $IN_OUTSIDE, %gs:IN_PHASE
	jne leave
	shl $IN_SLOT_SHIFT, %r11
	add in_mm + IN_MM_FRAME(%rip), %r11
	mov %rcx, IN_SITE(%r11)
	mov %rax, IN_NR(%r11)
	mov %rdi, IN_ARGS(%r11)
	mov %rsi, IN_ARGS + 8(%r11)
	mov %rdx, IN_ARGS + 16(%r11)
	mov %r10, IN_ARGS + 24(%r11)
	mov %r8, IN_ARGS + 32(%r11)
	mov %r9, IN_ARGS + 40(%r11)
	mov %rsp, IN_RSP(%r11)
	mov %rsi, IN_RSI(%r11)
	mov %rbx, IN_KEPT(%r11)
	mov %rbp, IN_KEPT + 8(%r11)
	mov %r12, IN_KEPT + 16(%r11)
	mov %r13, IN_KEPT + 24(%r11)
	mov %r14, IN_KEPT + 32(%r11)
	mov %r15, IN_KEPT + 40(%r11)
	movl $IN_ENTERING, %gs:IN_PHASE
saved:	mov %r11, %rsp
	pushfq
	pop %rdi
	mov %rdi, IN_FLAGS(%rsp)
flagged:
	test $IN_FLAGS_ODD, %edi
	jnz leave_saved
	cld
	mov %rsp, %rdi
	call inside_enter
	test %eax, %eax
	jnz leave_saved
written:
	cmpb $0, IN_REMASK(%rsp)
	jne unmask_enter
go:	ARGUMENTS
	mov IN_RSI(%rsp), %rsi
	mov IN_NR(%rsp), %rax
	mov IN_RSP(%rsp), %rsp
the_syscall:
	syscall
after:	rdgsbase %r11
	sub in_mm + IN_MM_BLOCK(%rip), %r11
	shl $IN_SLOT_SHIFT, %r11
	add in_mm + IN_MM_FRAME(%rip), %r11
	mov %rax, IN_RETURN(%r11)
	mov %r11, %rsp
	movl $IN_EXITING, %gs:IN_PHASE
kept:	mov %rsp, %rdi
	cld
	call inside_exit
	test %eax, %eax
	jnz ask_for_help
out:	cmpb $0, IN_REMASK(%rsp)
	jne unmask_exit
	ARGUMENTS
	mov IN_SITE(%rsp), %rcx
	mov %rcx, %rax
	ADDRESS
	add $2, %rcx
	shr $48, %rax
	testl $IN_FLAG_DIRECTION, IN_FLAGS(%rsp)
	jz 1f
	std
1:	FLAGS
	mov IN_RFLAGS(%rsp), %r11
	mov IN_RETURN(%rsp), %rax
	mov IN_RSP(%rsp), %rsp
	movl $IN_OUTSIDE, %gs:IN_PHASE
	jmp *%rcx
ask_for_help:
	mov $-1, %rax
	jmp help
/* The engine had to let the recorder end before a signal is taken: it is taken at the end of this call. */
unmask_exit:
	call unmask
	jmp out
end:

/* The same before the call: where the engine lives it makes this call the program's, see in_own_call(). */
unmask_enter:
	call unmask
	jmp go
unmask:	movb $0, IN_REMASK+8(%rsp)
	mov $14, %eax		/* rt_sigprocmask */
	mov $2, %edi		/* SIG_SETMASK */
	lea IN_MASK+8(%rsp), %rsi
	xor %edx, %edx
	mov $8, %r10d
	syscall
unmasked:
	ret

/* Nothing was recorded: the program's own `syscall` makes the call. */
leave_saved:
	ARGUMENTS
	testl $IN_FLAG_DIRECTION, IN_FLAGS(%rsp)
	jz 1f
	std
1:	mov IN_SITE(%rsp), %rcx
	mov IN_NR(%rsp), %rax
	mov IN_RSP(%rsp), %rsp
	movl $IN_OUTSIDE, %gs:IN_PHASE
/* phases.c knows each of these nine instructions. */
leave:	mov %rax, %r11
	mov %rcx, %rax
	ADDRESS
	shr $48, %rax
	FLAGS
	mov %r11, %rax
	jmp *%rcx

/*
 * SIGSYS is taken here where its tracer has died: open the selector, and have the call made again. The kernel opens the selector of
 * a task whose tracer dies (guard.c), so this is only for a signal that was under way.
 * Any other SIGSYS is one that the program has no action for: it gets that of the kernel.
 */
	.balign 16
handler:
	cmpl $IN_USER_DISPATCH, IN_SI_CODE(%rsi)
	jne 2f
	rdgsbase %rcx
	sub in_mm + IN_MM_BLOCK(%rip), %rcx
	test $IN_BLOCKS_ODD, %rcx
	jnz 1f
	movb $IN_ALLOW, %gs:IN_SELECTOR
1:	mov IN_SI_CALL_ADDR(%rsi), %rax
	cmp %rax, IN_UC_RIP(%rdx)
	jne 3f
	subq $2, IN_UC_RIP(%rdx)
	ret
2:	mov %rsi, %rbx
	mov $13, %eax		/* rt_sigaction */
	mov $31, %edi		/* SIGSYS */
	lea default_action(%rip), %rsi
	xor %edx, %edx
	mov $8, %r10d
	syscall
	mov $186, %eax		/* gettid */
	syscall
	mov %eax, %esi
	mov $39, %eax		/* getpid */
	syscall
	mov %eax, %edi
	mov $31, %edx
	mov %rbx, %r10
	mov $297, %eax		/* rt_tgsigqueueinfo: it is taken when this handler has returned */
	syscall
3:	ret
restorer:
	mov $15, %eax		/* rt_sigreturn */
	syscall
	.balign 8
default_action:
	.quad 0, 0, 0, 0

	.section .tail,"ax"
/* What follows is outside of the range that SUD lets pass: a call here is a stop, at which the engine makes the record of an exit. */
exempt_end:
help:	syscall			/* number -1: without a tracer it does nothing */
help_after:
	jmp out
last:
	.section .note.GNU-stack,"",@progbits
