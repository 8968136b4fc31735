/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the recorder inside a task and the engine share: where everything lies in a tracee, byte for byte.
 *
 *     base                     the blob: code and constants, R-X, the same pages for all tasks; the range that SUD lets
 *     pass base + IN_STUBS_AT       stubs of patched sites, R-X, private: outside of that range
 *     base + IN_MM_AT          struct in_mm, RW, private
 *     base + IN_BLOCK_AT       struct in_block, one a page for IN_THREADS threads, RW, shared with the engine
 *     base + IN_CONTROL_AT     struct in_control, read-only, shared with the engine and all tasks
 *     base + IN_SLOT_AT        each thread's views, save buffer, stack and struct in_frame, RW, private
 *     base + IN_RINGS_AT ...   each sink's ring buffer, RW, shared
 *
 * A thread that records itself has the address of its block in gs, and no two have the same: children of fork share the
 * blocks' memory with their parent, too. Who else runs this code has another gs, and makes its calls where the program
 * makes them.
 *
 * Trust. Shared and writable are the block and the rings alone. A process that once shared memory with this one (a
 * child that gave up its privilege) can still write there, so nothing in them leads anywhere: no address, no register,
 * no stack.
 */
#ifndef TRACEFS_INTASK_INSIDE_H
#define TRACEFS_INTASK_INSIDE_H

#define IN_SINKS 4      /* instances that a task records into by itself */
#define IN_CALLS 1024   /* system call numbers: all below this */
#define IN_CPUS_MAX 512 /* of the machine: beyond, nobody records by itself */

#define IN_CODE_BYTES 0x10000
#define IN_STUBS_AT IN_CODE_BYTES
#define IN_STUBS_BYTES 0x40000
#define IN_MM_AT 0x50000
#define IN_MM_BYTES 0x1000
#define IN_THREADS 64 /* that record themselves, of a program and of all children that have not executed another */
#define IN_BLOCK_AT 0x60000
#define IN_BLOCK_BYTES 0x1000
#define IN_BLOCKS_BYTES 0x40000  /* behind them, in the same file, the template that boot.S copies from */
#define IN_BLOCKS_ODD (-0x3f001) /* bits that are 0 in the offset of a block from the first */
#define IN_CONTROL_AT 0xb0000
#define IN_CONTROL_BYTES 0x200000
#define IN_SLOT_AT 0x400000
#define IN_SLOT_BYTES 0x200000 /* from its start views and save buffer; at its end the frame, below that the stack */
#define IN_SLOT_SHIFT 9        /* from the offset of a block to that of its slot */
#define IN_VIEWS_BYTES 0x20000
#define IN_STACK_BYTES 0x10000
#define IN_RINGS_AT 0x8400000

/* struct in_block, by %gs */
/* the low byte of a word that is the engine's thread number while it is IN_BLOCK: see guard.c */
#define IN_SELECTOR 0x10
#define IN_PHASE 0x14

#define IN_BOOTED 0x18 /* boot.S has done all */

/* The template, counted from the first block */
#define IN_TEMPLATE_BYTES 0x1000
#define IN_TEMPLATE_COOKIE IN_BLOCKS_BYTES
#define IN_TEMPLATE_FAMILY (IN_BLOCKS_BYTES + 8) /* a number that no other program's has */
#define IN_TEMPLATE_MM (IN_BLOCKS_BYTES + 0x10)
#define IN_TEMPLATE_MM_BYTES 0x400
#define IN_TEMPLATE_FRAME (IN_BLOCKS_BYTES + 0x800)

/* struct in_map */
#define IN_MAP_AT 0x00
#define IN_MAP_BYTES 0x08
#define IN_MAP_PROT 0x10
#define IN_MAP_FLAGS 0x14
#define IN_MAP_OPEN 0x18
#define IN_MAP_PATH 0x1c
#define IN_MAP_ENTRY 0x40

/* The values of the selector's byte that the kernel knows. */
#define IN_ALLOW 0
#define IN_BLOCK 1

/*
 * What the thread is at, seen from its program: nothing, about to call (and whether a record is being written), in the
 * call, after it. Written by the recorder; the engine uses it only where the instruction pointer says that the thread
 * is in the recorder.
 */
#define IN_OUTSIDE 0
#define IN_ENTERING 1
#define IN_ENTER_WRITES 2
#define IN_ENTERED 3
#define IN_EXITING 4
#define IN_EXIT_WRITES 5
#define IN_EXITED 6

/* struct in_frame, at the end of the slot */
#define IN_FRAME_BYTES 0x100
#define IN_FLAGS 0x00 /* as pushfq gave them; sign, zero, carry and their like are in IN_SITE */
/* address of the program's `syscall`; from bit 48 on: OF in bit 0, and lahf's byte from bit 8 on */
#define IN_SITE 0x08
#define IN_NR 0x10
#define IN_ARGS 0x18 /* rdi rsi rdx r10 r8 r9 */
#define IN_RSP 0x48
#define IN_RETURN 0x50 /* what the call returned */
#define IN_RFLAGS 0x58 /* put together: what the program has in r11 after a call */
#define IN_REMASK 0x60 /* a byte: the engine blocked all signals to let the recorder end: set IN_MASK again */
#define IN_MASK 0x68
#define IN_RSI 0x70  /* what the call is made with in place of rsi */
#define IN_KEPT 0x78 /* rbx rbp r12 r13 r14 r15: C uses them, the engine may have to put them back */

/* struct in_mm */
#define IN_MM_BLOCK 0x00
#define IN_MM_FRAME 0x08

/* siginfo_t and ucontext_t of the kernel */
#define IN_SI_CODE 8
#define IN_SI_CALL_ADDR 16
#define IN_UC_RIP 168
#define IN_USER_DISPATCH 2 /* si_code: SYS_USER_DISPATCH */

/* What inside_enter() and inside_exit() say. */
#define IN_GO 0
/* the program's own `syscall` is to make the call: a stop. Of an exit: the engine is to make its record. */
#define IN_LEAVE 1

/*
 * Signals from here on are queued, and come in their order (those between 31 and this are the C library's own). A
 * program that handles one goes by stops: what the recorder is let end for comes again, behind others of its number.
 */
#define IN_FIRST_QUEUED 34

#define IN_FLAG_DIRECTION 0x400
#define IN_FLAGS_ODD 0x40100 /* single-stepping, alignment checks: not with us */

#ifndef __ASSEMBLER__
#	include <stdbool.h>
#	include <stddef.h>
#	include <stdint.h>
#	include <time.h>

#	include "ringbuf/core.h"

/* What happens to a call of some number. Computed by control.c, read at every call. */
enum in_class {
	IN_CLASS_STOP, /* the ptrace path makes both records */
	IN_CLASS_PASS,
	IN_CLASS_RECORD,
	IN_CLASS_MASK,   /* rt_sigprocmask: recorded, unless it would block SIGSYS */
	IN_CLASS_ACTION, /* rt_sigaction: recorded, unless it is about SIGSYS */
	IN_CLASS_RANGE,  /* munmap and its like: recorded, unless it meets a range of struct in_control */
};

/* Shared with the engine, and with whoever shares memory with the task. */
struct in_block {
	uint64_t unused[2];
	uint32_t selector, phase, booted;
	uint32_t halt;            /* by the engine: it records nothing any more, its next call is a stop */
	uint32_t tracers, events; /* sinks that want this thread, by their number among IN_SINKS */
	char comm[16];
	uint64_t enters, exits; /* calls that went through the recorder */
};

/* Private. */
struct in_frame {
	uint64_t flags, site, nr, args[6], rsp, ret, rflags;
	uint64_t remask, mask;
	uint64_t rsi, kept[6];
	uint64_t set;     /* rt_sigprocmask: what was checked is what is applied */
	uint64_t began;   /* of a call with a time limit, or whose socket may have one: the time stamp counter */
	uint32_t written; /* sinks that the call's own enter was written for */
	/* from the template */
	int32_t tid;
	uint32_t writer[IN_SINKS]; /* its line in the buffer's table of writers */
};

struct in_ring {
	uint64_t at; /* where it is mapped here; 0: it is not */
	uint64_t bytes;
};

#	define IN_RANGES 16

/* What boot.S copies from its template when the program begins; the rest of the memory is zero then. */
struct in_mm {
	uint64_t block;   /* address of the first; gs of who records itself is that of one of them */
	uint64_t frame;   /* address of the first slot's */
	uint64_t gettime; /* clock_gettime of the vDSO */
	struct in_ring ring[IN_SINKS];
	uint64_t ranges; /* of memory that calls must not change unseen */
	struct {
		uint64_t start, end;
	} range[IN_RANGES];
};

struct in_call {
	uint8_t class, nargs, saved[2]; /* as in struct cap_syscall */
	uint8_t sinks[2];               /* [exit] that have the event enabled */
	uint8_t limited;                /* it may have a time limit */
	uint16_t parts[2];
	uint32_t parts_at[2]; /* offsets in the control memory */
};

struct in_sink {
	uint32_t saves[2], paths;
	uint32_t max_event; /* rb_core_max_event() of its buffer */
	uint32_t raw_filter[2];
	uint64_t cpus[IN_CPUS_MAX / 64];
	uint32_t filter[2][IN_CALLS]; /* [exit]: offsets of struct ev_filter in the control memory; 0: none */
};

/* Of one CPU's buffer: offsets in the file. */
struct in_geometry {
	uint64_t area, npages, generation;
	uint32_t subbuf_size, pad;
};

/* Written by the engine alone. All offsets are from its start. */
struct in_control {
	uint64_t cookie; /* random: this is the memory that was meant */
	/* odd: records are not to be begun, every call stops. Another one: the wishes have changed. */
	uint32_t version;
	uint32_t cpus;
	uint32_t geometry; /* offset of struct in_geometry[IN_SINKS][cpus] */
	uint32_t types;    /* offset of the struct tt_table; 0: nothing is saved */
	uint32_t paired;   /* sinks that want exits only of calls whose enter was written */
	uint8_t raw[2];    /* [exit]: sinks that have raw_syscalls:sys_enter, sys_exit enabled */
	struct in_call call[IN_CALLS];
	struct in_sink sink[IN_SINKS];
};

/* What boot.S maps, one by one; path empty: anonymous memory. */
struct in_map {
	uint64_t at, bytes;
	uint32_t prot, flags, open;
	char path[36];
};

#	define IN_MAPS (6 + IN_SINKS)

/* Behind boot.S's code. */
struct in_boot {
	uint64_t entry; /* of the program */
	uint64_t base, cookie;
	uint64_t exempt;    /* bytes from base on that calls are let pass from */
	uint64_t action[4]; /* of SIGSYS, as the kernel has it */
	uint32_t maps, pad;
	struct in_map map[IN_MAPS];
};

/* At the blob's start: offsets of labels, in the order of entry.S. */
struct in_head {
	uint64_t entry, packed, placed, saved, flagged, written, unmasked, leave_saved, leave, the_syscall, after, kept,
		end, handler, restorer, exempt_end, help, help_after, last;
};

#	define IN_CHECK(type, member, at) _Static_assert(offsetof(type, member) == (at), #member)
IN_CHECK(struct in_block, selector, IN_SELECTOR);
IN_CHECK(struct in_block, phase, IN_PHASE);
IN_CHECK(struct in_block, booted, IN_BOOTED);
IN_CHECK(struct in_map, at, IN_MAP_AT);
IN_CHECK(struct in_map, bytes, IN_MAP_BYTES);
IN_CHECK(struct in_map, prot, IN_MAP_PROT);
IN_CHECK(struct in_map, flags, IN_MAP_FLAGS);
IN_CHECK(struct in_map, open, IN_MAP_OPEN);
IN_CHECK(struct in_map, path, IN_MAP_PATH);
IN_CHECK(struct in_control, cookie, 0);
IN_CHECK(struct in_frame, flags, IN_FLAGS);
IN_CHECK(struct in_frame, site, IN_SITE);
IN_CHECK(struct in_frame, nr, IN_NR);
IN_CHECK(struct in_frame, args, IN_ARGS);
IN_CHECK(struct in_frame, rsp, IN_RSP);
IN_CHECK(struct in_frame, ret, IN_RETURN);
IN_CHECK(struct in_frame, rflags, IN_RFLAGS);
IN_CHECK(struct in_frame, remask, IN_REMASK);
IN_CHECK(struct in_frame, mask, IN_MASK);
IN_CHECK(struct in_frame, rsi, IN_RSI);
IN_CHECK(struct in_frame, kept, IN_KEPT);
IN_CHECK(struct in_mm, block, IN_MM_BLOCK);
IN_CHECK(struct in_mm, frame, IN_MM_FRAME);
_Static_assert(sizeof(struct in_frame) <= IN_FRAME_BYTES && sizeof(struct in_block) <= IN_BLOCK_BYTES, "they fit");
_Static_assert(sizeof(struct in_map) == IN_MAP_ENTRY && sizeof(struct in_mm) <= IN_TEMPLATE_MM_BYTES,
	       "the template fits");
_Static_assert((uint64_t)IN_SINKS * IN_CPUS_MAX * sizeof(struct rb_view) <= IN_VIEWS_BYTES, "views fit");
_Static_assert(IN_THREADS *IN_BLOCK_BYTES == IN_BLOCKS_BYTES && IN_BLOCK_BYTES << IN_SLOT_SHIFT == IN_SLOT_BYTES,
	       "shapes agree");
_Static_assert(IN_BLOCKS_ODD == -(IN_BLOCKS_BYTES - IN_BLOCK_BYTES) - 1, "the mask is that of all blocks");
_Static_assert(IN_SLOT_AT + (uint64_t)IN_THREADS * IN_SLOT_BYTES == IN_RINGS_AT, "slots end where rings begin");
#endif
#endif
