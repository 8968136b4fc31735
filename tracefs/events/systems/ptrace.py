# SPDX-License-Identifier: GPL-2.0-only
"""ptrace/ (ours): what only a tracer is told. strace has lines of it, the kernel's tracefs no events."""

from tracefs.events.event import EventClass
from tracefs.events.field import layout
from tracefs.events.systems.signal import SIGINFO

EVENTS = (
    EventClass(
        "ptrace", "signal_ignored", 120, "task",
        layout(("int", "sig"), ("int", "errno"), ("int", "code"), ("unsigned char[48]", SIGINFO)),
        '"sig=%d errno=%d code=%d", REC->sig, REC->errno, REC->code',
    ),
    EventClass("ptrace", "stopped", 121, "task", layout(("int", "sig")), '"sig=%d", REC->sig'),
)  # fmt: skip
