# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs doctor`: what this machine lacks for `tracefs run` and `tracefs mount`, and how to get it."""

from __future__ import annotations

import argparse
from typing import Any

from tracefs.commands import checks


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser("doctor", help="what is missing here, and how to get it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Status 0 if both commands can work, else 1."""
    missing: set[str] = set()
    for name, check in checks.CHECKS.items():
        finding = check()
        print(f"{finding.verdict:8}{name:15}{finding.text}")
        if finding.cure:
            print(f"{'':23}-> {finding.cure}")
        if finding.verdict == checks.MISSING:
            missing.update(finding.needed_by)
    for command in ("run", "mount"):
        print(f"tracefs {command}: {'cannot work here' if command in missing else 'can work here'}")
    return 1 if missing else 0
