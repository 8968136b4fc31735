/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pointers of a call lead to, gathered by the type tables and put behind a record
 * (tracefs/syscalls/types/__init__.py says in which form).
 */
#ifndef TRACEFS_CAPTURE_PAYLOAD_GATHER_H
#define TRACEFS_CAPTURE_PAYLOAD_GATHER_H

#include "tracefs/capture/payload/fds.h"
#include "tracefs/capture/payload/memory.h"
#include "tracefs/capture/payload/ring.h"
#include "tracefs/syscalls/types/block/walk.h"

/* bytes: a __data_loc has 16 bits each for where and how long, and the rest of a sub-buffer is its own */
#define CAP_RECORD_MAX 65440u
#define CAP_TEXT_MAX 49152u /* bytes of a string, or of data, at most: the largest syscall_user_buf_size */
#define CAP_PIECES 2048u
#define CAP_GATHERED (1u << 20) /* bytes; of a text that may be long, as many are kept free until its end is found */

struct cap_piece {
	uint64_t address;
	int64_t filled; /* bytes that the structure that leads here says were filled in; -1: the call's result does */
	const struct tt_type *type;  /* of one element; NULL: it leads nowhere */
	const struct tt_type *fds;   /* of one element; NULL: it has no file descriptors */
	uint32_t at, want, got;      /* in bytes[]; how many were asked for, and are there */
	uint32_t seen;               /* as got, also of what is dropped since more of it was needed */
	uint32_t whole;              /* bytes that data has in the task */
	uint32_t least;              /* bytes without which it is of no use, 0: want */
	uint32_t head;               /* before the data, in the same piece */
	uint32_t element;            /* bytes of one, of an array */
	uint32_t put_at, put_length; /* in record[], where it was put; no bytes: it was not */
	uint8_t arg;
	bool text;  /* ends at a NUL */
	bool path;  /* a text that is cut at the limit for names of paths */
	bool exact; /* of use only if all of it is readable */
	bool data;  /* is cut at the limit, as a text is */
	bool list;  /* addresses of texts, up to a NULL */
	bool ended; /* its NUL or NULL was found */
	bool ready; /* it was not read of the task's own memory, and is there */
};

/*
 * How much of a call a sink has: texts and data are cut at limit, names of paths at paths, a record has no more bytes
 * than room.
 */
struct cap_measure {
	uint32_t limit, paths, room;
	bool fds; /* with what descriptors stand for */
};

static inline uint32_t cap_text_limit(const struct cap_piece *piece, struct cap_measure measure)
{
	return piece->path ? measure.paths : measure.limit;
}

struct cap_save {
	struct cap_memory memory;
	struct tt_call call;
	struct cap_fds fds;
	/* what the record says of the netlink socket that the call is on: the descriptor, the protocol */
	char netlink[40];
	uint32_t netlink_length, netlink_head; /* 0: nothing; bytes of the descriptor's number, with its NUL */
	struct cap_rings rings;
	uint32_t requests; /* of io_uring that the call submits, in request[] */
	uint8_t request[CAP_RING_MOST * CAP_RING_REQUEST];
	uint64_t share[TT_ARGS];
	struct cap_measure measure;
	uint32_t pieces, used;
	uint8_t unsaved; /* arguments whose memory is left out, bit by bit */
	struct cap_piece piece[CAP_PIECES];
	uint8_t bytes[CAP_GATHERED];
	uint8_t record[CAP_RECORD_MAX] __attribute__((aligned(8)));
};

#define CAP_PART_STEPS 3u

enum cap_part_kind {
	CAP_PART_WHOLE, /* all of what the last address leads to */
	CAP_PART_TEXT,  /* in place */
	CAP_PART_UNIX,  /* the name in a UNIX socket's address, without the NUL that an abstract one begins with */
};

/* Something within what an argument leads to, that a record has a location for (tracefs/syscalls/parts.tbl). */
struct cap_part {
	uint8_t arg, kind, steps;
	/* where each address stands that is followed, in what the one before it leads to */
	uint16_t step[CAP_PART_STEPS];
	/* CAP_PART_TEXT: where it stands in what the last leads to, and its bytes at most */
	uint16_t at, size;
};

struct cap_parts {
	const struct cap_part *part;
	uint32_t n;
};

/*
 * Of the task that save->memory was begun for. direction: TT_IN at enter, TT_OUT at exit (then the call has its
 * result), TT_LEFT at the exit of a call that was interrupted.
 * May be called again at the same stop: what was read of the task is still there.
 */
void cap_save_gather(struct cap_save *save, enum tt_direction direction, struct cap_measure measure);
/* What the descriptors of the call, and in what was gathered of it, stand for. tgid: the task's process. */
void cap_save_fds(struct cap_save *save, int32_t tid, int32_t tgid);
/*
 * netlink.c: after cap_save_gather(), the protocol of the netlink socket that argument `asked` is a descriptor of; -1
 * where nothing of what was gathered looks like netlink, or the descriptor is another's. Nobody else's socket is asked.
 */
int32_t cap_save_netlink(struct cap_save *save, unsigned asked, int32_t tid, int32_t tgid);
/* That it is one goes into the record. */
void cap_save_say_netlink(struct cap_save *save, int32_t fd, int32_t protocol);
/* Nothing is saved of this call. */
void cap_save_nothing(struct cap_save *save);
/*
 * In record[], from len on: a location for each argument of mask and for each part, and what they locate; before that,
 * what descriptors stand for. The new length.
 */
uint32_t cap_save_put(struct cap_save *save, uint32_t len, uint8_t mask, const struct cap_parts *parts,
		      struct cap_measure measure);
/* The piece that an argument leads to; NULL: nothing of it was gathered. */
struct cap_piece *cap_save_root(struct cap_save *save, unsigned arg);
/* In record[]: a location for each part; empty: where what is not saved is. */
void cap_save_put_parts(struct cap_save *save, const struct cap_parts *parts, uint32_t locations, uint32_t empty);

#endif
