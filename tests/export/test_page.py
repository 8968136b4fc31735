# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs export html`: what is in the page, and what a browser makes of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
SCRIPT = "cat '/nonexistent</script><b>' 2> /dev/null; echo text > file; (exit 3); exec true"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("page")
    command = [*TRACEFS, "run", "--html", "-y", "-w", "page.html", "--", "sh", "-c", SCRIPT]
    subprocess.run(command, cwd=directory, check=True, timeout=PATIENCE)
    return directory / "page.html"


@pytest.fixture(scope="module")
def data(page: Path) -> dict[str, Any]:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)
    data: dict[str, Any] = json.loads(found)
    return data


def test_processes_with_the_programs_that_they_ran(data: dict[str, Any]) -> None:
    found = {
        (each["depth"], tuple(program["name"] for program in each["programs"]), each["how"])
        for each in data["processes"]
    }
    assert {(1, ("sh", "cat"), "exited with 1"), (1, ("sh",), "exited with 3")} <= found
    (first,) = [each for each in data["processes"] if each["depth"] == 0]
    assert [program["name"] for program in first["programs"]][-2:] == ["sh", "true"]
    assert all(program["begin"] <= program["end"] for each in data["processes"] for program in each["programs"])


def test_calls_by_program_with_times_and_errors(data: dict[str, Any]) -> None:
    (row,) = [each for each in data["by_call"] if (each["comm"], each["name"]) == ("cat", "openat")]
    assert row["failed"] >= 1
    assert re.search(r"ENOENT \d", row["errors"])
    assert row["took"] >= row["most"] > 0
    assert sum(each["calls"] for each in data["by_call"]) == data["calls"]


def test_files_with_who_did_what(data: dict[str, Any], page: Path) -> None:
    files = {each["path"]: each for each in data["files"]}
    assert files["/nonexistent</script><b>"]["failed"] == 1
    written = files[str(page.with_name("file"))]
    assert (written["written"], written["comms"]) == (5, "sh")


def test_nothing_is_fetched(page: Path) -> None:
    assert not re.findall(r"(?:src|href)=|@import|url\(", page.read_text())


@pytest.mark.skipif(BROWSER is None, reason="NO BROWSER: chromium is not installed")
def test_a_browser_shows_it_and_says_nothing(page: Path) -> None:
    assert BROWSER
    artefacts = os.environ.get("ARTEFACTS")
    headless = [
        BROWSER,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        f"--user-data-dir={page.parent}/profile",
    ]
    done = subprocess.run(
        [*headless, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=2 * PATIENCE, check=False
    )
    if done.returncode:
        pytest.skip(f"BROWSER DOES NOT START: {done.stderr[-200:]}")
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    assert len(re.findall(r"<rect ", done.stdout)) >= 4
    assert re.search(r"<td class=\"name\" title=\"openat\">openat</td>", done.stdout)
    assert "/nonexistent&lt;/script&gt;&lt;b&gt;" in done.stdout
    if artefacts:
        picture = f"--screenshot={artefacts}/page.png"
        subprocess.run(
            [*headless, picture, "--window-size=1200,1400", page.as_uri()], timeout=2 * PATIENCE, check=False
        )
