# SPDX-License-Identifier: GPL-2.0-only
"""Nonsense, and what is nearly right, written to all control files while others read and a program is traced.

A refusal has an errno of its own; EIO, or any other exception, is a fault of ours. (Also under sanitizers:
tests/test_sanitized.py.)
"""

from __future__ import annotations

import errno
import os
import random
import threading
import traceback
from collections.abc import Iterator

import pytest

from tests.tree.test_races import ME, READS, WRITES, caller, handle
from tests.tree.traced import Traced
from tracefs.tree import Directory, File

assert caller
LEFT_OUT = ("_pid", "buffer_size_kb", "saved_cmdlines_size", "free_buffer")
"""Files whose nonsense would be obeyed: any process of the machine, all of its memory."""
WORDS = [word.encode() for words in WRITES.values() for word in words] + [
    b"hist:keys=id.syscall,common_pid.execname:vals=hitcount:sort=hitcount.descending:size=64 if id > 3",
    b"hist:keys=common_pid:x=common_timestamp:onmax($x).save(id):onchange($x).snapshot()",
    b"enum level u32 dec LOW=1 HIGH=2\nalarm seconds:level", b"struct s 16 x@0:u64 y@8:array(u8, x)",
    b"read buf:out(bytes, ret, count)", b"[flags=O_PATH] mode:hex", b"flags f u32 hex A=1 B=2/3 C=0/*",
    b"lat u64 d; char s[16]; __data_loc char[] t;", b"s:synthetic/lat2 int a", b"-:synthetic/lat2",
    b"(dfd == 1 || flags & 0x40) && filename ~ \"*a[b-c]?\" && !(common_pid < 3)", b"cpu & CPUS{0-1}", b"-1", b"0x7fffffffffffffff",
]  # fmt: skip
FILES = 400
"""So many of the event files are enough: all are of the same few classes."""


def writable(directory: Directory, path: str = "") -> Iterator[str]:
    for name in directory.names():
        node = directory.lookup(name)
        if isinstance(node, Directory):
            yield from writable(node, f"{path}{name}/")
        elif node.mode & 0o222 and not any(part in name for part in LEFT_OUT):
            yield path + name


def mutated(dice: random.Random) -> bytes:
    word = bytearray(dice.choice(WORDS))
    for _ in range(dice.randrange(4)):
        at = dice.randrange(len(word) + 1)
        match dice.randrange(6):
            case 0:
                word[at : at + 1] = dice.randbytes(1)
            case 1:
                del word[at : at + dice.randrange(1, 9)]
            case 2:
                word[at:at] = dice.choice(WORDS)
            case 3:
                word[at:at] = word[: dice.randrange(20)] * dice.randrange(40)
            case 4:
                word[at:at] = dice.choice(
                    [b"\0", b"\n", b"!", b"(", b")", b"$", b":", b",", b".", b"{", b"=", b" ", b"\xff", b"%s"]
                )
            case _:
                word[at:at] = str(dice.choice([0, 1, -1, 2**31, 2**32, 2**63, 2**64, 10**30])).encode()
    return bytes(word)


def write(traced: Traced, path: str, data: bytes, dice: random.Random) -> None:
    opened = handle(traced, path, os.O_WRONLY | dice.choice([os.O_TRUNC, os.O_APPEND, os.O_APPEND, 0]))
    try:
        opened.write(data, 0, ME)
        if dice.random() < 0.2:
            opened.write(mutated(dice), len(data), ME)
    finally:
        try:
            opened.flush(ME)
        finally:
            opened.release()


def fuzz(traced: Traced, writes: int, seed: int) -> None:
    dice, faults, done = random.Random(seed), [], threading.Event()
    paths = list(writable(traced.files.root))
    events = [path for path in paths if path.startswith("events/")]
    rest = [path for path in paths if path not in set(events)] * 8
    quick = [path for path in events if not path.endswith("types")]  # each of these compiles all tables
    slow = ["events/syscalls/types", "events/syscalls/sys_enter_read/types"]
    paths = rest + slow + random.Random(1).sample(quick, min(FILES, len(quick)))

    def attempt(action: object, *what: object) -> None:
        try:
            action(*what)  # type: ignore[operator]
        except OSError as error:
            if error.errno in (errno.EIO, None):
                faults.append(f"{what}: {traceback.format_exc()}")
        except BaseException:
            faults.append(f"{what}: {traceback.format_exc()}")

    def read_all() -> None:
        choose = random.Random(seed + 1)
        while not done.is_set():
            attempt(read, choose.choice([*READS, *paths]))

    def read(path: str) -> None:
        file = traced.files.lookup(path)
        if isinstance(file, File) and file.mode & 0o444:
            opened = file.open(os.O_RDONLY, ME)
            try:
                opened.read(1 << 16, 0, ME)
            finally:
                opened.release()

    readers = [threading.Thread(target=read_all) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(writes):
            attempt(write, traced, dice.choice(paths), mutated(dice), dice)
            if faults:
                break
    finally:
        done.set()
        for reader in readers:
            reader.join(120)
    assert faults == []


@pytest.mark.usefixtures("caller")
def test_nonsense_is_refused_and_nothing_else_happens(traced: Traced) -> None:
    fuzz(traced, 100, 1)


@pytest.mark.soak
@pytest.mark.timeout(20000)
@pytest.mark.usefixtures("caller")
def test_nonsense_for_long(traced: Traced) -> None:
    """FUZZED_WRITES says how many, FUZZED_SEED which."""
    fuzz(traced, int(os.environ.get("FUZZED_WRITES", "1000000")), int(os.environ.get("FUZZED_SEED", "2")))
