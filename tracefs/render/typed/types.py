# SPDX-License-Identifier: GPL-2.0-only
"""The type tables as the renderer walks them: struct rn_types, made anew for each table."""

from __future__ import annotations

from typing import Any

from tracefs.render._render import ffi
from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.types.block.kept import Compiled
from tracefs.syscalls.types.saved.pointers import Masks, pointers


class Types:
    """Never changed: who reads by it keeps it alive, and the next read takes the next one."""

    def __init__(self, compiled: Compiled) -> None:
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
