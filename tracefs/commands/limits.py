# SPDX-License-Identifier: GPL-2.0-only
"""The tracer's own resource limits: what its caller set for the program need not bind the tracer, where it may raise
them."""

from __future__ import annotations

import contextlib
import resource

from tracefs.capture.policy.native import Limit

RAISED = (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU)
"""A tracer of many tasks needs descriptors; its buffers are files in memory; and its end in the midst helps nobody."""
_UNSIGNED = (1 << 64) - 1


def raise_own() -> list[Limit]:
    """Raise our limits as far as we may. Returns those that a program is to have in their place: as they were."""
    before = []
    for kind in RAISED:
        soft, hard = resource.getrlimit(kind)
        for limits in ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), (hard, hard)):
            if limits == (soft, hard):
                break
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(kind, _capped(kind, limits))
                before.append(Limit(kind, soft & _UNSIGNED, hard & _UNSIGNED))
                break
    return before


def _capped(kind: int, limits: tuple[int, int]) -> tuple[int, int]:
    """The kernel knows no infinite number of descriptors."""
    if kind != resource.RLIMIT_NOFILE or limits[1] != resource.RLIM_INFINITY:
        return limits
    with open("/proc/sys/fs/nr_open") as file:
        most = int(file.read())
    return most, most
