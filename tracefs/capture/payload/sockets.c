/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
/*
 * What a task's socket is connected to. It is asked itself, through a descriptor of our own that is there for that long
 * only: /proc/net would have to be searched, and tells nothing of other namespaces.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tracefs/capture/payload/fds.h"

#ifndef SYS_pidfd_open
#	define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#	define SYS_pidfd_getfd 438
#endif
#define OF_A_THREAD O_EXCL /* PIDFD_THREAD, since Linux 6.9 */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_nl nl;
};

/* A text that grows; what does not fit is left out. */
struct out {
	char *text;
	uint32_t length, room;
};

static void put(struct out *out, const char *bytes, size_t length)
{
	if (length > out->room - out->length)
		length = out->room - out->length;
	memcpy(out->text + out->length, bytes, length);
	out->length += (uint32_t)length;
}

static void puts_to(struct out *out, const char *text)
{
	put(out, text, strlen(text));
}

static void put_number(struct out *out, uint64_t value)
{
	char digits[24];

	put(out, digits, (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value));
}

static int handle_of(int32_t tid, int32_t tgid)
{
	int handle = -1;

	if (tid != tgid)
		handle = (int)syscall(SYS_pidfd_open, tid, OF_A_THREAD);
	return handle >= 0 ? handle : (int)syscall(SYS_pidfd_open, tgid, 0);
}

/*
 * Mostly the task is that of the call before. The handle of one that is gone finds nothing, whoever has its number now.
 */
int cap_fds_borrow(struct cap_fds *fds, int32_t fd)
{
	bool kept = fds->handle >= 0 && fds->handle_of == fds->tid;
	int got = kept ? (int)syscall(SYS_pidfd_getfd, fds->handle, fd, 0) : -1;

	if (got >= 0)
		return got;
	if (fds->handle >= 0)
		close(fds->handle);
	fds->handle = handle_of(fds->tid, fds->tgid);
	fds->handle_of = fds->tid;
	return fds->handle < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, fds->handle, fd, 0);
}

static bool put_internet(struct out *out, const union address *address)
{
	char host[INET6_ADDRSTRLEN];
	bool six = address->any.sa_family == AF_INET6;
	uint16_t port = ntohs(six ? address->in6.sin6_port : address->in.sin_port);

	if (!inet_ntop(address->any.sa_family, six ? (const void *)&address->in6.sin6_addr : &address->in.sin_addr,
		       host, sizeof(host)))
		return false;
	if (six)
		puts_to(out, "[");
	puts_to(out, host);
	puts_to(out, six ? "]:" : ":");
	put_number(out, port);
	return true;
}

/* A raw socket's "port" is its protocol; one that is not bound has neither port nor peer. */
static bool put_connection(struct out *out, int fd, const union address *own, const char *protocol)
{
	union address peer;
	socklen_t length = sizeof(peer);
	bool connected;

	if (strncmp(protocol, "RAW", 3) == 0)
		return false;
	connected = getpeername(fd, &peer.any, &length) == 0 && peer.any.sa_family == own->any.sa_family;
	if (!connected && !own->in.sin_port) /* both families have it in the same place */
		return false;
	if (!put_internet(out, own))
		return false;
	if (connected) {
		puts_to(out, "->");
		return put_internet(out, &peer);
	}
	return true;
}

/* Names in no directory begin with a NUL, and may have more of them: as /proc/net/unix. */
static void put_path(struct out *out, const char *path, uint32_t length)
{
	bool abstract = length && !path[0];

	if (!length)
		return;
	puts_to(out, abstract ? ",@\"" : ",\"");
	for (uint32_t i = abstract; i < length && (abstract || path[i]); i++)
		put(out, path[i] ? &path[i] : "@", 1);
	puts_to(out, "\"");
}

static bool put_netlink(struct out *out, int fd, const struct sockaddr_nl *own)
{
	static const char *const names[] = {[NETLINK_ROUTE] = "ROUTE",
					    [NETLINK_USERSOCK] = "USERSOCK",
					    [NETLINK_SOCK_DIAG] = "SOCK_DIAG",
					    [NETLINK_NFLOG] = "NFLOG",
					    [NETLINK_XFRM] = "XFRM",
					    [NETLINK_SELINUX] = "SELINUX",
					    [NETLINK_ISCSI] = "ISCSI",
					    [NETLINK_AUDIT] = "AUDIT",
					    [NETLINK_FIB_LOOKUP] = "FIB_LOOKUP",
					    [NETLINK_CONNECTOR] = "CONNECTOR",
					    [NETLINK_NETFILTER] = "NETFILTER",
					    [NETLINK_KOBJECT_UEVENT] = "KOBJECT_UEVENT",
					    [NETLINK_GENERIC] = "GENERIC",
					    [NETLINK_SCSITRANSPORT] = "SCSITRANSPORT",
					    [NETLINK_ECRYPTFS] = "ECRYPTFS",
					    [NETLINK_RDMA] = "RDMA",
					    [NETLINK_CRYPTO] = "CRYPTO"};
	int protocol = -1;
	socklen_t length = sizeof(protocol);

	if (!own->nl_pid || getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) < 0)
		return false;
	if (protocol >= 0 && protocol < (int)(sizeof(names) / sizeof(names[0])) && names[protocol])
		puts_to(out, names[protocol]);
	else
		put_number(out, (uint64_t)protocol);
	puts_to(out, ":");
	put_number(out, own->nl_pid);
	return true;
}

/* A datagram socket may have another peer at any time: that is not asked for. */
static void put_unix(struct out *out, int fd, uint64_t inode, const struct sockaddr_un *own, socklen_t length,
		     struct cap_peers *peers)
{
	const uint32_t empty = (uint32_t)offsetof(struct sockaddr_un, sun_path);
	union address peer;
	socklen_t peer_length = sizeof(peer), int_length = sizeof(int);
	uint32_t other = 0;
	int type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &int_length) == 0 && type != SOCK_DGRAM &&
	    getpeername(fd, &peer.any, &peer_length) == 0)
		other = cap_peer_of(peers, (uint32_t)inode);
	put_number(out, inode);
	if (other) {
		puts_to(out, "->");
		put_number(out, other);
	}
	put_path(out, own->sun_path, length > empty ? length - empty : 0);
}

static void put_inside(struct out *out, int fd, uint64_t inode, const char *protocol, struct cap_peers *peers)
{
	union address own = {.any.sa_family = AF_UNSPEC};
	socklen_t length = sizeof(own);

	if (getsockname(fd, &own.any, &length) < 0)
		own.any.sa_family = AF_UNSPEC;
	switch (own.any.sa_family) {
	case AF_INET:
	case AF_INET6:
		if (put_connection(out, fd, &own, protocol))
			return;
		break;
	case AF_NETLINK:
		if (put_netlink(out, fd, &own.nl))
			return;
		break;
	case AF_UNIX:
		put_unix(out, fd, inode, &own.un, length, peers);
		return;
	}
	put_number(out, inode);
}

uint32_t cap_socket_text(struct cap_fds *fds, int32_t fd, uint64_t inode, char *text, uint32_t room)
{
	struct out out = {.text = text, .room = room};
	char protocol[32];
	struct stat status;
	ssize_t named;
	int own = cap_fds_borrow(fds, fd);

	if (own < 0)
		return 0;
	/* another thread may have opened something else there */
	named = fstat(own, &status) < 0 || status.st_ino != inode
			? -1
			: fgetxattr(own, "system.sockprotoname", protocol, sizeof(protocol) - 1);
	if (named > 0) {
		protocol[named] = 0;
		puts_to(&out, protocol);
		puts_to(&out, ":[");
		put_inside(&out, own, inode, protocol, &fds->peers);
		puts_to(&out, "]");
	}
	close(own);
	return out.length;
}

int32_t cap_socket_netlink(struct cap_fds *fds, int32_t fd)
{
	int domain = -1, protocol = -1, own = cap_fds_borrow(fds, fd);
	socklen_t length = sizeof(int);

	if (own < 0)
		return -1;
	if (getsockopt(own, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0 || domain != AF_NETLINK ||
	    getsockopt(own, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) < 0)
		protocol = -1;
	close(own);
	return protocol;
}

int64_t cap_socket_limit(int32_t tid, int32_t tgid, int32_t fd, bool sends)
{
	int handle = handle_of(tid, tgid), own = handle < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, handle, fd, 0);
	struct timeval limit = {0};
	socklen_t length = sizeof(limit);

	if (own >= 0 && getsockopt(own, SOL_SOCKET, sends ? SO_SNDTIMEO : SO_RCVTIMEO, &limit, &length) < 0)
		limit = (struct timeval){0};
	if (own >= 0)
		close(own);
	if (handle >= 0)
		close(handle);
	return limit.tv_sec || limit.tv_usec ? limit.tv_sec * 1000000 + limit.tv_usec : -1;
}
