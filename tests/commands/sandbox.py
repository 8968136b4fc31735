# SPDX-License-Identifier: GPL-2.0-only
"""A seccomp filter of the tests' own."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence


def deny(numbers: Sequence[int], error: int) -> None:
    """A seccomp filter: these calls of this process, and of what it becomes, fail."""
    code = [(0x20, 0, 0, 0)]  # load the number
    for at, number in enumerate(numbers):
        code.append((0x15, len(numbers) - at, 0, number))  # equal: to the end
    code += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x50000 | error)]  # allow; fail
    filters = b"".join(struct.pack("=HBBI", *each) for each in code)
    buffer = ctypes.create_string_buffer(filters)
    program = struct.pack("@HP", len(code), ctypes.addressof(buffer))
    prctl = ctypes.CDLL(None).prctl
    assert prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    assert prctl(22, 2, program, 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
