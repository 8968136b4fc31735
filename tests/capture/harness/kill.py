# SPDX-License-Identifier: GPL-2.0-only
"""
Kills tracers at chosen instants and looks whether the traced programs came to harm.

One case: a self-checking workload, a tracer on it, the tracer's death before its K-th ptrace operation (or at a random
moment), and then: the workload goes on round after round and ends with 0; nobody is left stopped, traced, or
with a changed CPU affinity; no process is left over. All processes are children of this one (it is their subreaper),
so none can hide. `python -m tests.capture.harness.kill --help`.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.capture.harness import programs, watch
from tests.capture.harness.flag import Flag, until
from tests.capture.harness.tracers import SPAWNING, TRACERS, Job, load

PATIENCE = 60.0
"""Seconds after which something that should happen at once counts as hung; long, since machines are busy."""
MOMENT = 3.0
"""Seconds within which affinities are restored and helpers of a dead tracer are gone."""
REACH = 1.5
"""Seconds a tracer gets to reach its K-th operation, before it is stopped in order instead."""
WORKLOADS = ("threads", "fork", "exec_chain", "signals_queued", "sigchld", "jobs_threads", "vfork")
PR_SET_CHILD_SUBREAPER = 36
KEEPER = "tracefs-keeper"
"""The dead tracer's helper: it ends when it has given back the affinities."""


@dataclass(frozen=True)
class Case:
    """One tracer's life and death."""

    workload: str
    tracer: str
    how: str
    """attach, spawn, seccomp or churn: see tracers.Job."""
    kill_at: int
    """The ptrace operation before which the tracer dies; 0: it is killed from outside at a random moment."""
    signal: int
    """What kills from outside: SIGKILL, or SIGTERM to end in order."""
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    case: Case
    killed: bool
    """The tracer died by SIGKILL: not so when the workload gave it less than K operations to do."""
    harm: str
    """Empty, or what was wrong."""
    seconds: float


class HarmError(Exception):
    """The traced program was not left as untraced."""


class Warden:
    """Runs cases, one at a time, and reaps everything that they leave."""

    def __init__(self, directory: Path) -> None:
        if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
            raise OSError("prctl(PR_SET_CHILD_SUBREAPER) failed")
        self._directory = directory
        self._ended: dict[int, int] = {}

    def run(self, case: Case) -> Outcome:
        """One case; never raises for harm, but says so."""
        start = time.monotonic()
        killed, harm = False, ""
        with Flag() as flag, tempfile.TemporaryFile() as log:
            self._ended.clear()
            try:
                killed = self._run(case, flag, log.fileno())
            except HarmError as error:
                harm = str(error)
                log.seek(0)
                said = log.read().decode(errors="replace").strip()
                harm += f"\n    said: {said[-2000:]}" if said else ""
            finally:
                left = self._clean_up()
        if left and not harm:
            harm = f"left over: {left}"
        return Outcome(case, killed, harm, time.monotonic() - start)

    def _run(self, case: Case, flag: Flag, log: int) -> bool:
        choose = random.Random(case.seed)
        env = {**os.environ, "CHECK_FLAG": flag.path}
        if case.kill_at or case.signal == signal.SIGKILL:
            env["CHECK_KILLED"] = "1"
        argv = [str(self._directory / case.workload)]
        target = 0
        if case.how not in SPAWNING:
            target = start(argv, env, log)
            if not until(lambda: flag.started, PATIENCE):
                raise HarmError("harness: the workload did not start")
            time.sleep(choose.uniform(0, 0.002))
        tracer = TRACERS[case.tracer](Job(case.how, target, argv, env, case.kill_at, case.seed), log)
        killed = self._end_of_tracer(case, tracer, choose)
        self._born_at_all(case, flag)
        target = flag.pid
        if case.how == "seccomp":
            self._check_left()
        elif target:
            self._check_after(case, flag, target)
        return killed

    def _end_of_tracer(self, case: Case, tracer: int, choose: random.Random) -> bool:
        """Waits for the tracer's death, or brings it about. Whether it was by SIGKILL."""
        sent = 0
        if case.kill_at:
            if not until(lambda: self.ended(tracer), REACH):
                sent = signal.SIGTERM
        else:
            time.sleep(choose.uniform(0, 0.02 if case.tracer != "strace" else 0.06))
            sent = case.signal
        if sent:
            os.kill(tracer, sent)
        if not until(lambda: self.ended(tracer), PATIENCE):
            raise HarmError(f"the tracer hangs after signal {sent}\n{watch.describe(tracer)}")
        status = self._ended[tracer]
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return True
        orderly = status == 0 or (sent and os.WIFSIGNALED(status) and os.WTERMSIG(status) == sent)
        if not orderly:
            raise HarmError(f"the tracer ended with status {status:#x}")
        return False

    def _born_at_all(self, case: Case, flag: Flag) -> None:
        """A program whose tracer died before it was started need not start; but it must not hang about either."""
        if case.how in SPAWNING and not until(lambda: flag.started or not self._alive(), PATIENCE):
            raise HarmError(f"never started, never gone\n{watch.describe(os.getpid())}")

    def _check_after(self, case: Case, flag: Flag, target: int) -> None:
        rounds = flag.rounds
        if not until(lambda: flag.rounds >= rounds + 2 or self.ended(target), PATIENCE):
            raise HarmError(f"no progress after the tracer's end\n{watch.describe(target)}")
        if not self.ended(target) and not until(lambda: self._untouched(target), MOMENT, 0.005):
            raise HarmError(f"still traced, or affinity changed\n{watch.describe(target)}")
        flag.stop()
        if not until(lambda: self.ended(target), PATIENCE):
            raise HarmError(f"does not end\n{watch.describe(target)}")
        if self._ended[target] != 0:
            raise HarmError(f"ended with status {self._ended[target]:#x}")

    def _check_left(self) -> None:
        """Its filter makes calls fail without a tracer, so it may end, or loop: but nobody waits for one, is kept or
        stopped."""
        if not until(lambda: self._untouched(*_workload()), MOMENT, 0.005):
            raise HarmError(f"still traced, or affinity changed\n{watch.describe(os.getpid())}")
        while left := _workload():
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.ended(0)

    def _untouched(self, *targets: int) -> bool:
        """Nobody of the workload is traced, or bound to other CPUs than this process."""
        own = watch.tasks(os.getpid())[0].cpus
        every = [one for target in targets for pid in watch.family(target) for one in watch.tasks(pid)]
        return all(one.state == "Z" or (one.tracer == 0 and one.cpus == own and one.state != "t") for one in every)

    def ended(self, pid: int) -> bool:
        """Whether this child has been reaped; reaps all that can be."""
        with contextlib.suppress(ChildProcessError):
            while True:
                got, status = os.waitpid(-1, os.WNOHANG)
                if got == 0:
                    break
                self._ended[got] = status
        return pid in self._ended

    def _alive(self) -> list[int]:
        self.ended(0)
        return watch.children(os.getpid())

    def _clean_up(self) -> str:
        """Gives what is left a moment to go, then kills it. What had to be killed."""
        until(lambda: not self._alive(), MOMENT if self._alive() else 0, 0.002)
        left = self._alive()
        said = "\n".join(filter(None, map(watch.describe, left)))
        while left:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            until(lambda: not self._alive(), 0.2)
            left = self._alive()
        return said


def _workload() -> list[int]:
    """All processes below this one but the dead tracer's helper."""
    return [pid for pid in watch.family(os.getpid())[1:] if all(one.name != KEEPER for one in watch.tasks(pid))]


def start(argv: list[str], env: dict[str, str], log: int) -> int:
    """The workload as a child in a session of its own, saying what is wrong to `log`."""
    actions = [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
    return os.posix_spawn(argv[0], argv, env, file_actions=actions, setsid=True)


def instants(first: int, kills: int, choose: random.Random) -> Iterator[int]:
    """K for each case: the first half one by one from `first`, then farther and farther, up to some thousands."""
    dense = max(1, kills // 2)
    yield from range(first, first + dense)
    for _ in range(kills - dense):
        yield first + dense + int(10 ** choose.uniform(0, 3.5))


def cases(args: argparse.Namespace) -> Iterator[Case]:
    """All cases of a run, in order."""
    for workload in args.workloads:
        choose = random.Random(f"{args.seed} {workload} {args.how}")
        at: Iterable[int] = [0] * args.kills if args.random else instants(args.first, args.kills, choose)
        for kill_at in at:
            death = signal.SIGTERM if args.term else signal.SIGKILL
            yield Case(workload, args.tracer, args.how, kill_at, int(death), choose.randrange(1 << 30))


def table(outcomes: list[Outcome]) -> str:
    """workload, kills, harmed; and each harm below."""
    lines = [f"{'workload':<18}{'how':<8}{'cases':>6}{'killed':>8}{'harmed':>8}{'seconds':>9}"]
    for key in dict.fromkeys((one.case.workload, one.case.how) for one in outcomes):
        own = [one for one in outcomes if (one.case.workload, one.case.how) == key]
        killed, harmed = sum(one.killed for one in own), sum(bool(one.harm) for one in own)
        seconds = sum(one.seconds for one in own)
        lines.append(f"{key[0]:<18}{key[1]:<8}{len(own):>6}{killed:>8}{harmed:>8}{seconds:>9.1f}")
    lines += [f"{one.case}\n  {one.harm}" for one in outcomes if one.harm]
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(description="Kill tracers at chosen instants and look for harm.")
    result.add_argument("workloads", nargs="*", default=WORKLOADS, help=f"programs; default: {' '.join(WORKLOADS)}")
    result.add_argument("--tracer", default="engine", choices=("engine", "in-task", "strace"))
    result.add_argument("--how", default="attach", choices=("attach", "spawn", "seccomp", "churn"))
    result.add_argument("--kills", type=int, default=40, help="cases of each workload")
    result.add_argument("--first", type=int, default=1, help="the first operation to die before")
    result.add_argument("--random", action="store_true", help="kill from outside at random moments instead")
    result.add_argument("--term", action="store_true", help="with --random: SIGTERM, an orderly end")
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--build", type=Path, default=Path(tempfile.gettempdir()) / f"tracefs-programs-{os.getuid()}")
    result.add_argument("--json", action="store_true", help="one JSON object for each case instead of the table")
    result.add_argument("--stop-at-harm", action="store_true", help="end with the first harmed workload")
    return result


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    if args.tracer == "strace":
        args.random = True
    programs.build_all(args.build)
    load(args.tracer)
    warden, outcomes = Warden(args.build), []
    for case in cases(args):
        outcomes.append(warden.run(case))
        if args.json:
            print(json.dumps(asdict(outcomes[-1])), flush=True)
        elif sys.stderr.isatty():
            print(f"\r{len(outcomes)} {case.workload} {case.kill_at}   ", end="", file=sys.stderr, flush=True)
        if args.stop_at_harm and outcomes[-1].harm:
            break
    if not args.json:
        print(table(outcomes))
    return 1 if any(one.harm for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
