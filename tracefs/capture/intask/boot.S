/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gives a program that begins the recorder: runs once, in the unused end of the vDSO, where arm.c puts it at the exit stop of execve,
 * and needs nobody from then on. It maps what the table says, checks that it is what was meant, fills the private memory from the
 * template, takes SIGSYS, sets gs, has calls dispatched, and goes to the program's entry with the registers of a program that begins.
 *
 * Where anything fails it undoes what the program could notice and goes there all the same, after a SIGURG to itself: nothing
 * for a program without a tracer, as the default is to ignore it; for the tracer the word that this one goes by stops.
 */
#include "tracefs/capture/intask/inside.h"

	.text
	.globl boot
boot:	lea boot_table(%rip), %rbx
	mov boot_maps(%rip), %ebp
map:	mov $-1, %r12
	cmpb $0, IN_MAP_PATH(%rbx)
	je 1f
	mov $257, %eax			/* openat */
	mov $-100, %edi
	lea IN_MAP_PATH(%rbx), %rsi
	mov IN_MAP_OPEN(%rbx), %edx
	syscall
	test %eax, %eax
	js failed
	mov %eax, %r12d
1:	mov $9, %eax			/* mmap */
	mov IN_MAP_AT(%rbx), %rdi
	mov IN_MAP_BYTES(%rbx), %rsi
	mov IN_MAP_PROT(%rbx), %edx
	mov IN_MAP_FLAGS(%rbx), %r10d
	mov %r12, %r8
	xor %r9d, %r9d
	syscall
	mov %rax, %r13
	test %r12d, %r12d
	js 2f
	mov $3, %eax			/* close */
	mov %r12d, %edi
	syscall
2:	cmp %r13, IN_MAP_AT(%rbx)
	jne failed
	add $IN_MAP_ENTRY, %rbx
	dec %ebp
	jnz map

	mov boot_base(%rip), %rbx
	mov boot_cookie(%rip), %rax
	cmp %rax, IN_CONTROL_AT(%rbx)
	jne failed
	cmp %rax, IN_BLOCK_AT + IN_TEMPLATE_COOKIE(%rbx)
	jne failed
	lea IN_BLOCK_AT + IN_TEMPLATE_MM(%rbx), %rsi
	lea IN_MM_AT(%rbx), %rdi
	mov $IN_TEMPLATE_MM_BYTES, %ecx
	rep movsb
	lea IN_BLOCK_AT + IN_TEMPLATE_FRAME(%rbx), %rsi
	lea IN_SLOT_AT + IN_SLOT_BYTES - IN_FRAME_BYTES(%rbx), %rdi
	mov $IN_FRAME_BYTES, %ecx
	rep movsb

	mov $13, %eax			/* rt_sigaction: is it the default? */
	mov $31, %edi
	xor %esi, %esi
	lea IN_SLOT_AT(%rbx), %rdx	/* scratch: nobody has used it yet */
	mov $8, %r10d
	syscall
	cmpq $0, IN_SLOT_AT(%rbx)
	jne failed
	movq $0, IN_SLOT_AT + 8(%rbx)
	movq $0, IN_SLOT_AT + 16(%rbx)
	mov $13, %eax
	mov $31, %edi
	lea boot_action(%rip), %rsi
	xor %edx, %edx
	mov $8, %r10d
	syscall
	test %rax, %rax
	jnz failed
	lea IN_BLOCK_AT(%rbx), %rbp
	wrgsbase %rbp
	mov $157, %eax			/* prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, ...) */
	mov $59, %edi
	mov $1, %esi
	mov %rbx, %rdx
	mov boot_exempt(%rip), %r10
	lea IN_SELECTOR(%rbp), %r8
	movl $1, IN_BOOTED(%rbp)
	syscall
	test %rax, %rax
	jz begin
	movl $0, IN_BOOTED(%rbp)
	xor %ebp, %ebp
	wrgsbase %rbp
	mov $13, %eax
	mov $31, %edi
	lea boot_default(%rip), %rsi
	xor %edx, %edx
	mov $8, %r10d
	syscall
failed:	mov $39, %eax			/* getpid */
	syscall
	mov %eax, %ebx
	mov $186, %eax			/* gettid */
	syscall
	mov %eax, %esi
	mov %ebx, %edi
	mov $23, %edx			/* SIGURG */
	mov $234, %eax			/* tgkill */
	syscall
begin:	xor %edi, %edi
	xor %esi, %esi
	xor %edx, %edx
	xor %ecx, %ecx
	xor %ebx, %ebx
	xor %ebp, %ebp
	xor %r8d, %r8d
	xor %r9d, %r9d
	xor %r10d, %r10d
	xor %r11d, %r11d
	xor %r12d, %r12d
	xor %r13d, %r13d
	xor %eax, %eax
	add $1, %eax			/* no flag is set by this */
	mov $0, %eax
	jmp *boot_entry(%rip)
	.balign 8
boot_default:

	.quad 0, 0, 0, 0
/* struct in_boot (arm.c fills it in) */
boot_data:
boot_entry:	.quad 0
boot_base:	.quad 0
boot_cookie:	.quad 0
boot_exempt:	.quad 0
boot_action:	.quad 0, 0, 0, 0
boot_maps:	.long 0, 0
boot_table:
