# SPDX-License-Identifier: GPL-2.0-only
"""traits.tbl: what is special about a call, for every table of numbers, and what the engine's C gets of it."""

from __future__ import annotations

import re

import pytest

from tracefs.syscalls import COMPAT_NAMES
from tracefs.syscalls.table import X32_NAMES
from tracefs.syscalls.traits import BITS, NATIVE_NAMES, TRAITS, Timeout, header, named, parse

EVERY_NAME = {*NATIVE_NAMES.values(), *COMPAT_NAMES.values()}


def numbers(array: str, trait: str) -> set[int]:
    """The calls that have a trait in one of the header's arrays."""
    body = re.search(rf"cap_traits_{array}\[\] = \{{(.*?)\}};", header(), re.S)
    assert body
    cells = re.findall(r"\[(\d+)\] = (0x[0-9a-f]+)", body[1])
    return {int(number) for number, bits in cells if int(bits, 16) >> BITS.index(trait) & 1}


def test_every_name_is_a_call_of_some_table() -> None:
    assert set(TRAITS) - EVERY_NAME == set()


def test_what_is_done_again_after_an_interrupt_is_no_call_that_restarts_unless_it_receives() -> None:
    assert named("again") & named("restarts") - named("receives") == set()


def test_only_calls_that_are_made_again_have_time_limits_to_keep() -> None:
    assert named("timeout") - named("again") == set()
    assert TRAITS["semtimedop"].timeout == Timeout(argument=3, unit="timespec", result=-11)
    assert TRAITS["epoll_wait"].timeout == Timeout(argument=3, unit="ms", result=0)


@pytest.mark.parametrize(
    ("array", "trait", "expected"),
    [
        ("64", "exec", {59, 322}),
        ("32", "exec", {11, 358}),
        ("x32", "exec", {520, 545}),
        ("64", "birth=flags", {56}),
        ("32", "birth=flags", {120}),
        ("64", "birth=struct", {435}),
        ("32", "birth=struct", {435}),
        ("64", "sigreturn", {15}),
        ("32", "sigreturn", {119, 173}),
        ("x32", "sigreturn", {513}),
        ("64", "multiplex=socketcall", set()),
        ("32", "multiplex=socketcall", {102}),
        ("32", "multiplex=ipc", {117}),
    ],
)
def test_each_architecture_has_its_own_numbers(array: str, trait: str, expected: set[int]) -> None:
    assert numbers(array, trait) == expected


def test_x32_has_no_call_under_two_numbers() -> None:
    assert len(set(X32_NAMES.values())) == len(X32_NAMES)
    assert (X32_NAMES[0], X32_NAMES[520], 59 in X32_NAMES) == ("read", "execve", False)


@pytest.mark.parametrize(
    "line", ["read sings", "read timeout=3:hours:0", "read timeout=3:ms:ENOSUCH", "read receives=x"]
)
def test_an_unknown_trait_is_refused(line: str) -> None:
    with pytest.raises((ValueError, AttributeError)):
        parse(line)
