# SPDX-License-Identifier: GPL-2.0-only
"""A form's source without a tree: what a test does not say is as empty as can be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tracefs.calls.stream import Merged
from tracefs.events import REGISTRY
from tracefs.export.source import Source
from tracefs.render.frames import Frame, Lost
from tracefs.syscalls.types import load

_EMPTY = Source(
    cpus=1,
    subbuf_size=4096,
    clock="boot",
    pages=lambda: iter(()),
    frames=lambda: Merged({}),
    now=None,
    lost=lambda: 0,
    day=None,
    registry=REGISTRY,
    table=load,
    format=lambda event: f"format of {event.name}\n",
    tasks=list,
    comm=lambda tid: None,
    tgid=lambda tid: 0,
)


def source(**given: Any) -> Source:
    """With these fields."""
    return replace(_EMPTY, **given)


class Given:
    """Frames that are there at once."""

    def __init__(self, frames: Iterable[Frame | Lost]) -> None:
        self._frames = list(frames)

    def take(self) -> list[Frame | Lost]:
        found, self._frames = self._frames, []
        return found
