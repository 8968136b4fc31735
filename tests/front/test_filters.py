# SPDX-License-Identifier: GPL-2.0-only
"""One filter shared out between events."""

from __future__ import annotations

import pytest

from tracefs.events import REGISTRY
from tracefs.events.filters.errors import FilterError
from tracefs.front import filters


def shared(text: str, *names: str) -> tuple[dict[str, str], list[str]]:
    events = [event for event in REGISTRY.by_id.values() if event.name in names]
    into = filters.Shared()
    filters.share(text, events, into)
    return {event.name: each for event, each in into.filters.items()}, [event.name for event in into.lacking]


def test_the_enter_takes_arguments_and_the_exit_results() -> None:
    assert shared("fd == 3 && ret < 0", "sys_enter_close", "sys_exit_close") == (
        {"sys_enter_close": "fd == 3", "sys_exit_close": "ret < 0"},
        [],
    )


def test_what_lacks_a_field_is_named() -> None:
    found, lacking = shared("fd == 3", "sys_enter_close", "sys_exit_close", "sys_enter_getpid", "sys_exit_getpid")
    assert found == {"sys_enter_close": "fd == 3"}
    assert lacking == ["sys_enter_getpid", "sys_exit_getpid"]


def test_an_or_is_not_taken_apart() -> None:
    with pytest.raises(FilterError):
        shared("fd == 3 || ret < 0", "sys_enter_close", "sys_exit_close")


def test_the_caret_is_where_the_fault_is_in_the_whole() -> None:
    with pytest.raises(FilterError) as caught:
        shared("fd == 3 && foo == 1", "sys_enter_close", "sys_exit_close")
    assert caught.value.shown(b"fd == 3 && foo == 1").splitlines()[1] == b" " * 15 + b"^"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a == 1", ["a == 1"]),
        ("a == 1 && b == 2", ["a == 1", "b == 2"]),
        ("(a == 1 && b == 2) && c == 3", ["(a == 1 && b == 2)", "c == 3"]),
        ('a ~ "x && y" && b == 1', ['a ~ "x && y"', "b == 1"]),
        ("a == 1 && b == 2 || c == 3", ["a == 1 && b == 2 || c == 3"]),
    ],
)
def test_conjuncts(text: str, parts: list[str]) -> None:
    assert filters.conjuncts(text) == parts
