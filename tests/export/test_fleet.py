# SPDX-License-Identifier: GPL-2.0-only
"""docs/fleet.md: its queries over three hosts, which are namespaces here, and its manifests before those who judge
them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.mount.mounting import PATIENCE

duckdb = pytest.importorskip("duckdb", reason="NO DUCKDB: pip install duckdb")
pytest.importorskip("pyarrow", reason="NO PYARROW: pip install pyarrow")

DOCS = Path(__file__).parents[2] / "docs"
QUERIES = {
    (language, int(number)): sql
    for language, sql, number in re.findall(
        r"```(sql|clickhouse)\n(-- (\d+)\..*?)```", (DOCS / "fleet.md").read_text(), re.DOTALL
    )
}
HOSTS = {"web1": "old", "web2": "new", "db": "old"}
"""And which program each of them runs."""
SERVICE = """
import os, socket, sys
open("/etc/hostname").read()
try: open("/etc/shadow.of.nobody")
except OSError: pass
with open(sys.argv[1] + "/data", "wb", buffering=0) as out: out.write(b"x" * 1000)
os.remove(sys.argv[1] + "/data")
server = socket.socket(); server.bind(("127.0.0.1", 8080))
try: socket.create_connection(("127.0.0.1", 81))
except OSError: pass
os.execv(sys.argv[2], [sys.argv[2]])
"""
Ask = Callable[[int], list[tuple[Any, ...]]]


def on_host(name: str, program: str, directory: Path, fleet: Path) -> None:
    """It records itself, and adds its file."""
    work = directory / name
    work.mkdir()
    shutil.copy("/bin/true", directory / program)
    tracefs = f"{sys.executable} -m tracefs.cli"
    script = f"""hostname {name} && ip link set lo up &&
    {tracefs} run -y --trace-dat -w {work}/trace.dat -- python3 -Ssc "$0" {work} {directory / program} &&
    {tracefs} export --to {fleet} parquet {work}/trace.dat"""
    unshare = ["unshare", "--user", "--map-root-user", "--uts", "--net", "--pid", "--fork", "--mount-proc"]
    done = subprocess.run(
        [*unshare, "sh", "-c", script, SERVICE], capture_output=True, text=True, timeout=2 * PATIENCE, check=False
    )
    if "unshare" in done.stderr:
        pytest.skip(f"NO NAMESPACES: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of three hosts: the first day's is what a host that runs the old program did."""
    directory = tmp_path_factory.mktemp("fleet")
    for name, program in HOSTS.items():
        on_host(name, program, directory, directory / "fleet")
    (today,) = (directory / "fleet").iterdir()
    yesterday = today.with_name("date=2000-01-01")
    shutil.copytree(today / "host=db", yesterday / "host=db")
    return directory / "fleet"


@pytest.fixture(scope="module")
def ask(fleet: Path) -> Ask:
    connection = duckdb.connect()
    connection.execute(
        f"create view calls as select * from read_parquet('{fleet}/*/*/*.parquet', hive_partitioning = true)"
    )
    return lambda number: connection.execute(QUERIES["sql", number]).fetchall()  # type: ignore[no-any-return]


def test_there_are_ten() -> None:
    assert [number for language, number in QUERIES if language == "sql"] == list(range(1, 11))


def test_the_slowest_calls_by_service(ask: Ask) -> None:
    found = ask(1)
    assert len(found) == 20
    assert found == sorted(found, key=lambda row: -row[4])
    assert all(p99 <= most for _, _, _, p99, most in found)


def test_errors_by_path(ask: Ask) -> None:
    assert ("ENOENT", "/etc/shadow.of.nobody", 4, 3) in ask(2)


def test_programs_that_are_new_since_yesterday(ask: Ask) -> None:
    found = [(Path(program).name, hosts) for program, _, hosts in ask(3)]
    assert ("new", ["web2"]) in found
    assert "old" not in {name for name, _ in found}


def test_who_opened_this_file(ask: Ask) -> None:
    found = [(host, comm, times, how) for host, comm, _, _, times, how in ask(4)]
    assert found == [
        (host, "python3", times, ["O_RDONLY|O_CLOEXEC"]) for host, times in (("db", 2), ("web1", 1), ("web2", 1))
    ]


def test_connections_that_failed(ask: Ask) -> None:
    ((peer, error, calls, hosts),) = ask(5)
    assert ('sin_port=htons(81), sin_addr=inet_addr("127.0.0.1")' in peer, error, calls, hosts) == (
        True, "ECONNREFUSED", 4, ["db", "web1", "web2"],
    )  # fmt: skip


def test_who_listens(ask: Ask) -> None:
    assert [(host, comm, "8080" in address) for host, comm, address in ask(6)] == [
        (host, "python3", True) for host in sorted(HOSTS)
    ]


def test_where_the_time_goes(ask: Ask) -> None:
    seconds = [row[3] for row in ask(7)]
    assert seconds == sorted(seconds, reverse=True)
    assert {row[0] for row in ask(7)} == set(HOSTS)


def test_what_was_deleted(ask: Ask) -> None:
    found = [(host, name, Path(paths[0]).name) for host, _, name, paths, _ in ask(8)]
    assert found == [(host, "unlink", "data") for host in ("db", "db", "web1", "web2")]


def test_bytes_by_file(ask: Ask) -> None:
    written = [(host, bytes_written) for host, _, path, _, bytes_written in ask(9) if path.endswith("/data")]
    assert written == [("db", 2000), ("web1", 1000), ("web2", 1000)]


def test_what_was_denied_is_a_query_of_its_own(ask: Ask) -> None:
    assert [row[0] for row in ask(10)] == sorted(row[0] for row in ask(10))


@pytest.mark.parametrize("number", [number for language, number in QUERIES if language == "clickhouse"])
def test_clickhouse_says_the_same(number: int, fleet: Path, ask: Ask) -> None:
    chdb = pytest.importorskip("chdb", reason="NO CLICKHOUSE: pip install chdb")
    answer = chdb.query(QUERIES["clickhouse", number].replace("/srv/fleet", str(fleet)), "JSONCompactStrings")
    import json

    theirs = [tuple(row) for row in json.loads(str(answer))["data"]]
    if number == 4:
        assert theirs == [(host, comm, str(times)) for host, comm, _, _, times, _ in ask(4)]
    else:
        assert theirs == [tuple(map(str, row)) for row in ask(number)]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="NO SYSTEMD: systemd-analyze is not installed")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "tracefs@x.service"
    unit.write_text((DOCS / "fleet/tracefs@.service").read_text().replace("/usr/local/bin/tracefs", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if "tracefs@" in line]) == (0, [])


def test_kubernetes_accepts_the_manifest() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="NO VALIDATOR: pip install kubernetes-validate")
    yaml = pytest.importorskip("yaml")
    manifest = yaml.safe_load((DOCS / "fleet/sidecar.yaml").read_text())
    validate.validate(manifest, "1.28", strict=True)
    for container in manifest["spec"]["template"]["spec"]["containers"]:
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
