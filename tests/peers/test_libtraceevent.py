# SPDX-License-Identifier: GPL-2.0-only
"""libtraceevent shows the words of our lines from the raw bytes and the `format` files, as far as its language goes.

It does not go as far as structures with more than a few numbers, with strings or with a length of their own (they stay
addresses), the parts of an unknown ioctl, and the escapes of a C string; data is in hex.
"""

from __future__ import annotations

import random
import re
import struct
from dataclasses import replace
from functools import reduce
from operator import or_
from pathlib import Path

import pytest

from tests.peers.conftest import SUBBUF, Peer, write_formats
from tests.render.records import enter, leave
from tests.render.test_typed import BY_NAME, DECODE, WORDS, enter_saved, leave_saved
from tracefs.events import HEADER_PAGE, REGISTRY, EventClass, Field
from tracefs.render import Renderer
from tracefs.syscalls.types import Table, load
from tracefs.syscalls.types.language.model import Entry, Ref
from tracefs.syscalls.types.live import LiveTypes
from tracefs.syscalls.types.saved.pointers import pointers, positions
from tracefs.tree.event_files import format_text

RESULTS = (0, 3, -2, -38, 1 << 30)
IOCTLS = (0x5401, 0x5413, 0x5421, 0x540B)
ESCAPES = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def words(renderer: Renderer, record: bytes) -> str:
    """Our decoded line as that program puts it: `EVENT: TEXT`."""
    return as_event(renderer.format_record(record, 0, 0, DECODE).rstrip("\n"))


def as_event(line: str) -> str:
    entered = re.fullmatch(r"sys_(\w+)\((.*)\)", line)
    if entered:
        return f"sys_enter_{entered[1]}: {entered[2]}"
    name, _, result = line.partition(" -> ")
    return f"sys_exit_{name.removeprefix('sys_')}: {result}"


def seen(peer: Peer, formats: Path, records: list[bytes]) -> list[str]:
    """What it shows of records of which no memory was saved: it has an empty text there."""
    return [re.sub(r'(?<=\w) (""|$)', "", line) for line in peer.records(formats, map(whole, records))]


def whole(record: bytes) -> bytes:
    """With the fields for saved memory, which say that there is none."""
    event = REGISTRY.by_id[int.from_bytes(record[:2], "little")]
    end = max(field.offset + field.size for field in event.fields)
    return record.ljust(end + 4, b"\0")


def named_values(table: Table) -> dict[str, list[list[int]]]:
    """By syscall and argument: the numbers that have names, in the row or in a variant."""
    found = {}
    for syscall, rows in table.rows.items():
        found[syscall] = [
            [
                entry.value & 2**64 - 1
                for row in rows
                for arg, kind in row.args
                if arg == name and isinstance(kind, Ref) and kind.name in table.types
                for entry in getattr(table.resolve(kind), "entries", ())
                if isinstance(entry, Entry)
            ]
            for name, _ in rows[0].args
        ]
    return found


def test_every_format_is_understood(peer: Peer, formats: Path) -> None:
    assert peer.count(formats) == len(REGISTRY.by_id) > 700


def test_numbers_of_every_syscall_as_our_lines_show_them(peer: Peer, formats: Path) -> None:
    renderer, records, known = Renderer(), [], named_values(load())
    for name in sorted(BY_NAME):
        call = BY_NAME[name]
        chance = random.Random(name)
        for _ in range(30):
            args = [chance.choice([*WORDS, chance.getrandbits(64)]) for _ in call.params]
            for position, values in enumerate(known[name][: len(args)]):
                if values and chance.random() < 0.8:
                    args[position] = reduce(or_, chance.sample(values, min(len(values), chance.choice((1, 1, 2, 3)))))
            if name == "ioctl":
                args[1] = chance.choice(IOCTLS)
            records += [enter(call.nr, *args), leave(call.nr, chance.choice(RESULTS))]
    shown = seen(peer, formats, records)
    expected = [words(renderer, record) for record in records]
    assert [pair for pair in zip(shown, expected, strict=True) if pair[0] != pair[1]] == []


def test_what_a_descriptor_stood_for_where_a_record_has_one_only(peer: Peer, formats: Path) -> None:
    def described(record: bytes, texts: bytes) -> bytes:
        record = whole(record)
        return record[:12] + (len(texts) << 16 | len(record)).to_bytes(4, "little") + record[16:] + texts

    call, here, file = {name: BY_NAME[name].nr for name in BY_NAME}, b"AT_FDCWD</home/me>\0", b"3</etc/passwd>\0"
    records = [
        described(enter(call["openat"], 0xFFFFFF9C, 0, 0, 0), here),
        described(enter(call["close"], 3), file),
        described(leave(call["openat"], 3), file),
        described(enter(call["dup2"], 3, 4), file),
        enter(call["close"], 3),
        enter(call["close"], 0),
    ]
    assert seen(peer, formats, records) == [
        "sys_enter_openat: dfd: AT_FDCWD</home/me>, filename: NULL, flags: O_RDONLY",
        "sys_enter_close: fd: 3</etc/passwd>",
        "sys_exit_openat: 3</etc/passwd>",
        "sys_enter_dup2: oldfd: 3, newfd: 4",
        "sys_enter_close: fd: 3",
        "sys_enter_close: fd: 0",
    ]


def test_flags_with_sub_fields_dependent_arguments_and_errors(peer: Peer, formats: Path) -> None:
    call = {name: BY_NAME[name].nr for name in BY_NAME}
    shown = seen(
        peer,
        formats,
        [
            enter(call["openat"], 0xFFFFFF9C, 0, 0x40080041, 0o644),
            enter(call["openat"], 5, 0, 0x80000, 0o644),
            enter(call["mmap"], 0, 4096, 3, 0x22, 2**32 - 1, 0),
            enter(call["futex"], 0, 0x189, 3, 0, 0, 2**32 - 1),
            enter(call["futex"], 0, 0x109, 3, 0, 0, 2**32 - 1),
            enter(call["fcntl"], 3, 4, 0x802),
            enter(call["fcntl"], 3, 2, 1),
            enter(call["fcntl"], 3, 3, 0),
            enter(call["kill"], 2**32 - 7, 15),
            enter(call["umask"], 0o22),
            leave(call["openat"], -2),
            leave(call["mmap"], 0x7F0012345000),
        ],
    )
    assert shown == [
        "sys_enter_openat: dfd: AT_FDCWD, filename: NULL, flags: O_WRONLY|O_CREAT|O_CLOEXEC|0x40000000, mode: 0644",
        "sys_enter_openat: dfd: 5, filename: NULL, flags: O_RDONLY|O_CLOEXEC",
        "sys_enter_mmap: addr: NULL, len: 4096, prot: PROT_READ|PROT_WRITE, flags: MAP_PRIVATE|MAP_ANONYMOUS,"
        " fd: -1, off: 0",
        "sys_enter_futex: uaddr: NULL, op: FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, val: 3, utime: NULL,"
        " val3: FUTEX_BITSET_MATCH_ANY",
        "sys_enter_futex: uaddr: NULL, op: FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, val: 3, utime: NULL,"
        " val3: FUTEX_BITSET_MATCH_ANY",
        "sys_enter_fcntl: fd: 3, cmd: F_SETFL, arg: O_RDWR|O_NONBLOCK",
        "sys_enter_fcntl: fd: 3, cmd: F_SETFD, arg: FD_CLOEXEC",
        "sys_enter_fcntl: fd: 3, cmd: F_GETFL",
        "sys_enter_kill: pid: -7, sig: SIGTERM",
        "sys_enter_umask: mask: 022",
        "sys_exit_openat: -ENOENT",
        "sys_exit_mmap: 0x7f0012345000",
    ]


def test_types_that_a_user_wrote_show_in_the_format(peer: Peer, tmp_path: Path) -> None:
    types = LiveTypes()
    types.write("extend open_flags O_MINE=0x40000000")
    types.write("seconds:whence", "alarm")
    types.write(
        "struct mine 8\n    kind@0:u32\nstruct mine[kind=1] one@4:u32\nstruct mine[kind=2] two@4:int kind@0:hex32"
    )
    types.write("struct hidden 8\n    kind@0:-\nstruct hidden[kind=1] one@4:u32")
    types.write("uservaddr:in(mine)", "connect")
    types.write("umyaddr:in(hidden)", "bind")
    formats = write_formats(tmp_path, types)
    shown = seen(peer, formats, [enter(BY_NAME["open"].nr, 0, 0x40000000, 0), enter(BY_NAME["alarm"].nr, 1)])
    mine = [struct.pack("<Ii", kind, -1) for kind in (1, 2, 3)]
    records = [enter_saved(BY_NAME["connect"], (3, 0x7F00, 8), {1: data}) for data in mine]
    records.append(enter_saved(BY_NAME["bind"], (3, 0x7F00, 8), {1: mine[0]}))
    shown += peer.records(formats, records)
    assert shown == [
        "sys_enter_open: filename: NULL, flags: O_MINE|O_RDONLY",
        "sys_enter_alarm: seconds: SEEK_CUR",
        "sys_enter_connect: fd: 3, uservaddr: {kind=1, one=4294967295}, addrlen: 8",
        "sys_enter_connect: fd: 3, uservaddr: {kind=0x2, two=-1}, addrlen: 8",
        "sys_enter_connect: fd: 3, uservaddr: {kind=3}, addrlen: 8",
        "sys_enter_bind: fd: 3, umyaddr: {}, addrlen: 8",
    ]


def event_with_saved(name: str) -> EventClass:
    """An event of a syscall, with fields for what its pointers lead to, as test_typed's records have them."""
    event = REGISTRY.systems["syscalls"][name]
    assert event.syscall
    if any(field.is_data_loc for field in event.fields):
        return event
    masks = pointers()[event.syscall.name]
    fields = list(event.fields)
    at = fields[-1].offset + fields[-1].size
    if event.kind == "exit":
        for param in event.syscall.params:
            fields.append(Field(param.ctype, param.name, at, 8, False))
            at += 8
    for position in positions(masks.enter if event.kind == "enter" else masks.exit):
        fields.append(Field("__data_loc char[]", f"__{event.syscall.params[position].name}_val", at, 4, False))
        at += 4
    return replace(event, fields=tuple(fields))


@pytest.fixture(scope="module")
def saved_formats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory, types = tmp_path_factory.mktemp("saved"), LiveTypes()
    (directory / "header_page").write_text(HEADER_PAGE(SUBBUF))
    names = ("openat", "chdir", "rename", "write", "prctl", "read", "getcwd", "fcntl", "nanosleep")
    names += ("epoll_ctl", "pipe2", "getresuid", "prlimit64")
    for name in (f"sys_{kind}_{call}" for kind in ("enter", "exit") for call in names):
        if name.endswith("exit_openat"):
            continue
        place = directory / "syscalls" / name
        place.mkdir(parents=True)
        (place / "format").write_text(format_text(event_with_saved(name), types))
    return directory


def test_what_was_saved_behind_pointers(peer: Peer, saved_formats: Path) -> None:
    call = BY_NAME
    shown = peer.records(
        saved_formats,
        [
            enter_saved(call["openat"], (0xFFFFFF9C, 0x7F00, 0x80000, 0), {1: b"/etc/passwd\0"}),
            enter_saved(call["openat"], (0xFFFFFF9C, 0x7F00, 0, 0), {1: b"/etc/pas"}),
            enter_saved(call["chdir"], (0x7F00,), {}),
            enter_saved(call["chdir"], (0x7F00,), {0: b"\0"}),
            enter_saved(call["rename"], (0x7F00, 0x80), {0: b"abc", 1: b"d\0"}),
            enter_saved(call["write"], (1, 0x7F00, 30), {1: b"hi\n"}),
            enter_saved(call["prctl"], (15, 0x7F00, 0, 0, 0), {1: b"name\0"}),
            enter_saved(call["nanosleep"], (0x7F00, 0), {0: struct.pack("<qq", -1, 2)}),
            enter_saved(call["nanosleep"], (0x7F00, 0), {0: bytes(8)}),
            enter_saved(call["epoll_ctl"], (3, 1, 5, 0x7F00), {3: struct.pack("<IQ", 1, 5)}),
            leave_saved(call["read"], (3, 0x7F00, 100), {1: b"\x7fELF\0"}, 5),
            leave_saved(call["read"], (3, 0x7F00, 100), {}, -9),
            leave_saved(call["getcwd"], (0x7F00, 100), {0: b"/root\0"}, 6),
            leave_saved(call["fcntl"], (3, 3, 0), {}, 0x802),
            leave_saved(call["pipe2"], (0x7F00, 0), {0: struct.pack("<ii", 3, 4)}, 0),
            leave_saved(call["getresuid"], (8, 9, 10), {i: struct.pack("<i", i - 1) for i in range(3)}, 0),
            leave_saved(call["prlimit64"], (0, 7, 0, 8), {3: struct.pack("<QQ", 1024, 2**64 - 1)}, 0),
        ],
    )
    assert shown == [
        'sys_enter_openat: dfd: AT_FDCWD, filename: "/etc/passwd", flags: O_RDONLY|O_CLOEXEC',
        'sys_enter_openat: dfd: AT_FDCWD, filename: "/etc/pas"..., flags: O_RDONLY',
        'sys_enter_chdir: filename: 0x7f00 ""',
        'sys_enter_chdir: filename: ""',
        'sys_enter_rename: oldname: "abc"..., newname: "d"',
        "sys_enter_write: fd: 1, buf: 0x7f00 (68 69 0a), count: 30",
        'sys_enter_prctl: option: PR_SET_NAME, arg2: "name"',
        "sys_enter_nanosleep: rqtp: {tv_sec=-1, tv_nsec=2}, rmtp: NULL",
        "sys_enter_nanosleep: rqtp: 0x7f00, rmtp: NULL",
        "sys_enter_epoll_ctl: epfd: 3, op: EPOLL_CTL_ADD, fd: 5, event: {events=EPOLLIN, data={u32=5, u64=5}}",
        "sys_exit_read: 5 (buf: 7f 45 4c 46 00)",
        "sys_exit_read: -EBADF",
        'sys_exit_getcwd: 6 (buf: "/root")',
        "sys_exit_fcntl: O_RDWR|O_NONBLOCK",
        "sys_exit_pipe2: 0 (fildes: [3, 4])",
        "sys_exit_getresuid: 0 (ruidp: [-1], euidp: [0], suidp: [1])",
        "sys_exit_prlimit64: 0 (old_rlim: {rlim_cur=1024, rlim_max=RLIM64_INFINITY})",
    ]
