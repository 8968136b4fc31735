# SPDX-License-Identifier: GPL-2.0-only
"""Control files that a command line writes and shows: --mkdir, --set, --trigger, --hist, --get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracefs.front.files import ControlFiles, FileError
from tracefs.front.vocabulary import UnknownWord, Vocabulary
from tracefs.tree import Tracefs

ANY_CALL = "events/raw_syscalls/sys_enter"
"""Of which a histogram is where no event is named."""


@dataclass(frozen=True)
class Controls:
    """As given on the command line."""

    writes: Sequence[tuple[str, str]] = ()
    """In order: ("mkdir", DIRECTORY) or ("set", FILE=TEXT, FILE+=TEXT)."""
    triggers: Sequence[str] = ()
    """EVENT.COMMAND, as the kernel's parameter trace_trigger has it."""
    hists: Sequence[str] = ()
    """keys=..., or EVENT.keys=..."""
    gets: Sequence[str] = ()
    """Files to be shown at the end."""


def write(tree: Tracefs, controls: Controls) -> list[str]:
    """All of it; returns the files to be shown at the end. Raises FileError, or UnknownWord for an event."""
    files = ControlFiles(tree)
    for kind, text in controls.writes:
        if kind == "mkdir":
            files.mkdir(text)
        else:
            _set(files, text)
    shown = []
    for text in controls.triggers:
        event, _, command = text.partition(".")
        files.write(f"{directory(tree, event)}/trigger", command)
    for text in controls.hists:
        event, dot, command = text.partition(".")
        named = bool(dot) and "=" not in event
        where = directory(tree, event) if named else ANY_CALL
        files.write(f"{where}/trigger", f"hist:{command if named else text}")
        shown.append(f"{where}/hist")
    return [*dict.fromkeys([*shown, *controls.gets])]


def _set(files: ControlFiles, text: str) -> None:
    name, equals, value = text.partition("=")
    if not equals or not name.rstrip("+"):
        raise FileError(f"--set {text}: FILE=TEXT or FILE+=TEXT is needed")
    files.write(name.removesuffix("+"), value, append=name.endswith("+"))


def call_directories(tree: Tracefs, word: str) -> list[str]:
    """Of the enter and the exit of a call; none where the word names no call."""
    call = Vocabulary(tree.top.shared.registry).call(word)
    return [f"events/syscalls/sys_{edge}_{call.name}" for edge in ("enter", "exit")] if call else []


def directory(tree: Tracefs, word: str) -> str:
    """Of an event: by its name, SYSTEM:EVENT, or that of a call, whose enter is meant."""
    if found := call_directories(tree, word):
        return found[0]
    vocabulary = Vocabulary(tree.top.shared.registry)
    events = vocabulary.select([word]).events
    if len(events) != 1:
        raise UnknownWord(f"{word}: one event is needed")
    (event,) = events
    return f"events/{event.system}/{event.name}"
