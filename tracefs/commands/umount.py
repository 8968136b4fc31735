# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs umount DIR`: end a mount, whatever has files open on it; take away what a killed daemon left."""

from __future__ import annotations

import argparse
import os
from typing import Any

from tracefs import mountpoints
from tracefs.commands import CommandError

PATIENCE = 10.0
"""Seconds for the daemon to let its tracees go and to unmount, before that is done without it."""


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser("umount", help="unmount, also what a killed daemon left")
    parser.add_argument("directory", metavar="DIR")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    directory = mountpoints.absolute(args.directory)
    if not mountpoints.is_mounted(directory):
        raise CommandError(f"{directory}: no tracefs of yours is mounted there")
    try:
        os.setxattr(directory, mountpoints.STOP, b"1")
        asked = True
    except OSError:
        asked = False
    if asked and mountpoints.wait_until_gone(directory, PATIENCE):
        return 0
    mountpoints.detach(directory)
    return 0
