# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs diff A B`: what two recordings, or two commands, did differently."""

from __future__ import annotations

import argparse
import json
import os
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tracefs.commands import CommandError, calls_of
from tracefs.plain import plain

if TYPE_CHECKING:
    from tracefs.library.happenings import Call

SAME, DIFFERENT, TROUBLE = 0, 1, 2
"""Statuses, as diff(1) has them."""


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "diff", help="what two recordings (or commands) did differently; status 1: something"
    )
    parser.add_argument("before", metavar="A", help="a recording (run --trace-dat); with --run, a command: 'ls -l'")
    parser.add_argument("after", metavar="B", help="another")
    parser.add_argument("--run", dest="commands", action="store_true",
                        help="A and B are commands, run one after the other; what they print is thrown away")  # fmt: skip
    parser.add_argument("-e", dest="events", metavar="WORDS", default="all", help="only these calls, as `run -e`")
    parser.add_argument("--slower", metavar="TIMES", type=float, help="also, which calls took so many times as long")
    parser.add_argument("--json", action="store_true", help="an object a difference")
    parser.set_defaults(run=run, name="diff")


def run(args: argparse.Namespace) -> int:
    from tracefs.library.comparing import compare

    status, task = SAME, ""
    for change in compare(_calls(args, args.before), _calls(args, args.after), args.slower):
        status = DIFFERENT
        if args.json:
            shown = {
                name: asdict(each) if not isinstance(each, str) else each for name, each in vars(change).items() if each
            }
            print(json.dumps(shown, default=repr))
            continue
        if change.task != task:
            task = change.task
            print(f"@ {plain(task)}")
        for line in change.lines():
            print(plain(line))
    return status


def _calls(args: argparse.Namespace, which: str) -> list[Call]:
    command = shlex.split(which) if args.commands else []
    if args.commands and not command:
        raise CommandError("diff: an empty command", status=TROUBLE)
    try:
        with (
            open(os.devnull, "w") as nowhere,
            calls_of.opened("diff", None if args.commands else which, command, args.events, nowhere.fileno()) as trace,
        ):
            return list(trace)
    except CommandError as error:
        raise CommandError(str(error), error.detail, TROUBLE) from None
