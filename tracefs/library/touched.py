# SPDX-License-Identifier: GPL-2.0-only
"""Which files, programs and hosts processes had to do with: from calls with descriptors in words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tracefs.library.happenings import Call

KINDS = ("ran", "read", "wrote", "looked", "missing", "hosts")
"""What was done with it: executed; opened for reading; opened for writing, made, renamed, removed or changed; only
asked about; asked for, and not there; connected or sent to."""
WORDS = "%file,%net,openat2,execve,execveat"
"""Which calls tell, as `-e` takes it."""
_CHANGES = frozenset(
    {
        "creat", "truncate", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename",
        "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "mknod", "mknodat",
        "chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "utime", "utimes",
        "utimensat", "futimesat", "setxattr", "lsetxattr", "removexattr", "lremovexattr",
    }
)  # fmt: skip
_OPENS = frozenset({"open", "openat", "openat2", "creat"})
_RUNS = frozenset({"execve", "execveat"})
_SENDS = frozenset({"connect", "sendto", "sendmsg"})
_GONE = frozenset({"ENOENT", "ENOTDIR"})
_NAMES = ("filename", "pathname", "oldname", "newname", "path", "name", "library", "file")
_DIRECTORIES = {"oldname": ("olddfd", "oldfd"), "newname": ("newdfd", "newfd")}
_DFD = ("dfd", "fd", "dirfd")
_PATH = re.compile(r"<(/[^>]*)>")


@dataclass
class Touched:
    """Of one process, or of all of a program's."""

    program: str
    pid: int | None = None
    by: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})

    def plain(self) -> dict[str, object]:
        """For JSON."""
        head: dict[str, object] = {"program": self.program}
        if self.pid is not None:
            head["pid"] = self.pid
        return head | {kind: sorted(self.by[kind]) for kind in KINDS if self.by[kind]}


def touched(calls: Iterable[Call], by_program: bool = False) -> list[Touched]:
    """One a process, in the order of their first calls; or one a program."""
    found: dict[object, Touched] = {}
    programs: dict[int, str] = {}
    for call in calls:
        if call.name in _RUNS and call.result == 0:
            programs[call.pid] = next(_paths(call), call.comm)
        program = programs.get(call.pid) or call.comm
        key = program if by_program else (call.pid, program)
        mine = found.setdefault(key, Touched(program, None if by_program else call.pid))
        for kind, what in _touches(call):
            mine.by[kind].add(what)
    for mine in found.values():
        mine.by["looked"] -= mine.by["read"] | mine.by["wrote"] | mine.by["ran"]
        mine.by["missing"] -= mine.by["read"] | mine.by["wrote"] | mine.by["ran"] | mine.by["looked"]
    return [mine for mine in found.values() if any(mine.by.values())]


def _touches(call: Call) -> Iterator[tuple[str, str]]:
    if call.name in _SENDS:
        if (host := _host(call)) and (call.errno is None or call.errno == "EINPROGRESS"):
            yield "hosts", host
        return
    paths = list(_paths(call))
    if call.errno in _GONE:
        yield from (("missing", path) for path in paths)
    elif call.errno is None:
        kind = _kind(call)
        yield from ((kind, path) for path in paths)


def _kind(call: Call) -> str:
    if call.name in _RUNS:
        return "ran"
    if call.name in _OPENS:
        flags = _flags(call)
        return (
            "wrote" if call.name == "creat" or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC) else "read"
        )
    return "wrote" if call.name in _CHANGES else "looked"


def _flags(call: Call) -> int:
    how = call.args.get("how")
    found = how.get("flags", 0) if isinstance(how, dict) else call.args.get("flags", 0)
    return found if isinstance(found, int) else 0


def _paths(call: Call) -> Iterator[str]:
    """The names of files among its arguments, from the root where that is known."""
    for name in _NAMES:
        said = call.args.get(name)
        if isinstance(said, str) and said:
            yield _absolute(call, name, said)


def _absolute(call: Call, name: str, said: str) -> str:
    if said.startswith("/"):
        return os.path.normpath(said)
    for descriptor in _DIRECTORIES.get(name, _DFD):
        if found := _PATH.search(call.words.get(descriptor, "")):
            return os.path.normpath(os.path.join(found[1], said))
    return said


def _host(call: Call) -> str:
    for value in call.args.values():
        inside = value.get("msg_name", value) if isinstance(value, dict) else None
        if not isinstance(inside, dict):
            continue
        for address, port in (("sin_addr", "sin_port"), ("sin6_addr", "sin6_port")):
            if address in inside:
                return _shown(inside[address], inside.get(port), address == "sin_addr")
        if isinstance(inside.get("sun_path"), str) and inside["sun_path"]:
            return f"unix:{inside['sun_path']}"
    return ""


def _shown(address: object, port: object, four: bool) -> str:
    import socket

    number = int.from_bytes(port.to_bytes(2, "little"), "big") if isinstance(port, int) else 0
    if isinstance(address, dict):
        address = next(iter(address.values()), b"")
    if isinstance(address, int):
        address = address.to_bytes(4, "little")
    if isinstance(address, list):
        address = bytes(address)
    family = socket.AF_INET if four else socket.AF_INET6
    text = socket.inet_ntop(family, address) if isinstance(address, bytes) else str(address)
    return f"{text}:{number}" if four else f"[{text}]:{number}"
