# SPDX-License-Identifier: GPL-2.0-only
"""signal/: signals sent and signals delivered."""

from tracefs.events.event import EventClass
from tracefs.events.field import layout

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
        ),
        '"sig=%d errno=%d code=%d sa_handler=%lx sa_flags=%lx", '
        "REC->sig, REC->errno, REC->code, REC->sa_handler, REC->sa_flags",
    ),
)  # fmt: skip
