# SPDX-License-Identifier: GPL-2.0-only
"""The recorder that runs in tasks: it needs nothing but itself, and its records are those of the engine."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.capture.intask import recorder

NEEDS = {"fsgsbase", "rdpid", "cx16"}


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorder.blob(tmp_path_factory.mktemp("blob"))


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_it_runs_at_any_address_and_writes_to_nothing_of_its_own(elf: Path) -> None:
    assert "There are no relocations" in output("readelf", "-rW", str(elf))
    assert output("nm", "-u", str(elf)) == ""
    sections = re.findall(r"^ *\[ *\d+\] (\S+) +\S+ +(\S+) +\S+ (\S+)", output("readelf", "-SW", str(elf)), re.M)
    whole = {name: (int(address, 16), int(size, 16)) for name, address, size in sections}
    assert whole[".all"][0] == 0
    assert not whole.get(".writable", (0, 0))[1]
    assert whole[".all"][1] < 0x10000
    assert (elf.parent / "recorder.bin").stat().st_size == whole[".all"][1]


def test_it_leaves_vector_registers_alone(elf: Path) -> None:
    code = output("objdump", "-d", str(elf))
    assert "inside_enter" in code
    assert re.findall(r"%[xyz]mm\d|%st\b", code) == []


def test_its_records_are_the_engines_byte_for_byte(tmp_path: Path) -> None:
    flags = set(re.findall(r"\w+", next(x for x in Path("/proc/cpuinfo").read_text().splitlines() if x[:5] == "flags")))
    if not flags >= NEEDS:
        pytest.skip(f"this machine lacks {NEEDS - flags}")
    command = recorder.driver(tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        [*command, "check", str(work)], capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": "C"}
    )
    assert done.stdout.splitlines() == [
        "numbers: 188 records",
        "memory: 188 records",
        "raw: 376 records",
        "filter: 5 records",
        "376 calls",
    ]
    assert done.returncode == 0
