# SPDX-License-Identifier: GPL-2.0-only
"""Calls that have no event of their own: those of 32-bit code, x32's, and numbers that no table has."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tracefs.syscalls import COMPAT_NAMES, SYSCALLS, Syscall, by_number

X32_BIT = 0x40000000
_X32_OWN = 512
"""The first number that x32 does not share with x86-64."""
_OTHERWISE = frozenset(
    (
        *("clone", "fadvise64", "fallocate", "fanotify_mark", "lookup_dcookie", "mmap", "pread64"),
        *("pwrite64", "readahead", "select", "sync_file_range"),
    )
)
"""Calls of i386 whose arguments are others than those of x86-64's call of that name, or in another order."""

_BY_NAME = {call.uapi_name: call for call in SYSCALLS}


class Known(NamedTuple):
    """What a number means. `arch`: "" for x86-64."""

    syscall: Syscall
    arch: str


@lru_cache(maxsize=4096)
def known(number: int, compat: bool) -> Known | None:
    """None where x86-64 has a call of that number. A name that is not shown makes the decoder show plain registers."""
    if compat:
        name = COMPAT_NAMES.get(number)
        same = _BY_NAME.get(name) if name and name not in _OTHERWISE else None
        shown = name or _nameless(number)
        return Known(same or Syscall(number, shown, f"i386:{shown}", (), False), "i386")
    if number in by_number:
        return None
    low = by_number.get(number & ~X32_BIT) if number & X32_BIT and number > 0 else None
    arch = "x32" if number & X32_BIT and number > 0 else ""
    if low and low.nr < _X32_OWN:
        return Known(low, arch)
    shown = _nameless(number)
    return Known(Syscall(number, shown, f":{shown}", (), False), arch)


def _nameless(number: int) -> str:
    return f"syscall_{number & (1 << 64) - 1:#x}"
