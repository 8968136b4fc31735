# SPDX-License-Identifier: GPL-2.0-only
"""Two recordings of the same processes side by side: what differs, but for known and explained exceptions."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from difflib import SequenceMatcher

from tests.kernel.ftrace import Call, Ftrace, Sequences
from tests.kernel.ours import Ours

NO_EXIT_UNDER_PTRACE = "a task that SIGKILL ends inside a syscall: the kernel's exit event has no ptrace stop"


LAUNCHER = """
sh -c 'echo $$; read _; exec "$@" </dev/null >/dev/null 2>&1' sh "$@"
exit $?
"""
"""The traced shell is not our child: the tracer's process must not be the one that waits for it."""


def record(argv: Sequence[str]) -> tuple[Sequences, Sequences, int]:
    """Run argv under both tracers at once; returns (kernel's, ours, exit status)."""
    with subprocess.Popen(
        ["sh", "-c", LAUNCHER, "sh", *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdin
        assert launcher.stdout
        pid = int(launcher.stdout.readline())
        with Ours(pid) as ours, Ftrace(pid) as kernel:
            launcher.stdin.write("go\n")
            launcher.stdin.close()
            status = launcher.wait()
            ours.engine.settle(10)
            known = kernel.names
            kernels, mine = kernel.sequences(), ours.sequences()
    mine = {tid: [call for call in calls if call.name in known] for tid, calls in mine.items()}
    return _from_exec(kernels, pid), _from_exec(mine, pid), status


def _from_exec(calls: Sequences, pid: int) -> Sequences:
    """Drop what the first task did before its execve: there the two tracers were still being switched on."""
    first = calls.get(pid, [])
    start = next((i for i, call in enumerate(first) if call.name == "execve" and call.kind == "enter"), 0)
    return {**calls, pid: first[start:]}


def differences(kernels: Sequences, mine: Sequences) -> list[str]:
    """One line per call that only one side has, `-` the kernel's and `+` ours, after the known exceptions."""
    lines = []
    for tid in sorted(kernels.keys() | mine.keys()):
        left, right = _explained(kernels.get(tid, []), mine.get(tid, []))
        if left == right:
            continue
        for op, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            if op != "equal":
                lines += [f"{tid}: - {call}" for call in left[a:b]] + [f"{tid}: + {call}" for call in right[c:d]]
    return lines


def around(kernels: Sequences, mine: Sequences, context: int = 8) -> str:
    """What both sides have around the first difference of each task, with times in ns and CPUs; "" where there is
    none."""
    lines = []
    for tid in sorted(kernels.keys() | mine.keys()):
        left, right = _explained(kernels.get(tid, []), mine.get(tid, []))
        if left == right:
            continue
        first = next(
            (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
        )
        for who, calls in (("kernel", left), ("ours", right)):
            lines.append(f"task {tid}, {who}: {len(calls)} calls, the first that differs is number {first}")
            for number in range(max(first - context, 0), min(first + 3 * context, len(calls))):
                time, cpu = calls[number].at
                lines.append(f"  {'>' if number == first else ' '} {number} {time} [{cpu}] {calls[number]}")
    return "\n".join(lines)


def _explained(left: list[Call], right: list[Call]) -> tuple[list[Call], list[Call]]:
    """Take away NO_EXIT_UNDER_PTRACE: one more exit at the kernel's end, of the enter that ours ends with."""
    if len(left) == len(right) + 1 and right and right[-1].kind == "enter" and left[-1].kind == "exit":
        left = left[:-1]
    return left, right


def program(source: str, binary: str, *flags: str) -> str:
    """Compile one C source text."""
    subprocess.run(["gcc", "-O1", "-o", binary, "-x", "c", "-", *flags], input=source, text=True, check=True)
    return binary
