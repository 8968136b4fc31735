# SPDX-License-Identifier: GPL-2.0-only
"""A seccomp profile as the OCI runtime specification (config-linux.md, "Seccomp") and containers' engines have it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracefs.library.happenings import Call

_ARCHITECTURES = {"": "SCMP_ARCH_X86_64", "i386": "SCMP_ARCH_X86", "x32": "SCMP_ARCH_X32"}
_EPERM = 1
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
RUNTIME = ("execve", "exit", "exit_group", "rt_sigreturn", "restart_syscall")
"""Allowed in any case: without them no program starts, ends or takes a signal."""


def seccomp(calls: Iterable[Call]) -> tuple[dict[str, object], list[str]]:
    """What was called is allowed, all else fails with EPERM. Also, which calls have no name, and so no place in it."""
    used, architectures, unnamed = set(RUNTIME), {""}, set[str]()
    for call in calls:
        architectures.add(call.arch)
        (used if _NAME.fullmatch(call.name) else unnamed).add(call.name)
    profile: dict[str, object] = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": _EPERM,
        "architectures": [name for arch, name in _ARCHITECTURES.items() if arch in architectures],
        "syscalls": [{"names": sorted(used), "action": "SCMP_ACT_ALLOW"}],
    }
    return profile, sorted(unnamed)
