# SPDX-License-Identifier: GPL-2.0-only
"""The subcommands of `tracefs`, one module each: `add(subparsers)` declares one, with `run(args) -> exit status`."""

from __future__ import annotations

import gc


class CommandError(Exception):
    """Ends the command with this one line on stderr and a status; `detail` are lines that follow it, as they are."""

    def __init__(self, message: str, detail: str = "", status: int = 1) -> None:
        super().__init__(message)
        self.detail, self.status = detail, status


def started() -> None:
    """To be called by what runs on: collects garbage from here on, of which main() had none collected so far.

    A fifth of the start would be spent on looking through modules just made. What there is now stays until the end:
    collections leave it out.
    """
    gc.freeze()
    gc.enable()
