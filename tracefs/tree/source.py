# SPDX-License-Identifier: GPL-2.0-only
"""An instance as a form's source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefs.render.frames import Frames
from tracefs.tree.event_files import format_text
from tracefs.tree.instance import Instance

if TYPE_CHECKING:
    from tracefs.export.day import TimeOfDay
    from tracefs.export.source import Source


def live(instance: Instance, consume: bool = True, cpu: int | None = None, day: TimeOfDay | None = None) -> Source:
    """What is recorded, to be consumed, while it is written; else what is there now. Of all CPUs, or of one.

    `day`: of the instance's clock.
    """
    from tracefs.export.source import Source  # here: most mounts never need it

    shared, buffer, reader = instance.shared, instance.buffer, instance.reader

    def now() -> int:
        if day:
            day.look()
        return buffer.now()

    return Source(
        cpus=buffer.cpus,
        subbuf_size=buffer.subbuf_size,
        clock=buffer.clock,
        pages=reader.take_pages,
        frames=lambda: Frames(shared.renderer, reader, consume, cpu),
        now=now if consume else None,
        lost=lambda: sum(each.overrun + each.dropped_events for each in map(buffer.stats, range(buffer.cpus))),
        day=day,
        registry=shared.registry,
        table=lambda: shared.types.table,
        format=lambda event: format_text(event, shared.types),
        tasks=shared.cmdlines.list,
        comm=shared.cmdlines.comm,
        tgid=shared.cmdlines.tgid,
        chunks=lambda: Frames(shared.renderer, reader, consume, cpu).read,
    )
