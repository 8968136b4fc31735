# SPDX-License-Identifier: GPL-2.0-only
"""Parquet of many hosts: bytes a call, and how long docs/fleet.md's queries take over 100 million calls (DuckDB)."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Figure

ROWS = 100_000_000
WORK = {
    "find": ["find", "/usr/share"],
    "python": [sys.executable, "-c", "import json, urllib.request, xml.dom.minidom, unittest, asyncio"],
    "dd": ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=20000", "status=none"],
}
BYTES_GOAL, SECONDS_GOAL = 40, 60


def run(args: argparse.Namespace) -> list[Figure]:
    try:
        import duckdb
    except ImportError:
        print("fleet: duckdb is not installed", file=sys.stderr)
        return []
    figures = []
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as directory:
        fleet, day = Path(directory) / "fleet", "date=2026-01-01"
        for name, argv in WORK.items():
            recording = Path(directory) / "trace.dat"
            tracefs = [sys.executable, "-m", "tracefs.cli"]
            subprocess.run(
                [*tracefs, "run", "-y", "--trace-dat", "-w", recording, "--", *argv],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            subprocess.run([*tracefs, "export", "--to", fleet / name, "--host", name, "parquet", recording], check=True)
            (file,) = (fleet / name).rglob("*.parquet")
            ((calls,),) = duckdb.sql(f"select count(*) from '{file}'").fetchall()
            size = file.stat().st_size
            figures.append(
                Figure(f"{name}: bytes a call", size / calls, BYTES_GOAL, note=f"{calls:,} calls, {size:,} bytes")
            )
        files = list(fleet.rglob("*.parquet"))
        ((calls,),) = duckdb.sql(f"select count(*) from '{fleet}/**/*.parquet'").fetchall()
        hosts = (ROWS // 100 if args.quick else ROWS) // calls
        for number in range(hosts):  # links: what is read is the same, its names are not
            host = fleet / "all" / day / f"host=h{number}"
            host.mkdir(parents=True)
            for file in files:
                os.link(file, host / f"{file.parts[-4]}.parquet")
        connection = duckdb.connect()
        connection.execute(
            f"create view calls as select * from read_parquet('{fleet}/all/*/*/*.parquet', hive_partitioning = true)"
        )
        queries = re.findall(r"```sql\n-- (\d+\. .*?)\n(.*?)```", Path("docs/fleet.md").read_text(), re.DOTALL)
        for name, sql in queries:
            start = time.perf_counter()
            connection.execute(sql).fetchall()
            took = time.perf_counter() - start
            note = f"{took:.2f} s over {hosts * calls:,} calls of {hosts} hosts"
            figures.append(Figure(f"query {name}", took, SECONDS_GOAL, " s", note))
    return figures
