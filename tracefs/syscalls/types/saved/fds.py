# SPDX-License-Identifier: GPL-2.0-only
"""What the file descriptors of a call stood for, as its events have it where syscall_fd_path is on.

The field `__fd_paths` leads to texts `3</etc/passwd>`, `AT_FDCWD</home>`, each with a NUL behind it: the number,
and what /proc/TID/fd (cwd) said when the task stood there, or a socket's kind and addresses. One that did not fit is
cut: it has no `>` at its end.

Where a call was found to be on a netlink socket, `netlink=0` follows, its protocol: then the field is there without the
option, too, and begins with the descriptor's plain number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FIELD = "__fd_paths"
OFFSET = 12
"""Where the __data_loc stands in every record: padding in the kernel's."""

_AT_FDCWD = -100

_NETLINK = re.compile(rb"\0netlink=(\d{1,3})")

Fds = Mapping[int, bytes]
"""By descriptor."""
DELETED = b" (deleted)"
"""What the kernel says behind the path of what has no name any more."""


def parse(data: bytes) -> dict[int, bytes]:
    """What the field leads to; a text that was cut ends in `...`."""
    found = {}
    for each in data.split(b"\0"):
        number, opened, path = each.partition(b"<")
        if opened and (number.isdigit() or number == b"AT_FDCWD"):
            found[_AT_FDCWD if number == b"AT_FDCWD" else int(number)] = (
                path[:-1] if path[-1:] == b">" else path + b"..."
            )
    return found


def netlink(data: bytes) -> int | None:
    """The protocol of the netlink socket that the call was on, None where the field does not say that it was."""
    found = _NETLINK.search(data)
    return int(found[1]) if found else None
