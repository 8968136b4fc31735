# SPDX-License-Identifier: GPL-2.0-only
"""Calls as strace writes them: `openat(AT_FDCWD, "/etc", O_RDONLY|O_CLOEXEC) = 3`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from tracefs.syscalls.types.notation.constants import CONSTANTS, without_paths
from tracefs.syscalls.types.notation.marked import MARKED
from tracefs.syscalls.types.notation.printers import date, number, text
from tracefs.syscalls.types.notation.told import TOLD, told
from tracefs.syscalls.types.notation.values import Argument, Call, Enum, Errno, Flags, Number, Pointer, Value

_COLUMN = 39
"""Where the `=` before a result stands, or later."""

_LABELLED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "clone": {
            "newsp": "child_stack",
            "clone_flags": "flags",
            "parent_tidptr": "parent_tid",
            "tls": "tls",
            "child_tidptr": "child_tidptr",
        }
    }
)
"""Calls of which strace gives the arguments in an order of its own, with labels: argument -> label, in that order."""

_RESTARTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        512: "To be restarted if SA_RESTART is set",
        513: "To be restarted",
        514: "To be restarted if no handler",
        516: "Interrupted by signal",
    }
)


_SAID_TO_BE_FLAGS: Final = ("fd_flags", "open_flags")
"""Types of results that are called so: `0x2 (flags O_RDWR)`."""

Shorten = Callable[[str, Argument], Value]
"""What is shown of an argument of a syscall."""


class StracePrinter:
    """`strings`: how many bytes of a string are shown, None for all. `shorten`: None shows arguments whole."""

    def __init__(
        self,
        strings: int | None = None,
        shorten: Shorten | None = None,
        most: int | None = None,
        constants: str = "abbrev",
        paths: bool = True,
    ) -> None:
        """`most`: elements of a list behind a result. `constants`: one of CONSTANTS. `paths`: with what descriptors
        stand for."""
        self._printers = CONSTANTS[constants] if paths else without_paths(CONSTANTS[constants])
        self._constants = constants
        self._strings = strings
        self._shorten = shorten
        self._most = most

    def whole(self, name: str, call: Call) -> str:
        """A call and its result."""
        call, more = self._told(call)
        return self.ended(name, self._arguments(call), self.result(call.result) + more)

    @staticmethod
    def ended(name: str, arguments: list[str], result: str) -> str:
        """The same of what is text already."""
        line = f"{name}({', '.join(arguments)})"
        return f"{line:<{_COLUMN}} = {result}"

    def entered(self, name: str, call: Call) -> str:
        """What is known before it ends: the arguments up to the first that it fills in."""
        call, _ = self._told(call)
        shown, known = self._arguments(call), self._known(call)
        if known == len(shown):
            return f"{name}({', '.join(shown)}"
        return f"{name}({''.join(part + ', ' for part in shown[:known])}"

    def resumed(self, name: str, call: Call) -> str:
        """The rest of what entered() began."""
        call, more = self._told(call)
        rest = self._arguments(call)[self._known(call) :]
        line = f"<... {name} resumed>{', '.join(rest)})"
        return f"{line:<{_COLUMN}} = {self.result(call.result)}{more}"

    def _told(self, call: Call) -> tuple[Call, str]:
        return told(call, self.value, self._most) if call.name in TOLD else (call, "")

    def value(self, value: Value) -> str:
        return text(value, self._strings, self._printers)

    def argument(self, syscall: str, arg: Argument) -> str:
        """Without its name."""
        return text(self._shorten(syscall, arg) if self._shorten else arg.value, self._strings, self._printers)

    @staticmethod
    def takes(syscall: str) -> bool:
        """Whether the arguments stand in their own order, without labels."""
        return syscall not in _LABELLED and syscall not in TOLD

    def signal(self, name: Value, siginfo: Value | None) -> str:
        """`SIGCHLD {si_signo=SIGCHLD, ...}`."""
        return text(name) if siginfo is None else f"{text(name)} {text(siginfo, self._strings, self._printers)}"

    def _arguments(self, call: Call) -> list[str]:
        labels = _LABELLED.get(call.name)
        if labels is None:
            return [self.argument(call.name, arg) for arg in call.args]
        values = {arg.name: arg.value for arg in call.args}
        return [
            f"{label}={text(values[arg], self._strings, self._printers)}"
            for arg, label in labels.items()
            if arg in values
        ]

    @staticmethod
    def _known(call: Call) -> int:
        if call.name in _LABELLED:
            return len(call.args)
        return next((index for index, arg in enumerate(call.args) if _filled(arg)), len(call.args))

    def result(self, result: Value | None) -> str:
        if result is None:
            return "?"
        if isinstance(result, Errno):
            if result.value in _RESTARTS:
                return f"? {result.name} ({_RESTARTS[result.value]})"
            return f"-1 {result.name or result.value} ({os.strerror(result.value)})"
        if self._constants == "raw" and isinstance(result, (Enum, Flags)) and result.style != "fd":
            return number(result.value, result.style if result.style in ("hex", "oct") else "dec")
        if isinstance(result, Flags) and result.style == "hex":
            if not result.value:
                return f"0 ({text(result)})" if result.names and result.type not in _SAID_TO_BE_FLAGS else "0"
            said = "flags " * (result.type in _SAID_TO_BE_FLAGS)
            return f"{result.value:#x} ({said}{text(result, None, MARKED)})"
        if isinstance(result, Number) and result.style == "sec":
            return f"{result.value} ({date(result.value)})"
        if isinstance(result, Enum) and result.name:
            meaning = text(replace(result, marked="") if result.unknown else result, None, MARKED)
            return f"{number(result.value, 'hex' if result.style == 'hex' else 'dec')} ({meaning})"
        return text(result, None, self._printers)


def _filled(arg: Argument) -> bool:
    """Whether the call fills it in."""
    return isinstance(arg.value, Pointer) and arg.value.filled


def line(call: Call) -> str:
    """A call by the name of its event; without a result, up to the closing parenthesis."""
    shown = StracePrinter()
    return shown.whole(call.name, call) if call.result is not None else shown.entered(call.name, call) + ")"
