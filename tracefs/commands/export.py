# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs export FORM FILE [FROM]`: what was recorded, in a form that other programs read."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracefs import mountpoints
from tracefs.commands import CommandError
from tracefs.export.forms import FORMS, Wish, open_form

if TYPE_CHECKING:
    from tracefs.export.source import Source


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser("export", help="write what was recorded in another form")
    parser.add_argument("form", metavar="FORM", choices=list(FORMS), help=", ".join(FORMS))
    parser.add_argument("file", metavar="FILE", help="where to; -: standard output")
    parser.add_argument(
        "source",
        metavar="FROM",
        nargs="?",
        help="a trace.dat (of `run --trace-dat` or of trace-cmd), or a mount's directory or an instance in it, whose "
        "buffer is emptied; without it: your only mount",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="abbreviate nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from tracefs.export.recorded import NotReadable  # here, so that the other commands start without it

    form = FORMS[args.form]
    try:
        source = _source(args.source)
    except NotReadable as error:
        raise CommandError(f"{args.source}: {error}") from None
    out = 1 if args.file == "-" else os.open(args.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    if form.seekable and args.file == "-":
        raise CommandError(f"export: {form.name} needs a regular file")
    try:
        export = open_form(form, source, Wish(args.verbose), out)
        written = 0
        while data := export.take(True):
            view = memoryview(data)
            while view:
                view = view[os.write(out, view) :]
            written += len(data)
            if sys.stderr.isatty():
                print(f"\r{written >> 10:,} KiB ", end="", file=sys.stderr, flush=True)
        export.close()
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        if out != 1:
            os.close(out)
    return 0


def _source(name: str | None) -> Source:
    from tracefs.export import recorded

    if name is None:
        mounts = mountpoints.ours()
        if len(mounts) != 1:
            raise CommandError(
                f"export: {'several mounts are' if mounts else 'no mount is'} yours: name a mount, or a trace.dat"
            )
        name = mounts[0]
    path = Path(name)
    if not path.is_dir():
        return recorded.of_trace_dat(path)
    if not (path / "trace_clock").exists():
        raise CommandError(f"{name}: no mount of a tracefs, and none of its instances")
    return recorded.of_mount(path)
