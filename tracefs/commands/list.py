# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs list [WORDS]`: the words that `tracefs run -e` takes, with what is behind them, and the options of `-o`."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tracefs.commands import CommandError

if TYPE_CHECKING:
    from tracefs.events import EventClass
    from tracefs.front.vocabulary import Vocabulary
    from tracefs.syscalls import Syscall

WIDTH = 100
NAME = 22
"""Columns for a name, before what it means."""


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "list", help="show calls, sets of calls, events and options, with their arguments and fields"
    )
    parser.add_argument(
        "words",
        metavar="WORD",
        nargs="*",
        help="a call, %%SET, SYSTEM, EVENT, option, glob or /expression/; or a part of a name",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from tracefs.events import REGISTRY
    from tracefs.front.vocabulary import Vocabulary

    vocabulary = Vocabulary(REGISTRY)
    lines = _all(vocabulary) if not args.words else (line for word in args.words for line in _about(vocabulary, word))
    for line in lines:
        print(line)
    return 0


def _all(vocabulary: Vocabulary) -> Iterator[str]:
    from tracefs.events import REGISTRY
    from tracefs.front.sets import sets
    from tracefs.syscalls import SYSCALLS
    from tracefs.tree.options import OPTIONS

    yield f"Calls (-e NAME): {len(SYSCALLS)}; `tracefs list '*'` shows their arguments"
    yield ""
    yield "Sets of calls (-e %NAME)"
    yield from (_named(f"%{name}", f"{each.about} ({len(each.calls)})") for name, each in sets().items())
    yield ""
    yield "Events (-e EVENT, -e SYSTEM or -e SYSTEM:EVENT)"
    for system, events in REGISTRY.systems.items():
        switched = [event for event in events.values() if event.switched]
        if system == "syscalls":
            yield _named(f"{system}:", f"sys_enter_NAME and sys_exit_NAME of each call, {len(switched)} in all")
        elif switched:
            yield _named(f"{system}:", " ".join(event.name for event in switched))
    yield ""
    yield "Options (-o NAME, -o noNAME)"
    words = " ".join(("" if each.default else "no") + each.name for each in OPTIONS if not each.refused)
    yield from textwrap.wrap(words, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _named(name: str, text: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=f"  {name:<{NAME - 2}}", subsequent_indent=" " * NAME, break_on_hyphens=False
    )


def _about(vocabulary: Vocabulary, word: str) -> Iterator[str]:
    """What a word of -e or -o names; where it is none, all names that it is a part of."""
    from tracefs.front.sets import sets
    from tracefs.front.vocabulary import UnknownWord
    from tracefs.tree.options import OPTIONS

    options = [each for each in OPTIONS if word.removeprefix("no") in (each.name, each.name.replace("-", "_"))]
    if word.startswith("%") and word[1:] in sets():
        found = sets()[word[1:]]
        yield _named(word, found.about)
        yield from textwrap.wrap(" ".join(sorted(found.calls)), WIDTH, initial_indent="  ", subsequent_indent="  ")
        return
    if options:
        for each in options:
            where = f", of the tracer {each.tracer}" if each.tracer else ""
            yield f"option {each.name} ({'on' if each.default else 'off'} at first{where}): -o {'no' * each.default}{each.name}"
        return
    try:
        chosen = vocabulary.select([word])
    except UnknownWord as error:
        parts = list(_containing(vocabulary, word))
        if not parts:
            raise CommandError(f"list: {error}") from None
        yield from parts
        return
    for name in sorted(chosen.calls or ()):
        call = vocabulary.call(name)
        assert call
        yield from _call(vocabulary, call, alone=len(chosen.calls or ()) == 1)
    events = sorted(chosen.events, key=lambda event: event.id)
    for event in events:
        yield from _event(event, alone=len(events) == 1)


def _containing(vocabulary: Vocabulary, word: str) -> Iterator[str]:
    from tracefs.front.sets import sets

    names = [name for name in vocabulary.words() if word.lower() in name.lower()]
    for name in names:
        if call := vocabulary.call(name):
            yield from _call(vocabulary, call, alone=False)
        else:
            yield name
    for name, each in sets().items():
        if word.lower() in each.about and f"%{name}" not in names:
            yield _named(f"%{name}", each.about)


def _call(vocabulary: Vocabulary, call: Syscall, alone: bool) -> Iterator[str]:
    from tracefs.front.sets import sets

    arguments = ", ".join(f"{param.ctype} {param.name}" for param in call.params)
    yield f"{call.uapi_name}({arguments})"
    if not alone:
        return
    from tracefs.syscalls.types import load
    from tracefs.syscalls.types.language.show import show_rows

    yield _named("  number", str(call.nr))
    if inside := [f"%{name}" for name, each in sets().items() if call.uapi_name in each.calls]:
        yield _named("  sets", " ".join(inside))
    for line in show_rows(load().rows.get(call.name, ())).splitlines():
        yield _named("  types", line)
    for event in vocabulary.events_of([call.uapi_name]):
        yield _named("  event", f"{event.system}:{event.name}")
        yield _named("    fields", " ".join(field.name for field in event.fields))


def _event(event: EventClass, alone: bool) -> Iterator[str]:
    yield f"{event.system}:{event.name}"
    if alone:
        for field in event.fields:
            yield f"    {field.ctype} {field.name}"
    else:
        yield _named("    fields", " ".join(field.name for field in event.fields))
