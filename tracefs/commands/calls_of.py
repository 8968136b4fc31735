# SPDX-License-Identifier: GPL-2.0-only
"""What commands look at that compare or sum up calls: a recording, or a command that is run for it."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tracefs import inherited
from tracefs.commands import CommandError
from tracefs.plain import plain

if TYPE_CHECKING:
    from tracefs.library.happenings import Call
    from tracefs.library.sources import Trace


def add(parser: argparse.ArgumentParser) -> None:
    """Declare -r, -w and CMD."""
    parser.add_argument("-r", dest="recording", metavar="FILE", help="of what `run -y --trace-dat -w FILE` recorded")
    parser.add_argument("-w", dest="output", metavar="FILE", help="write to FILE, not to standard output")
    parser.add_argument(
        "command", metavar="CMD", nargs="...", help="or of this command; without -w it writes to stderr"
    )


@contextmanager
def calls_of(args: argparse.Namespace, events: str) -> Iterator[Iterator[Call]]:
    """Its calls. CommandError; OSError where a command cannot be executed."""
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if bool(command) == bool(args.recording):
        raise CommandError(f"{args.name}: a command, or -r FILE, is needed")
    with opened(args.name, args.recording, command, events, 2 if args.output is None else 1) as trace:
        yield iter(trace)
        if command and trace.returncode:
            print(f"tracefs: {command[0]} ended with status {trace.returncode}", file=sys.stderr)


@contextmanager
def opened(name: str, recording: str | None, command: Sequence[str], events: str, stdout: int) -> Iterator[Trace]:
    """A recording, or the command, whose output goes to the descriptor `stdout`."""
    from tracefs.library import face  # here, so that the parsers of these commands are made without the engine
    from tracefs.library.sources import Error

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *rest: print(f"tracefs: {plain(str(message))}", file=sys.stderr)
        try:
            if recording:
                found = face.recording(recording, events=events)
            else:
                found = face.trace(command, events=events, descriptors=True, env=_environ(), stdout=stdout)
        except Error as error:
            raise CommandError(f"{name}: {error}") from None
        except OSError as error:
            raise CommandError(f"{name}: {recording or command[0]}: {error.strerror}") from None
        with found:
            yield found


def _environ() -> dict[str, str]:
    """What the command was meant to get (tracefs/inherited.py)."""
    pairs = (os.fsdecode(entry).partition("=") for entry in inherited.environ())
    return {name: value for name, equals, value in pairs if equals}


@contextmanager
def written(args: argparse.Namespace) -> Iterator[None]:
    """Inside, what is printed goes to -w FILE."""
    if args.output is None:
        yield
        return
    before = sys.stdout
    with open(args.output, "w") as sys.stdout:
        try:
            yield
        finally:
            sys.stdout = before
