# SPDX-License-Identifier: GPL-2.0-only
"""The subcommands of `tracefs`, one module each: `add(subparsers)` declares one, with `run(args) -> exit status`."""

from __future__ import annotations


class CommandError(Exception):
    """Ends the command with this one line on stderr and status 1."""
