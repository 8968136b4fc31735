# SPDX-License-Identifier: GPL-2.0-only
"""syscall_arg_decode: the words of the type tables in lines, the same as those that Python prints."""

from __future__ import annotations

import random
import struct

import pytest

from tests.render.conftest import MakeBuffer
from tests.render.records import enter, leave
from tracefs.render import Iterator, Options, Renderer
from tracefs.syscalls import SYSCALLS, Syscall
from tracefs.syscalls.types import Decoder, Saved, load
from tracefs.syscalls.types.language.layout import holds_pointers, unaliased
from tracefs.syscalls.types.language.model import Pointer
from tracefs.syscalls.types.language.rows import Rows
from tracefs.syscalls.types.notation import jsonform, strace
from tracefs.syscalls.types.notation.printers import ftrace_enter, ftrace_exit, text
from tracefs.syscalls.types.saved.fds import netlink, parse
from tracefs.syscalls.types.saved.memory import image
from tracefs.syscalls.types.saved.parts import parts
from tracefs.syscalls.types.saved.pointers import pointers, positions

DECODE = Options(syscall_arg_decode=True, context_info=False)
BY_NAME = {call.name: call for call in SYSCALLS}
WORDS = (0, 1, 2, 3, 5, 7, 64, 0x5401, 0x80000, 0xFFFFFF9C, 2**32 - 1, 2**64 - 1, 2**63, 0x7FFD1234)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(load())


def line(renderer: Renderer, record: bytes) -> str:
    return renderer.format_record(record, 0, 0, DECODE).rstrip("\n")


def enter_saved(call: Syscall, args: tuple[int, ...], saved: dict[int, bytes]) -> bytes:
    """An enter record with what its pointers lead to."""
    return _with(enter(call.nr, *args), pointers()[call.name].enter, saved, len(parts(call.name, "enter")))


def leave_saved(call: Syscall, args: tuple[int, ...], saved: dict[int, bytes], ret: int) -> bytes:
    mask = pointers()[call.name].exit
    record = leave(call.nr, ret) + (struct.pack(f"<{len(args)}Q", *args) if mask else b"")
    return _with(record, mask, saved, len(parts(call.name, "exit")))


def with_fds(record: bytes, texts: bytes) -> bytes:
    """What the record's descriptors stood for, as syscall_fd_path puts it there."""
    return record[:12] + struct.pack("<I", len(texts) << 16 | len(record)) + record[16:] + texts


def _with(record: bytes, mask: int, saved: dict[int, bytes], parts: int) -> bytes:
    """`parts`: fields of what lies within that, and that is not located here."""
    at = len(record) + 4 * (len(list(positions(mask))) + parts)
    locs, data = b"", b""
    for position in positions(mask):
        found = saved.get(position, b"")
        locs += struct.pack("<I", len(found) << 16 | at + len(data))
        data += found
    return record + locs + bytes(4 * parts) + data


def test_names_flags_and_the_rest_in_hex(renderer: Renderer) -> None:
    record = enter(BY_NAME["openat"].nr, 0xFFFFFF9C, 0x7F00, 0x40080041, 0o644)
    assert line(renderer, record) == (
        "sys_openat(dfd: AT_FDCWD, filename: 0x7f00, flags: O_WRONLY|O_CREAT|O_CLOEXEC|0x40000000, mode: 0644)"
    )


def test_an_error_has_its_name(renderer: Renderer) -> None:
    assert line(renderer, leave(BY_NAME["openat"].nr, -2)) == "sys_openat -> -ENOENT"
    assert line(renderer, leave(BY_NAME["openat"].nr, 3)) == "sys_openat -> 3"


def test_a_result_whose_type_depends_on_arguments_that_are_not_known_is_a_number(renderer: Renderer) -> None:
    """membarrier's is flags where its command is 0."""
    assert line(renderer, leave(BY_NAME["membarrier"].nr, 3)) == "sys_membarrier -> 3"


def test_a_saved_string_is_shown(renderer: Renderer) -> None:
    args = 0xFFFFFF9C, 0x7F00, 0x80000, 0
    record = enter_saved(BY_NAME["openat"], args, {1: b"/etc/ld.so.cache\0"})
    assert (
        line(renderer, record) == 'sys_openat(dfd: AT_FDCWD, filename: "/etc/ld.so.cache", flags: O_RDONLY|O_CLOEXEC)'
    )


FDS = {
    b"3</etc/passwd>": "3</etc/passwd>",
    b'3</tmp/a\nb"<c>\xff7>': r"3</tmp/a\nb\"\74c\76\3777>",
    b"3</tmp/x (deleted)>": "3</tmp/x>(deleted)",
    b'3<UNIX-STREAM:[12,"/s"]>': '3<UNIX-STREAM:[12,"/s"]>',
    b"3<TCP:[1.2.3.4:5->6.7.8.9:10]>": "3<TCP:[1.2.3.4:5->6.7.8.9:10]>",
    b"3</was/cut": "3</was/cut...>",
    b"33</no>\0-3</no>\0003x</no>\0</no>\0no\0003</yes>": "3</yes>",
    b"": "3",
}


@pytest.mark.parametrize(("texts", "shown"), FDS.items())
def test_a_descriptor_has_what_it_stood_for_behind_it(
    texts: bytes, shown: str, renderer: Renderer, decoder: Decoder
) -> None:
    record = with_fds(enter(BY_NAME["close"].nr, 3), texts + b"\0")
    assert line(renderer, record) == f"sys_close(fd: {shown})"
    if b"x" not in texts:  # what never stands there
        call = decoder.call("close", (3,), Saved(fds_enter=parse(texts + b"\0")))
        assert ftrace_enter(call) == f"sys_close(fd: {shown})"


def test_at_fdcwd_has_the_directory_behind_it_and_the_result_what_it_stood_for_then(
    renderer: Renderer, decoder: Decoder
) -> None:
    args = 0xFFFFFF9C, 0, 0x80000, 0
    here, there = b"AT_FDCWD</home/me>\0", b"3</etc>\0"
    assert line(renderer, with_fds(enter(BY_NAME["openat"].nr, *args), here)) == (
        "sys_openat(dfd: AT_FDCWD</home/me>, filename: NULL, flags: O_RDONLY|O_CLOEXEC)"
    )
    assert line(renderer, with_fds(leave(BY_NAME["openat"].nr, 3), there)) == "sys_openat -> 3</etc>"
    call = decoder.call("openat", args, Saved(fds_enter=parse(here), fds_exit=parse(there)), 3)
    assert strace.line(call) == "openat(AT_FDCWD</home/me>, NULL, O_RDONLY|O_CLOEXEC) = 3</etc>"
    assert jsonform.call(call)["result"] == {"fd": 3, "path": "/etc"}
    assert jsonform.call(call)["args"]["dfd"] == {"value": -100, "name": "AT_FDCWD", "path": "/home/me"}


def test_descriptors_that_a_call_made_in_memory_have_what_they_stood_for_then(
    renderer: Renderer, decoder: Decoder
) -> None:
    args, made = (0x7F00, 0), struct.pack("<ii", 3, 4)
    record = with_fds(leave_saved(BY_NAME["pipe2"], args, {0: made}, 0), b"3<pipe:[7]>\0004<pipe:[7]>\0")
    assert line(renderer, record) == "sys_pipe2 -> 0 (fildes: [3<pipe:[7]>, 4<pipe:[7]>])"
    saved = Saved(exit={0: made}, fds_enter={3: b"/old"}, fds_exit={3: b"pipe:[7]", 4: b"pipe:[7]"})
    assert strace.line(decoder.call("pipe2", args, saved, 0)).startswith("pipe2([3<pipe:[7]>, 4<pipe:[7]>], 0)")


def test_sets_of_descriptors_have_it_for_each(renderer: Renderer, decoder: Decoder) -> None:
    args, ready = (64, 0x7F00, 0, 0, 0), struct.pack("<Q", 0b11000)
    texts = b"3<pipe:[7]>\0004</tmp/x>\0"
    record = with_fds(enter_saved(BY_NAME["select"], args, {1: ready}), texts)
    call = decoder.call("select", args, Saved({1: ready}, fds_enter=parse(texts)))
    assert ftrace_enter(call) == line(renderer, record)
    assert "inp: [3<pipe:[7]> 4</tmp/x>], " in line(renderer, record)
    assert jsonform.call(call)["args"]["inp"] == [{"fd": 3, "path": "pipe:[7]"}, {"fd": 4, "path": "/tmp/x"}]


def test_what_a_descriptor_stood_for_in_one_call_is_not_shown_in_the_next(decoder: Decoder) -> None:
    shown = [
        ftrace_enter(decoder.call("close", (3,), Saved(fds_enter=fds))) for fds in ({}, {3: b"/a"}, {3: b"/b"}, {})
    ]
    assert shown == ["sys_close(fd: 3)", "sys_close(fd: 3</a>)", "sys_close(fd: 3</b>)", "sys_close(fd: 3)"]


def test_flags_are_the_same_words_when_they_come_again(renderer: Renderer, make_reader: MakeBuffer) -> None:
    """More of them than are remembered, short and long ones, of two types."""
    chance = random.Random(1)
    flags = [chance.getrandbits(chance.choice((3, 12, 24, 32))) for _ in range(200)]
    records = [enter(BY_NAME["openat"].nr, 3, 0, each, each & 0xFFFF) for each in flags + flags[::-1] + flags]
    reader = make_reader()
    for record in records:
        reader.buffer.write(0, record)
    shown = Iterator(renderer, reader, DECODE).read(1 << 20).decode().splitlines()
    assert [each for each in shown if each[0] != "#"] == [line(renderer, record) for record in records]


def test_a_list_of_a_thousand_texts_is_shown_to_its_end(renderer: Renderer, decoder: Decoder) -> None:
    at = [0x10000 + 32 * i for i in range(1000)]
    texts = image([(0x7000, struct.pack("<1001Q", *at, 0)), *((address, (b"%d\0" % address,)) for address in at)])
    args, saved = (0x100, 0x7000, 0), {0: b"/bin/x\0", 1: texts}
    shown = line(renderer, enter_saved(BY_NAME["execve"], args, saved))
    assert shown == ftrace_enter(decoder.call("execve", args, Saved(enter=saved)))
    assert shown.endswith(f'"{at[998]}", "{at[999]}"], envp: NULL)')


def test_what_a_call_filled_in_stands_after_its_result(renderer: Renderer) -> None:
    record = leave_saved(BY_NAME["read"], (3, 0x7F00, 100), {1: b"\x7fELF\0"}, 5)
    assert line(renderer, record) == r'sys_read -> 5 (buf: "\177ELF\0")'


def test_tables_that_change_show_in_the_next_line() -> None:
    renderer = Renderer()
    record = enter(BY_NAME["lseek"].nr, 1, 2, 1)
    assert "whence: SEEK_CUR" in line(renderer, record)
    from tracefs.syscalls.types import parse

    changed = load().merged(parse("enum whence s32 dec HERE=1\n", load()))
    renderer.use_types(lambda: changed)
    assert "whence: HERE" in line(renderer, record)


def _arguments(name: str, chance: random.Random) -> tuple[int, ...]:
    return tuple(chance.choice([*WORDS, chance.getrandbits(64)]) for _ in BY_NAME[name].params)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_numbers_as_python_prints_them(name: str, renderer: Renderer, decoder: Decoder) -> None:
    chance = random.Random(name)
    for _ in range(12):
        args = _arguments(name, chance)
        assert line(renderer, enter(BY_NAME[name].nr, *args)) == ftrace_enter(decoder.call(name, args))
        ret = chance.choice((0, 3, -2, -38, -4095, -4096, 1 << 40))
        assert line(renderer, leave(BY_NAME[name].nr, ret)) == ftrace_exit(decoder.call(name, (), ret=ret))


@pytest.mark.parametrize("name", sorted(name for name in BY_NAME if pointers()[name].enter))
def test_memory_as_python_prints_it(name: str, renderer: Renderer, decoder: Decoder) -> None:
    """Random bytes behind random addresses, some of them cut short, some with pointers that lead into other pieces."""
    chance = random.Random(name)
    rows, table = Rows(decoder.table), decoder.table
    for _ in range(12):
        args = tuple(value or 8 for value in _arguments(name, chance))
        signature = rows.signature(name, args)
        assert signature
        saved = {}
        for index, (_, kind) in enumerate(signature.args[: len(args)]):
            kind = unaliased(table, kind)
            if isinstance(kind, Pointer) and kind.direction in ("in", "inout"):
                data = chance.randbytes(chance.choice((1, 4, 8, 16, 24, 56, 64, 120)))
                data = chance.choice((data, data.replace(data[:1], b"\0"), struct.pack("<Q", args[0]) + data))
                if holds_pointers(table, kind.target):
                    inner = struct.unpack_from("<Q", data + bytes(8))[0]
                    data = image(
                        [
                            (args[index], data),
                            (inner, chance.choice((chance.randbytes(9), (chance.randbytes(9),)))),
                            (77, 14),
                        ]
                    )
                saved[index] = data
        record = enter_saved(BY_NAME[name], args, saved)
        expected = ftrace_enter(decoder.call(name, args, Saved(enter=saved)))
        assert line(renderer, record) == expected


NETLINK_TYPES = (0, 1, 2, 3, 16, 17, 18, 19, 20, 22, 24, 26, 28, 32, 36, 80, 88, 104)


def _netlink_message(chance: random.Random) -> bytes:
    """A message whose header and attributes say lengths that mostly are right."""
    body = b""
    for _ in range(chance.randrange(5)):
        value = chance.randbytes(chance.choice((0, 1, 4, 8, 16, 20)))
        nested = chance.choice((b"", struct.pack("<HH", 8, chance.randrange(12)) + chance.randbytes(4)))
        length = 4 + len(value) + len(nested) + chance.choice((0, 0, 0, 0, 3, 500))
        kind = chance.choice((chance.randrange(64), chance.getrandbits(16)))
        body += struct.pack("<HH", length & 0xFFFF, kind) + nested + value + bytes(-len(value) % 4)
    body = bytes(chance.choice((0, 2, 10, 16))) + chance.randbytes(chance.choice((0, 1, 4, 12, 20, 72))) + body
    length = chance.choice((16 + len(body), 16 + len(body), 20, 17, 3, 9999))
    flags = chance.choice((1, 0x301, 2, chance.getrandbits(16)))
    return struct.pack("<IHHII", length, chance.choice(NETLINK_TYPES), flags, 1, 0) + body + bytes(-len(body) % 4)


@pytest.mark.parametrize("protocol", [0, 4, 7, 12, 15, 16, 2])
def test_netlink_messages_as_python_prints_them(protocol: int, renderer: Renderer, decoder: Decoder) -> None:
    chance = random.Random(protocol)
    said = b"3\0netlink=%d\0" % protocol
    assert netlink(said) == protocol
    for _ in range(400):
        data = b"".join(_netlink_message(chance) for _ in range(chance.randrange(1, 4)))
        size = chance.choice((len(data), len(data), len(data) + 8))
        saved = {1: data[: chance.choice((len(data), chance.randrange(1, len(data))))]}
        # Also such as goes on to a page that could not be read.
        args = (3, chance.choice((0x7F00, 0x8000 - len(saved[1]))), size, 0, 0, 0)
        record = with_fds(enter_saved(BY_NAME["sendto"], args, saved), said)
        call = decoder.call("sendto", args, Saved(enter=saved, netlink=protocol))
        assert line(renderer, record) == ftrace_enter(call)
        ret = min(len(data), size)
        record = with_fds(leave_saved(BY_NAME["recvfrom"], args, saved, ret), said)
        call = decoder.call("recvfrom", args, Saved(exit=saved, netlink=protocol), ret)
        filled = next(arg.value for arg in call.args if arg.name == "ubuf")
        assert line(renderer, record) == f"{ftrace_exit(call)} (ubuf: {text(filled)})"


FIELDS_OF_NETLINK = {
    b"3\0netlink=16\0": 16,
    b"3<NETLINK:[ROUTE:5]>\0netlink=0\0": 0,
    b"3</tmp/netlink=4>\0": None,
    b"netlink=4\0": None,
    b"3\0netlink=\0": None,
    b"": None,
}


@pytest.mark.parametrize(("said", "protocol"), FIELDS_OF_NETLINK.items())
def test_the_protocol_of_a_netlink_socket_stands_behind_its_descriptor(
    said: bytes, protocol: int | None, renderer: Renderer
) -> None:
    assert netlink(said) == protocol
    message = struct.pack("<IHHII", 16, 18, 1, 1, 0)
    shown = line(renderer, with_fds(enter_saved(BY_NAME["sendto"], (3, 0x7F00, 16, 0, 0, 0), {1: message}), said))
    assert ("nlmsg_len=16" in shown) == (protocol is not None)
    assert ("RTM_GETLINK" in shown) == (protocol == 0)


@pytest.mark.parametrize("name", ["sock_filter", "seccomp_filter", "sun_path"])
def test_what_code_decodes_as_python_does(name: str, renderer: Renderer, decoder: Decoder) -> None:
    chance = random.Random(name)
    if name == "sun_path":
        rows = [b"\1\0" + path for path in (b"", b"/run/x\0more", b"\0abstract\0x", b"\0", b"/no/end")]
        calls = [("bind", (3, 8, len(row)), {1: row}) for row in rows]
    else:
        codes = [*range(256), *(chance.getrandbits(16) for _ in range(100))]
        constants = (0, 1, 0x50001, 0x7FFF0000, 0x12345678, 0xFFFFF000, 0xFFFFF03C, 0xFFFFF041, 0xFFF00004, 0xFFE00001)
        codes_with = [
            struct.pack("<HBBI", code, *chance.choice(((0, 0), (0, 1))), k) for code in codes for k in constants
        ]
        rows = [b"".join(codes_with[at : at + 50]) for at in range(0, len(codes_with), 50)]
        wanted = ("seccomp", (1, 0, 8)) if name == "seccomp_filter" else ("setsockopt", (3, 1, 26, 8, 16))
        position = len(wanted[1]) - 1 if name == "seccomp_filter" else 3
        calls = [
            (*wanted, {position: image([(8, struct.pack("<H6xQ", len(row) // 8, 0x100)), (0x100, row)])})
            for row in rows
        ]
    for syscall, args, saved in calls:
        record = enter_saved(BY_NAME[syscall], args, saved)
        assert line(renderer, record) == ftrace_enter(decoder.call(syscall, args, Saved(enter=saved)))
