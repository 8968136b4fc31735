# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs metadata`: the tables as JSON, for programs that read raw events."""

from __future__ import annotations

import argparse
import json
from typing import Any


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "metadata", help="print syscalls, arguments, types and values as JSON"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from tracefs.syscalls.types.loader import load  # here, so that the other commands start without the tables
    from tracefs.syscalls.types.metadata import metadata

    print(json.dumps(metadata(load()), indent=1))
    return 0
