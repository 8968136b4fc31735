# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs status [DIR]`: this user's mounts, what they trace, how full their buffers are and what they lost."""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from pathlib import Path
from typing import Any

from tracefs import mountpoints
from tracefs.commands import CommandError
from tracefs.commands.scopes import describe
from tracefs.plain import plain

SHOWN_TRACEES = 20


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser("status", help="what is mounted, traced, kept and lost")
    parser.add_argument("directory", metavar="DIR", nargs="?", help="one mount only")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    mounted = mountpoints.ours()
    if args.directory is not None:
        wanted = mountpoints.absolute(args.directory)
        if wanted not in mounted:
            raise CommandError(f"{wanted}: no tracefs of yours is mounted there")
        mounted = [wanted]
    if not mounted:
        print("no tracefs is mounted")
    for directory in mounted:
        try:
            lines = _describe(directory)
        except OSError as error:  # taken away while we look, or not of this version
            lines = [directory, f"  cannot be read: {error.filename}: {error.strerror}"]
        print("\n".join(map(plain, lines)))  # names of tasks, directories and faults
    return 0


def _describe(directory: str) -> list[str]:
    try:
        about = json.loads(os.getxattr(directory, mountpoints.STATUS))
    except OSError as error:
        return [f"{directory}", f"  dead: {error.strerror}; `tracefs umount {directory}` takes it away"]
    lines = [
        directory,
        f"  daemon:  {about['pid']}, since {time.strftime('%F %T', time.localtime(about['started']))}",
        f"  scope:   {describe(about['scope'], about['root'], alive=about.get('alive', True))}",
        f"  tracees: {_tracees(about['tracees'])}",
    ]
    if (ways := about.get("in_task")) is not None:
        lines.append(f"  in-task: {', '.join(f'{count} {way}' for way, count in ways.items()) or 'no program yet'}")
    root = Path(directory)
    lines += _instance(root, "top")
    for instance in sorted(root.glob("instances/*")):
        lines += _instance(instance, instance.name)
    if about["faults"]:
        lines.append(f"  faults:  {about['faults']} inside the daemon, the last one: {about['last_fault']}")
    return lines


def _tracees(tracees: list[tuple[int, int, str]]) -> str:
    if not tracees:
        return "none"
    shown = ", ".join(f"{comm}-{pid}" for pid, _, comm in tracees[:SHOWN_TRACEES])
    more = len(tracees) - SHOWN_TRACEES
    return f"{len(tracees)}: {shown}" + (f" and {more} more" if more > 0 else "")


def _instance(directory: Path, name: str) -> list[str]:
    """One line on an instance: tracer, whether it records, what its buffer holds and what it lost."""
    entries = bytes_kept = lost = 0
    for stats in directory.glob("per_cpu/cpu*/stats"):
        found = {key: int(value) for key, value in re.findall(r"^([\w ]+): (\d+)$", stats.read_text(), re.M)}
        entries += found["entries"]
        bytes_kept += found["bytes"]
        lost += found["overrun"] + found["dropped events"]
    total_kb = re.match(r"\d+", _text(directory, "buffer_total_size_kb"))
    return [
        f"  {name}: tracer {_text(directory, 'current_tracer')}, recording {_on(_text(directory, 'tracing_on'))}, "
        f"{entries} events kept in {bytes_kept // 1024} of {total_kb[0] if total_kb else '?'} KiB, {lost} lost"
    ]


def _text(directory: Path, name: str) -> str:
    return (directory / name).read_text().strip()


def _on(value: str) -> str:
    return "off" if value == "0" else "on"
