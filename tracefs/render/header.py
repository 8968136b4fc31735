# SPDX-License-Identifier: GPL-2.0-only
"""What stands before the lines of `trace`, in each layout of the running kernel."""

from __future__ import annotations

import os
from functools import cache

from tracefs.render.options import Options

COLUMNS = """\
#           TASK-PID    {tgid_title} CPU#     TIMESTAMP  FUNCTION
#              | |      {tgid_mark}   |         |         |
"""
COLUMNS_WITH_FLAGS = """\
#                            {tgid_space}    _-----=> irqs-off/BH-disabled
#                            {tgid_space}   / _----=> need-resched
#                            {tgid_space}  | / _---=> hardirq/softirq
#                            {tgid_space}  || / _--=> preempt-depth
#                            {tgid_space}  ||| / _-=> migrate-disable
#                            {tgid_space}  |||| /     delay
#           TASK-PID    {tgid_title} CPU#  |||||  TIMESTAMP  FUNCTION
#              | |      {tgid_mark}   |   |||||     |         |
"""
TGID_TITLE, TGID_MARK, TGID_SPACE = "   TGID   ", "     |    ", " " * 10

LATENCY = """\
# {tracer} latency trace v1.1.5 on {release}
# --------------------------------------------------------------------
# latency: 0 us, #{entries}/{written}, CPU#0 | (M:{preemption} VP:0, KP:0, SP:0 HP:0 #P:{cpus})
#    -----------------
#    | task: -0 (uid:0 nice:0 policy:0 rt_prio:0)
#    -----------------
#
"""
LATENCY_COLUMNS = "".join(
    f"{line}\n"
    for line in (
        "#                    _------=> CPU#            ",
        "#                   / _-----=> irqs-off/BH-disabled",
        "#                  | / _----=> need-resched    ",
        "#                  || / _---=> hardirq/softirq ",
        "#                  ||| / _--=> preempt-depth   ",
        "#                  |||| / _-=> migrate-disable ",
        "#                  ||||| /     delay           ",
        "#  cmd     pid     |||||| time  |   caller     ",
        "#     \\   /        ||||||  \\    |    /       ",
    )
)
"""With the kernel's trailing blanks."""


@cache
def preemption() -> str:
    """The kernel's preemption model as far as uname(2) tells it; what PREEMPT_DYNAMIC chose, only root can see."""
    words = os.uname().version.split()
    return next((word for word in words if word.startswith("PREEMPT")), "server")


def columns(options: Options) -> str:
    """The column titles of the default layout."""
    template = COLUMNS_WITH_FLAGS if options.shows_irq_info else COLUMNS
    tgid = options.record_tgid
    return template.format(
        tgid_title=TGID_TITLE if tgid else "",
        tgid_mark=TGID_MARK if tgid else "",
        tgid_space=TGID_SPACE if tgid else "",
    )


def header(options: Options, entries: int, written: int, cpus: int, model: str | None = None) -> bytes:
    """The header of `trace`.

    entries: unread in the buffer; written: those and the overwritten ones; both of all CPUs, even for
    per_cpu/cpuN/trace.
    model: the preemption model, for a kernel other than this one's uname tells.
    """
    text = f"# tracer: {options.tracer}\n#\n"
    if options.context_info and options.latency_format:
        if entries:
            text += LATENCY.format(
                tracer=options.tracer,
                release=os.uname().release,
                entries=entries,
                written=written,
                preemption=model or preemption(),
                cpus=cpus,
            )
            text += "" if options.verbose else LATENCY_COLUMNS
    elif options.context_info and not options.verbose:
        text += f"# entries-in-buffer/entries-written: {entries}/{written}   #P:{cpus}\n#\n"
        text += columns(options)
    return text.encode()
