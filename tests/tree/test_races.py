# SPDX-License-Identifier: GPL-2.0-only
"""Writers of every control file, readers and a traced program at once: what C holds is not freed under it.

What shows a fault is AddressSanitizer (tests/test_sanitized.py runs the short form on modules built with it); here it may
be a crash or a read that fails.
"""

from __future__ import annotations

import errno
import os
import random
import signal
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator

import pytest

from tests.tree.traced import Traced
from tracefs.capture import Engine
from tracefs.capture.wanted import Wanted
from tracefs.tree import Context, Directory, File
from tracefs.tree.node import Handle

READ, WRITTEN = "events/syscalls/sys_enter_getppid", "events/raw_syscalls/sys_enter"
SYNTHETIC = "events/synthetic/lat/enable"
WRITES: dict[str, tuple[str, ...]] = {
    "saved_cmdlines_size": ("1", "128", "70000"),
    "current_tracer": ("nop", "syscall"),
    "trace_options": ("syscall_arg_decode", "nosyscall_arg_decode", "raw", "noraw", "record-tgid", "userstacktrace"),
    "buffer_size_kb": ("8", "400"),
    "buffer_subbuf_size_kb": ("4", "64"),
    "trace_clock": ("mono", "local", "counter"),
    "tracing_cpumask": ("1", "3"),
    "tracing_on": ("0", "1"),
    "trace": ("",),
    "snapshot": ("0", "1", "2"),
    "trace_marker": ("text",),
    "error_log": ("",),
    "set_event": ("syscalls:*getppid", "!syscalls:*getppid", "raw_syscalls:*", "synthetic:*"),
    "synthetic_events": ("lat u64 d; int p", "!lat"),
    f"{READ}/filter": ("common_pid > 1", "common_pid == 1 || common_pid != 1", "0"),
    f"{READ}/trigger": (
        "hist:keys=common_pid",
        "!hist:keys=common_pid",
        "hist:keys=common_pid:ts0=common_timestamp.usecs",
        "!hist:keys=common_pid:ts0=common_timestamp.usecs",
        "traceon:5",
        "!traceon",
        "stacktrace",
        "!stacktrace",
        "snapshot:3",
        "!snapshot",
        "enable_event:raw_syscalls:sys_exit",
        "!enable_event:raw_syscalls:sys_exit",
    ),
    f"{WRITTEN}/filter": ("id == 110", "id > 0 && id < 500", "0"),
    f"{WRITTEN}/trigger": (
        "hist:keys=id:vals=hitcount:sort=hitcount",
        "!hist:keys=id:vals=hitcount:sort=hitcount",
        "hist:keys=common_pid:d=common_timestamp.usecs-$ts0:onmatch(syscalls.sys_enter_getppid).trace(lat,$d,common_pid)",
        "!hist:keys=common_pid:d=common_timestamp.usecs-$ts0:onmatch(syscalls.sys_enter_getppid).trace(lat,$d,common_pid)",
    ),
    SYNTHETIC: ("0", "1"),
}
READS = ("trace", "trace_pipe", "saved_cmdlines", "saved_tgids", "snapshot", "per_cpu/cpu0/stats", "per_cpu/cpu1/trace",
         f"{READ}/hist", f"{READ}/trigger", f"{WRITTEN}/hist", f"{READ}/format", "events/synthetic/lat/format",
         "set_event", "available_events", "error_log", "synthetic_events", "trace_options")  # fmt: skip
EXPECTED = {errno.EINVAL, errno.EBUSY, errno.EBADF, errno.EAGAIN, errno.ENOENT, errno.EEXIST, errno.ENODEV, errno.EPERM}
PROGRAM = ["/bin/sh", "-c", "while :; do (echo x; exec true) | cat; done"]
ME = Context(nonblock=True, tid=os.getpid())


def handle(traced: Traced, path: str, flags: int) -> Handle:
    file = traced.files.lookup(path)
    assert isinstance(file, File)
    return file.open(flags, ME)


def act(traced: Traced, dice: random.Random) -> None:
    """One thing that a user may do."""
    what = dice.random()
    if what < 0.03:
        instances = traced.files.lookup("instances")
        assert isinstance(instances, Directory)
        dice.choice([instances.mkdir, instances.rmdir])(dice.choice("ab"))
        return
    where = dice.choice(["", "", "", "instances/a/", "instances/b/"])
    if what < 0.5:
        opened = handle(traced, where + dice.choice(READS), os.O_RDONLY)
        try:
            offset = 0
            while offset < 1 << 18 and (piece := opened.read(1 << 16, offset, ME)):
                offset += len(piece)
        finally:
            opened.release()
        return
    path = dice.choice(list(WRITES))
    append = dice.choice([os.O_TRUNC, os.O_APPEND]) if path not in ("set_event", "synthetic_events") else os.O_APPEND
    opened = handle(traced, where + path, os.O_WRONLY | append)
    try:
        opened.write((dice.choice(WRITES[path]) + "\n").encode(), 0, ME)
    finally:
        opened.flush(ME)
        opened.release()


def play(
    traced: Traced, seed: int, goes_on: Callable[[int], bool], unexpected: list[BaseException], count: list[int]
) -> None:
    dice = random.Random(seed)
    while goes_on(count[0]) and not unexpected:
        try:
            act(traced, dice)
        except OSError as error:
            if error.errno not in EXPECTED:
                unexpected.append(error)
        except BaseException as error:
            unexpected.append(error)
        count[0] += 1


@pytest.fixture
def caller(traced: Traced) -> Iterator[None]:
    """A program whose children make calls, and end, all the while."""
    assert isinstance(traced.files.engine, Engine)
    null = os.open(os.devnull, os.O_RDWR)
    child = traced.files.engine.spawn(PROGRAM, env={"PATH": os.environ["PATH"]}, stdin=null, stdout=null)
    yield
    os.kill(child.pid, signal.SIGKILL)
    child.wait(60)
    os.close(null)


def race(traced: Traced, goes_on: Callable[[int], bool]) -> int:
    """How many operations were made. goes_on: by how many one thread has made."""
    unexpected: list[BaseException] = []
    counts = [[0] for _ in range(5)]
    threads = [
        threading.Thread(target=play, args=(traced, seed, goes_on, unexpected, count))
        for seed, count in enumerate(counts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [traceback.format_exception(each) for each in unexpected] == []
    return sum(count[0] for count in counts)


@pytest.mark.usefixtures("caller")
def test_writers_readers_and_tracees_race(traced: Traced) -> None:
    race(traced, lambda done: done < 60)


@pytest.mark.soak
@pytest.mark.timeout(1000)
@pytest.mark.usefixtures("caller")
def test_writers_readers_and_tracees_race_for_long(traced: Traced) -> None:
    until = time.monotonic() + float(os.environ.get("RACE_SECONDS", "300"))
    count = race(traced, lambda done: time.monotonic() < until)
    print(f"{count} operations")


def test_what_c_runs_is_there_until_c_has_what_follows(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine gets addresses of an event's triggers and filter: the message with these stays until the next was told."""
    engine = traced.files.engine
    assert isinstance(engine, Engine)
    old: list[weakref.ref[object]] = []
    alive: list[bool] = []
    tell = engine._core.sink_want

    def told(sink: int, wanted: Wanted) -> None:
        tell(sink, wanted)
        alive.extend(each() is not None for each in old)

    traced.write(f"{WRITTEN}/filter", "id == 110\n")
    traced.write(f"{WRITTEN}/trigger", "stacktrace\n")
    wanted = traced.top.wanted()
    old = [weakref.ref(each) for each in (*wanted.triggers.values(), *wanted.filters.values())]
    del wanted
    monkeypatch.setattr(engine._core, "sink_want", told)
    traced.write(f"{WRITTEN}/trigger", "!stacktrace\n")
    traced.write(f"{WRITTEN}/filter", "0\n")
    assert len(alive) == 4
    assert alive[:2] == [True, True]  # both, when the trigger went
    assert alive[3]  # the filter, when it went
