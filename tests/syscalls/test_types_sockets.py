# SPDX-License-Identifier: GPL-2.0-only
"""Addresses and options of sockets, kind by kind, as strace has them: of every length that a caller may give, and
get."""

from __future__ import annotations

import re
import struct
import sys

import pytest

from tests.commands.test_run import run
from tracefs.syscalls.types import Decoder, Saved, load
from tracefs.syscalls.types.notation import strace

FOUR = struct.pack("<HH4s8x", 2, 0x5000, b"\x7f\0\0\1")
SIX = struct.pack("<HHI16sI", 10, 0x5000, 0, b"\xfe\x80" + bytes(13) + b"\1", 1)
SOL_SOCKET, SOL_NETLINK = 1, 270


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(load())


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (FOUR, '{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}'),
        (FOUR[:8], '{sa_family=AF_INET, sa_data="\\0P\\177\\0\\0\\1"}'),
        (FOUR[:2], "{sa_family=AF_INET}"),
        (
            SIX,
            '{sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "fe80::1", &sin6_addr), '
            'sin6_scope_id=if_nametoindex("lo")}',
        ),
        (SIX[:24], '{sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "fe80::1", &sin6_addr)}'),
        (struct.pack("<HHII", 16, 0, 7, 0x11), "{sa_family=AF_NETLINK, nl_pid=7, nl_groups=0x000011}"),
        (struct.pack("<HHII", 16, 9, 7, 0), "{sa_family=AF_NETLINK, nl_pad=0x9, nl_pid=7, nl_groups=00000000}"),
        (struct.pack("<HHiHBB8s", 17, 0x300, 1, 1, 0, 2, b"ab"), "{sa_family=AF_PACKET, sll_protocol=htons(ETH_P_ALL), "
         'sll_ifindex=if_nametoindex("lo"), sll_hatype=ARPHRD_ETHER, sll_pkttype=PACKET_HOST, sll_halen=2, sll_addr=[0x61, 0x62]}'),
        (struct.pack("<HHIII", 44, 2, 1, 3, 4), '{sa_family=AF_XDP, sxdp_flags=XDP_COPY, sxdp_ifindex=if_nametoindex("lo"), '
         "sxdp_queue_id=3, sxdp_shared_umem_fd=4}"),
        (struct.pack("<H", 1) + b"x" * 120, '{sa_family=AF_UNIX, sun_path="' + "x" * 108 + '"}'),
    ],
)  # fmt: skip
def test_an_address_has_the_members_that_its_length_has_room_for(decoder: Decoder, data: bytes, shown: str) -> None:
    line = strace.line(decoder.call("connect", (3, 0x1000, len(data)), Saved({1: data}), 0))
    assert " ".join(line.split()) == f"connect(3, {shown}, {len(data)}) = 0"


@pytest.mark.parametrize(
    ("args", "data", "shown"),
    [
        ((SOL_SOCKET, 2, 4), struct.pack("<i", 1), "SOL_SOCKET, SO_REUSEADDR, [1], 4"),
        ((SOL_SOCKET, 2, 3), None, "SOL_SOCKET, SO_REUSEADDR, 0x1000, 3"),
        ((SOL_SOCKET, 13, 4), None, "SOL_SOCKET, SO_LINGER, 0x1000, 4"),
        ((SOL_SOCKET, 13, 9), struct.pack("<ii", 1, 5), "SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}, 9"),
        ((0, 42, 136), struct.pack("<Q", 1) + FOUR + bytes(112), 'SOL_IP, MCAST_JOIN_GROUP, {gr_interface=if_nametoindex("lo"), '
         'gr_group={sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}}, 136'),
        ((0, 35, 7), None, "SOL_IP, IP_ADD_MEMBERSHIP, 0x1000, 7"),
        ((263, 1, 16), struct.pack("<iHH8s", 1, 1, 6, b"abcdef"),
         'SOL_PACKET, PACKET_ADD_MEMBERSHIP, {mr_ifindex=if_nametoindex("lo"), '
         "mr_type=PACKET_MR_PROMISC, mr_alen=6, mr_address=61:62:63:64:65:66}, 16"),
        ((255, 1, 4), struct.pack("<I", 0x101), "SOL_RAW, ICMP_FILTER, [1<<ICMP_ECHOREPLY|1<<ICMP_ECHO], 4"),
        ((SOL_NETLINK, 1, 8), struct.pack("<ii", 3, 4), "SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, [3], 8"),
        ((282, 1, 3), b"abc", 'SOL_TLS, TLS_TX, "abc", 3'),
    ],
)  # fmt: skip
def test_an_option_that_is_set_is_decoded_where_it_is_long_enough(
    decoder: Decoder, args: tuple[int, int, int], data: bytes | None, shown: str
) -> None:
    level, name, length = args
    call = decoder.call("setsockopt", (3, level, name, 0x1000, length), Saved({3: data} if data else {}), 0)
    assert " ".join(strace.line(call).split()) == f"setsockopt(3, {shown}) = 0"


@pytest.mark.parametrize(
    ("args", "asked", "given", "data", "shown"),
    [
        ((SOL_SOCKET, 4), 4, 4, struct.pack("<i", 111), "SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]"),
        ((SOL_SOCKET, 4), 3, 3, b"\x6f\0\0", 'SOL_SOCKET, SO_ERROR, "\\x6f\\x00\\x00", [3]'),
        ((SOL_SOCKET, 4), 0, 0, None, "SOL_SOCKET, SO_ERROR, 0x1000, [0]"),
        ((SOL_SOCKET, 7), 8, 4, struct.pack("<i", 4096), "SOL_SOCKET, SO_SNDBUF, [4096], [8 => 4]"),
        ((SOL_SOCKET, 3), 4, 4, struct.pack("<i", 1), "SOL_SOCKET, SO_TYPE, [1], [4]"),
        ((SOL_SOCKET, 13), 6, 6, b"\1\0\0\0\5\0", 'SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger="\\x05\\x00"}, [6]'),
        ((SOL_SOCKET, 17), 12, 12, struct.pack("<3i", 7, 8, 9), "SOL_SOCKET, SO_PEERCRED, {pid=7, uid=8, gid=9}, [12]"),
        ((SOL_NETLINK, 9), 8, 8, struct.pack("<2i", 1, 2), "SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, [1, 2], [8]"),
        ((6, 11), 2, 2, b"ab", 'SOL_TCP, TCP_INFO, "ab", [2]'),
    ],
)
def test_an_option_that_is_asked_for_has_the_length_that_the_call_has_left(
    decoder: Decoder, args: tuple[int, int], asked: int, given: int, data: bytes | None, shown: str
) -> None:
    lengths = struct.pack("<i", asked), struct.pack("<i", given)
    saved = Saved({4: lengths[0]}, {4: lengths[1]} | ({3: data} if data else {}))
    call = decoder.call("getsockopt", (3, *args, 0x1000, 0x2000), saved, 0)
    assert " ".join(strace.line(call).split()) == f"getsockopt(3, {shown}) = 0"


OPTIONS = """
import socket
s = socket.socket()
s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
s.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 6)
s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 2)
"""


def test_the_engine_saves_what_the_length_at_the_end_says() -> None:
    lines = run("--strace", "-e", "getsockopt", "--", sys.executable, "-Sc", OPTIONS).stderr
    assert re.findall(r"getsockopt\(\d+, (.*)\) +=", lines)[-3:] == [
        "SOL_SOCKET, SO_ERROR, [0], [4]",
        'SOL_SOCKET, SO_LINGER, {l_onoff=0, l_linger="\\x00\\x00"}, [6]',
        'SOL_SOCKET, SO_KEEPALIVE, "\\x00\\x00", [2]',
    ]
