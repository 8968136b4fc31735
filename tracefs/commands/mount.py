# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs mount DIR`: start a daemon that serves a tree on DIR, and say what to try first."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tracefs import daemon, mountpoints
from tracefs.commands import CommandError, started
from tracefs.commands.scopes import chosen, describe, word

if TYPE_CHECKING:
    from tracefs.capture import Scope


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser("mount", help="mount a tracefs on a directory")
    parser.add_argument("directory", metavar="DIR", help="an empty directory")
    parser.add_argument(
        "--scope",
        type=word,
        metavar="tree[:PID]|user|none",
        default="tree",
        help="what is traced where no pid is named: `tree`: the process that called this command (your shell) and all "
        "that it starts, now and later; when it has ended, the nearest shell above it; `tree:PID`: that process and all that "
        "it starts; `user`: every process of this user; `none`: only named pids (default: tree)",
    )
    parser.add_argument("--foreground", action="store_true", help="serve in this process, until it ends")
    parser.add_argument("--log", metavar="FILE", help="append the daemon's log to FILE")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from tracefs.tree import Tracefs  # here, so that the other commands start without the engine

    directory = mountpoints.absolute(args.directory)
    _check(directory)
    log_file = os.path.abspath(args.log) if args.log else None
    try:
        scope = chosen(args.scope, os.getppid())
    except ProcessLookupError as error:
        raise CommandError(f"--scope {args.scope}: {error}") from None
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(message)s",
        level=logging.INFO if log_file else logging.ERROR,  # faults are counted in any case (daemon.py)
        filename=log_file if args.foreground else None,  # a daemon's stderr becomes the log file, or nothing
    )

    def serve(ready: Callable[[], None]) -> None:
        served = daemon.Daemon(Tracefs(scope=scope), directory)
        started()
        served.run(ready)

    try:
        if args.foreground:
            serve(lambda: _welcome(directory, scope))
        else:
            daemon.start(serve, log_file)
            os.stat(directory)
            _welcome(directory, scope)
    except daemon.MountError as error:
        raise CommandError(f"cannot mount on {directory}: {error} (`tracefs doctor` says what is missing)") from None
    return 0


def _check(directory: str) -> None:
    """The mistakes that libfuse names badly, or not at all."""
    quoted = shlex.quote(directory)
    if mountpoints.is_mounted(directory):
        problem = "is dead" if mountpoints.is_dead(directory) else "is there already"
        raise CommandError(f"{directory}: a tracefs {problem}: tracefs umount {quoted}")
    try:
        names = os.listdir(directory)
    except OSError as error:
        hint = f" (mkdir {quoted})" if error.errno == errno.ENOENT else ""
        raise CommandError(f"{directory}: {error.strerror}{hint}") from None
    if names:
        raise CommandError(f"{directory} is not empty")


def _welcome(directory: str, scope: Scope) -> None:
    quoted = shlex.quote(directory)
    print(f"tracefs is mounted on {directory}")
    print(f"in scope: {describe(scope.kind, scope.root, above=next(iter(scope.above), 0))}")
    print("try:")
    print(f"  cd {quoted}")
    print("  echo syscall > current_tracer     # start")
    print("  ls /                              # anything")
    print("  echo 0 > tracing_on               # pause")
    print("  head -20 trace                    # or, while it runs: cat trace_pipe")
    print(f"  tracefs umount {quoted}")
    print(f"trace-cmd and others look elsewhere: tracefs shell {quoted} -- trace-cmd show", flush=True)
