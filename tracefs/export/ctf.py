# SPDX-License-Identifier: GPL-2.0-only
"""CTF 1.8 (diamon.org/ctf), for babeltrace2, Trace Compass and the LTTng analyses: a directory with a stream and its
metadata.

Events are called as LTTng calls them: syscall_entry_openat, syscall_exit_openat. Arguments whose type is an enumeration
or flags in the type tables are enumerations there, with the tables' names; other numbers are integers; all else is
text, in the words of our lines. The stream is one packet, so that it can be written as it comes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tracefs.calls.fields import fields
from tracefs.calls.pairing import Ended, Entered, Happening, Returned, Signalled, Superseded
from tracefs.export.forms import Wish
from tracefs.export.source import Source
from tracefs.export.told import Told
from tracefs.syscalls import Syscall
from tracefs.syscalls.types.language.layout import unaliased
from tracefs.syscalls.types.language.model import WHOLE, WIDTHS, Entry, EnumType, FlagsType, IntType, Ref, Table
from tracefs.syscalls.types.language.widths import fit
from tracefs.syscalls.types.notation.printers import text
from tracefs.syscalls.types.notation.values import Errno

MAGIC = 0xC1FC1FC1
_PACKET = struct.Struct("<II")
_HEADER = struct.Struct("<HQii")
"""Event: its class, time stamp, tid, pid."""
_FORMATS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "s8": "b", "s16": "h", "s32": "i", "s64": "q"}
_MOST_NAMES = 4096
"""Of one type: of flags each combination that came is one, too."""
_BASES = {"hex": "x", "oct": "o", "ptr": "x"}
Put = Callable[[int, str], bytes]
"""(raw number, words) -> what stands in the stream."""


def _text(words: str) -> bytes:
    return words.encode(errors="replace").replace(b"\0", b"\\0") + b"\0"


def _unquoted(words: str) -> str:
    """The reader puts quotes around texts."""
    return words[1:-1] if len(words) > 1 and words[0] == words[-1] == '"' else words


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Types:
    """The tables' types as CTF's: declarations that stand in the metadata once, and how a value is written."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._integers: dict[str, str] = {}
        self._names: dict[str, dict[int, str]] = {}
        """Of a declared type: value -> name."""

    def of(self, kind: object) -> tuple[str, Put] | None:
        """What a field of that type is declared with; None: it is text."""
        meant = unaliased(self._table, kind) if isinstance(kind, Ref) else None
        named = self._table.types.get(meant.name) if isinstance(meant, Ref) else None
        if not isinstance(meant, Ref) or not isinstance(named, (EnumType, FlagsType, IntType)):
            return None
        width = meant.width or named.width
        size, signed = WIDTHS[width]
        base = f" base = {_BASES[named.style]};" if named.style in _BASES else ""
        integer = f"integer {{ size = {8 * size}; align = 8; signed = {str(signed).lower()};{base} }}"
        packed = struct.Struct("<" + _FORMATS[width])

        def put(raw: int, words: str) -> bytes:
            return packed.pack(fit(raw, width))

        if isinstance(named, IntType):
            return integer, put
        name = f"{named.name}_{width}"
        names = self._names.setdefault(name, dict(_names(named, size, signed)))
        self._integers[name] = integer
        own = frozenset(names)

        def put_named(raw: int, words: str) -> bytes:
            value = fit(raw, width)
            if isinstance(named, FlagsType) or value not in own:  # readers before 2.1 put no bits together
                shown = words.partition("<")[0]
                if shown and (value in names or len(names) < _MOST_NAMES):
                    names[value] = shown
            return packed.pack(value)

        return name, put_named

    def declared(self) -> Iterator[str]:
        """Those that are used, for the metadata."""
        for name, integer in self._integers.items():
            names = ", ".join(f"{_quoted(words)} = {value}" for value, words in self._names[name].items())
            yield f"typealias enum : {integer} {{ {names or '_ = 0'} }} := {name};\n"


def _names(named: EnumType | FlagsType, size: int, signed: bool) -> Iterator[tuple[int, str]]:
    """Those of one value; of flags those of one bit."""
    whole = WHOLE >> (64 - 8 * size)
    for entry in reversed(named.entries):  # of two names the first is the one that counts
        if isinstance(entry, Entry):
            value = entry.value & whole
            if isinstance(named, EnumType) or value & (value - 1) == 0 < value:
                yield value - (1 << 8 * size if signed and value >> (8 * size - 1) else 0), entry.name


class Kind:
    """An event class: its fields, and what they are declared with."""

    def __init__(self, number: int, name: str, declared: list[tuple[str, str]], put: dict[str, Put]) -> None:
        self.number, self.name, self._declared, self.put = number, name, declared, put

    def metadata(self) -> str:
        shown = " ".join(f"{kind} _{name};" for name, kind in self._declared)
        return f"event {{ name = {_quoted(self.name)}; id = {self.number}; stream_id = 0; fields := struct {{ {shown} }}; }};\n"


class CtfLines:
    """The stream, each character a byte; the metadata is written to the directory at the end."""

    def __init__(self, source: Source, directory: Path) -> None:
        self._source, self._directory = source, directory
        self._table = source.table()
        self._types = Types(self._table)
        self._kinds: dict[str, Kind] = {}
        self._begun = self._lost = 0
        self._last = 0

    def lines(self, happenings: Iterable[Happening]) -> Iterator[str]:
        if not self._begun:
            self._begun = 1
            yield _PACKET.pack(MAGIC, 0).decode("latin-1")
        for each in happenings:
            kind, content = self._told(each)
            self._last = max(self._last, each.ts)
            pid = self._source.tgid(each.tid) or each.tid
            yield (_HEADER.pack(kind.number, self._last, each.tid, pid) + self._comm(each.tid) + content).decode(
                "latin-1"
            )

    def lost(self, ts: int, cpu: int, count: int | None) -> str:
        kind = self._kind("lost_events", [("cpu", "u32"), ("events", "s64")], {})
        self._last = max(self._last, ts)
        content = struct.pack("<Iq", cpu, -1 if count is None else count)
        return (_HEADER.pack(kind.number, self._last, 0, 0) + b"\0" + content).decode("latin-1")

    def end(self) -> Iterator[str]:
        (self._directory / "metadata").write_text(self._metadata(), encoding="utf-8")
        return iter(())

    def _comm(self, tid: int) -> bytes:
        return _text(self._source.comm(tid) or "")

    def _told(self, each: Happening) -> tuple[Kind, bytes]:
        if isinstance(each, Entered):
            return self._entered(each)
        if isinstance(each, Returned):
            return self._returned(each)
        if isinstance(each, Signalled):
            kind = self._kind("signal_deliver", [("sig", "s32"), ("siginfo", "string")], {})
            return kind, struct.pack("<i", each.number) + _text(text(each.siginfo) if each.siginfo is not None else "")
        if isinstance(each, Ended):
            kind = self._kind("sched_process_exit", [("status", "s32"), ("signal", "s32")], {})
            return kind, struct.pack("<ii", each.status, each.killed_by)
        if isinstance(each, Superseded):
            return self._kind("superseded", [("by", "s32")], {}), struct.pack("<i", each.by)
        found = {
            name: value if isinstance(value, (int, str)) else " ".join(map(hex, value))
            for name, value in fields(each.event, each.record).items()
        }
        kind = self._kind(
            each.event.name,
            [(name, "s64" if isinstance(value, int) else "string") for name, value in found.items()],
            {},
        )
        return kind, b"".join(
            struct.pack("<q", (value & WHOLE) - (value >> 63 & 1 << 64)) if isinstance(value, int) else _text(value)
            for value in found.values()
        )

    def _entered(self, each: Entered) -> tuple[Kind, bytes]:
        kind = self._call_kind("entry", each.uapi_name, each.syscall, len(each.args))
        words = {arg.name: text(arg.value) for arg in each.call.args}
        params = [name for name, _ in self._row(each.syscall)]
        raws = dict(zip(params, each.args, strict=False))
        return kind, b"".join(put(raws.get(name, 0), words.get(name, "")) for name, put in kind.put.items())

    def _returned(self, each: Returned) -> tuple[Kind, bytes]:
        kind = self._call_kind("exit", each.uapi_name, each.syscall, 0)
        call = each.call
        error = call.result.name or "" if isinstance(call.result, Errno) else ""
        filled = ", ".join(
            f"{arg.name}: {text(arg.value)}" for arg in call.args if getattr(arg.value, "after", None) is not None
        )
        said = text(call.result) if call.result is not None and not error else ""
        return kind, struct.pack("<q", each.ret) + _text(error) + _text("" if said == str(each.ret) else said) + _text(
            filled
        )

    def _row(self, syscall: Syscall) -> tuple[tuple[str, object], ...]:
        rows = self._table.rows.get(syscall.name, ())
        return rows[0].args if rows else tuple((f"arg{i}", None) for i in range(len(syscall.params)))

    def _call_kind(self, what: str, name: str, syscall: Syscall, count: int) -> Kind:
        called = f"syscall_{what}_{name}"
        if found := self._kinds.get(called):
            return found
        if what == "exit":
            return self._kind(
                called, [("ret", "s64"), ("error", "string"), ("words", "string"), ("filled", "string")], {}
            )
        declared, put = [], {}
        others = self._table.rows.get(syscall.name, ())[1:]
        for arg, kind in self._row(syscall):
            varies = any(other != kind for row in others for each, other in row.args if each == arg)
            known = None if varies else self._types.of(kind)
            declared.append((arg, known[0] if known else "string"))
            put[arg] = known[1] if known else lambda raw, words: _text(_unquoted(words))
        return self._kind(called, declared, put)

    def _kind(self, name: str, declared: list[tuple[str, str]], put: dict[str, Put]) -> Kind:
        found = self._kinds.get(name)
        if found is None:
            found = self._kinds[name] = Kind(len(self._kinds), name, declared, put)
        return found

    def _metadata(self) -> str:
        here, source = os.uname(), self._source
        offset = source.day(self._last) - self._last if source.day else 0
        clock = source.clock.replace("-", "_")
        integers = "".join(
            f"typealias integer {{ size = {8 * size}; align = 8; signed = {str(signed).lower()}; }} := {name};\n"
            for name, (size, signed) in WIDTHS.items()
        )
        return (
            "/* CTF 1.8 */\n"
            + integers
            + f"""trace {{ major = 1; minor = 8; byte_order = le; packet.header := struct {{ u32 magic; u32 stream_id; }}; }};
env {{
    hostname = {_quoted(here.nodename)}; domain = "kernel"; sysname = "Linux"; kernel_release = {_quoted(here.release)};
    tracer_name = "tracefs";
}};
clock {{ name = {clock}; freq = 1000000000; offset_s = {offset // 10**9}; offset = {offset % 10**9}; }};
typealias integer {{ size = 64; align = 8; signed = false; map = clock.{clock}.value; }} := stamp;
stream {{
    id = 0; event.header := struct {{ u16 id; stamp timestamp; }};
    event.context := struct {{ s32 _tid; s32 _pid; string _procname; }};
}};
"""
            + "".join(self._types.declared())
            + "".join(kind.metadata() for kind in self._kinds.values())
        )


def make(source: Source, wish: Wish, file: int) -> Told:
    """The form. `file` is the stream, in the directory that gets the metadata."""
    return Told(source, CtfLines(source, Path(os.readlink(f"/proc/self/fd/{file}")).parent), "latin-1")
