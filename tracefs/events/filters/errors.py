# SPDX-License-Identifier: GPL-2.0-only
"""What can be wrong with a filter, in the kernel's words, and how the `filter` file and error_log show it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from errno import EINVAL, ENOENT, EPERM, ESRCH


class Problem(Enum):
    """The messages. UNKNOWN has none: the `filter` file then says `Error: (0)`, error_log `Error`."""

    UNKNOWN = "Error"
    INVALID_OP = "Invalid operator"
    TOO_MANY_OPEN = "Too many '('"
    TOO_MANY_CLOSE = "Too few '('"
    MISSING_QUOTE = "Missing matching quote"
    MISSING_BRACE_OPEN = "Missing '{'"
    MISSING_BRACE_CLOSE = "Missing '}'"
    OPERAND_TOO_LONG = "Operand too long"
    EXPECT_STRING = "Expecting string field"
    EXPECT_DIGIT = "Expecting numeric field"
    ILLEGAL_FIELD_OP = "Illegal operation for field type"
    FIELD_NOT_FOUND = "Field not found"
    ILLEGAL_INTVAL = "Illegal integer value"
    BAD_SUBSYS_FILTER = "Couldn't find or set field in one of a subsystem's events"
    TOO_MANY_PREDS = "Too many terms in predicate expression"
    INVALID_CPULIST = "Invalid cpulist"
    INVALID_VALUE = "Invalid value (did you forget quotes)?"
    NO_FUNCTION = "Function not found"
    NO_FILTER = "No filter found"


ERRNO = {
    Problem.TOO_MANY_OPEN: ENOENT,
    Problem.TOO_MANY_CLOSE: EPERM,
    Problem.TOO_MANY_PREDS: EPERM,
    Problem.MISSING_QUOTE: ESRCH,
}
"""What write(2) fails with, where it is not EINVAL (seen on 6.18)."""

LOG_LOCATION = "event filter parse error"
"""How error_log introduces these errors."""


@dataclass(frozen=True)
class LogEntry:
    """An entry for error_log: `LOCATION: error: MESSAGE`, `Command: COMMAND`, and a caret below COMMAND[caret]."""

    location: str
    message: str
    command: bytes
    caret: int


class FilterError(OSError):
    """A filter that the kernel would refuse. caret: where in the text, in bytes."""

    def __init__(self, problem: Problem, caret: int = 0, errno: int | None = None) -> None:
        number = errno if errno is not None else ERRNO.get(problem, EINVAL)
        super().__init__(number, os.strerror(number))
        self.problem = problem
        self.caret = caret

    def shown(self, text: bytes) -> bytes:
        """The refused filter's text as the `filter` file shows it (the file's own newline comes on top)."""
        if self.problem is Problem.UNKNOWN:
            return text + b"\nError: (0)\n"
        caret = b" " * min(self.caret, len(text)) + b"^"
        return b"%s\n%s\nparse_error: %s\n" % (text, caret, self.problem.value.encode())

    def log_entry(self, text: bytes) -> LogEntry:
        """What error_log remembers."""
        return LogEntry(LOG_LOCATION, self.problem.value, text, self.caret)
