# SPDX-License-Identifier: GPL-2.0-only
"""What happened, as objects that never change. Times are ns since 1970 (UTC), or of the recording's clock where that is
not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union


@dataclass(frozen=True)
class Task:
    """Who, and when."""

    time: int
    pid: int
    """The process; that of the thread where it is not known."""
    tid: int
    comm: str
    """"" where it is not known."""


@dataclass(frozen=True)
class Call(Task):
    """A system call. `time` is when it began (or ended, where the beginning was not recorded)."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    """By name: numbers, texts (str; bytes that are no UTF-8 as surrogates), data (bytes), lists, structures (dict),
    None for NULL. Memory that was not saved is its address."""
    words: Mapping[str, str] = field(default_factory=dict)
    """The same as people read them: O_RDONLY|O_CLOEXEC."""
    raw: Mapping[str, int] = field(default_factory=dict)
    """The registers."""
    result: int | None = None
    """None: it has not returned (exit, or a call that was cut short by the end)."""
    returned: str = ""
    """The result as people read it."""
    errno: str | None = None
    """ENOENT; None: it did not fail."""
    duration: int | None = None
    """ns; None where beginning or end was not recorded."""
    stack: tuple[int, ...] = ()
    """Return addresses when it began, innermost first; with stack=True."""
    arch: str = ""
    """"i386", "x32"; "" for x86-64."""

    @property
    def start(self) -> int:
        """The same as `time`."""
        return self.time

    @property
    def failed(self) -> bool:
        return self.errno is not None

    def __str__(self) -> str:
        shown = ", ".join(f"{name}: {text}" for name, text in self.words.items())
        return f"{self.name}({shown})" + (f" = {self.returned}" if self.result is not None else "")


@dataclass(frozen=True)
class Signal(Task):
    """A signal reached the task."""

    number: int
    info: Mapping[str, Any] = field(default_factory=dict)
    """siginfo_t by the names of its members."""


@dataclass(frozen=True)
class Exit(Task):
    """The task is gone."""

    status: int
    """Of its exit; 0 where a signal ended it."""
    signal: int = 0


@dataclass(frozen=True)
class Event(Task):
    """Any other event."""

    system: str
    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lost:
    """Events are missing here."""

    time: int
    cpu: int
    count: int | None
    """None: nobody knows how many."""


Happening = Union[Call, Signal, Exit, Event, Lost]  # noqa: UP007
