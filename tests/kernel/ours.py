# SPDX-License-Identifier: GPL-2.0-only
"""The same processes as our engine sees them, in the words of tests.kernel.ftrace."""

from __future__ import annotations

import struct

from ringbuf import RingBuffer
from tests.capture.harness.engines import IN_TASK
from tests.kernel.ftrace import Call, Sequences
from tracefs.capture import Engine, Scope
from tracefs.capture.wanted import PidSet, Wanted
from tracefs.events import REGISTRY, Cmdlines


class Ours:
    """`with Ours(pid) as ours:` records pid and its children; `ours.sequences()` reads what was recorded."""

    def __init__(self, pid: int, size: int = 256 << 20) -> None:
        self.pid, self.size = pid, size
        self.errors: list[str] = []

    def __enter__(self) -> Ours:
        self.buffer = RingBuffer.create(cpus=_cpus(), size=self.size, clock="mono")
        self.engine = Engine(Cmdlines(), scope=Scope("none"), on_error=self.errors.append)
        if IN_TASK:
            self.engine.use_in_task()
        self.engine.start()
        self.sink = self.engine.add_sink(self.buffer)
        pids = PidSet(active=True, pids=frozenset({self.pid}), follow_fork=True)
        self.engine.want(self.sink, Wanted(tracer=True, tracer_pids=pids))
        assert self.engine.settle(10), f"attaching to {self.pid} did not complete: {self.errors}"
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.want(self.sink, Wanted())
        self.engine.stop()
        self.buffer.close()

    def sequences(self) -> Sequences:
        """Per task what was recorded; raises ValueError if our buffer lost events."""
        merged = []
        for cpu in range(self.buffer.cpus):
            stats = self.buffer.stats(cpu)
            if stats.overrun or stats.dropped_events:
                raise ValueError("events were lost: the buffer was too small for the comparison")
            merged += [(event.ts, cpu, event.data) for event in self.buffer.iterate(cpu)]
        calls: Sequences = {}
        for ts, cpu, payload in sorted(merged, key=lambda item: item[0]):
            number, _, _, tid = struct.unpack_from("<HBBi", payload)
            call = _call(number, payload, (ts, cpu))
            if call is not None:
                calls.setdefault(tid, []).append(call)
        return calls


def _call(number: int, payload: bytes, at: tuple[int, int]) -> Call | None:
    event = REGISTRY.by_id[number]
    if event.syscall is None:
        return None
    count = 1 if event.kind == "exit" else len(event.syscall.params)
    name = event.name.removeprefix(f"sys_{event.kind}_")
    return Call(event.kind, name, struct.unpack_from(f"<{count}Q", payload, 16), at)


def _cpus() -> int:
    with open("/sys/devices/system/cpu/possible") as possible:
        return int(possible.read().strip().split("-")[-1]) + 1
