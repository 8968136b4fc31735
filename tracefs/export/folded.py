# SPDX-License-Identifier: GPL-2.0-only
"""Folded stacks, as flamegraph.pl, inferno and speedscope read them: `make;gcc;cc1;read 1234`, microseconds.

A stack is the programs by who started whom, the addresses of the task's own stack where that was recorded
(`userstacktrace`), and the call; a program's own time is what its calls did not take.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tracefs.calls.pairing import Happening
from tracefs.export import story
from tracefs.export.forms import Wish
from tracefs.export.source import Source
from tracefs.export.told import Told

_NS = 1000
"""Of a microsecond."""


class FoldedLines:
    """Says nothing until the end: one line a stack."""

    def __init__(self, source: Source) -> None:
        self._story = story.Story(source)
        self._took: Counter[str] = Counter()
        """Stack -> ns."""
        self._programs: dict[int, tuple[str, int]] = {}
        """Serial of a task -> its stack of programs, and since when it runs the last one."""
        self._addresses: dict[int, str] = {}
        """Serial -> what its call came from."""

    def lines(self, happenings: Iterable[Happening]) -> Iterator[str]:
        for event in self._story.events(happenings):
            self._take(event)
        return iter(())

    def lost(self, ts: int, cpu: int, count: int | None) -> str:
        return ""

    def end(self) -> Iterator[str]:
        for event in self._story.end():
            self._take(event)
        for stack, took in sorted(self._took.items()):
            if took >= _NS:
                yield f"{stack} {took // _NS}\n"
        self._took.clear()

    def _take(self, event: story.Event) -> None:
        if isinstance(event, (story.Called, story.Gone)):
            self._adopt(event.task)
        match event:
            case story.Began(ts, task):
                self._programs[task.serial] = self._stack(task), ts
            case story.Ran(ts, task, _):
                self._own(task, ts)
                self._programs[task.serial] = self._stack(task), ts
            case story.Gone(ts, task, _):
                self._own(task, ts)
                self._programs.pop(task.serial, None)
                self._addresses.pop(task.serial, None)
            case story.Called():
                self._call(event)
            case story.Noted(_, task, "user_stack", fields):
                callers = fields.get("caller")
                if isinstance(callers, list):
                    self._addresses[task.serial] = "".join(f";{each:#x}" for each in reversed(callers) if each)

    def _stack(self, task: story.Task) -> str:
        """By its parent's of now: what that executes later is no business of the child's."""
        above = self._programs.get(task.parent.serial) if task.parent else None
        name = task.name.replace(";", ":").replace("\n", " ")
        return f"{above[0]};{name}" if above and task.parent and task.parent.pid != task.pid else name

    def _adopt(self, task: story.Task) -> None:
        """A child may be faster than the record of its birth: then who started it is known later."""
        stack, since = self._programs[task.serial]
        if task.parent and stack == task.name:
            self._programs[task.serial] = self._stack(task), since

    def _own(self, task: story.Task, ts: int) -> None:
        stack, since = self._programs[task.serial]
        self._took[stack] += ts - since

    def _call(self, call: story.Called) -> None:
        addresses = self._addresses.pop(call.task.serial, "")
        if call.end is None or not call.whole:
            return
        stack, since = self._programs[call.task.serial]
        took = call.end - max(call.ts, since)
        self._took[f"{stack}{addresses};{call.name}"] += took
        self._took[stack] -= took


def make(source: Source, wish: Wish, file: int) -> Told:
    """The form."""
    return Told(source, FoldedLines(source))
