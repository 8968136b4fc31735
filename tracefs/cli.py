# SPDX-License-Identifier: GPL-2.0-only
"""The `tracefs` command: finds the subcommand, and turns its errors into one line and a status."""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from tracefs import inherited
from tracefs.commands import CommandError
from tracefs.plain import plain

SUBCOMMANDS = (
    "mount", "umount", "shell", "status", "run", "report", "diff", "files-touched", "profile", "export", "hist", "files", "list",
    "doctor", "metadata",
)  # fmt: skip
"""Modules of tracefs.commands."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as all errors here are said."""

    of_run = False
    """Whether what is parsed is `tracefs run`: what that does not know is for the parser above it to say."""

    def error(self, message: str) -> NoReturn:
        if self.prog == "tracefs run" or self.of_run:
            from tracefs.front.from_strace import answer

            if said := answer(message):
                self.exit(2, f"tracefs run: {plain(said)} (see docs/from-strace.md, tracefs run --help)\n")
        self.exit(2, f"{self.prog}: {plain(message)} (see {self.prog} --help)\n")


def parser(names: Sequence[str] = SUBCOMMANDS) -> argparse.ArgumentParser:
    """Of these subcommands: what is not imported does not delay the one that is wanted."""
    top = Parser(
        prog="tracefs", description="The kernel's tracefs in user space: trace system calls without privilege."
    )
    top.of_run = list(names) == ["run"]
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in names:
        importlib.import_module("tracefs.commands." + name.replace("-", "_")).add(subparsers)
    return top


INTRODUCTION = """\
tracefs {version}: the kernel's tracefs in user space. It shows the system calls of your programs, without root. Three things to try:

  tracefs run ls                             every call of a command, with arguments and results in words
  tracefs run -c -e %file make               which calls on files, how many, how long
  tracefs mount DIR && cat DIR/README        the files that ftrace users know: echo syscall > current_tracer, cat trace_pipe

`tracefs --help` lists the commands, `tracefs doctor` says what this machine lacks.
"""


def _introduce(version_only: bool) -> int:
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("tracefs")
    except PackageNotFoundError:  # from a directory of sources
        found = "(not installed)"
    print(
        f"tracefs {found}" if version_only else INTRODUCTION.format(version=found),
        end="\n" if version_only else "",
        flush=True,
    )
    return 0


def _name_process() -> None:
    """As `ps` and `pgrep` find us: the launcher has executed Python."""
    with contextlib.suppress(OSError), open("/proc/self/comm", "w") as comm:
        comm.write("tracefs")


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, the command's own, 1 for an error, 2 for wrong usage.

    Ends this process by the signal that the traced command died of, or by SIGINT after Ctrl-C.
    """
    gc.disable()  # see commands.started()
    try:
        status = _main(argv)
    finally:
        gc.enable()
    if status >= 0:
        return status
    from tracefs.commands.signals import die_of  # here, since most end otherwise

    return die_of(-status)


def _main(argv: Sequence[str] | None) -> int:
    inherited.fill_standard_files()
    _name_process()
    status = 1
    words = sys.argv[1:] if argv is None else argv
    detail = ""
    if not words or words[0] in ("--version", "-V"):
        return _introduce(bool(words))
    args = parser(words[:1] if words and words[0] in SUBCOMMANDS else SUBCOMMANDS).parse_args(words)
    try:
        result: int = args.run(args)
        print(end="", flush=True)
        return result
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else the flush at exit complains once more
        return 1
    except KeyboardInterrupt:
        return -signal.SIGINT
    except CommandError as error:
        message, detail, status = str(error), error.detail, error.status
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    print("tracefs:", plain(" ".join(message.splitlines())), file=sys.stderr)
    if detail:
        print(detail, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
