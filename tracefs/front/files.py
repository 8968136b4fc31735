# SPDX-License-Identifier: GPL-2.0-only
"""The control files of a tree that is not mounted, as a shell would use them: `echo TEXT > FILE`, `cat FILE`, `ls`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from fnmatch import fnmatchcase

from tracefs.tree import Tracefs
from tracefs.tree.instance import Instance
from tracefs.tree.node import Context, Directory, File, Handle

CHUNK = 1 << 16
ENDLESS = frozenset({"trace_pipe", "trace_pipe_raw", "snapshot_raw"})
"""Files whose reading waits for more, or consumes what others would read."""


class FileError(Exception):
    """A file operation failed. The text names the file, what was written and the errno's words.

    `detail` is what error_log says of it: what was wrong, the text, and a caret below the place; or "".
    """

    def __init__(self, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.detail = detail


class ControlFiles:
    """By their paths from the root ("events/sched/enable")."""

    def __init__(self, tree: Tracefs) -> None:
        self._tree = tree

    @contextlib.contextmanager
    def open(self, path: str, flags: int) -> Iterator[Handle]:
        """OSError as of open(2)."""
        file = self._tree.lookup(path)
        if not isinstance(file, File):
            raise IsADirectoryError(21, os.strerror(21))
        handle = file.open(flags, Context())
        try:
            yield handle
        finally:
            handle.flush(Context())
            handle.release()

    def write(self, path: str, text: str | bytes, append: bool = True) -> None:
        """`echo TEXT >> FILE`, or `> FILE`. Raises FileError."""
        data = os.fsencode(text) if isinstance(text, str) else text
        log = self.instance(path).error_log
        before = log.added
        try:
            with self.open(path, os.O_WRONLY | (os.O_APPEND if append else os.O_TRUNC)) as handle:
                rest = data + b"\n"
                while rest:
                    rest = rest[handle.write(rest, 0, Context()) :]
        except OSError as error:
            shown = data.decode(errors="replace")
            said = log.last().decode(errors="replace").rstrip("\n") if log.added > before else ""
            raise FileError(f"{path}: {shown}: {os.strerror(error.errno or 0)}", said) from None

    def read(self, path: str) -> bytes:
        """`cat FILE`, up to what is there now. Raises FileError."""
        text = b""
        try:
            with self.open(path, os.O_RDONLY) as handle:
                while piece := handle.read(CHUNK, len(text), Context(nonblock=True)):
                    text += piece
        except BlockingIOError:
            pass
        except OSError as error:
            raise FileError(f"{path}: {os.strerror(error.errno or 0)}") from None
        return text

    def mkdir(self, path: str) -> None:
        """As mkdir(1): instances/NAME. Raises FileError."""
        parent, _, name = path.strip("/").rpartition("/")
        try:
            directory = self._tree.lookup(parent)
            if not isinstance(directory, Directory):
                raise NotADirectoryError(20, os.strerror(20))
            directory.mkdir(name)
        except OSError as error:
            raise FileError(f"{path}: {os.strerror(error.errno or 0)}") from None

    def walk(self, directory: str = "") -> Iterator[tuple[str, File]]:
        """All files below a directory, by path, in the order of their names."""
        node = self._tree.lookup(directory)
        if isinstance(node, File):
            yield directory, node
        elif isinstance(node, Directory):
            for name in sorted(node.names()):
                yield from self.walk(f"{directory}/{name}" if directory else name)

    def matching(self, pattern: str) -> Iterator[tuple[str, File]]:
        """The files whose path matches a shell's glob, part by part; of a directory that does, all below it."""
        yield from self._matching("", [part for part in pattern.split("/") if part])

    def _matching(self, above: str, parts: list[str]) -> Iterator[tuple[str, File]]:
        if not parts:
            yield from self.walk(above)
            return
        node = self._tree.lookup(above)
        if not isinstance(node, Directory):
            return
        first, *rest = parts
        for name in sorted(node.names()):
            if fnmatchcase(name, first):
                yield from self._matching(f"{above}/{name}" if above else name, rest)

    def instance(self, path: str) -> Instance:
        """Whose file it is."""
        first, _, rest = path.strip("/").partition("/")
        if first == "instances":
            name = rest.partition("/")[0]
            for each in self._tree.instances:
                if each.name == name:
                    return each
        return self._tree.top
