# SPDX-License-Identifier: GPL-2.0-only
"""Netlink messages as strace writes them: a header in braces, and beside it what follows, attribute by attribute."""

import struct

import pytest

from tracefs.syscalls.types import Decoder, Saved, load
from tracefs.syscalls.types.notation import strace

ROUTE, DIAG, NETFILTER, ERRORS = 0, 4, 12, 2
LINK = bytes(4) + struct.pack("<III", 0, 0, 0)
HEADER = "nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=0, nlmsg_pid=0}"
INFO = "{ifi_family=AF_UNSPEC, ifi_type=ARPHRD_NETROM, ifi_index=0, ifi_flags=0, ifi_change=0}"


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("<HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def message(kind: int, body: bytes, length: int | None = None) -> bytes:
    return struct.pack("<IHHII", 16 + len(body) if length is None else length, kind, 1, 0, 0) + body


CASES = [
    (ROUTE, message(18, b""), f"{{nlmsg_len=16, nlmsg_type=RTM_GETLINK, {HEADER}"),
    (ROUTE, message(18, LINK), f"[{{nlmsg_len=32, nlmsg_type=RTM_GETLINK, {HEADER}, {INFO}]"),
    (
        ROUTE,
        message(18, LINK + attribute(0x3FFF, b"abcd")),
        f"[{{nlmsg_len=40, nlmsg_type=RTM_GETLINK, {HEADER}, {INFO}, "
        r'[{nla_len=8, nla_type=0x3fff /* IFLA_??? */}, "\x61\x62\x63\x64"]]',
    ),
    (
        ROUTE,
        message(18, LINK + attribute(4, struct.pack("<I", 1500)) + attribute(4, b"ab")),
        f"[{{nlmsg_len=48, nlmsg_type=RTM_GETLINK, {HEADER}, {INFO}, "
        r'[[{nla_len=8, nla_type=IFLA_MTU}, 1500], [{nla_len=6, nla_type=IFLA_MTU}, "\x61\x62"]]]',
    ),
    (
        ROUTE,
        message(18, LINK + attribute(26 | 0x8000, attribute(2, attribute(1, b""))) + b"x"),
        f"[{{nlmsg_len=45, nlmsg_type=RTM_GETLINK, {HEADER}, {INFO}, "
        "[[{nla_len=12, nla_type=NLA_F_NESTED|IFLA_AF_SPEC}, [{nla_len=8, nla_type=AF_INET}, {nla_len=4, nla_type=IFLA_INET_CONF}]], "
        r'"\x78"]]',
    ),
    (
        ROUTE,
        message(18, b"") + message(2, struct.pack("<i", -2) + message(18, b"")),
        f"[{{nlmsg_len=16, nlmsg_type=RTM_GETLINK, {HEADER}, "
        f"[{{nlmsg_len=36, nlmsg_type=NLMSG_ERROR, {HEADER}, "
        f"{{error=-ENOENT, msg={{nlmsg_len=16, nlmsg_type=RTM_GETLINK, {HEADER}}}]]",
    ),
    (NETFILTER, message(0x603, b""), f"{{nlmsg_len=16, nlmsg_type=NFNL_SUBSYS_IPSET<<8|IPSET_CMD_DESTROY, {HEADER}"),
    (
        NETFILTER,
        message(0x1FA, b""),
        f"{{nlmsg_len=16, nlmsg_type=NFNL_SUBSYS_CTNETLINK<<8|0xfa /* IPCTNL_MSG_CT_??? */, {HEADER}",
    ),
    (
        DIAG,
        message(20, struct.pack("<BBBxI", 10, 6, 8, 1 << 10) + bytes(48)),
        f"[{{nlmsg_len=72, nlmsg_type=SOCK_DIAG_BY_FAMILY, {HEADER}, {{sdiag_family=AF_INET6, sdiag_protocol=IPPROTO_TCP, "
        "idiag_ext=1<<(INET_DIAG_CONG-1), idiag_states=1<<TCP_LISTEN, id={idiag_sport=htons(0), idiag_dport=htons(0), "
        'inet_pton(AF_INET6, "::", &idiag_src), inet_pton(AF_INET6, "::", &idiag_dst), idiag_if=0, idiag_cookie=[0, 0]}}]',
    ),
]


@pytest.mark.parametrize(("protocol", "sent", "shown"), CASES)
def test_a_header_and_beside_it_what_follows(protocol: int, sent: bytes, shown: str) -> None:
    call = Decoder(load()).call(
        "sendto", (3, 0x7F00, len(sent), 0, 0, 0), Saved({1: sent}, netlink=protocol), len(sent)
    )
    assert strace.line(call) == f"sendto(3, {shown}, {len(sent)}, 0, NULL, 0) = {len(sent)}"


def test_an_attribute_that_ends_at_an_unreadable_page_is_its_address() -> None:
    sent = message(18, LINK + attribute(4, struct.pack("<I", 1500)), 40)[:-1]
    call = Decoder(load()).call("sendto", (3, 0x8000 - len(sent), 40, 0, 0, 0), Saved({1: sent}, netlink=ROUTE), -14)
    assert strace.line(call) == (
        f"sendto(3, [{{nlmsg_len=40, nlmsg_type=RTM_GETLINK, {HEADER}, {INFO}, "
        "[{nla_len=8, nla_type=IFLA_MTU}, 0x7ffd]], 40, 0, NULL, 0) = -1 EFAULT (Bad address)"
    )
