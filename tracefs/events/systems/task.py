# SPDX-License-Identifier: GPL-2.0-only
"""task/: new tasks, new names, and options of prctl(2) that nobody knows."""

from tracefs.events.event import EventClass
from tracefs.events.field import layout

EVENTS = (
    EventClass(
        "task", "task_newtask", 116, "task",
        layout(("pid_t", "pid"), ("char[16]", "comm"), ("u64", "clone_flags"), ("short", "oom_score_adj")),
        '"pid=%d comm=%s clone_flags=%llx oom_score_adj=%hd", '
        "REC->pid, REC->comm, REC->clone_flags, REC->oom_score_adj",
    ),
    EventClass(
        "task", "task_rename", 117, "task",
        layout(("pid_t", "pid"), ("char[16]", "oldcomm"), ("char[16]", "newcomm"), ("short", "oom_score_adj")),
        '"pid=%d oldcomm=%s newcomm=%s oom_score_adj=%hd", '
        "REC->pid, REC->oldcomm, REC->newcomm, REC->oom_score_adj",
    ),
    EventClass(
        "task", "task_prctl_unknown", 118, "task",
        layout(
            ("int", "option"),
            ("unsigned long", "arg2"),
            ("unsigned long", "arg3"),
            ("unsigned long", "arg4"),
            ("unsigned long", "arg5"),
        ),
        '"option=%d arg2=%ld arg3=%ld arg4=%ld arg5=%ld", REC->option, REC->arg2, REC->arg3, REC->arg4, REC->arg5',
    ),
)  # fmt: skip
