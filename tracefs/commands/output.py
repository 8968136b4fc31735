# SPDX-License-Identifier: GPL-2.0-only
"""Where the lines of a traced command go. Whatever happens to them, the command and its status come first."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
from collections.abc import Iterator

from tracefs.commands import CommandError

FLAGS, MODE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666
"""Of a file that is made, before the umask."""


class Output:
    """A file, or stderr. The first failure is said in one line, and from then on what is written is thrown away."""

    def __init__(self, name: str | None, fd: int, append: bool = False) -> None:
        """A file of that name, or with None what descriptor `fd` is, which the command does not get if it is none of
        its three.

        OSError where the file cannot be opened, CommandError where there is no such descriptor.
        """
        self.name = name or ("standard error" if fd == 2 else f"descriptor {fd}")
        self.fd = (
            _duplicate(fd)
            if name is None
            else os.open(name, FLAGS & ~os.O_TRUNC | os.O_APPEND if append else FLAGS, MODE)
        )
        self.failed = False

    @property
    def is_regular(self) -> bool:
        """Whether it is a file on a disk, in which one may go back."""
        return stat.S_ISREG(os.fstat(self.fd).st_mode)

    def write(self, data: bytes) -> None:
        """All of it, waiting for room. Never raises OSError."""
        view = memoryview(b"" if self.failed else data)
        with self.guarded():
            while view:
                try:
                    view = view[os.write(self.fd, view) :]
                except BlockingIOError:  # somebody who shares the file has made it non-blocking
                    select.select([], [self.fd], [])

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Inside, an error costs the output, not the command."""
        try:
            yield
        except Exception as error:
            self._fail(error)

    def close(self) -> None:
        with self.guarded():
            os.close(self.fd)

    def _fail(self, error: Exception) -> None:
        said, self.failed = self.failed, True
        if said or isinstance(error, BrokenPipeError):  # who reads has read enough
            return
        why = error.strerror if isinstance(error, OSError) else repr(error)
        with contextlib.suppress(OSError):
            os.write(2, f"tracefs: {self.name}: {why}: the command goes on, its lines are lost\n".encode())


def _duplicate(fd: int) -> int:
    try:
        own = os.dup(fd)
    except (OSError, OverflowError):
        raise CommandError(f"run: --fd {fd}: {os.strerror(errno.EBADF)}") from None
    if fd > 2:
        os.set_inheritable(fd, False)
    return own


def output(name: str | None, fd: int, form: str | None, append: bool = False) -> Output:
    """Where the lines of a form go: a file a task, where the name says so. OSError, CommandError."""
    from tracefs.commands import split  # here: it is an Output itself

    if name is None or split.MARK not in name:
        return Output(name, fd, append)
    if not split.can(form):
        raise CommandError(f"-w {name}: --{form} has no lines of single tasks")
    return split.Split(name, form)
