# SPDX-License-Identifier: GPL-2.0-only
"""FUSE operations to tree nodes, and nothing else: the only module that knows both."""

from __future__ import annotations

import itertools
import os
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from errno import EACCES, EINVAL, EISDIR, ENOTDIR, ENOTSUP, ENOTTY, EPERM

from tracefs import fuse_abi
from tracefs.caller import has_signal, in_page_fault
from tracefs.capture.visitors import Visitors
from tracefs.fuse_abi import FileInfo, Notification, Server, fuse
from tracefs.mountpoints import STATUS, STOP
from tracefs.tree.node import POLLIN, RAW_SIZE, Context, Directory, File, Handle, Node

OPTIONS: dict[str, object] = {
    "foreground": True,
    "fsname": "tracefs",
    "subtype": "tracefs",
    "atomic_o_trunc": True,  # else `> set_event_pid` comes as truncate(path), with no open file to empty
    "intr": True,  # else a blocked reader cannot be killed
    # modes hold for the owner as in the kernel; and an open asks for st_size, as splice needs
    "default_permissions": True,
    "max_readahead": 0,  # else a splice reads (and consumes) more than was asked for
    "attr_timeout": 0,
    "entry_timeout": 60,  # a name is looked up anew with each use of it all the same: attributes are not kept
    "negative_timeout": 0,
    "big_writes": True,
}


@dataclass(frozen=True)
class Owner:
    """What the mount has to say to the process that serves it."""

    ready: Callable[[], None]
    """The kernel has taken the mount."""
    status: Callable[[], bytes]
    """Somebody reads STATUS."""
    stop: Callable[[], None]
    """Somebody sets STOP."""
    visitors: Visitors = field(default_factory=Visitors)
    """Is told who waits for the answer to an operation."""


def serve(root: Directory, directory: str, owner: Owner) -> None:
    """Mount on `directory` and answer until it is unmounted.

    Raises RuntimeError where libfuse cannot mount; its reason is on stderr.
    """
    # latin-1 gives every name a string and back, whatever its bytes.
    target = os.fsencode(directory).decode("latin-1")
    try:
        Server(Operations(root, owner), target, raw_fi=True, encoding="latin-1", **OPTIONS)
    finally:
        Notification.close()


def _as_directory(node: Node) -> Directory:
    if not isinstance(node, Directory):
        raise OSError(ENOTDIR, "not a directory")
    return node


class _Open:
    """One open file: its node and handle in the tree, and the last request to be woken."""

    def __init__(self, node: Node, handle: Handle) -> None:
        self.node, self.handle = node, handle
        self._notify: Notification | None = None
        self._lock = threading.Lock()

    def wake_with(self, notify: Notification | None) -> None:
        """Keep the newest request only: the kernel wakes all pollers of the file with it."""
        with self._lock:
            old, self._notify = self._notify, notify
        if old:
            old.discard()

    def arm(self) -> None:
        """A read found nothing. Edge-triggered epoll does not ask again before it is woken: ask the tree for it."""
        notify = self._notify
        if notify and self.handle.poll(notify) & POLLIN:
            notify()


class Operations(fuse.Operations):  # type: ignore[misc]
    use_ns = True
    flag_nopath = True
    flag_nullpath_ok = True

    def __init__(self, root: Directory, owner: Owner) -> None:
        self._root, self._owner = root, owner
        self._open: dict[int, _Open] = {}
        self._directories: dict[int, Directory] = {}
        self._numbers = itertools.count(1)
        self._truncating: set[int] = set()
        """Threads in an ftruncate(2). (Thread locals do not last from one of libfuse's calls to the next.)"""
        self._unchanging = {
            "st_uid": os.getuid(),
            "st_gid": os.getgid(),
            **dict.fromkeys(("st_atime", "st_mtime", "st_ctime"), time.time_ns()),
        }

    def __call__(self, operation: str, *args: object) -> object:
        """Each operation comes this way."""
        tid = fuse_abi.caller()[2]
        self._owner.visitors.enter(tid)
        try:
            return super().__call__(operation, *args)
        finally:
            self._owner.visitors.leave(tid)

    # -- finding

    def _find(self, path: str) -> Node:
        node: Node = self._root
        for name in path.split("/"):
            if name:
                node = _as_directory(node).lookup(name)
        return node

    def _parent(self, path: str) -> tuple[Directory, str]:
        head, _, name = path.rpartition("/")
        return _as_directory(self._find(head)), name

    @staticmethod
    def _context(flags: int = 0) -> Context:
        uid, gid, tid = fuse_abi.caller()
        return Context(
            tid=tid,
            uid=uid,
            gid=gid,
            interrupted=lambda: fuse_abi.interrupted() and has_signal(tid),
            nonblock=bool(flags & os.O_NONBLOCK),
        )

    # -- names

    def getattr(self, path: str | None, info: FileInfo | None = None) -> dict[str, int]:
        truncated = threading.get_ident() in self._truncating
        self._truncating.discard(threading.get_ident())
        if info and not truncated:
            # Only lseek(2) from the end names an open file; fstat(2) asks by the path.
            node, size = self._open[info.fh].node, self._open[info.fh].handle.end()
        else:
            node = self._open[info.fh].node if info else self._find(path or "/")
            size = node.size(self._context())
        return {
            "st_mode": node.mode if node is not self._root else stat.S_IFDIR | 0o700,
            "st_nlink": 2 if node.is_dir else 1,
            "st_size": size,
            "st_blocks": -(-size // 512) if size < RAW_SIZE else 0,  # without, cp looks for holes
            "st_blksize": 4096,
            **self._unchanging,
        }

    def opendir(self, path: str) -> int:
        number = next(self._numbers)
        self._directories[number] = _as_directory(self._find(path))
        return number

    def readdir(self, path: str | None, number: int) -> list[str]:
        return [".", "..", *self._directories[number].names()]

    def releasedir(self, path: str | None, number: int) -> int:
        self._directories.pop(number, None)
        return 0

    def mkdir(self, path: str, mode: int) -> None:
        parent, name = self._parent(path)
        parent.mkdir(name)

    def rmdir(self, path: str) -> None:
        parent, name = self._parent(path)
        parent.rmdir(name)

    def create(self, path: str, mode: int, info: FileInfo) -> int:
        raise OSError(EACCES, "the kernel's tracefs makes no files on request")

    def _refused(self, *_: object) -> int:
        raise OSError(EPERM, "the kernel's tracefs has a fixed set of files")

    mknod = unlink = symlink = link = rename = chmod = chown = removexattr = _refused

    def utimens(self, path: str, times: object = None) -> int:
        return 0

    # -- files

    def open(self, path: str, info: FileInfo) -> int:
        node = self._find(path)
        if not isinstance(node, File):
            raise OSError(EISDIR, "is a directory")
        if info.flags & os.O_DIRECT:
            raise OSError(EINVAL, "no O_DIRECT, as in the kernel's tracefs")
        handle = node.open(info.flags, self._context(info.flags))
        info.fh = next(self._numbers)
        info.direct_io = 1
        info.nonseekable = int(handle.nonseekable)
        self._open[info.fh] = _Open(node, handle)
        return 0

    def read(self, path: str | None, size: int, offset: int, info: FileInfo) -> bytes:
        opened = self._open[info.fh]
        # A read for the page cache names no lock owner. It is one of splice(2) and its like, or a page of a private
        # mapping.
        if not info.lock_owner and (mapped := self._from_page_cache(opened.handle, size, offset)) is not None:
            return mapped
        try:
            return opened.handle.read(size, offset, self._context(info.flags))
        except BlockingIOError:
            opened.arm()
            raise

    def _from_page_cache(self, handle: Handle, size: int, offset: int) -> bytes | None:
        """A page of a mapping, which FUSE cannot refuse; None: splice(2) may have what there is. EINVAL: it may not."""
        ctx = self._context()
        if in_page_fault(ctx.tid):
            # Anything shorter is SIGBUS. What is consumed or has no end shows as nothing: zeros, an empty sub-buffer.
            text = b"" if handle.nonseekable else handle.read(size, offset, ctx)
            return text.ljust(size, b"\0")
        if handle.spliced:
            return None
        raise OSError(EINVAL, "no splice, as in the kernel's tracefs")

    def write(self, path: str | None, data: bytes, offset: int, info: FileInfo) -> int:
        return self._open[info.fh].handle.write(data, offset, self._context(info.flags))

    def truncate(self, path: str | None, length: int, info: FileInfo | None = None) -> None:
        """truncate(2) and ftruncate(2): the kernel's tracefs takes them and does nothing; only O_TRUNC acts."""
        if info:
            self._truncating.add(threading.get_ident())  # libfuse asks for the attributes next, by this thread

    def poll(self, info: FileInfo, notify: Notification | None) -> int:
        opened = self._open[info.fh]
        mask = opened.handle.poll(notify)
        if notify:
            opened.wake_with(notify)
        return mask

    def flush(self, path: str | None, info: FileInfo) -> int:
        self._open[info.fh].handle.flush(self._context(info.flags))
        return 0

    def release(self, path: str | None, info: FileInfo) -> int:
        opened = self._open.pop(info.fh)
        try:
            opened.handle.release()
        finally:
            opened.wake_with(None)
        return 0

    def ioctl(self, path: str | None, command: int, argument: int, info: FileInfo, flags: int, data: int) -> int:
        opened = self._open.get(info.fh)
        if opened is None:
            raise OSError(ENOTTY, "a directory takes no ioctl")
        return opened.handle.ioctl(command, argument or 0, self._context(info.flags))

    # -- the daemon itself

    def init(self, path: str) -> None:
        self._owner.ready()

    def getxattr(self, path: str, name: str, position: int = 0) -> bytes:
        if path == "/" and name == STATUS:
            return self._owner.status()
        raise OSError(ENOTSUP, "no extended attributes")

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        if path != "/" or name != STOP:
            raise OSError(ENOTSUP, "no extended attributes")
        self._owner.stop()
        return 0

    def listxattr(self, path: str) -> list[str]:
        return []

    def statfs(self, path: str) -> dict[str, int]:
        return {"f_bsize": 4096, "f_frsize": 4096, "f_namemax": 255}
