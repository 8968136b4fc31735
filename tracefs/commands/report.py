# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs report FILE`: a recording, through the forms, filters, histograms and summaries of `tracefs run`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tracefs.commands import CommandError, summary
from tracefs.export.forms import FORMS
from tracefs.front import arguments

CHUNK = 1 << 20
"""Bytes of records that are taken at once."""
BUFFER_KB = 8 << 10
"""Of a CPU: a chunk, and what is thrown away of it where whole sub-buffers are."""


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "report", help="show what `run --trace-dat -w FILE` recorded"
    )
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="a trace.dat: of `tracefs run --trace-dat`, or of trace-cmd"
    )
    arguments.add_shown(parser, "standard output")
    summary.add(parser)
    arguments.add_selecting(parser)
    arguments.add_ending(parser, live=False)
    arguments.add_controls(parser)
    parser.set_defaults(run=run, name="report")


def run(args: argparse.Namespace) -> int:
    from tracefs.commands import setting, showing
    from tracefs.commands.output import output
    from tracefs.commands.request import Request
    from tracefs.export.recorded import NotReadable
    from tracefs.export.replaying import Recording

    form = FORMS[name] if (name := summary.form(args)) else None
    if form and form.seekable and args.output is None:
        raise CommandError(f"report: --{form.name} needs -w FILE")
    given = [*args.filters, args.until, *(text for _, text in args.writes), *args.triggers, *args.hists]
    if any(".ustring" in text for text in given):
        raise CommandError("report: .ustring looks into the memory of a task: there is none of a recording")
    try:
        recording = Recording(args.file)
    except NotReadable as error:
        raise CommandError(f"report: {args.file}: {error}") from None
    request = Request(
        options=args.options,
        select=arguments.selected(args),
        controls=arguments.controls(args),
        **arguments.look(args),
        ending={"most": args.max_events, "until": args.until},
        lines=not args.no_lines,
        output=args.output,
        form=name,
        by=summary.keys(args),
        sort=args.sort,
        events=recording.events,
        clock=recording.source.clock,
        buffer_kb=BUFFER_KB,
        name="report",
    )
    tree = recording.tree
    out = output(args.output, 1 if args.fd is None else args.fd, name, args.append)
    try:
        if form and form.seekable and not out.is_regular:
            raise CommandError(f"report: {args.output}: --{form.name} needs a regular file")
        whole = setting.configure(tree, request, form)
        shown = setting.control(tree, request)
        watch = setting.watch(tree, request)
        with showing.text(tree, request, whole, out, watch, recording.told) as take:
            more = True
            while more and not out.failed:
                more = recording.feed(CHUNK) and not (watch and watch.over())
                with out.guarded():
                    while not out.failed and (data := take(not more)):
                        out.write(data)
        setting.show(tree, request, shown)
        if recording.lost and not form:
            print(f"tracefs: {recording.lost} events were lost when this was recorded", file=sys.stderr)
    finally:
        out.close()
        tree.shutdown()
    if recording.damaged:
        raise CommandError(f"report: {args.file}: it is damaged: not all of it is shown")
    return 1 if out.failed else 0
