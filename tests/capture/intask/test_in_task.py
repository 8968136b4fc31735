# SPDX-License-Identifier: GPL-2.0-only
"""Programs that record themselves: the same records as by stops, hardly a stop, and nothing that a program could
notice."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.capture.harness.engines import ON, new_engine
from tests.capture.test_kill_tracer import harms, killed
from tests.capture.test_kill_tracer import run as run_harness
from tracefs.capture.policy.native import in_task_machine

HERE = Path(__file__).parent
LINE = re.compile(r"\s*(?P<comm>\S.*)-(?P<pid>\d+) +\[\d+\] +[\d.]+: (?P<what>sys_.*)")
RECORDED = "recorded themselves"

pytestmark = pytest.mark.skipif(in_task_machine() is not None, reason=f"programs cannot: {in_task_machine()}")


def compiled(name: str, directory: Path, *options: str) -> Path:
    program = directory / name
    flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-mfsgsbase", "-pthread", *options]
    subprocess.run(["gcc", *flags, str(HERE / f"{name}.c"), "-o", str(program)], check=True)
    return program


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("in-task")


@pytest.fixture(scope="module")
def places(directory: Path) -> Path:
    return compiled("places", directory, "-static", "-no-pie", "-fno-pie", "-mno-red-zone")


@pytest.fixture(scope="module")
def own_ways(directory: Path) -> Path:
    return compiled("own_ways", directory)


def traced(output: Path, argv: Sequence[str], *options: str) -> tuple[int, bytes, dict[str, int]]:
    """By `tracefs run`: exit status, what it wrote, and how many programs went which way."""
    command = [sys.executable, "-m", "tracefs.cli", "run", *options, "-v", "-w", str(output), "--", *argv]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    said = re.search(r"^tracefs: programs: (.*)$", done.stderr.decode(), re.M)
    ways = {way: int(count) for count, way in re.findall(r"(\d+) ([^,]+)", said[1] if said else "")}
    return done.returncode, done.stdout, ways


def lines(output: Path) -> list[tuple[str, str, str]]:
    """Name, number and call of each line, without what differs between two runs: addresses, times, random bytes,
    numbers of tasks, and how memory is had, which depends on where it lies."""
    found = [match for match in map(LINE.match, output.read_text(errors="replace").splitlines()) if match]
    found = [match for match in found if not re.match("sys_(mmap|munmap|mremap|brk|madvise)", match["what"])]
    order = list(dict.fromkeys(match["pid"] for match in found))
    result = []
    for match in found:
        what = re.sub(r"0x[0-9a-f]{6,}", "ADDRESS", match["what"])
        what = re.sub(r"(sys_(getrandom|times|sysinfo|statfs|getppid)).*", r"\1", what)
        what = re.sub(r"(sys_read -> 4 ).*", r"\1", what)  # perl, from /dev/urandom
        what = re.sub(r"((_[acm]time|tv_\w*sec|st_ino)\w*)=[^,}\]]*", r"\1", what)
        for number, pid in enumerate(order):
            what = re.sub(rf"\b{pid}\b", f"TASK{number}", what)
        result.append((match["comm"], f"TASK{order.index(match['pid'])}", what))
    return result


@pytest.mark.parametrize(
    "argv",
    [
        ["ls", "-l", "/usr"],
        ["cat", "/etc/passwd", "/no/such/file"],
        ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=500", "status=none"],
        ["perl", "-e", "$SIG{USR1}=sub{print 1}; kill USR1=>$$ for 1..20; print -s $0"],
        [sys.executable, "-c", "import os; os.pipe(); print(len(os.listdir('/usr')))"],
    ],
    ids=lambda argv: Path(argv[0]).name,
)
def test_one_program_records_what_stops_record(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    by_stops, by_itself = tmp_path / "stops", tmp_path / "itself"
    one, two = traced(by_stops, argv), traced(by_itself, argv, "--in-task")
    assert two[:2] == one[:2]
    assert two[2] == {RECORDED: 1}
    assert lines(by_itself) == lines(by_stops)


def test_a_tree_of_programs_records_what_stops_record(tmp_path: Path) -> None:
    """With children, pipes and traps. Tasks run side by side, so each one's lines are compared, whichever came
    first."""
    script = """
    for i in 1 2; do ls /usr | sort -r | head -n 2; echo "$(cat /etc/hostname; true)"; done
    trap 'echo caught' USR1; kill -USR1 $$; (exit 3); echo $?; cat <<X
    text
X
    exec sh -c 'umask; cd /; pwd'"""
    by_stops, by_itself = tmp_path / "stops", tmp_path / "itself"
    one, two = traced(by_stops, ["bash", "-c", script]), traced(by_itself, ["bash", "-c", script], "--in-task")
    assert two[:2] == one[:2]
    assert two[2] == {RECORDED: 11}

    def sorts(output: Path) -> Counter[str]:
        """Calls by name; how often the reader of a pipe reads, and a shell waits, is not the program's to say."""
        calls = (re.match(r"sys_\w+", what) for _, _, what in lines(output))
        return Counter(name[0] for name in calls if name and not re.search("read$|wait4|sigreturn", name[0]))

    assert sorts(by_itself) == sorts(by_stops)


def test_hardly_a_call_stops(tmp_path: Path) -> None:
    errors: list[str] = []
    engine, sink, buffer = new_engine(0, errors.append, size=8 << 20, in_task=True)
    try:
        engine.want(sink, ON)
        with open(os.devnull, "w") as null:
            argv = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=5000", "status=none"]
            assert engine.spawn(argv, stdout=null.fileno(), stderr=null.fileno()).wait() == 0
        assert engine.in_task_reasons() == {RECORDED: 1}
        assert buffer.entries() > 20000
        assert engine.stops < 400
    finally:
        engine.stop()
    assert errors == []


def test_signals_find_a_program_where_it_is(places: Path, tmp_path: Path) -> None:
    """Handlers at any moment see places and registers of the program alone; and each call is recorded once."""
    calls = 20000
    output = tmp_path / "lines"
    status, _, ways = traced(
        output, [str(places), str(calls)], "--in-task", "-e", "lseek", "--set", "buffer_size_kb=65536"
    )
    assert (status, ways) == (0, {RECORDED: 1})
    text = output.read_text()
    assert len(re.findall(r"sys_lseek\(fd: \d+, offset: \d+", text)) == calls
    assert len(re.findall(r"sys_lseek -> \d+", text)) == calls


@pytest.mark.parametrize(("threads", "calls"), [(8, 500), (70, 40)], ids=["some", "more-than-blocks"])
def test_threads_and_children_record_each_call_once(threads: int, calls: int, directory: Path, tmp_path: Path) -> None:
    """Side by side and under signals; with one call wanted, and others that are not."""
    crowd, output = compiled("crowd", directory), tmp_path / "lines"
    argv = [str(crowd), str(threads), str(calls)]
    status, said, ways = traced(output, argv, "--in-task", "-e", "lseek", "--set", "buffer_size_kb=16384")
    assert (status, said) == (0, b"joined\n")
    assert ways[RECORDED] == 1 + threads
    text = output.read_text()
    found = Counter(map(int, re.findall(r"sys_lseek\(fd: \d+, offset: (\d+)", text)))
    assert found == Counter(name * 1000000 + i for name in range(2 * threads) for i in range(calls))
    assert len(re.findall(r"sys_lseek -> \d+", text)) == 2 * threads * calls


WAYS = re.findall(r'\{"(\w+)",', (HERE / "own_ways.c").read_text())


@pytest.mark.parametrize("way", WAYS)
def test_a_program_is_as_untraced(way: str, own_ways: Path, tmp_path: Path) -> None:
    import resource

    def no_core() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    alone = subprocess.run(
        [own_ways, way], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, preexec_fn=no_core
    )
    status, said, ways = traced(tmp_path / "lines", [str(own_ways), way], "--in-task")
    assert said == alone.stdout
    assert status == alone.returncode
    assert ways.get(RECORDED) == 1


@pytest.mark.parametrize("what", ["tracefs-task", "memfd:"], ids=["block", "block-and-buffers"])
def test_a_hostile_program_harms_itself_alone(what: str, directory: Path) -> None:
    """It writes over its blocks, or the buffers: the engine goes on, others run to their end, a reader comes to the
    end."""
    scribbler, errors = compiled("scribbler", directory), list[str]()
    engine, sink, buffer = new_engine(0, errors.append, size=1 << 20, in_task=True)
    try:
        engine.want(sink, ON)
        with open(os.devnull, "w") as null:
            for seed in range(6):
                with tempfile.TemporaryFile() as said:
                    hostile = engine.spawn(
                        [str(scribbler), str(seed), "300", what], stdout=said.fileno(), stderr=null.fileno()
                    )
                    script = "for i in 1 2 3; do /bin/true; done; exit 7"
                    other = engine.spawn(["/bin/sh", "-c", script], stdout=null.fileno(), stderr=null.fileno())
                    if not hostile.has_ended(20):  # it may well have stopped itself
                        os.kill(hostile.pid, signal.SIGKILL)
                    assert other.wait() == 7
                    said.seek(0)
                    assert said.read() == b"found\n"
        assert engine.in_task_reasons() == {RECORDED: 6 * 5}
        for cpu in range(buffer.cpus):
            with contextlib.suppress(ValueError):
                for _ in buffer.iterate(cpu):
                    pass
    finally:
        engine.stop()
    assert errors == []


HOLDING = ("affinity", "clone3", "exec_chain", "exec_from_thread", "faults", "interrupted_waits", "jobs", "registers", "restart",
           "seccomp", "sigmask", "signals_queued", "threads", "timers", "vfork")  # fmt: skip


@pytest.mark.parametrize("name", HOLDING)
def test_a_program_that_checks_itself_holds(name: str, programs: Path) -> None:
    errors: list[str] = []
    engine, sink, buffer = new_engine(0, errors.append, in_task=True)
    try:
        engine.want(sink, ON)
        with tempfile.TemporaryFile() as said, open(os.devnull, "w") as null:
            status = engine.spawn([str(programs / name)], stdout=null.fileno(), stderr=said.fileno()).wait()
            said.seek(0)
            assert (status, said.read().decode()) == (0, "")
        assert engine.in_task_reasons().get(RECORDED, 0) >= 1
        assert buffer.entries() > 0
    finally:
        engine.stop()
    assert errors == []


@pytest.mark.parametrize(
    ("wrapper", "why"),
    [
        (["sh", "-c", 'ulimit -v 4000000; exec "$@"', "sh"], "limits of memory or stack"),
        (["sh", "-c", 'ulimit -s unlimited 2>/dev/null || ulimit -s 1000000; exec "$@"', "sh"], "limits of memory or stack"),
        (["setpriv", "--no-new-privs"], "credentials or confinement changed"),
        (["sh", "-c", 'trap "" SYS; exec "$@"', "sh"], "could not map the buffers"),
    ],
    ids=["memory", "stack", "privileges", "ignored"],
)  # fmt: skip
def test_who_cannot_goes_by_stops(wrapper: list[str], why: str, own_ways: Path, tmp_path: Path) -> None:
    by_stops, by_itself = tmp_path / "stops", tmp_path / "itself"
    argv = [*wrapper, str(own_ways), "plain"]
    one, two = traced(by_stops, argv), traced(by_itself, argv, "--in-task")
    assert two[:2] == one[:2]
    assert two[2] == {RECORDED: 1, why: 1}
    assert Counter(what.split("(")[0] for _, _, what in lines(by_itself)) == Counter(
        what.split("(")[0] for _, _, what in lines(by_stops)
    )


def test_filters_and_pairs_are_as_by_stops(tmp_path: Path) -> None:
    argv = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=300", "status=none"]
    for options in (["-e", "write", "-f", "count > 0"], ["-e", "read"], ["--json", "-e", "openat", "-z"], ["--strace"]):
        by_stops, by_itself = tmp_path / "stops", tmp_path / "itself"
        one, two = traced(by_stops, argv, *options), traced(by_itself, argv, "--in-task", *options)
        assert (two[0], two[2]) == (one[0], {RECORDED: 1})
        assert len(by_itself.read_text().splitlines()) == len(by_stops.read_text().splitlines()), options


@pytest.mark.parametrize("workload", ["fork", "exec_chain", "threads"])
def test_killed_before_each_operation(workload: str, programs: Path) -> None:
    outcomes = run_harness(
        programs, workload, "--tracer", "in-task", "--how", "spawn", "--kills", "10", "--first", "30"
    )
    assert harms(outcomes) == ""
    assert killed(outcomes) >= 8


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", [1, 200, 1000])
@pytest.mark.parametrize(
    "workload", ["fork", "exec_chain", "signals_queued", "sigchld", "jobs_threads", "vfork", "threads"]
)
def test_hundreds_of_deaths(workload: str, first: int, programs: Path) -> None:
    how = ("--tracer", "in-task", "--how", "spawn", "--kills", "150", "--first", str(first))
    assert harms(run_harness(programs, workload, *how, timeout=1800)) == ""


def test_a_signal_of_the_tracers_own_ends_the_run_in_order(tmp_path: Path) -> None:
    """SIGTERM to the tracer while a program records itself."""
    command = [sys.executable, "-m", "tracefs.cli", "run", "--in-task", "-w", str(tmp_path / "lines"), "--"]
    command += ["sh", "-c", "echo; sleep 30"]
    tracer = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert tracer.stdout is not None
    assert tracer.stdout.readline() == b"\n"
    tracer.send_signal(signal.SIGTERM)
    assert tracer.wait(60) in (-signal.SIGTERM, 128 + signal.SIGTERM)
    tracer.stdout.close()
