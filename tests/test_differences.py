# SPDX-License-Identifier: GPL-2.0-only
"""docs/differences.md, as far as a machine can tell: what it calls absent is, what it calls ours is there, and all is
told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.conftest import Oracle
from tests.tree.conftest import Files
from tracefs.events import REGISTRY
from tracefs.syscalls import SYSCALLS
from tracefs.tree.control import InstanceFile
from tracefs.tree.node import Directory

TEXT = (Path(__file__).parents[1] / "docs/differences.md").read_text()
ABSENT = {"absent options:": "options", "absent files:": "", "absent events of sched:": "events/sched"}
"""What a row or an item begins with, and the directory that it is about."""


@pytest.fixture
def files() -> Iterator[Files]:
    files = Files()
    yield files
    files.tree.shutdown()


def names(files: Files, path: str = "") -> set[str]:
    node = files.tree.lookup(path)
    assert isinstance(node, Directory)
    return set(node.names())


def listed(start: str) -> list[str]:
    """The names, and globs, in the row or item that begins so."""
    found = re.search(rf"(?ms)^(?:\| |- ){start}(.+?)(?: \| |:(?: |\n)[a-z]|^- |^\n)", TEXT)
    assert found, start
    return re.findall(r"`([^`]+)`", found[1])


def matched(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def test_tables_are_whole() -> None:
    for table in re.findall(r"(?m)(?:^\|.*\n)+", TEXT):
        head, line, *rows = table.splitlines()
        assert set(line) == {"|", "-"}, head
        broken = [row for row in rows if len(re.findall(r" \|(?= |$)", row)) != head.count(" |")]
        assert not broken


@pytest.mark.parametrize(("start", "directory"), ABSENT.items())
def test_what_is_called_absent_is(files: Files, start: str, directory: str) -> None:
    assert [name for name in names(files, directory) if matched(name, listed(start))] == []


@pytest.mark.oracle
@pytest.mark.parametrize(("start", "directory"), ABSENT.items())
def test_all_that_is_absent_is_told(files: Files, oracle: Oracle, start: str, directory: str) -> None:
    lacking = {path.name for path in (oracle.root / directory).iterdir()} - names(files, directory)
    assert [name for name in sorted(lacking) if not matched(name, listed(start))] == []


@pytest.mark.oracle
def test_of_the_systems_that_are_here_no_other_event_lacks(files: Files, oracle: Oracle) -> None:
    for system in ("raw_syscalls", "signal", "syscalls", "task"):
        assert {path.name for path in (oracle.root / "events" / system).iterdir()} <= names(files, f"events/{system}")


def test_the_systems_are_those_that_are_named(files: Files) -> None:
    found = re.search(r"(?m)^- all events of other systems than (.+)\.$", TEXT)
    assert found
    told = set(re.findall(r"\w+", found[1])) - {"ours", "and"}
    assert told == set(REGISTRY.systems)


def test_options_and_files_that_are_called_ours_are_there(files: Files) -> None:
    ours = re.findall(r"(?m)^\| options? ((?:`\w+`[^|`]*)+) \| not there", TEXT)
    options = {name for row in ours for name in re.findall(r"`(\w+)`", row.partition(":")[0])}
    assert options == {name for name in names(files, "options") if name.startswith("syscall_") or name == "json"}
    for path in re.findall(r"`([\w/]+)`", re.search(r"(?m)^- (`events/syscalls/types`.+) are ours", TEXT)[1]):  # type: ignore[index]
        file = files.tree.lookup(path.replace("EVENT", "sys_enter_read"))
        assert isinstance(file, InstanceFile), path


def test_the_clocks_are_those_that_are_named(files: Files) -> None:
    found = re.search(r"the clocks of `trace_clock` are ([^|]+) \|", TEXT)
    assert found
    assert found[1].split(", ") == files.read("trace_clock").replace("[", "").replace("]", "").split()


@pytest.mark.oracle
def test_as_many_calls_as_it_says_have_events_that_the_kernel_lacks(oracle: Oracle) -> None:
    found = re.search(r"\| (\d+) calls have events that this kernel's tracefs lacks", TEXT)
    assert found
    lacking = [call.name for call in SYSCALLS if not (oracle.root / f"events/syscalls/sys_enter_{call.name}").exists()]
    assert len(lacking) == int(found[1])
