# SPDX-License-Identifier: GPL-2.0-only
"""sched/: births, execs, waits and deaths of tasks."""

from tracefs.events.event import EventClass
from tracefs.events.field import layout

EXIT_CODE = "exit_code"
"""Ours alone, in what is padding of the kernel's record: how the task ended, as waitpid(2) has it."""

EVENTS = (
    EventClass(
        "sched", "sched_process_fork", 110, "task",
        layout(
            ("__data_loc char[]", "parent_comm"),
            ("pid_t", "parent_pid"),
            ("__data_loc char[]", "child_comm"),
            ("pid_t", "child_pid"),
        ),
        '"comm=%s pid=%d child_comm=%s child_pid=%d", '
        "__get_str(parent_comm), REC->parent_pid, __get_str(child_comm), REC->child_pid",
    ),
    EventClass(
        "sched", "sched_process_exec", 111, "task",
        layout(("__data_loc char[]", "filename"), ("pid_t", "pid"), ("pid_t", "old_pid")),
        '"filename=%s pid=%d old_pid=%d", __get_str(filename), REC->pid, REC->old_pid',
    ),
    EventClass(
        "sched", "sched_prepare_exec", 119, "task",
        layout(
            ("__data_loc char[]", "interp"),
            ("__data_loc char[]", "filename"),
            ("pid_t", "pid"),
            ("__data_loc char[]", "comm"),
        ),
        '"interp=%s filename=%s pid=%d comm=%s", __get_str(interp), __get_str(filename), REC->pid, __get_str(comm)',
    ),
    EventClass(
        "sched", "sched_process_exit", 112, "task",
        layout(("char[16]", "comm"), ("pid_t", "pid"), ("int", "prio"), ("bool", "group_dead"), ("unsigned short", EXIT_CODE)),
        '"comm=%s pid=%d prio=%d group_dead=%s exit_code=0x%x", '
        'REC->comm, REC->pid, REC->prio, REC->group_dead ? "true" : "false", REC->exit_code',
    ),
    EventClass(
        "sched", "sched_process_wait", 113, "task",
        layout(("__data_loc char[]", "comm"), ("pid_t", "pid"), ("int", "prio")),
        '"comm=%s pid=%d prio=%d", __get_str(comm), REC->pid, REC->prio',
    ),
)  # fmt: skip
