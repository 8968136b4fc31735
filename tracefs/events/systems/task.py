# SPDX-License-Identifier: GPL-2.0-only
"""task/: new tasks and new names."""

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
)  # fmt: skip
