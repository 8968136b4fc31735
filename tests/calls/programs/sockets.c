// SPDX-License-Identifier: GPL-2.0-only
/* Sockets' options, addresses, messages and netlink: calls that common programs make seldom. */
#include "rare.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

static void options(int fd)
{
	struct linger linger = {1, 7};
	struct timeval second = {1, 5};
	struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 12),
				     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2048, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0)};
	struct sock_fprog program = {3, code};
	struct ip_mreq membership = {{htonl(0xe0000001)}, {htonl(INADDR_LOOPBACK)}};
	struct ip_mreqn with_index = {{htonl(0xe0000001)}, {htonl(INADDR_ANY)}, 1};
	struct ipv6_mreq membership6 = {.ipv6mr_interface = 1};
	struct tpacket_req ring = {4096, 1, 2048, 2};
	char name[] = "lo";
	int one = 1;

	for (int option = 1; option < 78; option++) {
		socklen_t length = sizeof(one);
		int value = 0;

		call(SYS_getsockopt, fd, SOL_SOCKET, option, &value, &length);
		call(SYS_setsockopt, -1, SOL_SOCKET, option, &one, sizeof(one));
	}
	call(SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	call(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	call(SYS_setsockopt, fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	call(SYS_setsockopt, -1, SOL_SOCKET, SO_BINDTODEVICE, name, sizeof(name));
	call(SYS_setsockopt, fd, SOL_IP, IP_ADD_MEMBERSHIP, &membership, sizeof(membership));
	call(SYS_setsockopt, fd, SOL_IP, IP_DROP_MEMBERSHIP, &with_index, sizeof(with_index));
	call(SYS_setsockopt, fd, SOL_IPV6, IPV6_JOIN_GROUP, &membership6, sizeof(membership6));
	call(SYS_setsockopt, -1, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring));
	for (int option = 1; option < 38; option++) {
		call(SYS_setsockopt, -1, SOL_TCP, option, &one, sizeof(one));
		call(SYS_setsockopt, -1, SOL_IP, option, &one, sizeof(one));
		call(SYS_setsockopt, -1, SOL_IPV6, option, &one, sizeof(one));
		call(SYS_setsockopt, -1, SOL_NETLINK, option, &one, sizeof(one));
		call(SYS_setsockopt, -1, SOL_PACKET, option, &one, sizeof(one));
	}
}

static void asked(int fd)
{
	struct linger linger;
	struct timeval time;
	struct ucred who;
	char name[16];
	int value;
	socklen_t length;

#define ASK(level, option, into) (length = sizeof(into), call(SYS_getsockopt, fd, level, option, &(into), &length))
	ASK(SOL_SOCKET, SO_LINGER, linger);
	ASK(SOL_SOCKET, SO_RCVTIMEO, time);
	ASK(SOL_SOCKET, SO_PEERCRED, who);
	ASK(SOL_SOCKET, SO_TYPE, value);
	ASK(SOL_SOCKET, SO_DOMAIN, value);
	ASK(SOL_SOCKET, SO_PROTOCOL, value);
	ASK(SOL_SOCKET, SO_ERROR, value);
	ASK(SOL_TCP, TCP_NODELAY, value);
	ASK(SOL_TCP, TCP_MAXSEG, value);
	ASK(SOL_TCP, TCP_CONGESTION, name);
	ASK(SOL_IP, IP_TTL, value);
	ASK(SOL_IPV6, IPV6_V6ONLY, value);
}

static void addresses(void)
{
	struct sockaddr_un path = {AF_UNIX, "/nowhere/at/all"}, abstract = {AF_UNIX, "\0abstract"};
	struct sockaddr_in inet = {AF_INET, htons(80), {htonl(INADDR_LOOPBACK)}, ""};
	struct sockaddr_in6 inet6 = {AF_INET6, htons(443), htonl(5), IN6ADDR_LOOPBACK_INIT, 3};
	struct sockaddr_nl netlink = {AF_NETLINK, 0, 77, 0x11};
	struct sockaddr_ll packet = {AF_PACKET, htons(0x800), 1, 1, PACKET_HOST, 6, {1, 2, 3, 4, 5, 6}};
	struct sockaddr_vm vm = {.svm_family = AF_VSOCK, .svm_port = 1024, .svm_cid = VMADDR_CID_LOCAL};

	call(SYS_connect, -1, &path, sizeof(path));
	call(SYS_bind, -1, &abstract, 11);
	call(SYS_connect, -1, &inet, sizeof(inet));
	call(SYS_connect, -1, &inet6, sizeof(inet6));
	call(SYS_bind, -1, &netlink, sizeof(netlink));
	call(SYS_bind, -1, &packet, sizeof(packet));
	call(SYS_connect, -1, &vm, sizeof(vm));
	call(SYS_connect, -1, &inet, 1);
	call(SYS_connect, -1, (void *)8, sizeof(inet));
	for (int family = 0; family < 46; family++)
		for (int type = 0; type < 11; type += 5)
			call(SYS_socketpair, family, type | SOCK_CLOEXEC, 0, (void *)8);
	for (int protocol = 0; protocol < 25; protocol++) {
		call(SYS_socket, AF_NETLINK, 99 | SOCK_NONBLOCK, protocol);
		call(SYS_socket, AF_INET, 99 | SOCK_RAW, protocol);
	}
}

static void messages(void)
{
	struct iovec vector[2] = {{"hello", 5}, {" there", 6}};
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {.align = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct msghdr message = {
		.msg_iov = vector, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct mmsghdr many[2] = {{.msg_hdr = {.msg_iov = vector, .msg_iovlen = 1}},
				  {.msg_hdr = {.msg_iov = vector, .msg_iovlen = 2}}};
	char into[2][32];
	struct iovec filled[2] = {{into[0], 3}, {into[1], 32}};
	struct msghdr got = {
		.msg_iov = filled, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof(control)};
	int pair[2], on = 1;

	call(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
	call(SYS_setsockopt, pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	memcpy(CMSG_DATA(&control.align), &(int){0}, sizeof(int));
	call(SYS_sendmsg, pair[0], &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	call(SYS_recvmsg, pair[1], &got, MSG_CMSG_CLOEXEC);
	call(SYS_sendmmsg, pair[0], many, 2, MSG_MORE);
	call(SYS_recvfrom, pair[1], into, 32, MSG_DONTWAIT | MSG_TRUNC, 0, 0);
	got.msg_controllen = 0;
	call(SYS_recvmsg, pair[1], &got, MSG_PEEK);
	call(SYS_recvmsg, pair[1], &got, MSG_DONTWAIT);
	call(SYS_recvmsg, pair[1], &got, MSG_DONTWAIT);
	call(SYS_sendto, pair[0], "x", 1, 0xfffff, 0, 0);
	call(SYS_shutdown, pair[0], SHUT_RDWR);
	call(SYS_shutdown, -1, SHUT_WR);
	options(pair[0]);
	asked(pair[0]);
}

static void netlink(void)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {{sizeof(request), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 5, 0}, {AF_UNSPEC}};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	static char room[16384];
	struct iovec vector = {room, sizeof(room)};
	struct msghdr message = {
		.msg_name = &kernel, .msg_namelen = sizeof(kernel), .msg_iov = &vector, .msg_iovlen = 1};
	struct nlmsghdr *answer = (void *)room;
	int fd = call(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	call(SYS_sendto, fd, &request, sizeof(request), 0, &kernel, sizeof(kernel));
	do {
		message.msg_namelen = sizeof(kernel);
	} while (call(SYS_recvmsg, fd, &message, 0) > 0 && answer->nlmsg_type != NLMSG_DONE);
	request.header.nlmsg_type = RTM_GETADDR;
	vector = (struct iovec){&request, sizeof(request)};
	call(SYS_sendmsg, fd, &message, 0);
}

static void interfaces(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	struct ifconf list = {.ifc_len = sizeof(request), .ifc_req = &request};
	int fd = call(SYS_socket, AF_INET, SOCK_DGRAM, 0);
	static const unsigned commands[] = {SIOCGIFFLAGS,  SIOCGIFADDR,    SIOCGIFNETMASK, SIOCGIFBRDADDR,
					    SIOCGIFHWADDR, SIOCGIFMTU,     SIOCGIFINDEX,   SIOCGIFTXQLEN,
					    SIOCGIFMETRIC, SIOCGIFDSTADDR, SIOCGIFMAP};

	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		request = (struct ifreq){.ifr_name = "lo"};
		call(SYS_ioctl, fd, commands[i], &request);
	}
	request = (struct ifreq){.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK};
	call(SYS_ioctl, -1, SIOCSIFFLAGS, &request);
	request.ifr_mtu = 1500;
	call(SYS_ioctl, -1, SIOCSIFMTU, &request);
	request = (struct ifreq){.ifr_ifindex = 1};
	call(SYS_ioctl, fd, SIOCGIFNAME, &request);
	call(SYS_ioctl, fd, SIOCGIFCONF, &list);
}

int main(void)
{
	become_nobody();
	addresses();
	messages();
	netlink();
	interfaces();
	return 0;
}
