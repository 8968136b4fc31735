# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's tracefs in user space. As a library (docs/api.md):

for call in tracefs.trace(["ls"], events="openat"):
    print(call.name, call.args["filename"], call.errno)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracefs.library.face import attach, mounted, recording, trace
    from tracefs.library.happenings import Call, Event, Exit, Happening, Lost, Signal
    from tracefs.library.sources import Error, Trace

__all__ = [
    "Call", "Error", "Event", "Exit", "Happening", "Lost", "Signal", "Trace", "attach", "mounted", "recording", "trace",
]  # fmt: skip
_WHERE = {
    "face": ("attach", "mounted", "recording", "trace"),
    "happenings": ("Call", "Event", "Exit", "Happening", "Lost", "Signal"),
    "sources": ("Error", "Trace"),
}
"""Modules of tracefs.library, imported when they are asked for: the commands start without them."""


def __getattr__(name: str) -> Any:
    for module, names in _WHERE.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"tracefs.library.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
