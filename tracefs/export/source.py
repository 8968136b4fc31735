# SPDX-License-Identifier: GPL-2.0-only
"""Where a form's events come from, and all that is known about them: a live buffer, a mount's files, a recording."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from tracefs.calls.stream import FrameSource
from tracefs.events import EventClass, Registry
from tracefs.events.cmdlines import Task
from tracefs.syscalls.types import Table


@dataclass(frozen=True)
class Source:
    """For one reader: a form takes its events in one of the ways that there are: `pages`, `frames`, `chunks`,
    `pages_of`."""

    cpus: int
    """One more than the highest number of a CPU."""
    subbuf_size: int
    """Bytes of a sub-buffer at most."""
    clock: str
    """Its name in trace_clock."""
    pages: Callable[[], Iterator[tuple[int, bytes]]]
    """The sub-buffers that are there now: CPU, image as events/header_page describes it. Those of a CPU in their
    order."""
    frames: Callable[[], FrameSource]
    """The same as records, of all CPUs together."""
    now: Callable[[], int] | None
    """The clock that the records have their time stamps of; None where all that will come is there."""
    lost: Callable[[], int]
    """Events that were overwritten before anybody read them, or that found no room, up to now."""
    day: Callable[[int], int] | None
    """A time stamp to ns since 1970, UTC. None: they are shown as they are, which is ns but for the clocks that count
    else."""
    registry: Registry
    """What the numbers in records mean."""
    table: Callable[[], Table]
    """The type tables of now: another object where they have changed."""
    format: Callable[[EventClass], str]
    """The text of an event's `format` file."""
    tasks: Callable[[], Collection[Task]]
    """All whose names are known by now."""
    comm: Callable[[int], str | None]
    """The name of the task with that number."""
    tgid: Callable[[int], int]
    """Its thread group, 0 where that is not known."""
    whole: bool = False
    """Only calls whose end was recorded are told: filters on results drop the ends of the others."""
    chunks: Callable[[], Callable[[int], bytes]] | None = None
    """The same as `frames` gives, as bytes for C (struct rn_frame and the record), so many at most; cut anywhere."""
    pages_of: Callable[[], dict[int, Iterator[bytes]]] | None = None
    """The same as `pages` where all is there: by CPU."""
    done: Callable[[], float] | None = None
    """How much of it was taken, of 1; None: nobody knows how much there is."""
