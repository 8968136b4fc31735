# SPDX-License-Identifier: GPL-2.0-only
"""Texts that are long or have no end, and what stat(2) says of the files that have them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from tracefs.tree.node import STREAM_ROOM

KEPT_TEXT = 64 << 20
"""Bytes of a text that its handle keeps, so that a reader who goes back finds what stat(2) told the length of."""
_CHUNK = 1 << 17
_PAGE = 4096


class Stream(Protocol):
    """A text in the making."""

    def read(self, size: int, /) -> bytes: ...


class Text:
    """A text that is made from its beginning on, and read at any offset.

    It is made anew for each reading from offset 0, and where a read goes back behind the last `keep` bytes.
    """

    def __init__(self, begin: Callable[[], Stream], keep: int = 0) -> None:
        self._begin, self._keep = begin, keep
        self._stream: Stream | None = None
        self._kept = bytearray()
        self._base = 0
        """Offset in the text of what is kept."""
        self._seen = False
        self._end: int | None = None
        """What length() has told: the text ends there until it was read to this end."""
        self._lock = threading.Lock()

    def read(self, size: int, offset: int) -> bytes:
        with self._lock:
            if self._stream is None or offset < self._base or (offset == 0 and self._seen):
                self._start()
            self._seen = True
            if self._end is not None and offset >= self._end:
                self._end = None
                return b""
            while self._end is None and (made := self._make(offset + size)):
                if made < offset:
                    self._forget(made)
            begin = offset - self._base
            data = bytes(self._kept[begin : begin + size])
            self._forget(offset + len(data))
            return data

    def length(self) -> int:
        """Bytes of the whole text, as the next reading will give it; of a text longer than `keep`, at least that."""
        with self._lock:
            if self._stream is None:
                self._start()
            if self._end is None:
                while self._make(self._keep):
                    pass
                self._end = self._base + len(self._kept)
            return self._end

    def _start(self) -> None:
        self._stream, self._base, self._seen, self._end = self._begin(), 0, False, None
        self._kept.clear()

    def _make(self, end: int) -> int:
        """Make some of the text up to offset `end`. Returns the offset that was come to; 0: made already, or there is
        no more."""
        assert self._stream is not None
        made = self._base + len(self._kept)
        if made >= end:
            return 0
        data = self._stream.read(min(end - made, _CHUNK))
        self._kept += data
        return made + len(data) if data else 0

    def _forget(self, before: int) -> None:
        """Drop what is beyond `keep` bytes, and lies before this offset."""
        excess = min(len(self._kept) - self._keep, before - self._base)
        if excess > 0:
            del self._kept[:excess]
            self._base += excess


class Reading(Protocol):
    """A handle that reads."""

    tid: int
    """Who opened it."""
    reached: int
    """The furthest offset that was read up to."""


class Readers:
    """The open handles of one file. Safe from any thread."""

    def __init__(self) -> None:
        self._open: list[Reading] = []
        self._lock = threading.Lock()

    def add(self, reader: Reading) -> None:
        with self._lock:
            self._open.append(reader)

    def remove(self, reader: Reading) -> None:
        with self._lock:
            self._open.remove(reader)

    def opened_by(self, tid: int) -> Reading | None:
        """The last that this task opened: fstat(2) names no descriptor, but its caller has one of them."""
        with self._lock:
            return next((reader for reader in reversed(self._open) if reader.tid == tid), None)

    def stream_size(self, tid: int) -> int:
        """st_size of a stream, for this task: beyond what it has read; or any other, if it has not opened it. See
        STREAM_ROOM."""
        own = self.opened_by(tid)
        with self._lock:
            reached = own.reached if own else max((reader.reached for reader in self._open), default=0)
        return STREAM_ROOM + -(-reached // _PAGE) * _PAGE


class KeptTexts:
    """Texts that are made from what `version` names, and take long: stat(2) and read(2) of one open make them once.

    Safe from any thread. The last `room` bytes are kept, and all lengths.
    """

    def __init__(self, version: Callable[[], object], room: int = 4 << 20) -> None:
        self._version, self._room = version, room
        self._texts: OrderedDict[object, bytes] = OrderedDict()
        self._lengths: dict[object, int] = {}
        self._made_of: object = None
        self._lock = threading.Lock()

    def text(self, key: object, make: Callable[[], bytes]) -> bytes:
        """The text of that key; `make` is called where it is not there."""
        version = self._version()
        with self._lock:
            if version is self._made_of and key in self._texts:
                self._texts.move_to_end(key)
                return self._texts[key]
        text = make()
        with self._lock:
            if version is not self._version():
                return text
            if version is not self._made_of:
                self._texts.clear()
                self._lengths.clear()
                self._made_of = version
            self._texts[key], self._lengths[key] = text, len(text)
            while sum(map(len, self._texts.values())) > self._room and len(self._texts) > 1:
                self._texts.popitem(last=False)
        return text

    def length(self, key: object, make: Callable[[], bytes]) -> int:
        """How long it is."""
        with self._lock:
            if self._version() is self._made_of and key in self._lengths:
                return self._lengths[key]
        return len(self.text(key, make))
