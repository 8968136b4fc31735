# SPDX-License-Identifier: GPL-2.0-only
"""syscall_fd_path: what the descriptors of calls stood for when they were made, in lines and in filters."""

from __future__ import annotations

import os
import re
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tree.traced import Traced
from tracefs.tree import Directory


@pytest.fixture
def traced() -> Iterator[Traced]:
    tree = Traced()
    tree.write("options/syscall_arg_decode", "1")
    yield tree
    tree.files.shutdown()


def shown(traced: Traced, *argv: str) -> list[str]:
    """What is between < and > in the lines of a program."""
    traced.run(*argv)
    return [found for line in traced.trace() for found in re.findall(r"[A-Z0-9_]+<.*?[^-]>(?:\(deleted\))?", line)]


def python(traced: Traced, program: str) -> list[str]:
    return shown(traced, sys.executable, "-SEIc", program)


def on(traced: Traced, *events: str) -> None:
    traced.write("options/syscall_fd_path", "1")
    traced.enable(*(f"syscalls:{event}" for event in events))


def test_without_the_option_a_descriptor_is_a_number(traced: Traced) -> None:
    traced.enable("syscalls:sys_enter_openat", "syscalls:sys_exit_openat", "syscalls:sys_enter_close")
    assert shown(traced, "cat", "/etc/passwd") == []
    assert "sys_close(fd: 3)" in traced.trace()


def test_arguments_and_results_that_are_descriptors_have_the_path(traced: Traced) -> None:
    on(traced, "sys_exit_openat", "sys_enter_close")
    traced.run("cat", "/etc/passwd")
    lines = traced.trace()
    opened = lines.index("sys_openat -> 3</etc/passwd>")
    assert "sys_close(fd: 3</etc/passwd>)" in lines[opened:]


def test_at_fdcwd_has_the_directory_that_the_task_is_in(traced: Traced) -> None:
    on(traced, "sys_enter_openat")
    assert set(shown(traced, "cat", "/etc/passwd")) == {f"AT_FDCWD<{os.getcwd()}>"}


def test_it_is_what_the_number_stood_for_then_whatever_it_stands_for_later(traced: Traced, tmp_path: Path) -> None:
    on(traced, "sys_exit_dup2", "sys_enter_lseek")
    path = tmp_path / "a file"
    program = f"""if True:
        import os
        fd = os.open({str(path)!r}, os.O_CREAT | os.O_RDWR)
        os.lseek(fd, 0, 0)
        os.unlink({str(path)!r})
        os.lseek(fd, 0, 0)
        os.dup2(os.open("/etc/passwd", 0), fd)
        os.lseek(fd, 0, 0)"""
    traced.write("events/syscalls/sys_enter_lseek/filter", '__fd_paths ~ "*file*" || __fd_paths ~ "*passwd*"')
    assert [text.partition("<")[2] for text in python(traced, program)] == [
        f"{path}>",
        f"{path}>(deleted)",
        "/etc/passwd>",
        "/etc/passwd>",
    ]


SOCKETS = """if True:
    import socket
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    connected = socket.create_connection(listening.getsockname())
    accepted = listening.accept()[0]
    six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    six.bind(("::1", 0))
    new, unix, bound = (socket.socket(family) for family in (socket.AF_INET, socket.AF_UNIX, socket.AF_UNIX))
    bound.bind("\\0abstract\\0name")
    for each in listening, connected, accepted, six, new, unix, bound:
        each.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
"""


def test_a_socket_has_its_addresses(traced: Traced) -> None:
    on(traced, "sys_enter_getsockopt")
    texts = [text.partition("<")[2][:-1] for text in python(traced, SOCKETS)[-7:]]
    forms = [re.sub(r"\d{4,}", "N", text).replace("-STREAM", "") for text in texts]  # newer kernels say that too
    assert sorted(forms) == sorted(
        [
            "TCP:[127.0.0.1:N]",
            "TCP:[127.0.0.1:N->127.0.0.1:N]",
            "TCP:[127.0.0.1:N->127.0.0.1:N]",
            "UDPv6:[[::1]:N]",
            "TCP:[N]",
            "UNIX:[N]",
            'UNIX:[N,@"abstract@name"]',
        ]
    )
    ends = [tuple(re.findall(r"1:(\d+)", text)) for text in texts if "->127" in text]
    assert ends[0] == ends[1][::-1]


def test_descriptors_in_memory_have_it_too(traced: Traced) -> None:
    traced.write("options/syscall_user_exit", "1")
    on(traced, "sys_exit_pipe2", "sys_enter_poll", "sys_enter_pselect6", "sys_enter_sendmsg", "sys_exit_recvmsg")
    program = """if True:
        import array, os, select, socket
        ends = os.pipe()
        poll = select.poll()
        poll.register(ends[0])
        poll.register(ends[1])
        poll.poll(0)
        select.select([ends[0]], [ends[1]], [], 0)
        a, b = socket.socketpair()
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [os.open("/etc/passwd", 0)]))]
        a.sendmsg([b"x"], rights)
        b.recvmsg(1, 32)"""
    texts = [re.sub(r"\d+", "N", text).replace("-STREAM", "").replace("->N", "") for text in python(traced, program)]
    assert texts == [
        *["N<pipe:[N]>"] * 6,
        "N<UNIX:[N]>",
        "N</etc/passwd>",
        "N</etc/passwd>",
    ]


def test_a_thread_with_descriptors_of_its_own_is_asked_itself(traced: Traced) -> None:
    """Not its process's first thread, whose descriptor of that number is another."""
    on(traced, "sys_enter_lseek", "sys_enter_getsockopt")
    program = """if True:
        import ctypes, os, socket, threading
        def other():
            assert ctypes.CDLL(None).unshare(0x400) == 0
            os.dup2(os.open("/etc/group", 0), 50)
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            os.dup2(sock.fileno(), 51)
            os.lseek(50, 0, 0)
            socket.socket(fileno=51)
        os.dup2(os.open("/etc/passwd", 0), 50)
        os.dup2(os.open("/etc/passwd", 0), 51)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()"""
    texts = [re.sub(r"\d{3,}", "N", text) for text in python(traced, program)]
    assert "50</etc/group>" in texts
    assert texts[-1] in ("51<UNIX:[N]>", "51<socket:[N]>")  # before Linux 6.9 only first threads can be asked


def test_a_long_path_is_cut_and_says_so(traced: Traced, tmp_path: Path) -> None:
    on(traced, "sys_enter_fchdir")
    deep = tmp_path.joinpath(*["x" * 200] * 6)
    deep.mkdir(parents=True)
    (text,) = python(traced, f"import os; os.fchdir(os.open({str(deep)!r}, os.O_RDONLY))")
    path = text.partition("<")[2]
    assert path.endswith("x...>")
    assert str(deep).startswith(path.removesuffix("...>"))
    assert len(path) > 1000


def test_only_instances_that_ask_for_it_have_it(traced: Traced) -> None:
    instances = traced.files.lookup("instances")
    assert isinstance(instances, Directory)
    instances.mkdir("other")
    for event in "sys_enter_close", "sys_exit_openat":
        traced.write(f"instances/other/events/syscalls/{event}/enable", "1")
        traced.write(f"events/syscalls/{event}/enable", "1")
    traced.write("instances/other/options/syscall_arg_decode", "1")
    traced.write("instances/other/options/syscall_fd_path", "1")
    traced.run("cat", "/etc/passwd")
    assert "sys_openat -> 3\n" in traced.read("trace")
    assert "sys_openat -> 3</etc/passwd>\n" in traced.read("instances/other/trace")
    assert "sys_close(fd: 3)\n" in traced.read("trace")
    assert "sys_close(fd: 3</etc/passwd>)\n" in traced.read("instances/other/trace")


def tells_peers() -> bool:
    """Whether sock_diag(7) knows UNIX sockets here: asked for all of them, it answers with one at least."""
    request = struct.pack("<IHHIIBBHIII8s", 40, 20, 0x301, 0, 0, socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, 0, bytes(8))
    with socket.socketpair()[0], socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as diag:
        diag.send(request)
        return struct.unpack_from("<IH", diag.recv(1 << 16))[1] == 20


def test_the_ends_of_a_unix_connection_name_each_other(traced: Traced) -> None:
    if not tells_peers():
        pytest.skip("sock_diag does not know UNIX sockets here")
    on(traced, "sys_enter_getsockopt")
    program = """if True:
        import socket
        for each in socket.socketpair():
            each.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)"""
    one, two = (re.findall(r"\d+(?=[\]-])", text.partition("[")[2]) for text in python(traced, program)[-2:])
    assert len(one) == 2
    assert one == two[::-1]
