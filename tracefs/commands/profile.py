# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs profile --seccomp CMD`: a profile that allows what a command called."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from tracefs.commands import CommandError, calls_of


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser("profile", help="a profile of what a command used")
    parser.add_argument("--seccomp", action="store_true",
                        help="a seccomp profile (OCI JSON: docker, podman): calls that were made are allowed")  # fmt: skip
    calls_of.add(parser)
    parser.set_defaults(run=run, name="profile")


def run(args: argparse.Namespace) -> int:
    from tracefs.library.profile import seccomp

    if not args.seccomp:
        raise CommandError("profile: --seccomp is needed: the only kind of profile that there is")
    with calls_of.calls_of(args, "all") as calls:
        profile, unnamed = seccomp(calls)
    with calls_of.written(args):
        print(json.dumps(profile, indent=2))
    if unnamed:
        print(f"tracefs: calls without a name are not in it: {', '.join(unnamed)}", file=sys.stderr)
    return 0
