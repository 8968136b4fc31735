# SPDX-License-Identifier: GPL-2.0-only
"""signal/: signals delivered. Who sends one is not seen by a tracer, so there is no signal_generate.

Behind the kernel's fields stands the beginning of the siginfo_t, which the kernel's lines do not show.
"""

from tracefs.events.event import EventClass
from tracefs.events.field import layout

SIGINFO = "__siginfo"

EVENTS = (
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
