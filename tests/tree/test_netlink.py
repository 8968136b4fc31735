# SPDX-License-Identifier: GPL-2.0-only
"""Netlink messages in lines: what their socket is, the engine has asked when the call was made."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.tree.traced import Traced

CALLS = [
    f"syscalls:sys_{when}_{name}" for name in ("sendto", "recvfrom", "sendmsg", "recvmsg") for when in ("enter", "exit")
]
NO_SUCH_LINK = """if True:
    import socket, struct
    link = struct.pack("=IHHIIBxHiII", 32, 18, 1, 7, 0, 0, 0, 0x7fffffff, 0, 0)
    route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
"""
HEADER = "{nlmsg_len=32, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=7, nlmsg_pid=0, link="
LINK = "{ifi_family=AF_UNSPEC, ifi_type=ARPHRD_NETROM, ifi_index=2147483647, ifi_flags=0, ifi_change=0}"


@pytest.fixture
def traced() -> Iterator[Traced]:
    tree = Traced()
    tree.write("options/syscall_arg_decode", "1")
    tree.write("options/syscall_user_exit", "1")
    tree.enable(*CALLS)
    yield tree
    tree.files.shutdown()


def lines(traced: Traced, program: str) -> list[str]:
    traced.run(sys.executable, "-SEIc", program)
    return traced.trace()


def test_a_message_without_an_address_is_shown_by_the_protocol_of_its_socket(traced: Traced) -> None:
    sent, _, _, answered = lines(traced, NO_SUCH_LINK + "    route.send(link); route.recv(4096)")
    assert sent == f"sys_sendto(fd: 3, buff: [{HEADER}{LINK}}}], len: 32, flags: 0, addr: NULL, addr_len: 0)"
    assert answered.startswith(
        "sys_recvfrom -> 52 (ubuf: [{nlmsg_len=52, nlmsg_type=NLMSG_ERROR, nlmsg_flags=0, nlmsg_seq=7, "
    )
    assert answered.endswith(f", error={{error=-ENODEV, msg={HEADER}{LINK}}}}}}}])")


def test_messages_in_vectors_with_an_address_are_too(traced: Traced) -> None:
    program = NO_SUCH_LINK + "    route.sendmsg([link], [], 0, (0, 0)); route.recvmsg(4096, 0)"
    sent, _, _, answered = lines(traced, program)
    assert f"msg_iov=[{{iov_base=[{HEADER}{LINK}}}], iov_len=32}}]" in sent
    assert "iov_base=[{nlmsg_len=52, nlmsg_type=NLMSG_ERROR, " in answered


def test_of_another_protocol_they_are_shown_as_that_s(traced: Traced) -> None:
    program = """if True:
        import socket, struct
        generic = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        generic.send(struct.pack("=IHHIIBBHHH8s", 32, 16, 1, 7, 0, 3, 1, 0, 11, 2, b"nlctrl"))
        generic.recv(4096)
    """
    sent, _, _, answered = lines(traced, program)
    assert (
        "nlmsg_type=GENL_ID_CTRL, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=7, nlmsg_pid=0, genl={cmd=CTRL_CMD_GETFAMILY, version=1}, "
        'attributes=[{nla_len=11, nla_type=CTRL_ATTR_FAMILY_NAME, value="nlctrl"}]}]'
    ) in sent
    assert "genl={cmd=CTRL_CMD_NEWFAMILY, version=2}, " in answered
    assert "{nla_len=6, nla_type=CTRL_ATTR_FAMILY_ID, value=16}" in answered


def test_what_only_looks_like_a_message_is_data(traced: Traced) -> None:
    program = NO_SUCH_LINK + "    pair = socket.socketpair(); pair[0].send(link); pair[1].recv(99)"
    sent, _, _, received = lines(traced, program)
    assert r'buff: " \0\0\0\22\0\1\0\7\0' in sent
    assert r'ubuf: " \0\0\0\22\0\1\0\7\0' in received


def test_with_syscall_fd_path_a_line_has_both(traced: Traced) -> None:
    traced.write("options/syscall_fd_path", "1")
    sent, *_ = lines(traced, NO_SUCH_LINK + "    route.send(link)")
    assert sent.startswith("sys_sendto(fd: 3<NETLINK:[")
    assert f"buff: [{HEADER}" in sent
