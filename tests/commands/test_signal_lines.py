# SPDX-License-Identifier: GPL-2.0-only
"""Signals in `tracefs run --strace`: all that reach a task, as strace has them, also those that it ignores; and
stops."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tests.commands.test_run import run

PROGRAM = """
import os, signal
child = os.fork()
if not child:
    os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(0)
os.waitpid(child, os.WUNTRACED)
os.kill(child, signal.SIGCONT)
os.waitpid(child, 0)
for sig in (signal.SIGURG, signal.SIGWINCH):
    os.kill(os.getpid(), sig)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
os.kill(os.getpid(), signal.SIGUSR1)
signal.signal(40, lambda *_: None)
os.kill(os.getpid(), 40)
"""
COMMAND = ("--", sys.executable, "-S", "-c", PROGRAM)


def test_each_signal_that_arrives_has_a_line(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    assert run("--strace", "-w", file, *COMMAND).returncode == 0
    found = re.findall(r"(?m)^(\d+) +[\d.]+ --- (.*) ---$", file.read_text())
    parent, child = found[-1][0], next(tid for tid, text in found if text == "stopped by SIGSTOP")
    texts = [(tid == child, re.sub(r", si_uid=\d+|, si_[us]time=\d+", "", text)) for tid, text in found]
    assert [text for is_child, text in texts if is_child] == [
        f"SIGSTOP {{si_signo=SIGSTOP, si_code=SI_USER, si_pid={child}}}",
        "stopped by SIGSTOP",
        f"SIGCONT {{si_signo=SIGCONT, si_code=SI_USER, si_pid={parent}}}",
    ]
    parents = [text for is_child, text in texts if not is_child]
    assert parents[0] == f"SIGCHLD {{si_signo=SIGCHLD, si_code=CLD_STOPPED, si_pid={child}, si_status=SIGSTOP}}"
    assert [text for text in parents if "SIGCHLD" not in text] == [
        f"{name} {{si_signo={name}, si_code=SI_USER, si_pid={parent}}}"
        for name in ("SIGURG", "SIGWINCH", "SIGUSR1", "SIGRT_8")
    ]


def test_signals_that_are_chosen_are_those_that_are_ignored_too(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    run("--strace", "-e", "trace=none", "-e", "signal=URG,STOP", "-w", file, *COMMAND)
    assert re.findall(r"(?m)--- (.* by \w+|\w+)", file.read_text()) == ["SIGSTOP", "stopped by SIGSTOP", "SIGURG"]


def test_events_and_objects_tell_which_are_ignored(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    run("--json", "-w", file, *COMMAND)
    found = [json.loads(line) for line in file.read_text().splitlines()]
    named = [(each["event"], each["fields"]["sig"]) for each in found if "sig" in each.get("fields", ())]
    assert [each for each in named if each[1] != 17] == [
        ("signal:signal_deliver", 19),
        ("ptrace:stopped", 19),
        ("ptrace:signal_ignored", 18),
        ("ptrace:signal_ignored", 23),
        ("ptrace:signal_ignored", 28),
        ("ptrace:signal_ignored", 10),
        ("signal:signal_deliver", 40),
    ]


def test_under_seccomp_the_calls_are_seen_that_tell_of_signals(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    program = "import os, signal; signal.signal(10, lambda *_: None); os.kill(os.getpid(), 10)"
    run(
        "--seccomp",
        "-e",
        "signal_generate",
        "-e",
        "signal_deliver",
        "-w",
        file,
        "--",
        sys.executable,
        "-S",
        "-c",
        program,
    )
    sent, taken = (line for line in file.read_text().splitlines() if "sig=10" in line)
    assert re.search(r"signal_generate: sig=10 errno=0 code=0 comm=\S+ pid=\d+ grp=1 res=0$", sent)
    assert re.search(r"signal_deliver: sig=10 errno=0 code=0 sa_handler=[0-9a-f]{6,12} sa_flags=[4c]000000$", taken)
