# SPDX-License-Identifier: GPL-2.0-only
"""Options of `tracefs run` that say what is selected, and which control files are written and shown."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from tracefs.export.forms import FORMS

_ENVIRON = ("execve", "execveat")
_NO_ENVIRON = ("environ", "")
"""Among --set, what becomes two of them."""
STAMPS = ("unix", "day", "us", "start", "delta", "none")
"""As export.stamps has them."""


class _InOrder(argparse.Action):
    """--mkdir and --set are done in the order that they are given in."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        done: Sequence[tuple[str, str]] = getattr(namespace, self.dest) or []
        setattr(namespace, self.dest, [*done, ((option or "").lstrip("-"), values)])


def add(parser: argparse.ArgumentParser) -> None:
    """Declare all of `run`'s."""
    add_selecting(parser)
    _add_following(parser)
    add_ending(parser)
    add_controls(parser)


def add_shown(parser: argparse.ArgumentParser, where: str) -> None:
    """In which form, and where to. `where`: if nothing is said."""
    parser.add_argument(
        "-o", dest="options", metavar="OPTION", action="append", default=[], help="as `echo OPTION > trace_options`"
    )
    parser.add_argument(
        "-s", dest="size", metavar="BYTES", type=_amount, help="of texts and data, and elements of lists"
    )
    parser.add_argument("-w", dest="output", metavar="FILE", help=f"write the lines to FILE, not to {where}")
    parser.add_argument("--fd", metavar="N", type=_amount, help="write them to the descriptor N: 3>FILE")
    form = parser.add_mutually_exclusive_group()
    for each in (each for each in FORMS.values() if each.option):
        form.add_argument(f"--{each.name}", dest="form", action="store_const", const=each.name, help=each.help)
    parser.add_argument("-v", "--verbose", action="store_true", help="abbreviate nothing")
    add_look(parser)


def add_look(parser: argparse.ArgumentParser) -> None:
    """How lines look."""
    parser.add_argument("-t", "--time", dest="style", choices=STAMPS, default="unix",
                        help="how --strace says when: seconds since 1970, local time of day, with microseconds, since the first line, "
                        "since the line before, not at all")  # fmt: skip
    parser.add_argument("--color", metavar="WHEN", choices=("auto", "always", "never"), default="auto",
                        help="auto (on a terminal, unless NO_COLOR is set), always, never")  # fmt: skip
    parser.add_argument("--fit", action="store_true", help="cut lines to the width of the terminal")
    parser.add_argument("--append", action="store_true", help="with -w: keep what FILE has")


def add_selecting(parser: argparse.ArgumentParser) -> None:
    """What of it."""
    selecting = parser.add_argument_group("what is recorded")

    def several(*names: str, dest: str, metavar: str, help: str) -> None:
        selecting.add_argument(*names, dest=dest, metavar=metavar, action="append", default=[], help=help)

    several(
        "-e", dest="events", metavar="WORDS",
        help="calls (openat,%%net,/^get/,!%%memory), events (sched,sched_process_exec,SYSTEM:EVENT), globs of both, "
        "signal=INT,TERM, status=failed; `tracefs list` shows them. Without this: every call",
    )  # fmt: skip
    several(
        "-f", "--filter", dest="filters", metavar="EXPR",
        help="what does not hold is not recorded, of all events that have these fields: 'fd == 3 && ret < 0'",
    )  # fmt: skip
    several(
        "-P", "--trace-path", dest="paths", metavar="GLOB",
        help="only calls with such a name of a file, or whose first descriptor leads to one",
    )  # fmt: skip
    several(
        "--errno",
        dest="errors",
        metavar="ERRORS",
        help="only calls that failed so: ENOENT,EACCES (--strace, --json, --csv)",
    )
    for names, status in ((("-z", "--successful-only"), "successful"), (("-Z", "--failed-only"), "failed")):
        selecting.add_argument(
            *names, dest="statuses", action="append_const", const=status, default=[],
            help=f"only calls that were {status} (--strace, --json, --csv)" if status == "successful"
            else "only calls that failed (likewise)",
        )  # fmt: skip


def add_controls(parser: argparse.ArgumentParser) -> None:
    """Control files."""
    control = parser.add_argument_group("control files", "as in a mount; `tracefs files` lists them")
    control.add_argument("--set", dest="writes", metavar="FILE=TEXT", action=_InOrder, default=[],
                         help="as `echo TEXT > FILE` before CMD starts; FILE+=TEXT: `>>`")  # fmt: skip
    control.add_argument("--no-environ", dest="writes", action="append_const", const=_NO_ENVIRON, default=[],
                         help="leave the environments of programs out: envp is recorded as an address")  # fmt: skip
    control.add_argument("--mkdir", dest="writes", metavar="instances/NAME", action=_InOrder, default=[],
                         help="make an instance, in its order among the --set")  # fmt: skip
    control.add_argument("--trigger", dest="triggers", metavar="EVENT.TRIGGER", action="append", default=[],
                         help="as `echo TRIGGER >> trigger` of the event, or of a call's enter")  # fmt: skip
    control.add_argument("--hist", dest="hists", metavar="[EVENT.]keys=...", action="append", default=[],
                         help="a histogram, shown at the end; without EVENT: of raw_syscalls:sys_enter")  # fmt: skip
    control.add_argument("--get", dest="gets", metavar="FILE", action="append", default=[],
                         help="as `cat FILE` at the end, to stderr")  # fmt: skip
    control.add_argument(
        "--no-lines", action="store_true", help="show no lines, and record none but for --hist, --trigger, --set"
    )


def _add_following(parser: argparse.ArgumentParser) -> None:
    whom = parser.add_argument_group(
        "whom to trace", "besides or instead of CMD; children that they have or get are traced, too"
    )
    whom.add_argument("-p", "--attach", dest="targets", metavar="PID|NAME", action="append", default=[],
                      help="processes that run: numbers or names, PID[,PID]; until Ctrl-C, which does them no harm")  # fmt: skip
    whom.add_argument("--depth", metavar="N", type=_amount, help="only N generations of children")
    whom.add_argument("--no-follow", dest="depth", action="store_const", const=0, help="no children: as --depth 0")
    for name, what in (("follow", "of children, only those that execute"), ("detach", "let go of whom executes")):
        whom.add_argument(f"--{name}-exec", metavar="GLOB", action="append", default=[],
                          help=f"{what} such a program: gcc, '/usr/bin/*'")  # fmt: skip


def add_ending(parser: argparse.ArgumentParser, live: bool = True) -> None:
    """When to end. `live`: of what is being recorded."""
    ending = parser.add_argument_group("until when", "CMD goes on untraced then, and is waited for" if live else None)
    ending.add_argument(
        "--max-events", metavar="N", type=_amount, help="after N lines, objects or (--perf, --trace-dat) records"
    )
    if live:
        _add_live_ending(ending)
    ending.add_argument("--until", metavar="EVENT[ if FILTER]", default="",
                        help="when that happens: 'openat if ret < 0', sched_process_exec")  # fmt: skip


def _add_live_ending(ending: Any) -> None:
    ending.add_argument("--for", dest="seconds", metavar="SECONDS", type=seconds, help="after so long")
    ending.add_argument("--ring", action="store_true",
                        help="keep the last events only, and write them at the end, or whenever SIGUSR1 comes; "
                        "--set buffer_size_kb=N: in so much memory per CPU")  # fmt: skip


def _amount(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: a number is needed")
    return int(text)


def seconds(text: str) -> float:
    """A type of argparse."""
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: seconds are needed")
    return found


def followed(args: argparse.Namespace) -> dict[str, Any]:
    """What was given, as following.Follow takes it."""
    return {
        "targets": args.targets,
        "depth": args.depth,
        "follow_exec": args.follow_exec,
        "leave_exec": args.detach_exec,
    }


def ending(args: argparse.Namespace) -> dict[str, Any]:
    """What was given, as ending.Ending takes it."""
    return {"most": args.max_events, "seconds": args.seconds, "until": args.until, "ring": args.ring}


def look(args: argparse.Namespace) -> dict[str, Any]:
    """How lines look and how much of a value they show, as members of commands.request.Request."""
    return {
        "verbose": args.verbose,
        "style": args.style,
        "colour": args.color,
        "fit": args.fit,
        "append": args.append,
        "size": args.size,
    }


def selected(args: argparse.Namespace) -> dict[str, Any]:
    """What was given, as selecting.Wish takes it."""
    names = [name for text in args.errors for name in text.split(",") if name]
    return {
        "words": args.events,
        "filters": args.filters,
        "paths": args.paths,
        "statuses": args.statuses,
        "errors": names,
    }


def controls(args: argparse.Namespace) -> dict[str, Any]:
    """What was given, as controls.Controls takes it."""
    writes = [
        each
        for given in args.writes
        for each in ([("set", f"events/syscalls/sys_enter_{call}/types+=envp:ptr") for call in _ENVIRON]
                     if given == _NO_ENVIRON else [given])
    ]  # fmt: skip
    return {"writes": writes, "triggers": args.triggers, "hists": args.hists, "gets": args.gets}
