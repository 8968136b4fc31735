// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a call is on a netlink socket, and on which protocol's: its messages' types depend on that, and it is not in
 * the call. The socket is asked only where an address or the beginning of the data looks like netlink's.
 */
#include <linux/netlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "tracefs/capture/payload/gather.h"

#define KNOWN_FLAGS 0x0f3f /* NLM_F_* */

static bool is_address(const uint8_t *bytes, const struct cap_piece *piece)
{
	return piece->whole == sizeof(struct sockaddr_nl) && piece->seen >= 2 && tt_load(bytes, 2, false) == AF_NETLINK;
}

/* A header whose length the data may have, and whose flags exist. */
static bool is_message(const uint8_t *bytes, const struct cap_piece *piece)
{
	struct nlmsghdr header;

	if (!piece->data || piece->seen < sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	return header.nlmsg_len >= sizeof(header) && header.nlmsg_len < 1u << 20 &&
	       !(header.nlmsg_flags & ~KNOWN_FLAGS);
}

int32_t cap_save_netlink(struct cap_save *save, unsigned asked, int32_t tid, int32_t tgid)
{
	bool any = false;

	for (uint32_t i = 0; i < save->pieces && !any; i++) {
		const uint8_t *bytes = save->bytes + save->piece[i].at;

		any = is_address(bytes, &save->piece[i]) || is_message(bytes, &save->piece[i]);
	}
	if (!any)
		return -1;
	cap_fds_begin(&save->fds, tid, tgid);
	return cap_socket_netlink(&save->fds, (int32_t)save->call.args[asked]);
}

void cap_save_say_netlink(struct cap_save *save, int32_t fd, int32_t protocol)
{
	int head = snprintf(save->netlink, sizeof(save->netlink), "%d", fd) + 1;
	int said = snprintf(save->netlink + head, sizeof(save->netlink) - (size_t)head, "netlink=%d", protocol) + 1;

	save->netlink_head = (uint32_t)head;
	save->netlink_length = (uint32_t)(head + said);
}
