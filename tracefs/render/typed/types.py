# SPDX-License-Identifier: GPL-2.0-only
"""The type tables as the renderer walks them: struct rn_types, made anew for each table."""

from __future__ import annotations

from typing import Any

from tracefs.render._render import ffi
from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.types.block.kept import Compiled
from tracefs.syscalls.types.saved.pointers import Masks, pointers

BUILT_IN = frozenset((
    "", "sigset", "cpu_set", "node_set", "fd_set", "wait_status", "inet6", "mac", "control_chars", "sun_path", "sock_filter",
    "seccomp_filter",
))  # fmt: skip
"""Types that code decodes and that the renderer knows itself (custom.c)."""


class Types:
    """Never changed: who reads by it keeps it alive, and the next read takes the next one."""

    def __init__(self, compiled: Compiled) -> None:
        if not BUILT_IN.issuperset(compiled.customs):
            from tracefs.render.typed import packages  # here, as hardly anybody has such types

            packages.use()
        self._block = ffi.new("uint64_t[]", -(-len(compiled.block) // 8))
        ffi.memmove(self._block, compiled.block, len(compiled.block))
        self.address: Any = ffi.new("struct rn_types *")
        self.address.table = ffi.cast("struct tt_table *", self._block)
        self.address.errors = compiled.errors
        saved = pointers()
        for call in SYSCALLS:
            masks = saved.get(call.name, Masks())
            self.address.nargs[call.nr] = len(call.params)
            getattr(self.address, "in")[call.nr], self.address.out[call.nr] = masks.enter, masks.exit
