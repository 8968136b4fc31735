# SPDX-License-Identifier: GPL-2.0-only
"""One page of HTML that needs nothing else: programs in time, calls by time and errors, files. The data is in it, as
JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracefs.calls.pairing import Happening
from tracefs.export import story
from tracefs.export.forms import Wish
from tracefs.export.paths import paths
from tracefs.export.source import Source
from tracefs.export.told import Told

_PAGE = Path(__file__).with_name("page.html")
_MOST_PROCESSES = 1000
_MOST_FILES = 20_000
"""That are counted; those with the most calls are in the page."""
_SHOWN_FILES = 2000


@dataclass
class _Program:
    name: str
    cmdline: str
    begin: int
    end: int = 0
    calls: int = 0
    failed: int = 0


@dataclass
class _Process:
    pid: int
    parent: int | None
    how: str = ""
    programs: list[_Program] = field(default_factory=list)


@dataclass
class _Calls:
    calls: int = 0
    failed: int = 0
    took: int = 0
    most: int = 0
    errors: Counter[str] = field(default_factory=Counter)


@dataclass
class _File:
    calls: int = 0
    failed: int = 0
    read: int = 0
    written: int = 0
    comms: dict[str, None] = field(default_factory=dict)


class PageLines:
    """Says nothing until the end."""

    def __init__(self, source: Source) -> None:
        self._story = story.Story(source)
        self._begin = 0
        self._tasks = self._lost = 0
        self._processes: dict[int, _Process] = {}
        """Serial of a process's first task -> what it was."""
        self._leaders: dict[int, int] = {}
        """pid -> that serial."""
        self._more = 0
        self._calls: dict[tuple[str, str], _Calls] = {}
        self._files: dict[str, _File] = {}
        self._ended = False

    def lines(self, happenings: Iterable[Happening]) -> Iterator[str]:
        for event in self._story.events(happenings):
            self._take(event)
        return iter(())

    def lost(self, ts: int, cpu: int, count: int | None) -> str:
        self._lost = 1
        return ""

    def end(self) -> Iterator[str]:
        if self._ended:
            return
        self._ended = True
        for event in self._story.end():
            self._take(event)
        data = json.dumps(self._data(), separators=(",", ":")).replace("<", "\\u003c")
        yield _PAGE.read_text(encoding="utf-8").replace("DATA", data, 1)

    def _take(self, event: story.Event) -> None:
        match event:
            case story.Began(ts, task):
                self._begin = self._begin or ts
                self._tasks += 1
                if task.pid == task.tid:
                    self._begun(task)
            case story.Ran(ts, task, before):
                if process := self._processes.get(task.serial):
                    process.programs[-1].name, process.programs[-1].end = before, ts
                    process.programs.append(_Program(task.name, task.cmdline, ts))
            case story.Gone(ts, task, how):
                if process := self._processes.get(task.serial):
                    process.programs[-1].name, process.programs[-1].end, process.how = task.name, ts, how
                    if task.parent and process.parent is None:  # it was faster than the record of its birth
                        process.parent = self._leaders.get(task.parent.pid)
            case story.Called():
                self._call(event)

    def _begun(self, task: story.Task) -> None:
        if len(self._processes) >= _MOST_PROCESSES:
            self._more += 1
            return
        parent = self._leaders.get(task.parent.pid) if task.parent else None
        self._leaders[task.pid] = task.serial
        self._processes[task.serial] = _Process(
            task.pid, parent, programs=[_Program(task.name, task.cmdline, task.began)]
        )

    def _call(self, call: story.Called) -> None:
        took = call.end - call.ts if call.end is not None and call.whole else 0
        failed = bool(call.error)
        row = self._calls.setdefault((call.task.name, call.name), _Calls())
        row.calls += 1
        row.failed += failed
        row.took += took
        row.most = max(row.most, took)
        if failed:
            row.errors[call.error] += 1
        if process := self._processes.get(self._leaders.get(call.task.pid, -1)):
            process.programs[-1].calls += 1
            process.programs[-1].failed += failed
        for path in paths(call):
            if path not in self._files and len(self._files) >= _MOST_FILES:
                continue
            file = self._files.setdefault(path, _File())
            file.calls += 1
            file.failed += failed
            file.comms[call.task.name] = None
            if call.ret and call.ret > 0:
                file.read += call.ret * (call.name in story.READS)
                file.written += call.ret * (call.name in story.WRITES)

    def _data(self) -> dict[str, Any]:
        ordered = list(self._ordered())
        first = ordered[0][1].programs[-1] if ordered else None
        return {
            "title": (first.cmdline or first.name) if first else "nothing",
            "begin": self._begin, "end": self._story.now, "tasks": self._tasks, "lost": self._lost, "more": self._more,
            "calls": sum(each.calls for each in self._calls.values()),
            "failed": sum(each.failed for each in self._calls.values()),
            "processes": [
                {"pid": each.pid, "depth": depth, "how": each.how, "programs": [vars(program) for program in each.programs]}
                for depth, each in ordered
            ],
            "by_call": [
                {
                    "comm": comm, "name": name, **vars(each),
                    "errors": ", ".join(f"{error} {count}" for error, count in each.errors.most_common()),
                }
                for (comm, name), each in self._calls.items()
            ],
            "files": [
                {"path": path, **vars(each), "comms": ", ".join(each.comms)}
                for path, each in sorted(self._files.items(), key=lambda item: -item[1].calls)[:_SHOWN_FILES]
            ],
        }  # fmt: skip

    def _ordered(self) -> Iterator[tuple[int, _Process]]:
        """Children below who started them: (how deep, process)."""
        children: dict[int | None, list[int]] = {}
        for serial, process in self._processes.items():
            children.setdefault(process.parent, []).append(serial)
        waiting = [(0, serial) for serial in reversed(children.get(None, []))]
        while waiting:
            depth, serial = waiting.pop()
            yield depth, self._processes[serial]
            waiting += [(depth + 1, child) for child in reversed(children.get(serial, []))]


def make(source: Source, wish: Wish, file: int) -> Told:
    """The form."""
    return Told(source, PageLines(source))
