# SPDX-License-Identifier: GPL-2.0-only
"""The same strings and numbers through the kernel's filters and through ours: do the same ones pass?"""

import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tracefs.events import REGISTRY
from tracefs.events.filters.parse import parse_filter

pytestmark = pytest.mark.oracle

CHDIR = REGISTRY.systems["syscalls"]["sys_enter_chdir"]
CLOSE = REGISTRY.systems["syscalls"]["sys_enter_close"]
RENAME = REGISTRY.systems["task"]["task_rename"]
LIBC = ctypes.CDLL(None)
PR_SET_NAME = 15
SEED = 2009


class Recorder:
    """What passes a filter of the kernel, of what this process does."""

    def __init__(self, instance: Path) -> None:
        self.instance = instance
        (instance / "set_event_pid").write_text(str(os.getpid()))

    def count(self, event: str, text: str) -> Iterator[None]:
        """Set the filter, let the caller act, then keep the number of events in `seen`."""
        directory = self.instance / "events" / event
        (directory / "filter").write_bytes(text.encode("latin-1"))
        (self.instance / "trace").write_text("")
        (directory / "enable").write_text("1")
        yield
        (directory / "enable").write_text("0")
        lines = (self.instance / "trace").read_bytes().splitlines()
        self.seen = sum(not line.startswith(b"#") for line in lines)


@pytest.fixture
def recorder(instance: Path) -> Recorder:
    return Recorder(instance)


def common() -> bytes:
    return struct.pack("<HBBi", 1, 0, 0, os.getpid())


def random_pattern(random: Random) -> str:
    pieces = ("a", "b", "*", "*", "?", "[ab]", "[!a]", "[", "]", "-", "\\", "!", "1")
    return "".join(random.choice(pieces) for _ in range(random.randint(0, 5)))


def test_patterns_pass_the_same_strings_of_the_task(recorder: Recorder) -> None:
    random = Random(SEED)
    for _ in range(250):
        pattern = random_pattern(random)
        names = ["".join(random.choice("ab1-]") for _ in range(random.randint(0, 4))) for _ in range(6)]
        text = f"filename.ustring ~ '{pattern}'"
        buffers = [ctypes.create_string_buffer(name.encode()) for name in names]
        for _ in recorder.count("syscalls/sys_enter_chdir", text):
            for buffer in buffers:
                LIBC.chdir(buffer)
        compiled = parse_filter(text.encode(), CHDIR)
        records = [common() + struct.pack("<iiQ", 80, 0, ctypes.addressof(buffer)) for buffer in buffers]
        assert (text, names, sum(map(compiled.match, records))) == (text, names, recorder.seen)


def test_patterns_pass_the_same_names_in_a_fixed_array(recorder: Recorder) -> None:
    random = Random(SEED)
    before = Path("/proc/thread-self/comm").read_bytes().strip()
    try:
        for _ in range(150):
            pattern = random_pattern(random)
            names = ["".join(random.choice("ab") for _ in range(random.choice((0, 1, 2, 3, 15)))) for _ in range(6)]
            text = f"newcomm ~ '{pattern}'"
            for _ in recorder.count("task/task_rename", text):
                for name in names:
                    LIBC.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
            compiled = parse_filter(text.encode(), RENAME)
            records = [common() + struct.pack("<i16s16sh2x", 0, b"", name.encode(), 0) for name in names]
            assert (text, names, sum(map(compiled.match, records))) == (text, names, recorder.seen)
    finally:
        LIBC.prctl(PR_SET_NAME, before, 0, 0, 0)


def random_expression(random: Random, depth: int) -> str:
    operators = ("==", "!=", "<", "<=", ">", ">=", "&")
    if depth == 0 or random.random() < 0.3:
        if random.random() < 0.2:
            return f"fd {random.choice(('==', '!=', '&'))} {random.choice(('CPUS{0}', 'CPUS{all}', 'CPUS{ }'))}"
        return f"fd {random.choice(operators)} {random.choice(NUMBERS)}"
    parts = [random_expression(random, depth - 1) for _ in range(random.randint(1, 3))]
    return random.choice(("", "", "!")) + "(" + random.choice((" && ", " || ")).join(parts) + ")"


NUMBERS = (3000, 3001, 3002, 4096, 1 << 31, (1 << 32) + 3000, (1 << 63) - 1, (1 << 63) + 3000, (1 << 64) - 1)
"""What is closed is the lower half, so that may be no file that is open here."""


def flat(random: Random) -> str:
    """Terms joined without parentheses: which operator binds how."""
    joints = (" && ", " || ", "||!", "&&!")
    head = "".join(random_expression(random, 0) + random.choice(joints) for _ in range(4))
    return head + random_expression(random, 2)


def test_expressions_pass_the_same_numbers(recorder: Recorder) -> None:
    random = Random(SEED)
    for _ in range(250):
        text = random.choice((flat(random), random_expression(random, 3)))
        for _ in recorder.count("syscalls/sys_enter_close", f"fd >= 3000 && ({text})"):
            for number in NUMBERS:
                LIBC.syscall(3, ctypes.c_ulong(number))
        compiled = parse_filter(text.encode(), CLOSE)
        records = [common() + struct.pack("<iiQ", 3, 0, number) for number in NUMBERS]
        assert (text, sum(map(compiled.match, records))) == (text, recorder.seen)


def test_text_without_a_known_length_never_ends_with_a_pattern(instance: Path) -> None:
    """ftrace/print has no `filter`; a trigger's condition shows how the kernel compares its text."""
    trigger, tracing = instance / "events" / "ftrace" / "print" / "trigger", instance / "tracing_on"
    for pattern in ("he*", "*ll*", "hello*", "*o\n", "*", "x*", "h?llo*", "*l*o*"):
        condition = f'buf ~ "{pattern}"'
        trigger.write_text(f"traceoff if {condition}")
        (instance / "trace_marker").write_text("hello\n")
        stopped = tracing.read_text() == "0\n"
        trigger.write_text("!traceoff")
        tracing.write_text("1")
        record = common() + struct.pack("<Q", 0) + b"hello\n\0"
        matches = parse_filter(condition.encode(), REGISTRY.systems["ftrace"]["print"]).match(record)
        assert (pattern, matches) == (pattern, stopped)
