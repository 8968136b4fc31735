# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs metadata`: the tables as JSON, for programs that read raw events."""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import os
import select
from collections.abc import Iterator
from typing import Any

from tracefs.commands import CommandError

FILE = "events/syscalls/metadata"
CHUNK = 1 << 17
_ENDED = (errno.ENOTCONN, errno.ECONNABORTED, errno.ENODEV)
"""What reading gives when the mount has gone."""


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "metadata", help="print syscalls, arguments, types and values as JSON"
    )
    parser.add_argument(
        "directory", metavar="DIR", nargs="?", help="of this mount, with what was written to its types files"
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="print them on a line, and again whenever they change, until the mount ends",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.directory is None:
        if args.follow:
            raise CommandError("metadata: --follow needs the directory of a mount")
        from tracefs.syscalls.types.language.metadata import metadata
        from tracefs.syscalls.types.loader import load  # here, so that the other commands start without the tables

        print(json.dumps(metadata(load()), indent=1))
        return 0
    for text in _texts(os.path.join(args.directory, FILE), args.follow):
        if args.follow:
            print(json.dumps(json.loads(text)), flush=True)
        else:
            print(text, end="")
    return 0


def _texts(path: str, follow: bool) -> Iterator[str]:
    """The file's text; then, with `follow`, each that it has later. CommandError where there is no such file."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    try:
        poll = select.poll()
        poll.register(file, select.POLLIN)
        yield _whole(file)
        while follow and poll.poll():
            yield _whole(file)
    except OSError as error:
        if error.errno not in _ENDED:
            raise
    finally:
        with contextlib.suppress(OSError):  # of a mount that has gone, too
            os.close(file)


def _whole(file: int) -> str:
    found = b""
    while piece := os.pread(file, CHUNK, len(found)):
        found += piece
    return found.decode()
