# SPDX-License-Identifier: GPL-2.0-only
"""A buffer where RLIMIT_FSIZE leaves no room for its file."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

SCRIPT = """
import errno, resource, sys
from ringbuf import RingBuffer
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
with RingBuffer.create(2, 1 << 16) as buffer:
    buffer.write(0, b"old_")
    buffer.resize(1 << 18)
    buffer.write(0, b"new_")
    try:
        RingBuffer.open(buffer.fd).close()
        opens = "opens"
    except OSError as error:
        opens = errno.errorcode[error.errno]
    print(buffer.fd >= 0, opens, [event.data for event in buffer.iterate(0)])
"""


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (resource.RLIM_INFINITY, "True opens"),
        (700_000, "True EINVAL"),
        (0, "False EINVAL"),
    ],
)
def test_it_is_memory_of_the_process_alone_as_far_as_the_file_may_not_be(limit: int, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(limit)], capture_output=True, text=True, check=True)
    assert done.stdout == f"{said} [b'old_', b'new_']\n"
