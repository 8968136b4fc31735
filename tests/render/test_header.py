# SPDX-License-Identifier: GPL-2.0-only
"""The header of `trace`, literally."""

from __future__ import annotations

import os

from tracefs.render import Options
from tracefs.render.header import header

DEFAULT = """\
# tracer: syscall
#
# entries-in-buffer/entries-written: 2/5   #P:4
#
#           TASK-PID     CPU#     TIMESTAMP  FUNCTION
#              | |         |         |         |
"""
TGID = """\
# tracer: nop
#
# entries-in-buffer/entries-written: 2/5   #P:4
#
#           TASK-PID       TGID    CPU#     TIMESTAMP  FUNCTION
#              | |           |       |         |         |
"""
IRQ_INFO = """\
# tracer: nop
#
# entries-in-buffer/entries-written: 2/5   #P:4
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
"""
LATENCY_TOP = f"""\
# tracer: nop
#
# nop latency trace v1.1.5 on {os.uname().release}
# --------------------------------------------------------------------
# latency: 0 us, #2/5, CPU#0 | (M:server VP:0, KP:0, SP:0 HP:0 #P:4)
#    -----------------
#    | task: -0 (uid:0 nice:0 policy:0 rt_prio:0)
#    -----------------
#
"""


def text(options: Options, entries: int = 2) -> str:
    return header(options, entries, 5, 4, "server").decode()


def test_the_default_columns() -> None:
    assert text(Options(tracer="syscall")) == DEFAULT


def test_record_tgid_adds_a_column() -> None:
    assert text(Options(record_tgid=True)) == TGID


def test_irq_info_explains_its_letters() -> None:
    assert text(Options(irq_info=True)) == IRQ_INFO


def test_verbose_and_nocontext_info_have_no_columns() -> None:
    assert text(Options(verbose=True)) == "# tracer: nop\n#\n"
    assert text(Options(context_info=False)) == "# tracer: nop\n#\n"


def test_latency_format() -> None:
    whole = text(Options(latency_format=True))
    assert whole.startswith(LATENCY_TOP)
    assert whole.splitlines()[-2:] == [
        "#  cmd     pid     |||||| time  |   caller     ",
        "#     \\   /        ||||||  \\    |    /       ",
    ]


def test_latency_format_verbose_has_no_columns() -> None:
    assert text(Options(latency_format=True, verbose=True)) == LATENCY_TOP


def test_latency_format_of_an_empty_buffer_says_nothing() -> None:
    assert text(Options(latency_format=True), entries=0) == "# tracer: nop\n#\n"
