# SPDX-License-Identifier: GPL-2.0-only
"""Bad input: the same bytes to our files and to the kernel's. Equal answer, equal content after.

Without the kernel's tracefs the same writes go to ours alone: nothing crashes or hangs, an error is one that the kernel
knows for such files, and changes nothing. Deterministic: the same inputs each time.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import Oracle
from tests.tree.conftest import Files
from tracefs.events import REGISTRY

EXAMPLES = 80
"""Per file; the whole module takes some seconds."""

ERRORS = {"EINVAL", "ERANGE", "EBUSY", "ENOMEM", "EBADF", "EOVERFLOW", "EAGAIN", "ENODEV", "EPERM"}

bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

numbers = st.one_of(
    st.integers(-3, 200),
    st.integers(-(1 << 70), 1 << 70),
    st.sampled_from(
        [1 << 30, (1 << 30) - 1, 1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, 4194304]
    ),
)
spelled = st.builds(
    lambda before, number, form, after: before + form(number) + after,
    st.sampled_from(["", "", "", " ", "\t", "+", "-", "\n", "0", "\x00"]),
    numbers,
    st.sampled_from([str, hex, oct, "{:x}".format, "{:09}".format]),
    st.sampled_from(["", "\n", "\n", " ", "\n\n", "\x00", " \n", "x", "\x00x", "k"]),
).map(str.encode)
noise = st.one_of(
    st.binary(max_size=16),
    st.text(alphabet=" \t\n\v\f\r\x00\xa001a,-", max_size=12).map(lambda text: text.encode("latin-1")),
    st.builds(
        lambda piece, times: piece * times, st.binary(min_size=1, max_size=3), st.sampled_from([40, 64, 200, 3000])
    ),
)
anything = st.one_of(spelled, noise)


def names(*words: str) -> st.SearchStrategy[bytes]:
    """Right names, nearly right ones, and anything."""
    right = st.builds(
        lambda before, no, word, after: (before + no + word + after).encode("latin-1"),
        st.sampled_from(["", "", " ", "\t\n", "\xa0", "\x00"]),
        st.sampled_from(["", "", "no", "nono"]),
        st.sampled_from(words),
        st.sampled_from(["", "\n", " ", "\x00", "\x00x", " \n", "x", " " * 60, " " * 200]),
    )
    return st.one_of(right, right, anything)


pids = st.one_of(st.lists(spelled, max_size=5).map(b" ".join), anything)
masks = st.one_of(st.text(alphabet="0123f, \n\x00g", max_size=12).map(str.encode), anything)
memory_safe_sizes = st.one_of(
    st.integers(0, 600).map(lambda number: str(number).encode()),
    noise,
    st.sampled_from([b"99999999999", b"-1", b"18446744073709551616", b"18014398509481984", b"+20\n", b"0x20"]),
)

events = st.builds(
    lambda before, negation, system, colon, name, after: (before + negation + system + colon + name + after).encode(),
    st.sampled_from(["", "", " ", "\n\t", "\x00"]),
    st.sampled_from(["", "", "", "!", "!!", "! "]),
    st.sampled_from(["task", "signal", "", "raw_syscalls", "nosuch", "task_rename"]),
    st.sampled_from(["", ":", ":", ":", "::", ":mod:"]),
    st.sampled_from(["", "", "task_rename", "signal_deliver", "sched_process_exec", "print"]),
    st.sampled_from(["", "\n", " signal:signal_deliver\n", " nosuch", "\x00", "\x00x", "x" * 130]),
).filter(lambda data: data.split(b" nosuch")[0].strip(b"! \n\t\0") != b":")
"""For set_event, but for what enables all events: the kernel takes a second for it."""
whole_systems = st.sampled_from([b"*:task_rename", b"task:*", b"!task:*", b"!*:*", b"nosuch:*", b"*:nosuch"])
"""Of globs only these: the kernel refuses others, and ours takes them."""

filters = st.one_of(
    st.builds(
        lambda field, operator, value, after: f"{field} {operator} {value}{after}".encode(),
        st.sampled_from(["pid", "oldcomm", "newcomm", "common_pid", "oom_score_adj", "nosuch", "(pid"]),
        st.sampled_from(["==", "!=", "<", ">=", "&", "~", "=", ""]),
        st.sampled_from(["1", "-1", '"sh"', '"*s*"', "0x1f", "sh", "(1)", "4294967296"]),
        st.sampled_from(["", "\n", ")", " && pid > 5", " || nosuch == 1", "\x00", " \xa0"]),
    ),
    st.sampled_from([b"0", b"0\n", b" 0", b"none", b"\n", b"x" * 4000, b"x" * 4096]),
    noise,
)

COMPARED: dict[str, st.SearchStrategy[bytes]] = {
    "tracing_on": anything,
    "options/raw": anything,
    "options/test_nop_refuse": anything,
    "buffer_percent": anything,
    "buffer_size_kb": memory_safe_sizes,
    "per_cpu/cpu0/buffer_size_kb": memory_safe_sizes,
    "buffer_subbuf_size_kb": st.one_of(st.integers(0, 1100).map(lambda number: str(number).encode()), noise),
    "trace_clock": names("local", "global", "mono", "x86-tsc", "sundial"),
    "current_tracer": names("nop", "Nop", "trap"),
    "trace_options": names("raw", "hex", "verbose", "irq-info", "test_nop_accept", "test_nop_refuse", "mark", "x"),
    "tracing_cpumask": masks,
    "set_event_pid": pids,
    "set_event_notrace_pid": pids,
    "events/task/task_rename/enable": anything,
    "events/task/task_rename/filter": filters,
    "events/task/task_rename/id": anything,
    "events/task/enable": anything,
    "events/raw_syscalls/filter": filters,
    "set_event": st.one_of(events, whole_systems),
    "error_log": anything,
    "free_buffer": anything,
    "trace": anything,
    "trace_marker": anything,
    "trace_marker_raw": anything,
}

START: dict[str, bytes] = {
    "tracing_on": b"1",
    "options/raw": b"0",
    "buffer_size_kb": b"20",
    "per_cpu/cpu0/buffer_size_kb": b"20",
    "buffer_subbuf_size_kb": b"4",
    "buffer_percent": b"50",
    "trace_clock": b"local",
    "tracing_cpumask": b"1",
    "trace_options": b"notest_nop_accept",
    "events/task/enable": b"0",
    "events/raw_syscalls/filter": b"0",
    "events/task/task_rename/filter": b"0",
    "set_event": b"!*:*",
}
"""What is written before each example where the write under test may leave something behind."""

Answer = int | str
"""Bytes taken, or the name of the errno."""


class Kernel:
    """The kernel's files, in an instance of the test's own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def write(self, path: str, data: bytes, flags: int) -> Answer:
        return attempt(lambda: self._write(path, data, flags))

    def _write(self, path: str, data: bytes, flags: int) -> int:
        fd = os.open(self._directory / path, flags)
        try:
            return os.write(fd, data)
        finally:
            os.close(fd)

    def read(self, path: str) -> bytes:
        return (self._directory / path).read_bytes()


class Ours:
    """The same files of a tree with no mount."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def write(self, path: str, data: bytes, flags: int) -> Answer:
        return attempt(lambda: self._files.write(path, data, flags))

    def read(self, path: str) -> bytes:
        return self._files.read_bytes(path)


def attempt(operation: Callable[[], int]) -> Answer:
    try:
        return operation()
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def content(side: Kernel | Ours, path: str) -> object:
    """What can be compared of a file after a write."""
    text = side.read(path)
    if path == "trace_clock":
        return text.partition(b"[")[2].partition(b"]")[0]
    if path == "trace_options":
        known = (b"raw", b"hex", b"verbose", b"irq-info", b"test_nop_accept", b"test_nop_refuse")
        return [line for line in text.splitlines() if line.removeprefix(b"no") in known]
    if path == "set_event":
        return sorted(line for line in text.splitlines() if line in KNOWN_EVENTS)
    if path == "events/task/task_rename/id":
        return None
    if path.endswith("filter"):
        return text, errors(side.read("error_log"))
    return text


KNOWN_EVENTS = {
    f"{event.system}:{event.name}".encode() for event in REGISTRY.by_id.values() if event.system in ("task", "signal")
}
"""Those that both sides have; the order of `set_event` is not compared."""


def errors(log: bytes) -> bytes:
    """error_log without the times."""
    return re.sub(rb"(?m)^\[ *\d+\.\d{6}\] ", b"", log)


UNREADABLE = {"free_buffer", "trace", "trace_marker", "trace_marker_raw"}
"""No content to compare: write-only, or (trace) a text that other tests compare."""

REMEMBERED = {"events/task/task_rename/filter"}
"""Where a refused write does change something: the file then shows it, and what was wrong."""

flags_of_open = st.builds(
    lambda access, *more: access | sum(more),
    st.sampled_from([os.O_WRONLY, os.O_RDWR]),
    *(st.sampled_from([0, flag]) for flag in (os.O_TRUNC, os.O_APPEND, os.O_NONBLOCK, os.O_SYNC)),
)


@pytest.fixture
def ours() -> Iterator[Files]:
    files = Files()
    files.tree.top.expand()
    yield files
    files.tree.shutdown()


@pytest.mark.oracle
@pytest.mark.parametrize("path", COMPARED)
def test_same_bytes_same_answer_as_the_kernel(path: str, ours: Files, oracle: Oracle) -> None:
    kernel, mine = Kernel(oracle.instance), Ours(ours)

    @bounded
    @given(data=COMPARED[path], flags=flags_of_open)
    def compare(data: bytes, flags: int) -> None:
        if path in START:
            assert kernel.write(path, START[path], os.O_WRONLY) == mine.write(path, START[path], os.O_WRONLY)
        # FUSE sends no request for an empty write; it is 0 there.
        if data:
            assert mine.write(path, data, flags) == kernel.write(path, data, flags)
        if path not in UNREADABLE:
            assert content(mine, path) == content(kernel, path)

    compare()


@pytest.mark.parametrize(
    "path", [*sorted(COMPARED.keys() - REMEMBERED), "set_ftrace_pid", "set_ftrace_notrace_pid", "saved_cmdlines_size"]
)
def test_refused_writes_change_nothing(path: str, ours: Files) -> None:
    mine = Ours(ours)

    @bounded
    @given(data=COMPARED.get(path, anything))
    def write(data: bytes) -> None:
        before = None if path in UNREADABLE else mine.read(path)
        answer = mine.write(path, data, os.O_WRONLY)
        if isinstance(answer, str):
            assert answer in ERRORS
            assert path in UNREADABLE or mine.read(path) == before
        else:
            assert 0 <= answer <= len(data)

    write()
