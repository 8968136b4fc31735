# SPDX-License-Identifier: GPL-2.0-only
"""Births, execs and deaths of tasks as events."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

from tests.mount.mounting import eventually
from tests.tree.traced import Traced

PIDS = re.compile(r"pid=\d+")


def life(traced: Traced) -> list[str]:
    """The events, their pids replaced."""
    return [PIDS.sub("pid=N", line) for line in traced.trace()]


def test_fork_exec_and_exit_are_recorded_in_their_order(traced: Traced) -> None:
    traced.enable("sched:sched_process_fork", "sched:sched_process_exec", "sched:sched_process_exit")
    traced.run("/bin/sh", "-c", "/bin/true; exit")
    assert life(traced) == [
        "sched_process_exec: filename=/bin/sh pid=N old_pid=N",
        "sched_process_fork: comm=sh pid=N child_comm=sh child_pid=N",
        "sched_process_exec: filename=/bin/true pid=N old_pid=N",
        f"sched_process_exit: comm=true pid=N prio={120 + os.nice(0)} group_dead=true exit_code=0x0",
        f"sched_process_exit: comm=sh pid=N prio={120 + os.nice(0)} group_dead=true exit_code=0x0",
    ]


def test_ends_can_be_filtered_by_how_they_came(traced: Traced) -> None:
    """exit_code is what waitpid gives: 9 is SIGKILL, 0x300 is exit(3)."""
    traced.write("events/sched/sched_process_exit/filter", "exit_code == 9 || exit_code == 0x300")
    traced.enable("sched:sched_process_exit")
    traced.run("/bin/bash", "-c", "(kill -KILL $BASHPID); /bin/true; (exec /bin/sh -c 'exit 3'); exit 4")
    assert [re.search(r"comm=(\w+)", line)[1] for line in traced.trace()] == ["bash", "sh"]  # type: ignore[index]


SENDER = """
import os, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: None)
signal.signal(signal.SIGUSR2, signal.SIG_IGN)
for sig in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT):
    os.kill(os.getpid(), sig)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.kill(os.getpid(), signal.SIGTERM)
os.kill(os.getpid(), signal.SIGTERM)
try:
    os.kill(os.getpid(), 65)
except OSError:
    pass
if not os.fork():
    os.kill(os.getpid(), signal.SIGKILL)
os.wait()
"""


def test_signals_that_tracees_send_are_recorded_where_they_are_sent(traced: Traced) -> None:
    """The lines are the kernel's for this program; res: 1 is ignored, 2 already pending. code 2: the child was
    killed."""
    traced.enable("signal:signal_generate")
    traced.run(sys.executable, "-S", "-c", SENDER)
    name = Path(sys.executable).name[:15]
    assert life(traced)[:-1] == [
        f"signal_generate: sig=10 errno=0 code=0 comm={name} pid=N grp=1 res=0",
        f"signal_generate: sig=12 errno=0 code=0 comm={name} pid=N grp=1 res=1",
        f"signal_generate: sig=18 errno=0 code=0 comm={name} pid=N grp=1 res=1",
        f"signal_generate: sig=15 errno=0 code=0 comm={name} pid=N grp=1 res=0",
        f"signal_generate: sig=15 errno=0 code=0 comm={name} pid=N grp=1 res=2",
        f"signal_generate: sig=9 errno=0 code=0 comm={name} pid=N grp=1 res=0",
        f"signal_generate: sig=17 errno=0 code=2 comm={name} pid=N grp=1 res=1",
    ]


GROUP = """
import os
os.setpgrp()
out, in_ = os.pipe()
if not os.fork():
    os.read(out, 1)
    os._exit(0)
os.killpg(0, 23)
os.write(in_, b".")
os.wait()
"""


def test_a_signal_to_a_group_is_one_to_each_of_its_processes(traced: Traced) -> None:
    traced.write("events/signal/signal_generate/filter", "sig == 23")
    traced.enable("signal:signal_generate", "sched:sched_process_fork")
    traced.run(sys.executable, "-S", "-c", GROUP)
    fork, *sent = traced.trace()
    name = Path(sys.executable).name[:15]
    expected = [
        f"signal_generate: sig=23 errno=0 code=0 comm={name} pid={pid} grp=1 res=1"
        for pid in re.findall(r"pid=(\d+)", fork)
    ]
    assert sorted(sent) == sorted(expected)


HANDLER = r"""
import ctypes, os, signal
libc = ctypes.CDLL(None)
class Action(ctypes.Structure):
    _fields_ = [("handler", ctypes.c_void_p), ("mask", ctypes.c_ulong * 16), ("flags", ctypes.c_int), ("restorer", ctypes.c_void_p)]
handler = ctypes.cast(libc.abs, ctypes.c_void_p).value
def use(sig, flags, handler=handler):
    libc.sigaction(sig, ctypes.byref(Action(handler, flags=flags)), None)
use(signal.SIGUSR1, 0x10000000)
use(signal.SIGUSR2, -0x80000000 | 4)
if not os.fork():  # inherits them
    use(signal.SIGUSR1, 0x40000000)
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR2)
    os._exit(0)
os.wait()
os.kill(os.getpid(), signal.SIGUSR1)
print(f"{handler:x}")
"""


def test_a_handler_and_its_flags_are_those_that_the_program_set(traced: Traced) -> None:
    """Flags: SA_RESTORER (0x4000000, by libc) with SA_NODEFER; SA_RESETHAND|SA_SIGINFO; SA_RESTART."""
    traced.write("events/signal/signal_deliver/filter", "sig != 17")
    traced.enable("signal:signal_deliver")
    traced.run(sys.executable, "-S", "-c", HANDLER)
    found = re.findall(r"sig=(\d+) .* sa_handler=(\w+) sa_flags=(\w+)", "\n".join(life(traced)))
    assert [(sig, flags) for sig, _, flags in found] == [("10", "44000000"), ("12", "84000004"), ("10", "14000000")]
    assert len({handler for _, handler, _ in found}) == 1
    assert int(found[0][1], 16) > 4096


def test_a_signal_that_kills_is_delivered(traced: Traced) -> None:
    traced.enable("signal:signal_deliver")
    traced.run("bash", "-c", "ulimit -c 0; kill -KILL $$")
    traced.run("bash", "-c", "ulimit -c 0; kill -ABRT $$")
    assert life(traced) == [
        "signal_deliver: sig=9 errno=0 code=0 sa_handler=0 sa_flags=0",
        "signal_deliver: sig=6 errno=0 code=0 sa_handler=0 sa_flags=0",
    ]


def test_an_exec_is_announced_with_its_interpreter(traced: Traced, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh -e\nexec /bin/true\n")
    script.chmod(0o700)
    traced.enable("sched:sched_prepare_exec", "sched:sched_process_exec")
    traced.run(str(script))
    assert life(traced)[0].startswith(f"sched_prepare_exec: interp=/bin/sh filename={script} pid=N comm=")
    assert life(traced)[1:] == [
        f"sched_process_exec: filename={script} pid=N old_pid=N",
        "sched_prepare_exec: interp=/bin/true filename=/bin/true pid=N comm=script",
        "sched_process_exec: filename=/bin/true pid=N old_pid=N",
    ]


def test_an_option_of_prctl_that_nobody_knows_is_recorded(traced: Traced) -> None:
    """PR_SET_DUMPABLE (4) with 9 is refused with the same error."""
    traced.enable("task:task_prctl_unknown")
    traced.run(
        sys.executable, "-S", "-c", "import ctypes; p = ctypes.CDLL(None).prctl; p(4711, 1, 2, 3, 4); p(4, 9, 0, 0, 0)"
    )
    assert traced.trace() == ["task_prctl_unknown: option=4711 arg2=1 arg3=2 arg4=3 arg5=4"]


def test_the_pids_are_those_of_parent_and_child(traced: Traced) -> None:
    traced.enable("sched:sched_process_fork", "sched:sched_process_exit")
    traced.run("sh", "-c", "(true); true")
    fork, child, parent = (list(map(int, re.findall(r"pid=(\d+)", line))) for line in traced.trace())
    assert fork == [*parent, *child]


def test_a_histogram_counts_forks_by_name(traced: Traced) -> None:
    traced.trigger("sched:sched_process_fork", "hist:keys=parent_comm")
    traced.run("sh", "-c", "(true); (true); (true)")
    assert re.search(r"\{ parent_comm: sh +\} hitcount: +3\n", traced.hist("sched:sched_process_fork"))


def test_children_that_joined_by_birth_are_shown_among_the_pids(traced: Traced) -> None:
    """As in the kernel: with event-fork, set_event_pid lists them while they live."""
    traced.write("options/event-fork", "1")
    traced.enable("sched:sched_process_exit")
    with subprocess.Popen(
        ["sh", "-c", "read start; sleep 100 & echo $!; wait"], stdin=PIPE, stdout=PIPE, text=True
    ) as shell:
        assert shell.stdin
        assert shell.stdout
        traced.write("set_event_pid", f"{shell.pid}")
        print("start", file=shell.stdin, flush=True)
        child = int(shell.stdout.readline())
        shown = traced.read("set_event_pid")
        os.kill(child, signal.SIGKILL)
    assert shown == "".join(f"{pid}\n" for pid in sorted((shell.pid, child)))
    assert eventually(lambda: traced.read("set_event_pid") == f"{shell.pid}\n")
