# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs files-touched CMD`: which files, programs and hosts each process read, wrote, ran, asked for."""

from __future__ import annotations

import argparse
import json
from typing import Any

from tracefs.commands import calls_of
from tracefs.plain import plain


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "files-touched", help="which files, programs and hosts each process of a command had to do with"
    )
    parser.add_argument("--json", action="store_true", help="an object a process")
    parser.add_argument("--by-program", action="store_true", help="processes of one program together")
    calls_of.add(parser)
    parser.set_defaults(run=run, name="files-touched")


def run(args: argparse.Namespace) -> int:
    from tracefs.library.touched import KINDS, WORDS, touched

    with calls_of.calls_of(args, WORDS) as calls:
        found = touched(calls, args.by_program)
    with calls_of.written(args):
        for mine in found:
            if args.json:
                print(json.dumps(mine.plain()))
                continue
            print(plain(mine.program) + (f" [{mine.pid}]" if mine.pid is not None else ""))
            for kind in KINDS:
                for what in sorted(mine.by[kind]):
                    print(f"  {kind:8}{plain(what)}")
    return 0
