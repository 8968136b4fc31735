/* SPDX-License-Identifier: GPL-2.0-only */
/* A netlink message and its address, which lie on one page. */
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

static struct {
	struct nlmsghdr header;
	struct sockaddr_nl address;
} sent __attribute__((aligned(4096)));

static void behaviour(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	CHECK(fd >= 0);
	sent.header.nlmsg_len = sizeof(sent.header);
	sent.header.nlmsg_type = NLMSG_NOOP;
	sent.address.nl_family = AF_NETLINK;
	CHECK_EQ(syscall(SYS_sendto, fd, &sent.header, sizeof(sent.header), 0, &sent.address, sizeof(sent.address)),
		 (long)sizeof(sent.header));
	CHECK(close(fd) == 0);
}
