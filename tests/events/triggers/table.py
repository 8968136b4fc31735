# SPDX-License-Identifier: GPL-2.0-only
"""An instance with nothing in it but histograms, and a way to let events hit them."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from tracefs.events.triggers._hist import ffi, lib

from tracefs.events import REGISTRY
from tracefs.events.event import EventClass
from tracefs.events.triggers import hist_show
from tracefs.events.triggers.hist_compile import Histogram, compile_histogram
from tracefs.events.triggers.synthetic import event_class, parse

SYNTHETIC_ID = 4000


class Instance:
    """The surroundings of triggers; `traced` collects the synthetic records, `snapshots` counts."""

    def __init__(self) -> None:
        self.known: list[Histogram] = []
        self.definitions: dict[str, EventClass] = {}
        self.traced: list[bytes] = []
        self.snapshots = 0
        self._trace = ffi.callback("void(void *, const struct hist_event *, const void *, uint32_t)", self._on_trace)
        self._snapshot = ffi.callback("void(void *)", self._on_snapshot)
        self.host = ffi.new("struct hist_host *", {"trace": self._trace, "snapshot": self._snapshot})

    def event(self, system: str, name: str) -> EventClass | None:
        return REGISTRY.find(system, name)

    def synthetic(self, name: str) -> EventClass | None:
        return self.definitions.get(name)

    def histograms(self, event: EventClass | None = None) -> Iterable[Histogram]:
        return [known for known in self.known if event in (None, known.event)]

    def add_helper(self, event: EventClass, command: str, like: Histogram) -> Histogram:
        return self.add(f"{event.system}:{event.name}", command)

    def define(self, text: str) -> EventClass:
        definition = parse(text)
        self.definitions[definition.name] = event_class(definition, SYNTHETIC_ID + len(self.definitions))
        return self.definitions[definition.name]

    def add(self, event: str, command: str) -> Histogram:
        system, _, name = event.partition(":")
        found = REGISTRY.find(system, name)
        assert found
        self.known.append(compile_histogram(command, found, self))
        return self.known[-1]

    def hit(self, record: bytes, ts: int = 0, comm: bytes = b"bash") -> None:
        """Let one event, made by `enter` and friends, hit every histogram of its class."""
        number = struct.unpack_from("<H", record)[0]
        data, name = ffi.new("uint8_t[]", record), ffi.new("char[]", comm)
        event = ffi.new("struct hist_event *", {"record": data, "len": len(record), "ts": ts, "comm": name})
        for histogram in self.known:
            if histogram.event.id == number:
                lib.hist_hit(histogram.table, event, self.host)

    def _on_trace(self, _context: object, _cause: object, record: object, length: int) -> None:
        self.traced.append(bytes(ffi.buffer(record, length)))

    def _on_snapshot(self, _context: object) -> None:
        self.snapshots += 1


def enter(name: str, pid: int, *args: int) -> bytes:
    """A sys_enter record."""
    event = REGISTRY.find("syscalls", f"sys_enter_{name}")
    assert event
    assert event.syscall
    return struct.pack(f"<HBBiii{len(args)}Q", event.id, 0, 0, pid, event.syscall.nr, 0, *args)


def leave(name: str, pid: int, ret: int) -> bytes:
    """A sys_exit record."""
    event = REGISTRY.find("syscalls", f"sys_exit_{name}")
    assert event
    assert event.syscall
    return struct.pack("<HBBiiiq", event.id, 0, 0, pid, event.syscall.nr, 0, ret)


def lines(histogram: Histogram) -> list[str]:
    """The entries, without heading and totals."""
    text = hist_show.show(histogram)
    return text.partition("#\n\n")[2].partition("\nTotals:")[0].splitlines()
