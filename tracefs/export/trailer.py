# SPDX-License-Identifier: GPL-2.0-only
"""What trace.dat has no word for, behind its end, where other readers do not look: times of day, thread groups,
losses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

MARK = b"tracefs\0"
_LENGTH = 8


@dataclass(frozen=True)
class Trailer:
    """JSON, its length in 8 bytes (little endian), and the mark: the last bytes of a file."""

    day: Sequence[tuple[int, int]] = ()
    """As day.Offsets takes it; empty: the time of day is not known."""
    tgids: Mapping[int, int] = field(default_factory=dict)
    """Task -> thread group."""
    lost: int = 0
    """Events that found no room."""

    def write(self, out: BinaryIO) -> None:
        text = json.dumps(asdict(self)).encode()
        out.write(text + len(text).to_bytes(_LENGTH, "little") + MARK)


def read(path: Path) -> Trailer:
    """An empty one where there is none, or none that can be read."""
    tail = _LENGTH + len(MARK)
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - tail, 0))
        end = file.read(tail)
        length = int.from_bytes(end[:_LENGTH], "little")
        if not end.endswith(MARK) or len(end) < tail or length > size - tail:
            return Trailer()
        file.seek(size - tail - length)
        text = file.read(length)
    try:
        known = json.loads(text)
        day = [(int(since), int(offset)) for since, offset in known["day"]]
        return Trailer(day, {int(tid): int(tgid) for tid, tgid in known["tgids"].items()}, int(known["lost"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Trailer()
