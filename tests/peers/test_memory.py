# SPDX-License-Identifier: GPL-2.0-only
"""libtraceevent has our words for any bytes behind a pointer: of every structure, array, set and number of the
tables."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterator
from functools import reduce
from operator import or_
from pathlib import Path

from tests.peers.conftest import Peer
from tests.peers.test_libtraceevent import named_values, words
from tests.peers.words import WORDS_LOST, Comparison
from tests.render.test_typed import BY_NAME, WORDS, enter_saved, leave_saved
from tracefs.render import Renderer
from tracefs.syscalls.types import load
from tracefs.syscalls.types.language.layout import fixed_size, holds_pointers, unaliased
from tracefs.syscalls.types.language.model import Count, Pointer, Ref, StructType
from tracefs.syscalls.types.language.rows import Rows
from tracefs.syscalls.types.saved.pointers import masks, positions

TABLE = load()
ROWS = Rows(TABLE)
NAMED = named_values(TABLE)
LENGTHS = (2, 3, 8, 12, 16, 28, 40, 110)
FAMILIES = (0, 2, 2, 10, 16, 17, 40)
"""But for UNIX sockets, whose names have fields of their own (test_recorded.py)."""
TOO_SHORT = {"uattr", "attr"}
"""Structures of which too little was passed for their first member: addresses."""
UNSAID = {"f_handle", "element", "sa_data", "f_fname", "f_fpack", "ifr_name", "mtext"}
"""Data and texts within structures that have no fields for them, and what is behind the elements that there is room
for."""


class Invented:
    """A call of random arguments, and random bytes of the types that these say."""

    def __init__(self, name: str, seed: int) -> None:
        self.chance = random.Random(f"{name} {seed}")
        self.call, self.ret = BY_NAME[name], self.chance.choice((0, 1, 3, 40))
        self.names = [arg for arg, _ in TABLE.rows[name][0].args]
        self.args = [self._arg(position) for position in range(len(self.call.params))]

    def record(self, leaves: bool) -> bytes | None:
        """None: there is nothing behind its arguments."""
        mask = masks(self.call.name).exit if leaves else masks(self.call.name).enter
        if not mask:
            return None
        for position in positions(mask):
            self.args[position] = 0x7F0000001000 + position * 0x100000
        for count in self._counts():
            if isinstance(count.source, str) and count.source in self.names:
                self.args[self.names.index(count.source)] = self.chance.choice(LENGTHS)
        signature = ROWS.signature(self.call.name, tuple(self.args))
        assert signature
        kinds = [unaliased(TABLE, kind) for _, kind in signature.args]
        saved: dict[int, bytes] = {}
        for position in sorted(positions(mask), key=lambda i: isinstance(kinds[i], Pointer) and bool(kinds[i].counts)):
            kind = kinds[position]
            if isinstance(kind, Pointer) and kind.direction != ("in" if leaves else "out"):
                saved[position] = self._bytes(kind, saved, leaves)
        if leaves:
            return leave_saved(self.call, tuple(self.args), saved, self.ret)
        return enter_saved(self.call, tuple(self.args), saved)

    def _arg(self, position: int) -> int:
        known = NAMED[self.call.name]
        if position < len(known) and known[position] and self.chance.random() < 0.95:
            return reduce(or_, self.chance.sample(known[position], 1))
        return self.chance.choice([*WORDS[:5], self.chance.randrange(16)])

    def _counts(self) -> Iterator[Count]:
        for row in TABLE.rows[self.call.name]:
            for _, kind in row.args:
                kind = unaliased(TABLE, kind)
                yield from kind.counts if isinstance(kind, Pointer) else ()

    def _count(self, count: Count, saved: dict[int, bytes], leaves: bool) -> int | None:
        source, found = count.source, None
        if isinstance(source, int):
            found = source
        elif source == "ret":
            found = self.ret if leaves else None
        elif source.startswith("*"):
            found = struct.unpack_from("<i", saved.get(self.names.index(source[1:])) or bytes(4))[0]
        elif source in self.names:
            found = self.args[self.names.index(source)]
        return None if found is None else -(-found * count.multiply // count.divide) + count.plus

    def _bytes(self, kind: Pointer, saved: dict[int, bytes], leaves: bool) -> bytes:
        target = unaliased(TABLE, kind.target)
        if not isinstance(target, Ref) or holds_pointers(TABLE, target):
            return b""
        known = [found for count in kind.counts if (found := self._count(count, saved, leaves)) is not None]
        count = max(0, min(known)) if known else None
        if target.name in ("str", "pathname"):
            return self.chance.choice((b"abc\0", b"x/y\0", b"cut"))[:count]
        if target.name in ("bytes", "octets", "chars"):
            return b"abc"[: 3 if count is None else count]
        if target.name == "int" and not kind.counts:
            return struct.pack("<i", self.chance.choice(LENGTHS))
        named = TABLE.resolve(target)
        most = named.size if isinstance(named, StructType) else 4096
        size = fixed_size(TABLE, target)
        length = (
            (most if count is None else min(count, most))
            if size is None
            else size * min(1 if count is None else count, 60)
        )
        data = self._blob(length)
        if isinstance(named, StructType) and named.name == "sockaddr":
            data = (struct.pack("<H", self.chance.choice(FAMILIES)) + data[2:])[:length]
        return data

    def _blob(self, length: int) -> bytes:
        kind = self.chance.random()
        if kind < 0.2:
            return bytes(length)
        if kind < 0.5:
            return bytes(self.chance.choice((0, 0, 0, 1, 2, 3, 10, 255)) if at % 4 == 0 else 0 for at in range(length))
        return self.chance.randbytes(length)


def compare(peer: Peer, formats: Path, records: list[bytes]) -> list[Comparison]:
    renderer = Renderer()
    ours = [words(renderer, record) for record in records]
    return [Comparison(*pair) for pair in zip(peer.records(formats, records), ours, strict=True)]


def invented_records(seeds: int) -> list[bytes]:
    calls = [Invented(name, seed) for name in sorted(set(TABLE.rows) - {"newuname"}) for seed in range(seeds)]
    return [record for call in calls for leaves in (False, True) if (record := call.record(leaves))]


@WORDS_LOST
def test_bytes_behind_every_pointer(peer: Peer, formats: Path) -> None:
    every = compare(peer, formats, invented_records(6))
    assert len(every) > 1500
    assert [each for each in every if not each.alike()] == []
    assert {name for each in every for name in each.addresses} <= TOO_SHORT
    assert {name for each in every for name in each.unsaid} <= UNSAID


def connecting(address: bytes) -> bytes:
    return enter_saved(BY_NAME["connect"], (3, 0x7F00, len(address)), {1: address})


@WORDS_LOST
def test_every_form_of_an_ipv6_address(peer: Peer, formats: Path) -> None:
    chance = random.Random(6)
    addresses = [
        struct.pack(">8H", *(0 if zeros >> i & 1 else chance.choice((1, 0xFFFF, 0xAB0, 0x2001)) for i in range(8)))
        for zeros in [*range(256), *range(256)]
    ]
    written = ("::ffff:1.2.3.0", "::1.2.3.4", "::ffff:0.0.0.0", "fe80::1", "1::")
    addresses += [socket.inet_pton(socket.AF_INET6, text) for text in written]
    records = [connecting(struct.pack("<HHI16sI", 10, 0x5000, 0, address, 2)) for address in addresses]
    every = compare(peer, formats, records)
    assert [(each.theirs, each.ours) for each in every if each.theirs != each.ours] == []
    assert (
        'sin6_port=htons(80), sin6_flowinfo=htonl(0), sin6_addr="::ffff:1.2.3.0", sin6_scope_id=2' in every[512].theirs
    )
