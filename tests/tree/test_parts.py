# SPDX-License-Identifier: GPL-2.0-only
"""Fields within the memory that an event has (syscalls/parts.tbl): texts of a list, names in an address, data of a
vector."""

from __future__ import annotations

import re
import sys

from tests.tree.traced import Traced
from tracefs.calls.fields import Plain, fields
from tracefs.events import REGISTRY

EXECVE = "syscalls:sys_enter_execve"


def values(traced: Traced, *names: str) -> list[tuple[Plain, ...]]:
    """Of these fields, of each record."""
    buffer = traced.top.buffer
    records = sorted((event.ts, event.data) for cpu in range(buffer.cpus) for event in buffer.iterate(cpu))
    found = [fields(REGISTRY.by_id[int.from_bytes(data[:2], "little")], data) for _, data in records]
    return [tuple(each[name] for name in names) for each in found]


def python(traced: Traced, program: str) -> None:
    traced.run(sys.executable, "-I", "-S", "-c", program)


def test_the_arguments_of_a_program_are_fields(traced: Traced) -> None:
    traced.enable(EXECVE)
    traced.run("/bin/sh", "-c", "exec /bin/echo a '' 'b c'")
    names = [f"__argv_{index}" for index in range(5)]
    assert values(traced, *names)[-1] == ("/bin/echo", "a", "", "b c", "")


def test_a_filter_on_one_of_them_lets_through_what_matches(traced: Traced) -> None:
    traced.write("events/syscalls/sys_enter_execve/filter", '__argv_1 ~ "*.c"')
    traced.enable(EXECVE)
    traced.run("/bin/sh", "-c", "/bin/true x.c; /bin/true x.h; /bin/true y.c")
    assert values(traced, "__argv_1") == [("x.c",), ("y.c",)]


def test_a_histogram_counts_them(traced: Traced) -> None:
    traced.trigger(EXECVE, "hist:keys=__argv_1")
    traced.run("/bin/sh", "-c", "/bin/true x.c; /bin/true x.h; /bin/true x.c")
    assert re.findall(r"__argv_1: (\S+) .*hitcount: +(\d+)", traced.hist(EXECVE)) == [
        ("-c", "1"),
        ("x.h", "1"),
        ("x.c", "2"),
    ]


def test_where_nothing_is_saved_they_are_empty(traced: Traced) -> None:
    traced.write("syscall_user_buf_size", "0")
    traced.enable(EXECVE)
    traced.run("/bin/sh", "-c", "exec /bin/true x.c")
    assert values(traced, "__argv_0", "__argv_1")[-1] == ("", "")


def test_a_text_longer_than_what_is_saved_of_it_is_cut(traced: Traced) -> None:
    traced.write("syscall_user_buf_size", "8")
    traced.enable(EXECVE)
    traced.run("/bin/sh", "-c", "exec /bin/true abcdefghijkl")
    assert values(traced, "__argv_1")[-1] == ("abcdefgh",)


def test_the_name_of_a_unix_socket_is_a_field_and_that_of_another_is_empty(traced: Traced) -> None:
    traced.enable("syscalls:sys_enter_connect")
    python(
        traced,
        "import socket\n"
        "for family, address in ((1, '/no/where'), (1, b'\\0abstract'), (2, ('127.0.0.1', 9))):\n"
        "    socket.socket(family, socket.SOCK_DGRAM).connect_ex(address)\n",
    )
    assert values(traced, "__uservaddr_sun_path") == [("/no/where",), ("abstract",), ("",)]


def test_a_message_s_address_and_data_are_fields(traced: Traced) -> None:
    traced.write("events/syscalls/sys_enter_sendmsg/filter", '__msg_sun_path == "/no/where" && __msg_iov_0 ~ "hel*"')
    traced.enable("syscalls:sys_enter_sendmsg")
    python(
        traced,
        "import socket, contextlib\n"
        "s = socket.socket(1, socket.SOCK_DGRAM)\n"
        "for data, address in ((b'hello', '/no/where'), (b'hello', '/any/where'), (b'other', '/no/where')):\n"
        "    with contextlib.suppress(OSError):\n"
        "        s.sendmsg([data, b' world'], [], 0, address)\n",
    )
    assert values(traced, "__msg_iov_0") == [("hello",)]


def test_what_a_vector_was_filled_with_is_a_field_of_the_exit(traced: Traced) -> None:
    traced.write("options/syscall_user_exit", "1")
    traced.enable("syscalls:sys_exit_readv")
    python(
        traced,
        "import os\nr, w = os.pipe()\nos.write(w, b'abcde')\nos.readv(r, [bytearray(3), bytearray(), bytearray(9)])\n",
    )
    assert values(traced, "__vec_0", "__vec_1", "__vec_2", "__vec_3") == [("abc", "", "de", "")]


def test_texts_in_place_end_at_their_nul(traced: Traced) -> None:
    traced.write("options/syscall_user_exit", "1")
    traced.enable("syscalls:sys_exit_newuname")
    python(traced, "import os\nos.uname()\n")
    assert values(traced, "__name_sysname", "__name_machine") == [("Linux", "x86_64")]
