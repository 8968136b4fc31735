# SPDX-License-Identifier: GPL-2.0-only
"""-c, -C and what belongs to them: options of all commands that show calls."""

from __future__ import annotations

import argparse
from typing import cast

from tracefs.commands import CommandError
from tracefs.front.arguments import seconds

SORTS = ("time", "calls", "errors", "min", "mean", "max", "name")
"""As export.summary has them."""
KEYS = ("call", "process", "file")
"""As export.summary has them: a summary may be by these."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare -c and what belongs to it."""
    group = parser.add_argument_group("a summary of the calls")
    which = group.add_mutually_exclusive_group()
    which.add_argument("-c", "--summary-only", dest="summary", action="store_const", const="summary",
                       help="instead of lines: calls, errors, times; with --json, an object a row")  # fmt: skip
    which.add_argument("-C", "--summary", dest="summary", action="store_const", const="summary-after",
                       help="behind lines as of --strace")  # fmt: skip
    group.add_argument("--by", metavar="KEYS", default="call",
                       help="call, process, file, or several: process,call; files of descriptors need -y")  # fmt: skip
    group.add_argument("--sort", metavar="COLUMN", choices=SORTS, default="time", help=", ".join(SORTS))
    group.add_argument("--every", metavar="SECONDS", type=seconds, help="also so often, of all so far")


def form(args: argparse.Namespace) -> str | None:
    """The name of the form that was asked for. CommandError."""
    if args.summary is None:
        return cast("str | None", args.form)
    if args.summary == "summary" and args.form == "json":
        return "summary-json"
    if args.form not in ((None, "strace") if args.summary == "summary-after" else (None,)):
        raise CommandError(f"{args.name}: {'-c' if args.summary == 'summary' else '-C'} does not go with --{args.form}")
    return str(args.summary)


def keys(args: argparse.Namespace) -> tuple[str, ...]:
    """What a summary is by. CommandError."""
    found = tuple(word for word in args.by.split(",") if word)
    for word in found:
        if word not in KEYS:
            raise CommandError(f"{args.name}: --by {word}: one of {', '.join(KEYS)} is needed")
    return found or ("call",)
