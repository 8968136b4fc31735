# SPDX-License-Identifier: GPL-2.0-only
"""What is wrong with a type table, and exactly where."""

from __future__ import annotations


class TypeSyntaxError(ValueError):
    """`message` says what is wrong; `position` counts characters from the start of the text, `column` from that of the
    line.

    `line` counts from 1, as editors do; `column` and `position` from 0, as the caret in error_log does.
    """

    def __init__(self, message: str, text: str, position: int, origin: str = "") -> None:
        self.message = message
        self.position = position
        self.line = text.count("\n", 0, position) + 1
        self.column = position - (text.rfind("\n", 0, position) + 1)
        self.origin = origin
        super().__init__(f"{origin or 'types'}:{self.line}:{self.column + 1}: {message}")
