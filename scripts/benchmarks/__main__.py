# SPDX-License-Identifier: GPL-2.0-only
"""scripts/bench: runs the parts asked for and prints a table of ratios."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks import (
    daemon,
    export,
    fd_paths,
    fleet,
    intask,
    interleave,
    peers,
    reading,
    rendering,
    ring,
    seccomp,
    structured,
    workloads,
)
from benchmarks.report import Figure, chart, table

Part = Callable[[argparse.Namespace], list[Figure]]


def programs(args: argparse.Namespace) -> list[Figure]:
    """Programs untraced, under tracefs, strace and the kernel's ftrace."""
    who = peers.all_peers()
    with tempfile.TemporaryDirectory(prefix="bench-work-") as directory:
        work = workloads.build(Path(directory), scale=0.2 if args.quick else 1.0)
        rows = interleave.measure(work, who, rounds=args.rounds)
    names = [peer.name for peer in who]
    cells = [
        [
            row.workload,
            *(f"{row.seconds[name]:.3f}" for name in names),
            *(f"{row.added[name]:+.3f}" for name in names[1:]),
        ]
        for row in rows
    ]
    show(args, table(["seconds", *names, *(f"+{name}" for name in names[1:])], cells))
    figures = []
    for row in rows[1:]:
        if row.ratio is not None:
            what = "added time" if row.single else "wall time"
            figures.append(Figure(f"{row.workload}: {what} / strace's", row.ratio, 0.2 if row.single else 1.0))
    return figures


PARTS: dict[str, Part] = {
    "programs": programs,
    "reading": reading.run,
    "rendering": rendering.run,
    "ring": ring.run,
    "daemon": daemon.run,
    "seccomp": seccomp.run,
    "fd_paths": fd_paths.run,
    "structured": structured.run,
    "intask": intask.run,
    "export": export.run,
    "fleet": fleet.run,
}


def show(args: argparse.Namespace, text: str) -> None:
    if not args.json:
        print(text + "\n", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write a chart of the figures")
    parser.add_argument(
        "--quick", action="store_true", help="shorter loops, for a look; not for figures that are quoted"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each peer (default 5; the median counts)")
    args = parser.parse_args()
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    figures = [figure for name in args.parts or PARTS for figure in PARTS[name](args)]
    if args.json:
        print(json.dumps([{**asdict(f), "met": f.met} for f in figures], indent=2))
    else:
        print("\n".join(figure.line() for figure in figures))
    if args.svg and figures:
        chart(figures, args.svg)
    return 0


if __name__ == "__main__":
    sys.exit(main())
