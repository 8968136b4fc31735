# SPDX-License-Identifier: GPL-2.0-only
"""What one open of `trace` or `trace_pipe` reads with the option `json`: a form, in pieces of any size."""

from __future__ import annotations

import threading

from tracefs.export.forms import Export


class Text:
    """With `ends`, there is an end, when all has come that is told; else more may be there at the next read."""

    def __init__(self, export: Export, ends: bool) -> None:
        self._export, self._ends = export, ends
        self._text = b""
        self._lock = threading.Lock()

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; b"" where there are none (any more, or yet)."""
        with self._lock:
            self._text = self._text or self._export.take(self._ends)
            data, self._text = self._text[:size], self._text[size:]
            return data

    @property
    def waiting(self) -> bool:
        """Whether the next read has something without a new event."""
        return bool(self._text) or self._export.held
