# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs files [GLOB]`: the control files that `tracefs run --set` and `--get` reach, and what is in them at
first."""

from __future__ import annotations

import argparse
from typing import Any

from tracefs.commands import CommandError

SHOWN = 100
"""Characters of a file's only line that are shown beside its name."""


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "files", help="list the control files, and show them, without a mount"
    )
    parser.add_argument(
        "glob", metavar="GLOB", nargs="?", help="as `events/sched/*/format`: only these; one alone is shown whole"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from tracefs.front.files import ControlFiles
    from tracefs.tree import File, Tracefs

    tree = Tracefs()
    try:
        files = ControlFiles(tree)
        if not args.glob:
            for name in sorted(tree.root.names()):
                print(_line(files, name) if isinstance(tree.root.lookup(name), File) else f"{name}/")
            return 0
        found = [path for path, _ in files.matching(args.glob)]
        if not found:
            raise CommandError(f"files: no file is called {args.glob}")
        if found == [args.glob.strip("/")]:
            print(_text(files, found[0]), end="")
            return 0
        for path in found:
            print(_line(files, path))
        return 0
    finally:
        tree.shutdown()


def _text(files: Any, path: str) -> str:
    return str(files.read(path).decode(errors="replace"))


def _line(files: Any, path: str) -> str:
    """The name, and what is in it as far as that is one short line."""
    from tracefs.front.files import ENDLESS, FileError

    if path.rpartition("/")[2] in ENDLESS:
        return path
    try:
        text = _text(files, path)
    except FileError:
        return f"{path}  (to be written)"
    lines = text.splitlines()
    if len(lines) == 1 and len(lines[0]) <= SHOWN:
        return f"{path}  {lines[0]}"
    return f"{path}  ({len(lines)} lines)" if lines else path
