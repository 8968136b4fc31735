# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run` in a shell that a mount records: what holds the command is said, and how to be free of it."""

from __future__ import annotations

import subprocess

from tests.mount.mounting import PATIENCE, TRACEFS, mounted, needs_fuse

pytestmark = needs_fuse


def test_the_mount_that_records_the_shell_is_named_and_its_cure_works() -> None:
    run, doctor = " ".join([*TRACEFS, "run", "-w", "/dev/null", "true"]), " ".join([*TRACEFS, "doctor"])
    with mounted([*TRACEFS, "mount", "--scope", "none"]) as made:
        held = "echo $$ > set_ftrace_pid; echo function-fork > trace_options; echo syscall > current_tracer"
        free = f"echo nop > {made.path}/current_tracer; echo > {made.path}/set_event"
        script = f"{held}; {run}; echo $?; {doctor} | grep -A1 ptrace; {free}; {run}; echo $?"
        done = subprocess.run(["sh", "-c", script], cwd=made.path, capture_output=True, text=True, timeout=PATIENCE)
        lines = done.stdout.splitlines()
    assert done.stderr == (
        f"tracefs: ptrace: Operation not permitted: the mount {made.path} traces this shell, and a task has one tracer: "
        f"`{free}` before, or read what the command does there\n"
    )
    assert [lines[0], lines[-1]] == ["1", "0"]
    assert lines[1].startswith("MISSING ptrace")
    assert lines[1].endswith("traces this one already: a task has one tracer")
    assert lines[2].strip() == f"-> `{free}` before"
