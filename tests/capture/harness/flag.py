# SPDX-License-Identifier: GPL-2.0-only
"""What a running program and its harness share: `struct flag` of programs/check.h, in a mapped file."""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
import time
from collections.abc import Callable
from types import TracebackType


class Flag:
    """A new flag file; its path goes to the program as CHECK_FLAG. Removed by close()."""

    def __init__(self) -> None:
        directory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        fd, self.path = tempfile.mkstemp(prefix="flag-", dir=directory)
        os.ftruncate(fd, 4096)
        os.fchmod(fd, 0o666)
        self._memory = mmap.mmap(fd, 4096)
        os.close(fd)

    def __enter__(self) -> Flag:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._memory.close()
        os.unlink(self.path)

    def _get(self, index: int) -> int:
        return int(struct.unpack_from("=I", self._memory, 4 * index)[0])

    @property
    def started(self) -> bool:
        return self._get(1) != 0

    @property
    def rounds(self) -> int:
        return self._get(2)

    @property
    def pid(self) -> int:
        return self._get(3)

    def stop(self) -> None:
        """Asks the program to end after its round."""
        struct.pack_into("=I", self._memory, 0, 1)


def until(condition: Callable[[], bool], seconds: float, interval: float = 0.001) -> bool:
    """Whether the condition came true within that time."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(interval)
    return True
