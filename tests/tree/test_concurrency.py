# SPDX-License-Identifier: GPL-2.0-only
"""Many tasks at the same files: every answer is one of the kernel's, nobody hangs, and all works after."""

from __future__ import annotations

import errno
import os
import random
import threading

from tests.tree.conftest import NONBLOCK, Files

WRITES: dict[str, tuple[bytes, ...]] = {
    "tracing_on": (b"0", b"1", b"x"),
    "current_tracer": (b"nop", b"syscall", b"other"),
    "trace_options": (b"raw", b"noraw", b"overwrite", b"nooverwrite", b"?"),
    "buffer_size_kb": (b"8", b"40", b"0"),
    "buffer_subbuf_size_kb": (b"4", b"8", b"5000"),
    "trace_clock": (b"mono", b"local", b"none"),
    "set_event_pid": (b"1 2", b"3\n", b"x"),
    "set_ftrace_pid": (b"1 2", b"3\n", b"x"),
    "trace_marker": (b"text\n", b"x" * 5000),
    "trace_marker_raw": (b"1234567", b"1"),
    "trace": (b"",),
    "free_buffer": (b"x",),
}
READS = ("trace", "trace_pipe", "per_cpu/cpu0/trace_pipe_raw", "per_cpu/cpu0/stats", "trace_options", "buffer_size_kb")
EXPECTED = {errno.EINVAL, errno.EBUSY, errno.EBADF, errno.EAGAIN}
THREADS, ROUNDS = 6, 150


def play(files: Files, seed: int, unexpected: list[BaseException]) -> None:
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        try:
            if dice.random() < 0.4:
                files.read(dice.choice(READS))
            else:
                path = dice.choice(list(WRITES))
                flags = dice.choice([os.O_WRONLY, os.O_WRONLY | os.O_TRUNC, os.O_RDWR, os.O_RDWR | os.O_APPEND])
                files.write(path, dice.choice(WRITES[path]), flags)
        except OSError as error:
            if error.errno not in EXPECTED:
                unexpected.append(error)
        except UnicodeDecodeError:
            pass  # raw pages are not text
        except BaseException as error:
            unexpected.append(error)


def test_control_files_under_many_threads(files: Files) -> None:
    unexpected: list[BaseException] = []
    poller = files.open("trace_pipe")
    threads = [threading.Thread(target=play, args=(files, seed, unexpected)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        poller.poll(lambda: None)
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    poller.release()
    assert unexpected == []
    assert files.read("current_tracer") in ("nop\n", "syscall\n")
    instance = files.tree.top
    assert (instance.consumers, instance.iterators) == (0, 0)
    files.write("tracing_on", "1")
    files.open("trace", os.O_WRONLY | os.O_TRUNC).release()
    files.open("trace_marker", os.O_WRONLY).write(b"alive\n", 0, NONBLOCK)
    files.write("trace_options", "noraw")
    assert files.read("trace").endswith("tracing_mark_write: alive\n")
