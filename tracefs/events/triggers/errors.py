# SPDX-License-Identifier: GPL-2.0-only
"""What is wrong with a trigger, and where: what the `error_log` file shows."""

from __future__ import annotations

import errno


class TriggerError(OSError):
    """Refused. `message` (may be empty: the kernel logs nothing) and `column` (of `command`) are for error_log.

    `at` is the text in question; the column is where `command` has it first, and `skip` characters on.
    """

    def __init__(self, message: str, command: str, at: str = "", code: int = errno.EINVAL, skip: int = 0) -> None:
        super().__init__(code, message or "invalid trigger")
        self.message = message
        self.command = command
        self.column = max(0, command.find(at) + skip) if at else 0
