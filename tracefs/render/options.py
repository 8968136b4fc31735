# SPDX-License-Identifier: GPL-2.0-only
"""The trace_options that change how lines look."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from tracefs.render._render import ffi, lib
from tracefs.render.saved import saved_args

if TYPE_CHECKING:
    from tracefs.render.typed.types import Types

COUNTING_CLOCKS = frozenset({"counter", "uptime", "x86-tsc"})
"""Clocks of trace_clock that do not count nanoseconds: their time stamps are printed as they are."""

FLAGS = {
    "irq_info": lib.RN_IRQ_INFO,
    "record_tgid": lib.RN_RECORD_TGID,
    "latency_format": lib.RN_LATENCY_FORMAT,
    "verbose": lib.RN_VERBOSE,
    "raw": lib.RN_RAW,
    "hex": lib.RN_HEX,
    "bin": lib.RN_BIN,
    "fields": lib.RN_FIELDS,
    "context_info": lib.RN_CONTEXT_INFO,
    "annotate": lib.RN_ANNOTATE,
    "sym_addr": lib.RN_SYM_ADDR,
    "syscall_arg_type": lib.RN_ARG_TYPES,
    "syscall_arg_decode": lib.RN_ARG_DECODE,
}
"""Attribute -> enum rn_flag. The option is called the same, with dashes for underscores (but syscall_arg_type)."""


@dataclass
class Options:
    """One instance's, read anew by every read: a change shows in the next line, as in the kernel."""

    irq_info: bool = False
    record_tgid: bool = False
    latency_format: bool = False
    verbose: bool = False
    raw: bool = False
    hex: bool = False
    bin: bool = False
    fields: bool = False
    context_info: bool = True
    annotate: bool = True
    sym_addr: bool = False
    syscall_arg_type: bool = False
    syscall_arg_decode: bool = False
    tracer: str = "nop"
    """current_tracer."""
    clock: str = "local"
    """trace_clock."""
    time_start: int = 0
    """When the buffer was last emptied, in the clock's unit: latency-format counts from it."""

    @property
    def shows_irq_info(self) -> bool:
        """Whether lines have the column of context flags: the syscall tracer's have not."""
        return self.irq_info and self.tracer != "syscall"

    def compiled(self, types: Types | None = None) -> Any:
        """A struct rn_options of now, which `types` must outlive."""
        flags = sum(flag for name, flag in FLAGS.items() if getattr(self, name))
        if not self.shows_irq_info:
            flags &= ~lib.RN_IRQ_INFO
        if self.tracer == "syscall":
            flags |= lib.RN_SYSCALL_TRACER
        if self.clock not in COUNTING_CLOCKS:
            flags |= lib.RN_CLOCK_IN_NS
        address = types.address if types and self.syscall_arg_decode else ffi.NULL
        saved = ffi.NULL if address or self.tracer == "syscall" else saved_args()  # lines of neither show it that way
        made = {"flags": flags, "time_start": self.time_start, "types": address, "saved": saved}
        return ffi.new("struct rn_options *", made)

    def set(self, option: str, value: bool) -> bool:
        """Set an option by its name in trace_options ("irq-info"); False where it does not change how lines look."""
        name = option.replace("-", "_")
        if name not in FLAGS:
            return False
        setattr(self, name, value)
        return True


assert FLAGS.keys() == {field.name for field in fields(Options)} - {"tracer", "clock", "time_start"}
