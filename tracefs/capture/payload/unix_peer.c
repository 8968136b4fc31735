/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "tracefs/capture/payload/unix_peer.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

/* As often in a row, and nobody answers here: the kernel may have no such table, and look for a module each time. */
#define ENOUGH 8
#define HEAD ((uint32_t)NLA_HDRLEN)

void cap_peers_init(struct cap_peers *peers)
{
	memset(peers, 0, sizeof(*peers));
	peers->fd = -1;
}

void cap_peers_deinit(struct cap_peers *peers)
{
	if (peers->fd >= 0)
		close(peers->fd);
}

static bool ask(int fd, uint32_t inode)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req body;
	} request = {
		.head = {.nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
		.body = {.sdiag_family = AF_UNIX,
			 .udiag_states = ~0u,
			 .udiag_ino = inode,
			 .udiag_show = UDIAG_SHOW_PEER,
			 .udiag_cookie = {~0u, ~0u}},
	};

	return send(fd, &request, sizeof(request), MSG_DONTWAIT) == sizeof(request);
}

/* The kernel has answered when the question was sent. */
static uint32_t take_answer(int fd, uint32_t inode)
{
	union {
		struct nlmsghdr head;
		char bytes[512];
	} answer;
	const struct unix_diag_msg *body = NLMSG_DATA(&answer.head);
	ssize_t got = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
	uint32_t at = NLMSG_LENGTH(sizeof(*body)), end;

	if (got < (ssize_t)at || answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY || body->udiag_ino != inode)
		return 0;
	end = answer.head.nlmsg_len < (uint32_t)got ? answer.head.nlmsg_len : (uint32_t)got;
	while (end - at >= HEAD) {
		struct nlattr attribute;
		uint32_t peer;

		memcpy(&attribute, answer.bytes + at, sizeof(attribute));
		if (attribute.nla_len < HEAD || attribute.nla_len > end - at)
			return 0;
		if (attribute.nla_type == UNIX_DIAG_PEER && attribute.nla_len == HEAD + sizeof(peer)) {
			memcpy(&peer, answer.bytes + at + HEAD, sizeof(peer));
			return peer;
		}
		if ((uint32_t)NLA_ALIGN(attribute.nla_len) > end - at)
			return 0;
		at += (uint32_t)NLA_ALIGN(attribute.nla_len);
	}
	return 0;
}

uint32_t cap_peer_of(struct cap_peers *peers, uint32_t inode)
{
	uint32_t slot = inode % CAP_PEERS, peer = 0;

	if (peers->known[slot].inode == inode)
		return peers->known[slot].peer;
	if (peers->refused == ENOUGH)
		return 0;
	if (peers->fd < 0)
		peers->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (peers->fd >= 0 && ask(peers->fd, inode))
		peer = take_answer(peers->fd, inode);
	peers->refused = peer ? 0 : peers->refused + 1;
	peers->known[slot].inode = inode;
	peers->known[slot].peer = peer;
	return peer;
}
