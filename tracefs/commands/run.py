# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run CMD...`: trace one command from its first execve to its end, with no mount and no FUSE."""

from __future__ import annotations

import argparse
from typing import Any

from tracefs.commands import summary
from tracefs.export.forms import FORMS
from tracefs.front import arguments


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "run", help="trace a command, or processes that run, without a mount"
    )
    parser.add_argument(
        "-o", dest="options", metavar="OPTION", action="append", default=[], help="as `echo OPTION > trace_options`"
    )
    parser.add_argument(
        "-s", dest="size", metavar="BYTES", type=int, help="as `echo BYTES > syscall_user_buf_size`: of texts and data"
    )
    parser.add_argument(
        "-y",
        "--fd-paths",
        dest="options",
        action="append_const",
        const="syscall_fd_path",
        help="as `-o syscall_fd_path`: file descriptors with what they stand for: 3</etc/passwd>",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--seccomp",
        action="store_true",
        help="with -e: stop CMD at the calls that are recorded alone; see README for what that implies",
    )
    how.add_argument(
        "--in-task",
        action="store_true",
        help="programs that can do so record their calls themselves, without stops; see README for what that implies",
    )
    parser.add_argument("-w", dest="output", metavar="FILE", help="write the lines to FILE, not to stderr")
    parser.add_argument(
        "--fd", metavar="N", type=int, help="write them to the descriptor N, which CMD does not get: 3>FILE"
    )
    form = parser.add_mutually_exclusive_group()
    for each in (each for each in FORMS.values() if each.option):
        form.add_argument(f"--{each.name}", dest="form", action="store_const", const=each.name, help=each.help)
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="show long lists whole; with --strace, structures and environments, too (strace -v)",
    )
    parser.add_argument(
        "-X",
        "--const-print-style",
        dest="constants",
        choices=("abbrev", "raw", "verbose"),
        default="abbrev",
        help="with --strace: constants as names, as numbers, or as numbers with the names behind them",
    )
    parser.add_argument(
        "-E",
        dest="environ",
        metavar="VAR[=VALUE]",
        action="append",
        default=[],
        help="set a variable for CMD alone, or (without =) remove it",
    )
    arguments.add_look(parser)
    summary.add(parser)
    arguments.add(parser)
    parser.add_argument("command", metavar="CMD", nargs="...", help="the command and its arguments")
    parser.set_defaults(run=run, name="run")


def run(args: argparse.Namespace) -> int:
    from tracefs.commands import session  # here, so that the other commands start without the engine
    from tracefs.commands.request import Request

    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    request = Request(
        argv=command,
        options=args.options,
        select=arguments.selected(args),
        controls=arguments.controls(args),
        **arguments.look(args),
        follow=arguments.followed(args),
        ending=arguments.ending(args),
        lines=not args.no_lines,
        output=args.output,
        fd=args.fd,
        form=summary.form(args),
        by=summary.keys(args),
        sort=args.sort,
        every=args.every,
        environ=args.environ,
        seccomp=args.seccomp,
        in_task=args.in_task,
        constants=args.constants,
    )
    return session.trace(request)
