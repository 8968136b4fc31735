# SPDX-License-Identifier: GPL-2.0-only
"""The parts of libfuse 2.9 that fusepy does not know, or not rightly: poll, its notifications, interrupts, and ioctl.

Importing this module loads libfuse; where it is missing that is an OSError which names it.
Layouts are those of fuse.h and fuse_common.h of libfuse 2.9 (FUSE_USE_VERSION 26).
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import threading
from collections.abc import Callable
from typing import Any

os.environ.setdefault("FUSE_LIBRARY_PATH", "libfuse.so.2")  # found by ld.so: no ldconfig or compiler is run for it
import fuse
from fuse import fuse_file_info as FileInfo

del os.environ["FUSE_LIBRARY_PATH"]

__all__ = ["FileInfo", "Notification", "Server", "caller", "fuse", "interrupted"]

log = logging.getLogger("tracefs")

_PATH = ctypes.c_char_p
_INFO = ctypes.POINTER(FileInfo)
_UNUSED = ctypes.c_void_p


class _Operations(ctypes.Structure):
    """struct fuse_operations of libfuse 2.9: fusepy's, which ends at ioctl, and what follows it."""

    _fields_ = [
        *fuse.fuse_operations._fields_,
        (
            "poll",
            ctypes.CFUNCTYPE(ctypes.c_int, _PATH, _INFO, ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint)),
        ),
        ("write_buf", _UNUSED),
        ("read_buf", _UNUSED),
        ("flock", _UNUSED),
        ("fallocate", _UNUSED),
    ]


fuse.fuse_operations = _Operations

_lib = fuse._libfuse
_lib.fuse_interrupted.argtypes = []
_lib.fuse_interrupted.restype = ctypes.c_int
_lib.fuse_notify_poll.argtypes = [ctypes.c_void_p]
_lib.fuse_notify_poll.restype = ctypes.c_int
_lib.fuse_pollhandle_destroy.argtypes = [ctypes.c_void_p]
_lib.fuse_pollhandle_destroy.restype = None


def caller() -> tuple[int, int, int]:
    """(uid, gid, thread id) of the task whose operation this thread serves; the id is 0 in release."""
    uid, gid, tid = fuse.fuse_get_context()
    return uid, gid, tid


def interrupted() -> bool:
    """Did the kernel ask to give up the operation that this thread serves? (a signal, or a tracer, came)"""
    return bool(_lib.fuse_interrupted())


class Notification:
    """A caller's request to be woken when a file becomes ready; rings at most once, from any thread."""

    closed = False
    """Set once libfuse is being taken down: its handles must not be used from then on."""
    _lock = threading.Lock()

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def __call__(self) -> None:
        self._finish(ring=True)

    def discard(self) -> None:
        """Give the handle back to libfuse without waking anyone."""
        self._finish(ring=False)

    def _finish(self, ring: bool) -> None:
        with Notification._lock:
            handle, self._handle = self._handle, None
            if handle is None or Notification.closed:
                return
            if ring:
                _lib.fuse_notify_poll(handle)
            _lib.fuse_pollhandle_destroy(handle)

    @classmethod
    def close(cls) -> None:
        """No notification reaches libfuse after this returns."""
        with cls._lock:
            cls.closed = True


class Server(fuse.FUSE):  # type: ignore[misc]
    """fusepy's server, with poll, and with errors that always reach the caller and never end the mount."""

    def poll(self, path: bytes | None, info: Any, handle: int | None, ready: Any) -> int:
        notify = Notification(handle) if handle else None
        ready[0] = self.operations("poll", info.contents, notify)
        return 0

    def ioctl(self, path: bytes | None, command: int, argument: int, info: Any, flags: int, data: int) -> int:
        # fusepy's decodes the path, and there is none for an open file (flag_nullpath_ok).
        result: int = self.operations("ioctl", None, command, argument, info.contents, flags, data)
        return result

    @staticmethod
    def _wrapper(operation: Callable[..., int | None], *args: Any) -> int:
        try:
            return operation(*args) or 0
        except OSError as error:
            return -(error.errno or errno.EIO)
        except BaseException:
            # Nothing may pass through libfuse's C frames; the caller sees an I/O error, the log says why.
            log.exception("%s failed", getattr(operation, "__name__", operation))
            return -errno.EIO
