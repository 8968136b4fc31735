# SPDX-License-Identifier: GPL-2.0-only
"""signal/: signals that tracees send by a call or by their end, and signals that they take.

Behind signal_deliver's fields stands the beginning of the siginfo_t, which the kernel's lines do not show.
"""

from tracefs.events.event import EventClass
from tracefs.events.field import layout

SIGINFO = "__siginfo"

EVENTS = (
    EventClass(
        "signal", "signal_generate", 114, "task",
        layout(
            ("int", "sig"),
            ("int", "errno"),
            ("int", "code"),
            ("char[16]", "comm"),
            ("pid_t", "pid"),
            ("int", "group"),
            ("int", "result"),
        ),
        '"sig=%d errno=%d code=%d comm=%s pid=%d grp=%d res=%d", '
        "REC->sig, REC->errno, REC->code, REC->comm, REC->pid, REC->group, REC->result",
    ),
    EventClass(
        "signal", "signal_deliver", 115, "task",
        layout(
            ("int", "sig"),
            ("int", "errno"),
            ("int", "code"),
            ("unsigned long", "sa_handler"),
            ("unsigned long", "sa_flags"),
            ("unsigned char[48]", SIGINFO),
        ),
        '"sig=%d errno=%d code=%d sa_handler=%lx sa_flags=%lx", '
        "REC->sig, REC->errno, REC->code, REC->sa_handler, REC->sa_flags",
    ),
)  # fmt: skip
