# SPDX-License-Identifier: GPL-2.0-only
"""Sets of calls: what follows from the types, and what strace means by the same names."""

from __future__ import annotations

from tracefs.front import sets
from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.types import load


def test_the_file_says_what_follows_from_the_types() -> None:
    assert sets.BY_TYPE.read_text() == sets.computed(load()), "run scripts/gen-sets"


def test_all_names_in_sets_are_calls() -> None:
    calls = {call.uapi_name for call in SYSCALLS}
    assert {name: each.calls - calls for name, each in sets.sets().items() if each.calls - calls} == {}


def test_sets_by_type_and_by_name() -> None:
    file, desc = sets.sets()["file"].calls, sets.sets()["desc"].calls
    assert {"openat", "execve", "getcwd", "renameat2"} <= file
    assert "read" not in file
    assert {"read", "openat", "mmap", "sendfile"} <= desc
    assert not {"socket", "getpid", "waitid"} & desc
    assert sets.sets()["%stat"].calls == {"stat", "lstat", "fstat", "newfstatat", "statx"}


def test_arguments_that_are_names_of_files() -> None:
    assert sets.arguments()["path"]["rename"] == ("oldname", "newname")
