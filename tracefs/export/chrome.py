# SPDX-License-Identifier: GPL-2.0-only
"""Chrome's trace events, as JSON: for speedscope, the Firefox profiler, about:tracing and what else reads them.

The format is that of Google's document "Trace Event Format". Times are microseconds, with the ns behind the point.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tracefs.calls.pairing import Happening
from tracefs.export import story
from tracefs.export.forms import Wish
from tracefs.export.source import Source
from tracefs.export.told import Told

_US = 1000
"""ns."""


class ChromeLines:
    """An event a line, in one array."""

    def __init__(self, source: Source) -> None:
        self._story = story.Story(source)
        self._begun = False

    def lines(self, happenings: Iterable[Happening]) -> Iterator[str]:
        for event in self._story.events(happenings):
            for each in self._told(event):
                yield self._line(each)

    def lost(self, ts: int, cpu: int, count: int | None) -> str:
        about = {"cpu": cpu} if count is None else {"cpu": cpu, "events": count}
        return self._line(
            {"ph": "i", "s": "g", "name": "lost events", "ts": ts / _US, "pid": 0, "tid": 0, "args": about}
        )

    def end(self) -> Iterator[str]:
        for event in self._story.end():
            for each in self._told(event):
                yield self._line(each)
        if self._begun:
            self._begun = False
            yield "\n]}\n"

    def _line(self, event: dict[str, Any]) -> str:
        begin = ",\n" if self._begun else '{"displayTimeUnit":"ns","traceEvents":[\n'
        self._begun = True
        return begin + json.dumps(event, separators=(",", ":"))

    def _told(self, event: story.Event) -> Iterator[dict[str, Any]]:
        match event:
            case story.Called():
                yield self._call(event)
            case story.Ran(ts, task, before):
                yield self._program(task, before, ts)
            case story.Gone(ts, task, how):
                yield self._program(task, task.name, ts)
                if how:
                    yield self._instant(ts, task, how, "exit", {})
                yield from self._names(task)
            case story.Struck(ts, task, name, info):
                yield self._instant(ts, task, name, "signal", {"siginfo": info} if info else {})
            case story.Noted(ts, task, name, fields):
                yield self._instant(ts, task, str(fields.get("buf", name)).strip() or name, "event", fields)

    def _call(self, call: story.Called) -> dict[str, Any]:
        about: dict[str, Any] = dict(call.args)
        if call.error:
            about["error"] = call.error
        elif call.ret is not None:
            about["result"] = call.said or call.ret
        category = story.category(call.name) + ",failed" * bool(call.error)
        if not call.whole:
            return self._instant(call.ts, call.task, call.name, f"{category},begun before", about)
        end = self._story.now if call.end is None else call.end
        return self._slice(call.ts, end, call.task, call.name, category + ",unfinished" * (call.end is None), about)

    def _program(self, task: story.Task, name: str, end: int) -> dict[str, Any]:
        return self._slice(
            task.program_began, end, task, name, "program", {"cmdline": task.cmdline} if task.cmdline else {}
        )

    @staticmethod
    def _slice(ts: int, end: int, task: story.Task, name: str, category: str, about: dict[str, Any]) -> dict[str, Any]:
        return {
            "ph": "X", "name": name, "cat": category, "ts": ts / _US, "dur": (end - ts) / _US,
            "pid": task.pid, "tid": task.tid, "args": about,
        }  # fmt: skip

    @staticmethod
    def _instant(ts: int, task: story.Task, name: str, category: str, about: dict[str, Any]) -> dict[str, Any]:
        return {
            "ph": "i", "s": "t", "name": name, "cat": category, "ts": ts / _US, "pid": task.pid, "tid": task.tid, "args": about,
        }  # fmt: skip

    @staticmethod
    def _names(task: story.Task) -> Iterator[dict[str, Any]]:
        """The last name that it had."""
        named = {"pid": task.pid, "tid": task.tid, "args": {"name": task.name}}
        if task.pid == task.tid:
            yield {"ph": "M", "name": "process_name", **named}
        yield {"ph": "M", "name": "thread_name", **named}


def make(source: Source, wish: Wish, file: int) -> Told:
    """The form."""
    return Told(source, ChromeLines(source))
