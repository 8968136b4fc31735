# SPDX-License-Identifier: GPL-2.0-only
"""A mapping that someone scribbles in: readers, writers and counters may talk nonsense, but neither crash nor hang."""

from __future__ import annotations

import contextlib
import mmap
import os
import random
import signal
import struct
import subprocess
import sys

import pytest

from ringbuf import RingBuffer

SIZE = 8 * 4080
CTL = 4096
WRITERS, WRITERS_USED = 8192, 8192 + 8 * 128  # the table of writers; a few of its lines are ever taken here
EDGE_VALUES = (0, 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1, 4096, 4095, 2**24 - 1, 29, 31, 30)


def use(buffer: RingBuffer) -> None:
    """Everything that reads the mapping."""
    for _ in range(3):
        buffer.write(0, b"x" * 52)
        buffer.write(0, b"x" * 1000)
    buffer.stats(0)
    buffer.entries()
    buffer.ready(0, 50)
    for _, _event in zip(range(2000), buffer.iterate(0), strict=False):
        pass
    for _ in range(30):
        if buffer.read_page(0) is None:
            break
    buffer.empty()


def scribble(rng: random.Random, seconds: float) -> int:
    """Rounds of damage and use until the time is up; returns how many."""
    signal.alarm(int(seconds) + 20)  # a hang ends the process
    rounds = 0
    import time

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with RingBuffer.create(1, SIZE, overwrite=rng.random() < 0.7, clock="counter") as buffer:
            whole = os.fstat(buffer.fd).st_size
            with mmap.mmap(buffer.fd, whole) as memory:
                area = struct.unpack_from("<Q", memory, CTL + 192)[0]
                for _ in range(rng.randrange(400)):
                    buffer.write(0, b"e" * rng.randrange(300))
                for _ in range(20):
                    for _ in range(rng.choice((1, 3, 200))):
                        low, high = rng.choice(
                            ((0, CTL), (CTL, CTL + 256), (WRITERS, WRITERS_USED), (area, area + 256), (area, whole))
                        )
                        at = rng.randrange(low, high - 8) & rng.choice((~7, ~3, ~0))
                        value = rng.choice((rng.getrandbits(64), rng.choice(EDGE_VALUES), rng.randrange(64)))
                        memory[at : at + 8] = struct.pack("<Q", value & (2**64 - 1))
                    use(buffer)
                    with contextlib.suppress(OSError):
                        RingBuffer.open(buffer.fd).close()
                    rounds += 1
                buffer.resize(rng.randrange(1, 20) * 4080)
                use(buffer)
    return rounds


def in_a_child(seed: int, seconds: float) -> None:
    code = f"import random; from tests.ringbuf.test_hostile import scribble; print(scribble(random.Random({seed}), {seconds}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=seconds + 60)
    assert done.returncode == 0, f"status {done.returncode}: {done.stderr}"
    assert int(done.stdout) > 20


@pytest.mark.parametrize("seed", range(2))
def test_damaged_mapping_neither_crashes_nor_hangs(seed: int) -> None:
    in_a_child(seed, 2)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_damaged_mapping_soak() -> None:
    in_a_child(1000, 300)


def test_open_refuses_what_is_not_a_buffer() -> None:
    for size in (0, 100, 100_000):
        fd = os.memfd_create("not a buffer", os.MFD_ALLOW_SEALING)
        os.truncate(fd, size)
        with pytest.raises(OSError, match="22"):
            RingBuffer.open(fd)
        os.close(fd)


def test_nobody_can_shrink_the_mapping() -> None:
    with RingBuffer.create(1, SIZE) as buffer, pytest.raises(PermissionError):
        os.truncate(buffer.fd, 4096)
