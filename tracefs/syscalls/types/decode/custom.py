# SPDX-License-Identifier: GPL-2.0-only
"""Types that code decodes: where a table of names, offsets and counts is not enough.

A package adds its own through the entry point group `tracefs.types`: the entry point's name is the type's, and it loads
a function `bytes -> Value` (its attribute `size`, if any, is the type's size in bytes; else the data's length is).
"""

from __future__ import annotations

import ipaddress
import signal
from collections.abc import Callable
from typing import Final

from tracefs.syscalls.types.decode.bpf import seccomp_filter, sock_filter
from tracefs.syscalls.types.language.model import CustomType
from tracefs.syscalls.types.notation.jsonform import plain
from tracefs.syscalls.types.notation.printers import quoted, text
from tracefs.syscalls.types.notation.values import Data, Symbol, Text, Value

Custom = Callable[[bytes], Value]

CONTROL_CHARS: Final = (
    "VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART", "VSTOP", "VSUSP", "VEOL",
    "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2",
)  # fmt: skip
"""Terminal characters by their index in c_cc."""

SUN_PATH: Final = "sun_path"
"""The type of a UNIX socket's name."""

_SIGRTMIN = 32  # the kernel's; the C library keeps the first two for itself


def signal_name(number: int) -> str:
    """CHLD, RT_3 ..., as sigsets list them; the number where there is no such signal."""
    if number >= _SIGRTMIN:
        return f"RT_{number - _SIGRTMIN}" if number > _SIGRTMIN else "RTMIN"
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return str(number)


def sigset(data: bytes) -> Value:
    """[CHLD WINCH]; a set of which more than half are in it is shown as what it lacks: ~[KILL STOP]."""
    bits = int.from_bytes(data, "little")
    members = [n for n in range(1, 8 * len(data) + 1) if bits >> (n - 1) & 1]
    absent = [n for n in range(1, 8 * len(data) + 1) if not bits >> (n - 1) & 1]
    inverted = len(members) >= 8 * len(data) * 2 // 3
    shown = absent if inverted else members
    text = f"{'~' * inverted}[{' '.join(map(signal_name, shown))}]"
    return Symbol(text, [signal_name(n) for n in members])


def _bit_set(data: bytes) -> Value:
    bits = int.from_bytes(data, "little")
    members = [n for n in range(bits.bit_length()) if bits >> n & 1]
    return Symbol(f"[{' '.join(map(str, members))}]", members)


def fd_set(members: list[Value]) -> Value:
    """A set of descriptors with what they stand for."""
    return Symbol(f"[{' '.join(map(text, members))}]", [plain(member) for member in members])


def wait_status(data: bytes) -> Value:
    """[{WIFEXITED(s) && WEXITSTATUS(s) == 1}], as the macros of wait(2) take it apart."""
    status = int.from_bytes(data[:4], "little")
    low, high = status & 0x7F, status >> 8 & 0xFF
    if status == 0xFFFF:
        return Symbol("{WIFCONTINUED(s)}", {"continued": True})
    if low == 0:
        return Symbol(f"{{WIFEXITED(s) && WEXITSTATUS(s) == {high}}}", {"exited": high})
    if low == 0x7F:
        event = status >> 16
        name = "SIGTRAP | 0x80" if high == 0x85 else "SIG" + signal_name(high)
        text = f"{{WIFSTOPPED(s) && WSTOPSIG(s) == {name}}}"
        return Symbol(f"{text} | {event:#x} << 16" if event else text, {"stopped": name, "event": event})
    core = bool(status & 0x80)
    name = "SIG" + signal_name(low)
    text = f"{{WIFSIGNALED(s) && WTERMSIG(s) == {name}{' && WCOREDUMP(s)' if core else ''}}}"
    return Symbol(text, {"signaled": name, "core": core})


def inet6(data: bytes) -> Value:
    address = str(ipaddress.IPv6Address(data[:16]))
    return Symbol(f'"{address}"', address, f'inet_pton(AF_INET6, "{address}", &{{}})')


def sun_path(data: bytes) -> Value:
    """A path up to its NUL; @"name" where it begins with one."""
    if data[:1] == b"\0" and len(data) > 1:
        return Symbol(f"@{quoted(data[1:])}", data.decode(errors="backslashreplace"))
    return Text(data.partition(b"\0")[0], whole=True)


def mac(data: bytes) -> Value:
    text = ":".join(f"{byte:02x}" for byte in data)
    return Symbol(text, text)


def control_chars(data: bytes) -> Value:
    """[[VINTR]=0x3, [VQUIT]=0x1c, ...]: a terminal's special characters by what they do."""
    named = [(name, data[index]) for index, name in enumerate(CONTROL_CHARS) if name and index < len(data)]
    text = ", ".join(f"[{name}]={value:#x}" if value else f"[{name}]=0" for name, value in named)
    return Symbol(f"[{text}]", dict(named))


def decode(name: str, data: bytes) -> Value:
    """By the function of that name. What it cannot take is shown as data: a package's mistake must not end a trace."""
    try:
        if name in PACKAGES:
            from tracefs.syscalls.types.decode import guard  # here, as hardly anybody has such types

            return guard.GUARD.call(CUSTOM[name], data)
        return CUSTOM[name](data)
    except Exception:
        return Data(data, len(data))


CUSTOM: Final[dict[str, Custom]] = {
    "inet6": inet6,
    "sigset": sigset,
    "fd_set": _bit_set,
    "cpu_set": _bit_set,
    "node_set": _bit_set,
    "wait_status": wait_status,
    "mac": mac,
    SUN_PATH: sun_path,
    "sock_filter": sock_filter,
    "seccomp_filter": seccomp_filter,
    "control_chars": control_chars,
}


PACKAGES: Final[set[str]] = set()
"""Those of CUSTOM that other packages brought."""


def load_entry_points() -> dict[str, CustomType]:
    """Types that installed packages add; they are in CUSTOM after this. One that fails to load is left out."""
    from importlib.metadata import entry_points  # here, as it costs more to import than all else of this package

    found = {}
    for point in entry_points(group="tracefs.types"):
        try:
            function = point.load()
        except Exception:  # someone else's package must not stop the trace
            continue
        CUSTOM[point.name] = function
        PACKAGES.add(point.name)
        found[point.name] = CustomType(point.name, int(getattr(function, "size", 0)))
    return found
