# SPDX-License-Identifier: GPL-2.0-only
"""ftrace/: what trace_marker, trace_marker_raw, userstacktrace and the stacktrace trigger write."""

from tracefs.events.event import EventClass
from tracefs.events.field import layout

STACK_DEPTH = 8

_CALLERS = ", ".join(f"(void *)REC->caller[{depth}]" for depth in range(STACK_DEPTH))
_STACK_LINES = r'"\t=> %ps\n\t=> %ps\n\t=> %ps\n" "\t=> %ps\n\t=> %ps\n\t=> %ps\n" "\t=> %ps\n\t=> %ps\n"'

EVENTS = (
    EventClass(
        "ftrace", "kernel_stack", 4, "kernel_stack",
        layout(("int", "size"), (f"unsigned long[{STACK_DEPTH}]", "caller")),
        f"{_STACK_LINES}, {_CALLERS}",
    ),
    EventClass(
        "ftrace", "print", 5, "print",
        layout(("unsigned long", "ip"), ("char[]", "buf")),
        '"%ps: %s", (void *)REC->ip, REC->buf',
    ),
    EventClass(
        "ftrace", "user_stack", 13, "user_stack",
        layout(("unsigned int", "tgid"), (f"unsigned long[{STACK_DEPTH}]", "caller")),
        f"{_STACK_LINES}, {_CALLERS}",
    ),
    EventClass(
        "ftrace", "raw_data", 19, "raw_data",
        layout(("unsigned int", "id"), ("char[]", "buf")),
        '"id:%04x %08x", REC->id, (int)REC->buf[0]',
    ),
)  # fmt: skip
