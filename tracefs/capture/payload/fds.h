/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the file descriptors of a call stand for, looked up while its task is stopped: later they may be others. In the
 * form that a record has it in (tracefs/syscalls/types/saved/fds.py).
 */
#ifndef TRACEFS_CAPTURE_PAYLOAD_FDS_H
#define TRACEFS_CAPTURE_PAYLOAD_FDS_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefs/capture/payload/unix_peer.h"
#include "tracefs/syscalls/types/block/walk.h"

#define CAP_FDS 64u        /* of one call */
#define CAP_FD_TEXT 1024u  /* bytes of what one stands for */
#define CAP_FDS_TEXT 1536u /* of all: most of a record is left for what pointers lead to */

struct cap_fds {
	int32_t tid, tgid;
	uint32_t n, used;
	int32_t seen[CAP_FDS];
	char text[CAP_FDS_TEXT];
	/* kept from call to call */
	int32_t handle_of; /* the task that handle is a pidfd of */
	int handle;        /* -1: none */
	struct cap_peers peers;
};

void cap_fds_init(struct cap_fds *fds);
void cap_fds_deinit(struct cap_fds *fds);
void cap_fds_begin(struct cap_fds *fds, int32_t tid, int32_t tgid);
/* AT_FDCWD too. One that is not open stands for nothing. */
void cap_fds_look(struct cap_fds *fds, int32_t fd);
/* The numbers of that type, and those within it, of which length bytes are known. */
void cap_fds_within(struct cap_fds *fds, struct tt_scope scope, const struct tt_type *type, const uint8_t *bytes,
		    uint32_t length);

/* sockets.c: a descriptor of the task as our own, to be closed; -1 where that cannot be. */
int cap_fds_borrow(struct cap_fds *fds, int32_t fd);
/*
 * sockets.c: `TCP:[127.0.0.1:41236->127.0.0.1:80]` of a descriptor of a stopped task that is the socket of that inode.
 * Bytes written, 0 where it cannot be told.
 */
uint32_t cap_socket_text(struct cap_fds *fds, int32_t fd, uint64_t inode, char *out, uint32_t room);
/* The protocol of a descriptor of a stopped task that is a netlink socket, -1 of others. */
int32_t cap_socket_netlink(struct cap_fds *fds, int32_t fd);
/* The time-out of a descriptor of a stopped task that is a socket, in microseconds; -1: it has none. */
int64_t cap_socket_limit(int32_t tid, int32_t tgid, int32_t fd, bool sends);

#endif
