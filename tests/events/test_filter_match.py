# SPDX-License-Identifier: GPL-2.0-only
"""Which records a compiled filter lets pass."""

import ctypes
import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracefs.events import REGISTRY, EventClass
from tracefs.events.field import layout
from tracefs.events.filters.parse import parse_expression, parse_filter
from tracefs.events.filters.program import ACCEPT, Step

OPENAT = REGISTRY.systems["syscalls"]["sys_enter_openat"]
FORK = REGISTRY.systems["sched"]["sched_process_fork"]
RENAME = REGISTRY.systems["task"]["task_rename"]
MARK = REGISTRY.systems["ftrace"]["print"]
NEWTASK = REGISTRY.systems["task"]["task_newtask"]
NUMBERS = EventClass(
    "test",
    "numbers",
    1,
    "task",
    layout(("char", "u8"), ("short", "s16"), ("unsigned short", "u16"), ("int", "s32"), ("unsigned int", "u32"))
    + layout(("u64", "pad1"), ("u64", "pad2"), ("long", "s64"), ("u64", "u64"))[2:],
    '""',
)


def common(pid: int = 7) -> bytes:
    return struct.pack("<HBBi", 1, 0, 0, pid)


def openat(dfd: int = 3, filename: int = 0, flags: int = 0, mode: int = 0, pid: int = 7) -> bytes:
    return common(pid) + struct.pack("<iiQQQQ", 257, 0, dfd, filename, flags, mode)


def fork(parent: bytes, child: bytes) -> bytes:
    first, second = parent + b"\0", child + b"\0"
    locations = (24 | len(first) << 16, 24 + len(first) | len(second) << 16)
    return common() + struct.pack("<IiIi", locations[0], 7, locations[1], 8) + first + second


def rename(old: bytes, new: bytes) -> bytes:
    return common() + struct.pack("<i16s16sh2x", 7, old, new, 0)


def numbers(u8: int = 0, s16: int = 0, u16: int = 0, s32: int = 0, u32: int = 0, s64: int = 0, u64: int = 0) -> bytes:
    return common() + struct.pack("<BxhHxxiIqQ", u8, s16, u16, s32, u32, s64, u64)


def passes(text: str, event: EventClass, record: bytes, cpu: int = 0, comm: bytes = b"bash") -> bool:
    return parse_filter(text.encode("latin-1"), event).match(record, cpu, comm)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u8 == 200", True),
        ("u8 == 456", True),  # the constant is cut to the field's size, as in the kernel
        ("s16 == -2", True),
        ("s16 < 0", True),
        ("u16 > 65000", True),
        ("s32 == -3", True),
        ("s32 == 4294967293", True),
        ("s32 >= -2", False),
        ("u32 > 2147483648", True),
        ("s64 < -4", True),
        ("s64 & 1", True),
        ("s64 & 4", False),
        ("u64 > 9223372036854775808", True),
        ("u64 <= 0x8000000000000000", False),
        ("u64 != 0xfffffffffffffff0", False),
        ("CPU == 1", True),
        ("CPU & 1", False),  # no such comparison in the kernel
        ("CPU & CPUS{1}", True),
        ("CPU & CPUS{0}", False),
        ("CPU == CPUS{0-1}", False),
        ("CPU != CPUS{0-1}", True),
        ("u8 & CPUS{0-1}", False),
        ("u8 != CPUS{0-1}", False),  # no such CPU
        ("u8 != CPUS{1}", True),
        ("common_pid == 7", True),
        ("stacktrace != 0", False),
    ],
)
def test_numbers(text: str, expected: bool) -> None:
    record = numbers(u8=200, s16=-2, u16=65535, s32=-3, u32=3 << 30, s64=-5, u64=0xFFFFFFFFFFFFFFF0)
    assert passes(text, NUMBERS, record, cpu=1) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("bash", True),
        ("bas", False),
        ("ba*", True),
        ("*as*", True),
        ("*sh", True),
        ("*ba", False),
        ("b*h", True),
        ("b?sh", True),
        ("b[a-c]sh", True),
        ("b[!a-c]sh", False),
        ("b[^a]sh", True),  # ^ is a member like any other
        ("\\bash", True),
        ("b\\*", False),
        ("[b", False),
        ("!ba*", False),
        ("!x*", True),
        ("*", True),
        ("**", True),
        ("", False),
        ("!", True),
        ("1*", False),
    ],
)
def test_patterns(pattern: str, expected: bool) -> None:
    assert passes(f"child_comm ~ '{pattern}'", FORK, fork(b"init", b"bash")) is expected


def test_a_pattern_that_starts_with_a_digit_is_literal() -> None:
    assert passes("child_comm ~ '1*'", FORK, fork(b"init", b"1*"))
    assert not passes("child_comm ~ '1*'", FORK, fork(b"init", b"12"))


def test_each_string_is_found_where_its_location_says() -> None:
    assert passes("parent_comm == 'init' && child_comm == 'bash'", FORK, fork(b"init", b"bash"))


def test_the_end_of_a_fixed_array_is_the_arrays_end_as_in_the_kernel() -> None:
    assert not passes("newcomm ~ '*sh'", RENAME, rename(b"x", b"bash"))
    assert passes("newcomm ~ '*no'", RENAME, rename(b"x", b"abcdefghijklmno"))


def test_the_tasks_name_is_the_one_given() -> None:
    assert passes("COMM == 'bash'", OPENAT, openat())
    assert not passes("comm ~ 'z*'", OPENAT, openat())


def test_a_field_of_the_record_hides_the_tasks_name() -> None:
    record = common() + struct.pack("<i16s4xQh6x", 8, b"victim", 0, 0)
    assert passes("comm == 'victim' && COMM == 'bash'", NEWTASK, record)


def test_text_up_to_the_records_end() -> None:
    assert passes("buf ~ 'he*'", MARK, common() + struct.pack("<Q", 0) + b"hello\n\0")
    assert passes('buf == "hello\n"', MARK, common() + struct.pack("<Q", 0) + b"hello\n\0")


def test_a_string_of_the_task_is_read_with_ustring_only() -> None:
    name = ctypes.create_string_buffer(b"/etc/passwd")
    record = openat(filename=ctypes.addressof(name), pid=os.getpid())
    assert passes("filename.ustring ~ '*passwd'", OPENAT, record)
    assert not passes("filename ~ '*passwd'", OPENAT, record)
    assert not passes("filename != 'x'", OPENAT, record)


def test_what_cannot_be_read_of_the_task_matches_nothing() -> None:
    record = openat(filename=8, pid=os.getpid())
    assert not passes("filename.ustring == 'x'", OPENAT, record)
    assert not passes("filename.ustring != 'x'", OPENAT, record)


def test_a_long_string_of_the_task_is_looked_at_to_byte_1023() -> None:
    name = ctypes.create_string_buffer(b"a" * 3000)
    record = openat(filename=ctypes.addressof(name), pid=os.getpid())
    assert passes("filename.ustring ~ 'aaa*'", OPENAT, record)


@given(st.binary(max_size=40))
def test_a_record_that_is_cut_short_or_wrong_is_never_read_beyond(record: bytes) -> None:
    for text in ("child_comm ~ '*a'", "parent_comm == 'x'", "child_pid == 1", "parent_pid & CPUS{0-1}"):
        passes(text, FORK, record)


@pytest.mark.parametrize(("text", "expected"), [("dfd == 3 &&", True), ("dfd == 4 ||", False), ("dfd == 3 && !", True)])
def test_an_operator_that_dangles_is_ignored_as_in_the_kernel(text: str, expected: bool) -> None:
    assert passes(text, OPENAT, openat(dfd=3)) is expected


def run(steps: list[Step], truth: dict[int, bool]) -> bool:
    """The program in Python, a term `dfd == n` being truth[n]."""
    at = 0
    while at < len(steps):
        at = steps[at].exits[truth[steps[at].term.value]]  # type: ignore[union-attr]
    return at == ACCEPT


EXPRESSIONS = st.recursive(
    st.integers(0, 4).map(lambda n: (f"dfd == {n}", f"t[{n}]")),
    lambda inner: st.one_of(
        inner.map(lambda e: (f"!({e[0]})", f"(not ({e[1]}))")),
        inner.map(lambda e: (f"({e[0]})", f"({e[1]})")),
        st.lists(inner, min_size=2, max_size=3).map(
            lambda es: (" && ".join(e[0] for e in es), " and ".join(e[1] for e in es))
        ),
        st.lists(inner, min_size=2, max_size=3).map(
            lambda es: (" || ".join(e[0] for e in es), " or ".join(e[1] for e in es))
        ),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS, st.lists(st.booleans(), min_size=5, max_size=5))
def test_operators_bind_as_in_c(expression: tuple[str, str], t: list[bool]) -> None:
    filter_text, python_text = expression
    steps = parse_expression(filter_text.encode(), OPENAT)
    assert run(steps, dict(enumerate(t))) is eval(python_text, {"t": t})


@given(EXPRESSIONS, st.integers(0, 4))
def test_c_follows_the_program(expression: tuple[str, str], dfd: int) -> None:
    truth = {number: number == dfd for number in range(5)}
    steps = parse_expression(expression[0].encode(), OPENAT)
    assert passes(expression[0], OPENAT, openat(dfd=dfd)) is run(steps, truth)
