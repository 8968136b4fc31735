# SPDX-License-Identifier: GPL-2.0-only
"""The switches: tracing_on, current_tracer, trace_clock, tracing_cpumask, syscall_user_buf_size."""

from __future__ import annotations

import errno

from ringbuf import CLOCKS
from tracefs.tree.instance import TRACERS, Instance
from tracefs.tree.node import Context
from tracefs.tree.parse import cpu_mask, cpu_mask_text, stripped, unsigned
from tracefs.tree.textfile import TextFile


class InstanceFile(TextFile):
    """A text file about one instance."""

    def __init__(self, instance: Instance, mode: int = 0o640) -> None:
        super().__init__(mode)
        self.instance = instance


class TracingOn(InstanceFile):
    """0 or 1; any other number is 1."""

    def show(self) -> str:
        return f"{self.instance.tracing_on:d}\n"

    def store(self, data: bytes, ctx: Context) -> int:
        self.instance.tracing_on = unsigned(data) != 0
        return len(data)


class CurrentTracer(InstanceFile):
    """The name of a tracer. A change of tracer empties the buffer."""

    NAME = 100
    """Bytes of a write that count."""

    def show(self) -> str:
        return f"{self.instance.tracer}\n"

    def store(self, data: bytes, ctx: Context) -> int:
        self.instance.set_tracer(stripped(data[: self.NAME]).decode("latin-1"))
        return len(data)


class TraceClock(InstanceFile):
    """All clocks, the current one in brackets. Setting one empties the buffer."""

    sequential = True

    LINE = 64

    def show(self) -> str:
        current = self.instance.buffer.clock
        return " ".join(f"[{name}]" if name == current else name for name in CLOCKS) + "\n"

    def store(self, data: bytes, ctx: Context) -> int:
        name = stripped(data).decode("latin-1")
        if len(data) >= self.LINE or name not in CLOCKS:
            raise OSError(errno.EINVAL, "no such clock")
        self.instance.set_clock(name)
        return len(data)


class TracingCpumask(InstanceFile):
    """CPUs on which is recorded, in hexadecimal."""

    def show(self) -> str:
        return cpu_mask_text(self.instance.cpumask, self.instance.shared.cpus) + "\n"

    def store(self, data: bytes, ctx: Context) -> int:
        self.instance.set_cpumask(cpu_mask(data, self.instance.shared.cpus))
        return len(data)


class UserBufSize(InstanceFile):
    """syscall_user_buf_size: bytes of a text or of data that are saved; 0: nothing is. More than can be is as much as
    can."""

    def show(self) -> str:
        return f"{self.instance.user_buf_size}\n"

    def store(self, data: bytes, ctx: Context) -> int:
        self.instance.set_user_buf_size(unsigned(data))
        return len(data)


AVAILABLE_TRACERS = " ".join(TRACERS) + "\n"
TIMESTAMP_MODE = "[delta] absolute\n"
