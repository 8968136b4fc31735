# SPDX-License-Identifier: GPL-2.0-only
"""A perf.data file of records of ours: perf records from the kernel alone, but shows what a file says.

The layout is that of Linux's tools/perf/Documentation/perf.data-file-format.txt: attributes (a tracepoint each), their
identifiers, samples with the records as raw data, and the `format` files as tracing data.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

TRACEPOINT = 2
SAMPLE, COMM = 9, 3
IP, TID, TIME, CPU, PERIOD, RAW, IDENTIFIER = 1 << 0, 1 << 1, 1 << 2, 1 << 7, 1 << 8, 1 << 10, 1 << 16
SAMPLE_ID_ALL = 1 << 18
TRACING_DATA = 1 << 1
"""Bit of the feature."""
HEADER_SIZE = 104
ATTRIBUTE_SIZE = 64


class Record(NamedTuple):
    """Of an event, as it stands in a buffer."""

    time: int
    cpu: int
    data: bytes

    @property
    def event(self) -> int:
        return int.from_bytes(self.data[:2], "little")

    @property
    def tid(self) -> int:
        return int.from_bytes(self.data[4:8], "little")


def perf_data(events: Path, records: Iterable[Record], comms: dict[int, str]) -> bytes:
    """`events`: a directory like events/ of a mount; `comms`: names of the records' tasks."""
    records = list(records)
    formats = _formats(events, {record.event for record in records})
    numbers = {event: position for position, event in enumerate(formats, 1)}
    ids = b"".join(struct.pack("<Q", number) for number in numbers.values())
    attributes = b"".join(
        _attribute(event) + struct.pack("<QQ", HEADER_SIZE + 8 * position, 8) for position, event in enumerate(numbers)
    )
    samples = b"".join(_comm(tid, comm) for tid, comm in comms.items())
    samples += b"".join(_sample(record, numbers[record.event]) for record in records)
    attributes_at = HEADER_SIZE + len(ids)
    samples_at = attributes_at + len(attributes)
    tracing_at = samples_at + len(samples) + 16
    tracing = _tracing_data(events, formats.values())
    sections = (attributes_at, len(attributes), samples_at, len(samples), 0, 0)
    header = b"PERFILE2" + struct.pack("<QQ6Q4Q", HEADER_SIZE, ATTRIBUTE_SIZE + 16, *sections, TRACING_DATA, 0, 0, 0)
    return header + ids + attributes + samples + struct.pack("<QQ", tracing_at, len(tracing)) + tracing


def _formats(events: Path, wanted: set[int]) -> dict[int, Path]:
    found = {}
    for path in sorted(events.glob("*/*/format")):
        number = int(path.read_text().partition("\nID: ")[2].split()[0])
        if number in wanted:
            found[number] = path
    return found


def _attribute(event: int) -> bytes:
    what = IP | TID | TIME | CPU | PERIOD | RAW | IDENTIFIER
    return struct.pack("<II6Q", TRACEPOINT, ATTRIBUTE_SIZE, event, 1, what, 0, SAMPLE_ID_ALL, 0) + bytes(8)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<IHH", kind, 2, 8 + len(body)) + body


def _sample(record: Record, number: int) -> bytes:
    raw = record.data + bytes(-(4 + len(record.data)) % 8)
    what = struct.pack("<QQIIQIIQ", number, 0, record.tid, record.tid, record.time, record.cpu, 0, 1)
    return _record(SAMPLE, what + struct.pack("<I", len(raw)) + raw)


def _comm(tid: int, comm: str) -> bytes:
    name = comm.encode() + bytes(8 - len(comm.encode()) % 8)
    return _record(COMM, struct.pack("<II", tid, tid) + name + struct.pack("<IIQIIQ", tid, tid, 0, 0, 0, 1))


def _sized(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def _tracing_data(events: Path, formats: Iterable[Path]) -> bytes:
    """As trace-cmd writes it, too."""
    systems: dict[str, list[bytes]] = {}
    for path in formats:
        systems.setdefault(path.parent.parent.name, []).append(path.read_bytes())
    parts = [b"\x17\x08\x44tracing0.6\0", struct.pack("<BBI", 0, 8, 4096)]
    for name in ("header_page", "header_event"):
        parts += [name.encode() + b"\0", _sized((events / name).read_bytes())]
    parts += [struct.pack("<II", 0, len(systems))]
    for system, texts in systems.items():
        parts += [system.encode() + b"\0", struct.pack("<I", len(texts)), *map(_sized, texts)]
    return b"".join([*parts, struct.pack("<II", 0, 0), _sized(b"")])
