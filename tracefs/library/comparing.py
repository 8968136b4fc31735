# SPDX-License-Identifier: GPL-2.0-only
"""Two runs side by side: calls of each task, aligned by program and order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from tracefs.library.happenings import Call

_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_SLOWER_NS = 1_000_000
"""Of a call's time in all: less is not worth a word."""


@dataclass
class Story:
    """What one task did."""

    program: str
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True)
class Change:
    """`kind`: "gone", "new", "arguments", "result", "slower", "task gone", "task new"."""

    kind: str
    task: str
    before: Call | None = None
    after: Call | None = None
    text: str = ""

    def lines(self) -> Iterator[str]:
        """As diff(1) has them."""
        if self.text:
            yield f"! {self.text}"
        if self.before and not self.text:
            yield f"- {self.before}"
        if self.after and not self.text:
            yield f"+ {self.after}"


def stories(calls: Iterable[Call]) -> dict[str, Story]:
    """By program and how many of that began before: "/usr/bin/cat", "/usr/bin/cat#2". Until its execve a child is named
    after the program that made it."""
    by_task: dict[int, Story] = {}
    found: dict[str, Story] = {}
    programs: dict[int, str] = {}

    def begin(tid: int, program: str) -> Story:
        count = sum(each.program == program for each in found.values())
        story = by_task[tid] = found[program if not count else f"{program}#{count + 1}"] = Story(program)
        return story

    for call in calls:
        story = by_task.get(call.tid) or begin(call.tid, programs.get(call.pid) or call.comm)
        if call.name in ("execve", "execveat") and call.result == 0:
            programs[call.pid] = str(call.args.get("filename") or call.comm)
            story = begin(call.tid, programs[call.pid])
        story.calls.append(call)
    return found


def compare(before: Iterable[Call], after: Iterable[Call], slower: float | None = None) -> Iterator[Change]:
    """`slower`: calls of a task that took so many times as long in all, and at least a millisecond more, are named,
    too."""
    ours, theirs = stories(before), stories(after)
    numbers = [_numbers(each) for each in (ours, theirs)]
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        if name not in theirs:
            yield Change("task gone", name, text=f"{name} did not run: {len(ours[name].calls)} calls")
        elif name not in ours:
            yield Change("task new", name, text=f"{name} ran, with {len(theirs[name].calls)} calls")
        else:
            yield from _calls(name, ours[name].calls, theirs[name].calls, numbers)
            if slower is not None:
                yield from _times(name, ours[name].calls, theirs[name].calls, slower)


def _calls(name: str, ours: list[Call], theirs: list[Call], numbers: list[dict[int, str]]) -> Iterator[Change]:
    keys = [[_key(call, known) for call in calls] for calls, known in zip((ours, theirs), numbers, strict=True)]
    for what, i, end_i, j, end_j in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if what == "equal":
            for one, two in zip(ours[i:end_i], theirs[j:end_j], strict=True):
                if _result(one, numbers[0]) != _result(two, numbers[1]):
                    yield Change("result", name, one, two)
            continue
        while i < end_i and j < end_j and ours[i].name == theirs[j].name:
            yield Change("arguments", name, ours[i], theirs[j])
            i, j = i + 1, j + 1
        yield from (Change("gone", name, before=call) for call in ours[i:end_i])
        yield from (Change("new", name, after=call) for call in theirs[j:end_j])


def _key(call: Call, numbers: dict[int, str]) -> tuple[str, ...]:
    """What makes a call the same: its name, and what of its arguments is no address, no contents, and no number of a
    task."""
    shown = []
    for name, value in call.args.items():
        if isinstance(value, (str, type(None))):
            shown.append(repr(value))
        elif isinstance(value, int):
            shown.append(
                numbers.get(value) or _ADDRESS.sub("0x", call.words.get(name, "")) if value < 1 << 32 else "0x"
            )
    return call.name, *shown


def _result(call: Call, numbers: dict[int, str]) -> str:
    if call.errno:
        return call.errno
    if call.result is None or not 0 <= call.result < 1 << 32:
        return "address"
    return numbers.get(call.result) or str(call.result)


def _numbers(stories: dict[str, Story]) -> dict[int, str]:
    """Numbers of tasks are others each time: the first is as good as the first."""
    known: dict[int, str] = {}
    for story in stories.values():
        for call in story.calls:
            known.setdefault(call.tid, f"task {len(known)}")
    return known


def _times(name: str, ours: list[Call], theirs: list[Call], slower: float) -> Iterator[Change]:
    took: list[dict[str, int]] = [{}, {}]
    for calls, sums in zip((ours, theirs), took, strict=True):
        for call in calls:
            sums[call.name] = sums.get(call.name, 0) + (call.duration or 0)
    for call_name, after in took[1].items():
        before = took[0].get(call_name)
        if before is not None and after > slower * before and after - before > _SLOWER_NS:
            text = f"{call_name} took {after / 1e6:.3f} ms, not {before / 1e6:.3f}"
            yield Change("slower", name, text=text)
