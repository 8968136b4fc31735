# SPDX-License-Identifier: GPL-2.0-only
"""Two runs side by side: what is aligned, what counts as a difference."""

from __future__ import annotations

from typing import Any

from tracefs.library.comparing import compare
from tracefs.library.happenings import Call


def call(
    name: str, result: int | None = 0, tid: int = 7, errno: str | None = None, took: int = 1000, **args: Any
) -> Call:
    words = {key: f'"{value}"' if isinstance(value, str) else str(value) for key, value in args.items()}
    return Call(0, tid, tid, "sh", name, args, words, {}, result, str(errno or result), errno, took)


def shown(before: list[Call], after: list[Call], slower: float | None = None) -> list[str]:
    return [line for change in compare(before, after, slower) for line in (f"{change.kind}:", *change.lines())]


def test_the_same_calls_with_other_addresses_and_tasks_are_the_same() -> None:
    before = [call("execve", filename="/bin/sh"), call("brk", 0x555555554000, brk=0x555555554000), call("getpid", 7)]
    after = [call("execve", tid=9, filename="/bin/sh"), call("brk", 0x777777774000, tid=9, brk=0x777777774000)]
    after.append(call("getpid", 9, tid=9))
    assert shown(before, after) == []


def test_new_gone_and_changed_calls() -> None:
    before = [call("open", 3, filename="/a"), call("close", fd=3), call("stat", filename="/x")]
    after = [
        call("open", 3, filename="/b"),
        call("close", fd=3),
        call("stat", -2, errno="ENOENT", filename="/x"),
        call("sync"),
    ]
    assert shown(before, after) == [
        "arguments:", '- open(filename: "/a") = 3', '+ open(filename: "/b") = 3',
        "result:", '- stat(filename: "/x") = 0', '+ stat(filename: "/x") = ENOENT',
        "new:", "+ sync() = 0",
    ]  # fmt: skip


def test_tasks_are_aligned_by_program_and_order() -> None:
    before = [call("execve", tid=1, filename="/bin/a"), call("execve", tid=2, filename="/bin/b")]
    after = [call("execve", tid=2, filename="/bin/b"), call("execve", tid=3, filename="/bin/b")]
    assert shown(before, after) == [
        "task gone:", "! /bin/a did not run: 1 calls", "task new:", "! /bin/b#2 ran, with 1 calls",
    ]  # fmt: skip


def test_slower_calls_are_named_where_that_is_asked_for() -> None:
    before, after = [call("read", took=1_000_000)], [call("read", took=9_000_000)]
    assert shown(before, after) == []
    assert shown(before, after, 2) == ["slower:", "! read took 9.000 ms, not 1.000"]
