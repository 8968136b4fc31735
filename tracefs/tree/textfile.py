# SPDX-License-Identifier: GPL-2.0-only
"""The usual control file: a short text made anew for each reading, and a write that changes one thing."""

from __future__ import annotations

import errno

from tracefs.tree.node import Context, File, Handle, readable, truncates, writable


class TextFile(File):
    """Subclasses give show() or store() or both; what they lack is EINVAL, as for a file without that operation."""

    sequential = False
    """A seq_file in the kernel: lseek(2) from its end is EINVAL."""

    def show(self) -> str | bytes:
        """The whole content."""
        raise OSError(errno.EINVAL, "not readable")

    def store(self, data: bytes, ctx: Context) -> int:
        """Act on one write; returns the number of bytes taken. On error nothing has changed."""
        raise OSError(errno.EINVAL, "not writable")

    def text(self) -> bytes:
        """show(), as bytes."""
        text = self.show()
        return text.encode(errors="surrogateescape") if isinstance(text, str) else text

    def size(self, ctx: Context) -> int:
        try:
            return len(self.text())
        except OSError:
            return 0

    def emptied(self) -> None:
        """The file was opened with O_TRUNC for writing."""

    def open(self, flags: int, ctx: Context) -> Handle:
        if truncates(flags):
            self.emptied()
        return self.handle(flags)

    def handle(self, flags: int) -> Handle:
        """For one open."""
        return TextHandle(self, flags)


class TextHandle(Handle):
    """An open TextFile. The text is kept from one reading to the next, and made anew at offset 0."""

    def __init__(self, file: TextFile, flags: int) -> None:
        self._file, self._flags = file, flags
        self._text: bytes | None = None

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        if not readable(self._flags):
            raise OSError(errno.EBADF, "not open for reading")
        if offset == 0 or self._text is None:
            self._text = self._file.text()
        return self._text[offset : offset + size]

    def write(self, data: bytes, offset: int, ctx: Context) -> int:
        if not writable(self._flags):
            raise OSError(errno.EBADF, "not open for writing")
        return self._file.store(data, ctx)

    def end(self) -> int:
        if self._file.sequential:
            raise OSError(errno.EINVAL, "a seq_file has no end")
        return 0


class ConstantFile(TextFile):
    """A text that never changes."""

    def __init__(self, text: str, mode: int = 0o440, sequential: bool = False) -> None:
        super().__init__(mode)
        self._text = text
        self.sequential = sequential

    def show(self) -> str:
        return self._text
