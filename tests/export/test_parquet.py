# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs export parquet`: a row a call, asked by DuckDB."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.export.perfetto.test_native import SCRIPT
from tests.mount.mounting import PATIENCE, TRACEFS

duckdb = pytest.importorskip("duckdb", reason="NO DUCKDB: pip install duckdb")
pytest.importorskip("pyarrow", reason="NO PYARROW: pip install pyarrow")

from tracefs.export import parquet  # noqa: E402
from tracefs.export.forms import Wish  # noqa: E402
from tracefs.export.recorded import of_trace_dat  # noqa: E402

Ask = Callable[[str], list[tuple[Any, ...]]]
SHELL = "cat /nonexistent 2> /dev/null; cd /etc; cat hostname > /dev/null"


def tracefs(*words: str | Path) -> None:
    done = subprocess.run([*TRACEFS, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trace = tmp_path_factory.mktemp("recording") / "trace.dat"
    tracefs("run", "--trace-dat", "-y", "-w", trace, "--", "sh", "-c", SHELL)
    return trace


@pytest.fixture(scope="module")
def ask(recording: Path) -> Ask:
    """SQL over the table `calls`."""
    file = recording.with_name("calls.parquet")
    tracefs("export", "parquet", file, recording)
    connection = duckdb.connect()
    connection.execute(f"create view calls as select * from '{file}'")
    return lambda sql: connection.execute(sql).fetchall()  # type: ignore[no-any-return]


def test_who_opened_this_file(ask: Ask) -> None:
    """By the directory that a relative name is in."""
    sql = "select comm, args['flags'], error, ret from calls where list_contains(paths, '/etc/hostname') and name = 'openat'"
    assert ask(sql) == [("cat", "O_RDONLY", None, 3)]


def test_what_failed_and_why(ask: Ask) -> None:
    found = ask(
        "select comm, ret, errno, error, paths from calls where args['filename'] = '\"/nonexistent\"' and name = 'openat'"
    )
    assert found == [("cat", -2, 2, "ENOENT", ["/nonexistent"])]


def test_registers_numbers_and_times_are_what_they_were(ask: Ask) -> None:
    ((bad,),) = ask(
        """select count(*) from calls where dur < 0 or ts < now() - interval 1 hour or ts > now() or pid > tid or nr is null
        or len(regs) > 6 or (name = 'close' and regs[1]::varchar != regexp_extract(args['fd'], '^\\d+'))"""
    )
    assert bad == 0
    assert ask("select distinct nr, name from calls where name in ('openat', 'execve') order by 1") == [
        (59, "execve"),
        (257, "openat"),
    ]


def test_each_row_says_which_machine(ask: Ask) -> None:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert ask("select distinct host, boot_id from calls") == [(parquet.here().host, boot)]


def test_calls_that_do_not_end_have_no_result(ask: Ask) -> None:
    assert set(ask("select ret, errno, dur is not null from calls where name = 'exit_group'")) == {(None, None, True)}


def test_partitions_by_date_and_host(recording: Path, tmp_path: Path) -> None:
    """Two hosts, one of them twice: three files, in the layout that engines know."""
    for host in ("web/1", "db", "db"):
        tracefs("export", "--to", tmp_path / "fleet", "--host", host, "parquet", recording)
    assert not list(tmp_path.rglob("*.part"))
    assert {path.parent.name for path in tmp_path.rglob("*.parquet")} == {"host=web%2F1", "host=db"}
    found = duckdb.execute(
        f"""select host, count(distinct filename), count(*) = count(*) filter (date = ts::date)
        from read_parquet('{tmp_path}/fleet/*/*/*.parquet', hive_partitioning = true, filename = true) group by 1 order by 1"""
    ).fetchall()
    assert found == [("db", 2, True), ("web/1", 1, True)]


def test_row_groups_are_stretches_of_time(recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS", 100)
    file = tmp_path / "calls.parquet"
    file.write_bytes(written(recording))
    found = duckdb.execute(
        f"""select stats_min_value::timestamp, stats_max_value::timestamp from parquet_metadata('{file}')
        where path_in_schema = 'ts' order by row_group_id"""
    ).fetchall()
    assert len(found) > 2
    assert all(first <= last for first, last in found)
    assert [last for _, last in found] == sorted(last for _, last in found)


def written(recording: Path) -> bytes:
    made = parquet.make(of_trace_dat(recording), Wish(), -1)
    return b"".join(iter(lambda: made.take(True), b""))


@pytest.mark.parametrize("options", [[], ["-y"]])
def test_c_says_what_python_says(options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = tmp_path / "trace.dat"
    command = [*TRACEFS, "run", "--trace-dat", *options, "-w", str(trace), "--", "python3", "-c", SCRIPT]
    subprocess.run(command, check=True, timeout=PATIENCE)
    (tmp_path / "c.parquet").write_bytes(written(trace))
    monkeypatch.setattr(parquet, "is_ours", lambda source: False)
    (tmp_path / "python.parquet").write_bytes(written(trace))
    here = "select * exclude (ts)"  # that is a clock beside another one, read twice
    c, python = (f"{here} from '{tmp_path / name}.parquet'" for name in ("c", "python"))
    assert duckdb.execute(f"({c}) except ({python})").fetchall() == []
    assert duckdb.execute(f"({python}) except ({c})").fetchall() == []
    assert duckdb.execute(f"select count(*) > 500 from '{tmp_path / 'c.parquet'}'").fetchall() == [(True,)]
