# SPDX-License-Identifier: GPL-2.0-only
"""Calls straight to text: the same as by values, in each notation."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest

from tracefs.calls.direct import Direct
from tracefs.calls.notation import Notation
from tracefs.export.brief import brief
from tracefs.export.json_lines import JsonNotation
from tracefs.syscalls import SYSCALLS, by_name
from tracefs.syscalls.types import Decoder, Saved, load
from tracefs.syscalls.types.notation.strace import StracePrinter

DECODER = Decoder(load())
NOTATIONS: dict[str, Callable[[], Notation]] = {
    "json": JsonNotation,
    "strace": lambda: StracePrinter(shorten=brief(32)),
    "strace -v": StracePrinter,
}
HERE = 0x7F00
WORDS = (0, 1, 3, 5, 64, 0x5401, 0x80000, 0xFFFFFF9C, 2**64 - 1, 2**63, HERE)
RESULTS = (0, 1, 3, 24, 64, -2, -38, -512, 1 << 40)
LENGTHS = (1, 4, 8, 16, 24, 56, 64, 144, 256)


@pytest.fixture(params=NOTATIONS)
def notation(request: pytest.FixtureRequest) -> Notation:
    return NOTATIONS[request.param]()


def by_values(notation: Notation, name: str, args: tuple[int, ...], saved: Saved, ret: int) -> tuple[list[str], str]:
    call = DECODER.call(name, args, saved, ret)
    assert call.result
    return [notation.argument(name, arg) for arg in call.args], notation.result(call.result)


def entry(name: bytes, inode: int) -> bytes:
    """A struct linux_dirent64."""
    length = -(-(19 + len(name) + 1) // 8) * 8
    return (struct.pack("<QqHB", inode, inode + 1, length, 8) + name).ljust(length, b"\0")


ENTRIES = b"".join(entry(b'a "%d" file' % i, 1000 * i) for i in range(50))
STAT = bytes(24) + struct.pack("<I", 0o100644) + bytes(range(116))
DEVICE = bytes(24) + struct.pack("<I", 0o020620) + bytes(range(116))
TOLD = {
    "openat": ((0xFFFFFF9C, HERE, 0x80000, 0), Saved(enter={1: b"/etc/pass%swd\0"}), 3),
    "openat cut": ((0xFFFFFF9C, HERE, 0x80000, 0), Saved(enter={1: b"/etc/pass"}), -2),
    "close": ((3,), Saved(), -9),
    "read": ((3, HERE, 4096), Saved(exit={1: b"\x7fELF\0\xff"}), 600),
    "read at the end": ((3, HERE, 4096), Saved(), 0),
    "read failed": ((3, HERE, 4096), Saved(), -11),
    "write": ((1, HERE, 3), Saved(enter={1: b"hi\n"}), 3),
    "newfstatat": ((3, HERE, HERE, 0), Saved({1: b"x\0"}, {2: STAT}), 0),
    "newfstatat of a device": ((3, HERE, HERE, 0), Saved({1: b"x\0"}, {2: DEVICE}), 0),
    "statx": ((3, HERE, 0, 0x7FF, HERE), Saved({1: b"x\0"}, {4: bytes(range(256))}), 0),
    "clock_gettime": ((1, HERE), Saved(exit={1: struct.pack("<qq", -5, 999)}), 0),
}


@pytest.mark.parametrize("what", TOLD)
def test_calls_of_all_days_are_told_directly(what: str, notation: Notation) -> None:
    name, (args, saved, ret) = what.partition(" ")[0], TOLD[what]
    assert Direct(DECODER, notation).call(name, args, saved, ret) == by_values(notation, name, args, saved, ret)


def test_a_directory_s_entries_are_told_directly(notation: Notation) -> None:
    args, saved = (3, HERE, 32768), Saved(exit={1: ENTRIES})
    told = Direct(DECODER, notation).call("getdents64", args, saved, len(ENTRIES))
    assert told == by_values(notation, "getdents64", args, saved, len(ENTRIES))


def test_a_list_that_is_not_all_there_is_not(notation: Notation) -> None:
    args = (3, HERE, 32768)
    for saved in (ENTRIES[:-1], ENTRIES[:1000]):
        assert Direct(DECODER, notation).call("getdents64", args, Saved(exit={1: saved}), len(ENTRIES)) is None


def test_descriptors_with_paths_and_labelled_arguments_are_not() -> None:
    direct = Direct(DECODER, StracePrinter())
    assert direct.call("close", (3,), Saved(fds_enter={3: b"/x"}), 0) is None
    assert direct.call("clone", (0, 0, 0, 0, 0), Saved(), 7) is None


@pytest.mark.parametrize("name", sorted(call.name for call in SYSCALLS))
def test_what_is_told_directly_is_what_values_say(name: str) -> None:
    """Random registers and memory, each kind of call twice, so that what was kept of the first is shown in the
    second."""
    chance = random.Random(name)
    directs = [(each(), Direct(DECODER, each())) for each in NOTATIONS.values()]
    count = len(by_name[name].params)
    for _ in range(25):
        args = tuple(chance.choice([*WORDS, HERE, HERE, chance.getrandbits(64)]) for _ in range(count))
        blobs = [
            {i: chance.randbytes(chance.choice(LENGTHS)) for i in range(count) if args[i] and chance.random() < 0.8}
            for _ in range(2)
        ]
        saved, ret = Saved(*blobs), chance.choice(RESULTS)
        for notation, direct in directs:
            told = direct.call(name, args, saved, ret)
            assert told is None or told == by_values(notation, name, args, saved, ret)
