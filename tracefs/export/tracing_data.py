# SPDX-License-Identifier: GPL-2.0-only
"""How events look, as trace.dat and perf.data have it: headers of sub-buffers and events, `format` files, names of
tasks.

The layout is that of trace-cmd's trace.dat(5), version 6, up to the number of CPUs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from tracefs.events import HEADER_EVENT, HEADER_PAGE, EventClass
from tracefs.export.source import Source

MAGIC = b"\x17\x08\x44tracing"
LITTLE_ENDIAN, LONG_SIZE = 0, 8
FTRACE = "ftrace"
"""The system whose formats stand apart."""


def tracing_data(version: str, source: Source, events: Iterable[EventClass]) -> bytes:
    """For records of these events."""
    systems: dict[str, list[bytes]] = {FTRACE: []}
    for event in sorted(events, key=lambda event: event.id):
        systems.setdefault(event.system, []).append(_sized(source.format(event).encode()))
    apart = systems.pop(FTRACE)
    names = "".join(f"{task.pid} {task.comm.decode(errors='replace')}\n" for task in source.tasks())
    return b"".join(
        [
            MAGIC + version.encode() + b"\0",
            struct.pack("<BBI", LITTLE_ENDIAN, LONG_SIZE, source.subbuf_size),
            b"header_page\0" + _sized(HEADER_PAGE(source.subbuf_size).encode()),
            b"header_event\0" + _sized(HEADER_EVENT.encode()),
            struct.pack("<I", len(apart)) + b"".join(apart),
            struct.pack("<I", len(systems)),
            *(
                system.encode() + b"\0" + struct.pack("<I", len(texts)) + b"".join(texts)
                for system, texts in systems.items()
            ),
            struct.pack("<II", 0, 0),  # no symbols of the kernel's, no formats of its printk
            _sized(names.encode()),
        ]
    )


def _sized(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text
