# SPDX-License-Identifier: GPL-2.0-only
"""Directories in which nobody else can have put anything: opened part by part, so that no name changes its meaning
meanwhile."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

_FLAGS = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_LINKS_MAX = 40
"""As many as path_resolution(7) allows."""


class NotPrivateError(OSError):
    """A part of the path is another user's, or others may write there, or it is a link where none is taken."""


@contextmanager
def private_directory(above: str, *own: str, make: bool) -> Iterator[int]:
    """A descriptor of the directory `own` (one name after the other) within `above`, an absolute path.

    Every part belongs to us or to root, and nobody else may write there; but a part of `above` may let others have
    things of their own (sticky, as /tmp is). Links count within `above`, where they are ours or root's; none of `own`
    may be one. make: `own` and the last part of `above` are made, for us alone, where they are missing.
    NotPrivateError, other OSErrors.
    """
    if not os.path.isabs(above):
        raise NotPrivateError(f"{above}: not absolute")
    place = _Place()
    try:
        _walk(place, above, make)
        for name in own:
            if place.step(name, make, shared=False) is not None:
                raise NotPrivateError(f"{name}: a link")
        yield place.fd
    finally:
        place.close()


def _walk(place: _Place, path: str, make: bool) -> None:
    names, links = _names(path), 0
    while names:
        name = names.pop(0)
        link = place.step(name, make and not names, shared=True)
        if link is not None:
            links += 1
            if links > _LINKS_MAX:
                raise NotPrivateError(f"{path}: too many links")
            if link.startswith("/"):
                place.move("/")
            names = _names(link) + names


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


class _Place:
    """A directory that was come to, as a descriptor."""

    def __init__(self) -> None:
        self.fd = -1
        self.move("/")

    def close(self) -> None:
        os.close(self.fd)

    def move(self, name: str) -> None:
        """To the root; or to what lies within, whatever it is."""
        found = os.open(name, _FLAGS, dir_fd=None if self.fd < 0 else self.fd)
        old, self.fd = self.fd, found
        if old >= 0:
            os.close(old)

    def step(self, name: str, make: bool, *, shared: bool) -> str | None:
        """Go to the directory of that name; or stay, and return what the link of that name says.

        shared: others may have things of their own there."""
        try:
            found = os.open(name, _FLAGS, dir_fd=self.fd)
        except FileNotFoundError:
            if not make:
                raise
            os.mkdir(name, 0o700, dir_fd=self.fd)
            found = os.open(name, _FLAGS, dir_fd=self.fd)
        old = found
        try:
            state = os.fstat(found)
            is_link = stat.S_ISLNK(state.st_mode)
            if not is_ours(state, root=True, sticky=shared) and not is_link:
                raise NotPrivateError(f"{name}: not ours")
            if is_link:
                if state.st_uid not in (0, os.geteuid()):
                    raise NotPrivateError(f"{name}: another's link")
                return os.readlink("", dir_fd=found)
            if not stat.S_ISDIR(state.st_mode):
                raise NotPrivateError(f"{name}: no directory")
            old, self.fd = self.fd, found
            return None
        finally:
            os.close(old)


def is_ours(state: os.stat_result, *, root: bool = False, sticky: bool = False) -> bool:
    """Whether only we can have written it. root: or root can; sticky: or others things of their own beside it."""
    others = state.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not (sticky and state.st_mode & stat.S_ISVTX)
    return (state.st_uid == os.geteuid() or (root and state.st_uid == 0)) and not others
