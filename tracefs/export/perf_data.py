# SPDX-License-Identifier: GPL-2.0-only
"""perf.data: samples of tracepoints, as they come; what they are samples of, when all have come.

The layout is that of Linux's tools/perf/Documentation/perf.data-file-format.txt. An event's number serves as the
identifier of its attribute, so that samples can be written before it is known which events there are.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator

from tracefs.calls.pages import records
from tracefs.export.forms import Wish
from tracefs.export.source import Source
from tracefs.export.tracing_data import tracing_data

TRACEPOINT = 2
SAMPLE, COMM = 9, 3
USER_MODE = 2
IP, TID, TIME, CPU, PERIOD, RAW, IDENTIFIER = 1 << 0, 1 << 1, 1 << 2, 1 << 7, 1 << 8, 1 << 10, 1 << 16
SAMPLE_TYPE = IP | TID | TIME | CPU | PERIOD | RAW | IDENTIFIER
SAMPLE_ID_ALL = 1 << 18
TRACING_DATA = 1 << 1
"""Bit of the feature."""
HEADER_SIZE, ATTRIBUTE_SIZE = 104, 64
VERSION = "0.6"
_HEADER = struct.Struct("<8sQQ6QQ24x")
"""Magic, sizes of the header and of an attribute with its identifiers' place, where attributes, samples and types are,
features."""
_SECTION = struct.Struct("<QQ")
"""Where, and how long."""
_COMMON = struct.Struct("<HBBi")
_SAMPLE = struct.Struct("<IHHQQIIQIIQI")
"""Header; identifier, ip, pid, tid, time, cpu, reserved, period, length of the raw data."""


class PerfData:
    """An Export, of a source with a clock that counts ns."""

    held = False

    def __init__(self, source: Source, wish: Wish, file: int) -> None:
        self._source, self._file = source, file
        self._events: set[int] = set()
        self._tgids: dict[int, int] = {}
        self._written = 0
        os.write(file, bytes(HEADER_SIZE))

    def take(self, last: bool) -> bytes:
        """The samples of what there is now: perf puts them in order."""
        return self.samples(self._records())

    def samples(self, found: Iterable[tuple[int, int, bytes]]) -> bytes:
        """Of (time, CPU, record)."""
        out = bytearray()
        for time, cpu, record in found:
            event, _, _, tid = _COMMON.unpack_from(record)
            self._events.add(event)
            length = -(-(4 + len(record)) // 8) * 8 - 4
            size = _SAMPLE.size + length
            pid = self._tgids.get(tid) or self._find_tgid(tid)
            out += _SAMPLE.pack(SAMPLE, USER_MODE, size, event, 0, pid, tid, time, cpu, 0, 1, length)
            out += record.ljust(length, b"\0")
        self._written += len(out)
        return bytes(out)

    def close(self) -> None:
        """What the samples are of."""
        events = [event for number in sorted(self._events) if (event := self._source.registry.by_id.get(number))]
        some = events[0].id if events else 0
        comms = b"".join(_comm(task.pid, task.tgid or task.pid, task.comm, some) for task in self._source.tasks())
        data_end = HEADER_SIZE + self._written + len(comms)
        ids_at = data_end + _SECTION.size  # perf looks for the features' sections right behind the samples
        ids = b"".join(struct.pack("<Q", event.id) for event in events)
        attributes_at = ids_at + len(ids)
        attributes = b"".join(_attribute(event.id, ids_at + 8 * index) for index, event in enumerate(events))
        tracing_at = attributes_at + len(attributes)
        tracing = tracing_data(VERSION, self._source, events)
        sections = (attributes_at, len(attributes), HEADER_SIZE, data_end - HEADER_SIZE, 0, 0)
        with open(self._file, "wb", closefd=False) as out:
            out.write(comms + _SECTION.pack(tracing_at, len(tracing)) + ids + attributes + tracing)
            out.seek(0)
            out.write(_HEADER.pack(b"PERFILE2", HEADER_SIZE, ATTRIBUTE_SIZE + _SECTION.size, *sections, TRACING_DATA))

    def _find_tgid(self, tid: int) -> int:
        """The task's own number where its group's is not known, or not yet."""
        found = self._source.tgid(tid)
        if found:
            self._tgids[tid] = found
        return found or tid

    def _records(self) -> Iterator[tuple[int, int, bytes]]:
        for cpu, page in self._source.pages():
            for time, record in records(page):
                yield time, cpu, record


def _attribute(event: int, id_at: int) -> bytes:
    """A struct perf_event_attr, and where its identifiers are."""
    attribute = struct.pack("<II6Q", TRACEPOINT, ATTRIBUTE_SIZE, event, 1, SAMPLE_TYPE, 0, SAMPLE_ID_ALL, 0) + bytes(8)
    return attribute + struct.pack("<QQ", id_at, 8)


def _comm(tid: int, pid: int, comm: bytes, event: int) -> bytes:
    """A task's name, from the beginning on. Any event's number has to stand in it."""
    name = comm + bytes(8 - len(comm) % 8)
    body = struct.pack("<II", pid, tid) + name + struct.pack("<IIQIIQ", pid, tid, 0, 0, 0, event)
    return struct.pack("<IHH", COMM, USER_MODE, 8 + len(body)) + body
