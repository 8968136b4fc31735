# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs export FORM FILE [FROM]`: what was recorded, in a form that other programs read."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracefs import mountpoints
from tracefs.commands import CommandError
from tracefs.export.forms import FORMS, Missing, Wish, open_form

if TYPE_CHECKING:
    from tracefs.export.source import Source


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "export",
        help="write what was recorded in another form",
        usage="tracefs export [OPTIONS] FORM FILE [FROM]\n       tracefs export [OPTIONS] FORM --to DIR [FROM]",
    )
    parser.add_argument("form", metavar="FORM", choices=list(FORMS), help=", ".join(FORMS))
    parser.add_argument("file", metavar="FILE", nargs="?", help="where to; -: standard output")
    parser.add_argument(
        "source",
        metavar="FROM",
        nargs="?",
        help="a trace.dat (of `run --trace-dat` or of trace-cmd), or a mount's directory or an instance in it, whose "
        "buffer is emptied; without it: your only mount",
    )
    parser.add_argument(
        "--to",
        metavar="DIR",
        type=Path,
        help="instead of FILE: a directory of the files of many days and hosts, which gets one more: date=.../host=.../ (parquet)",
    )
    parser.add_argument(
        "--host", metavar="NAME", default="", help="what the machine is called (parquet); default: as this one"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="abbreviate nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from tracefs.export.recorded import NotReadable  # here, so that the other commands start without it

    form, file, name = FORMS[args.form], args.file, args.source
    if args.to:
        if name is not None:
            raise CommandError("export: FILE does not go with --to")
        file, name = os.devnull, file
        if not form.partitions:
            raise CommandError(
                f"export: --to is for {', '.join(each.name for each in FORMS.values() if each.partitions)}"
            )
    if file is None:
        raise CommandError("export: FILE is missing, or --to DIR")
    if file == "-" and (form.seekable or form.directory):
        raise CommandError(f"export: {form.name} needs a {'directory' if form.directory else 'regular file'}")
    try:
        source, wish = _source(name), Wish(args.verbose, host=args.host, directory=args.to)
    except NotReadable as error:
        raise CommandError(f"{name}: {error}") from None
    if form.directory:
        os.makedirs(file, exist_ok=True)
        file = os.path.join(file, form.directory)
    out = 1 if file == "-" else os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        with _progress(source) as progress:
            try:
                export = open_form(form, source, wish, out)
            except Missing as error:
                raise CommandError(f"export: {error}") from None
            while data := export.take(True):
                progress(_written(out, data))
            export.close()
    finally:
        if out != 1:
            os.close(out)
    return 0


def _written(out: int, data: bytes) -> int:
    view = memoryview(data)
    while view:
        view = view[os.write(out, view) :]
    return len(data)


@contextlib.contextmanager
def _progress(source: Source) -> Iterator[Callable[[int], None]]:
    """A line on the terminal that says how far it is: told of the bytes that were written."""
    if not sys.stderr.isatty():
        yield lambda size: None
        return
    total = 0

    def show(size: int) -> None:
        nonlocal total
        total += size
        done = source.done() if source.done else None
        bar = "" if done is None else f"[{'#' * int(30 * done):30}] {done:4.0%} "
        print(f"\r{bar}{total / 1e6:,.1f} MB ", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


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
