/* SPDX-License-Identifier: GPL-2.0-only */
/* Which socket is the other end of a UNIX socket: no descriptor of it tells, but the kernel's sock_diag does. */
#ifndef TRACEFS_CAPTURE_PAYLOAD_UNIX_PEER_H
#define TRACEFS_CAPTURE_PAYLOAD_UNIX_PEER_H

#include <stdint.h>

#define CAP_PEERS 256u /* remembered: the kernel searches all of its UNIX sockets for one */

struct cap_peers {
	int fd;          /* asks; -1: not yet */
	uint8_t refused; /* questions in a row that had no answer */
	struct {
		uint32_t inode, peer;
	} known[CAP_PEERS];
};

void cap_peers_init(struct cap_peers *peers);
void cap_peers_deinit(struct cap_peers *peers);
/* The inode of the other end of a connected socket that stays so; 0: not told. */
uint32_t cap_peer_of(struct cap_peers *peers, uint32_t inode);

#endif
