# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs hist [EVENT]`: histograms of hist triggers as bars, with names."""

from __future__ import annotations

import argparse
import errno
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracefs import mountpoints
from tracefs.commands import CommandError
from tracefs.front import histograms
from tracefs.syscalls import SYSCALLS

_CLEAR = "\033[H\033[J"


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser("hist", help="histograms of hist triggers, as bars")
    parser.add_argument(
        "event", metavar="EVENT", nargs="?", help="SYSTEM:EVENT, or a hist file; without it: all that there are"
    )
    parser.add_argument(
        "--mount", metavar="DIR", help="a mount's directory, or an instance in it; default: your only mount"
    )
    parser.add_argument("--by", metavar="VALUE", default="", help="which value; default: what the trigger sorts by")
    parser.add_argument("--top", metavar="N", type=int, default=20, help="so many rows (%(default)s)")
    parser.add_argument("--every", metavar="SECONDS", type=float, help="again and again, until Ctrl-C")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.top < 1 or (args.every is not None and not args.every > 0):
        raise CommandError("hist: --top and --every need a number above 0")
    try:
        while True:
            shown = "\n".join(_shown(args))
            print((_CLEAR if args.every and sys.stdout.isatty() else "") + shown, flush=True)
            if not args.every:
                return 0
            time.sleep(args.every)
    except KeyboardInterrupt:
        return 0


def _shown(args: argparse.Namespace) -> Iterator[str]:
    width, blocks = shutil.get_terminal_size().columns, (sys.stdout.encoding or "").lower().startswith("utf")
    any_there = False
    for file in _files(args):
        try:
            text = file.read_text()
        except OSError as error:
            raise CommandError(f"hist: {file}: {os.strerror(error.errno or errno.EIO)}") from None
        for each in histograms.parse(text):
            if any_there:
                yield ""
            any_there = True
            yield f"{file.parent.parent.name}:{file.parent.name}"
            try:
                yield from histograms.draw(each, width, args.top, args.by, _Names(file).name, blocks)
            except KeyError:
                values = ", ".join(each.rows[0].values)
                raise CommandError(f"hist: --by {args.by}: this one has {values}") from None
    if not any_there:
        yield "no event has a hist trigger"


def _files(args: argparse.Namespace) -> Iterator[Path]:
    if args.event and (os.sep in args.event or Path(args.event).is_file()):
        yield Path(args.event)
        return
    root = _mount(args.mount)
    if args.event:
        system, colon, event = args.event.partition(":")
        if not colon:
            raise CommandError(f"hist: {args.event}: neither SYSTEM:EVENT nor a file")
        yield root / "events" / system / event / "hist"
        return
    for trigger in sorted((root / "events").glob("*/*/trigger")):
        if "hist:" in trigger.read_text():
            yield trigger.with_name("hist")


def _mount(named: str | None) -> Path:
    if named:
        return Path(named)
    mounts = mountpoints.ours()
    within = [mount for mount in mounts if Path.cwd().is_relative_to(mount)]
    if within:
        return Path(within[0])
    if len(mounts) != 1:
        raise CommandError(f"hist: {'several mounts are' if mounts else 'no mount is'} yours: --mount DIR names one")
    return Path(mounts[0])


class _Names:
    """What keys of one event's histogram are called where the file has a number."""

    def __init__(self, file: Path) -> None:
        self._system = file.absolute().parent.parent.name
        self._cmdlines = next(
            (each / "saved_cmdlines" for each in file.absolute().parents if (each / "saved_cmdlines").exists()), None
        )
        self._tasks: dict[str, str] | None = None

    def name(self, key: str, said: str) -> str:
        if key == "common_pid" and said.isdigit():
            return f"{self._comm(said)}-{said}"
        if key == "id" and said.isdigit() and self._system == "raw_syscalls":
            return _CALLS.get(int(said), said)
        if key == "ret" and re.fullmatch(r"\d{20}|-\d{1,4}", said):
            code = -int(said) if said.startswith("-") else (1 << 64) - int(said)
            return f"-{errno.errorcode[code]}" if code in errno.errorcode else said
        return f"{key}: {said}" if re.fullmatch(r"-?\d+|0x[\da-f]+", said) else re.sub(r"\s*\[ *\d+\]$", "", said)

    def _comm(self, pid: str) -> str:
        if self._tasks is None:
            lines = self._cmdlines.read_text().splitlines() if self._cmdlines else []
            self._tasks = {tid: comm for tid, _, comm in (line.partition(" ") for line in lines)}
        return self._tasks.get(pid, "<...>")


_CALLS = {call.nr: call.uapi_name for call in SYSCALLS}
