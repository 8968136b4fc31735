# SPDX-License-Identifier: GPL-2.0-only
"""events/syscalls/types, events/syscalls/EVENT/types, events/syscalls/metadata."""

from __future__ import annotations

import json
import os

from tests.tree.conftest import NONBLOCK, Files
from tests.tree.test_control import refused
from tracefs.tree.node import READABLE, WRITABLE

GENERAL = "events/syscalls/types"
OPENAT = "events/syscalls/sys_enter_openat/types"


def whole(files: Files, path: str) -> str:
    """A file that is longer than one read."""
    handle = files.open(path)
    text = b""
    while piece := handle.read(1 << 17, len(text), NONBLOCK):
        text += piece
    handle.release()
    return text.decode()


def test_enter_and_exit_of_a_syscall_show_its_row(files: Files) -> None:
    row = "close fd:fd -> int\n"
    assert files.read("events/syscalls/sys_enter_close/types") == row
    assert files.read("events/syscalls/sys_exit_close/types") == row


def test_the_general_file_shows_every_type(files: Files) -> None:
    lines = whole(files, GENERAL).splitlines()
    assert "enum whence s32 dec SEEK_SET=0 SEEK_CUR=1 SEEK_END=2 SEEK_DATA=3 SEEK_HOLE=4" in lines


def test_what_is_written_is_shown_and_added_to(files: Files) -> None:
    files.write(GENERAL, "enum colour u32 dec RED=1\n", os.O_WRONLY)
    files.write(GENERAL, "extend colour BLUE=2\n", os.O_WRONLY)
    assert "enum colour u32 dec BLUE=2 RED=1\n" in whole(files, GENERAL)
    files.write(OPENAT, "mode:colour\n")
    assert files.read(OPENAT).endswith("\nmode:colour\n")


def test_truncation_goes_back_to_the_package_s_tables(files: Files) -> None:
    before = files.read(OPENAT)
    files.write(OPENAT, "mode:hex\n")
    files.open(OPENAT, os.O_WRONLY | os.O_TRUNC).release()
    assert files.read(OPENAT) == before


def test_all_instances_share_the_tables(files: Files) -> None:
    files.tree.root.lookup("instances").mkdir("one")  # type: ignore[attr-defined]
    files.write(f"instances/one/{OPENAT}", "mode:hex\n")
    assert files.read(OPENAT).endswith("\nmode:hex\n")


def test_a_bad_entry_is_einval_and_pointed_at_in_error_log(files: Files) -> None:
    assert refused(files, OPENAT, "mode:hex\nflags:nosuch\n") == "EINVAL"
    log = files.read("error_log").splitlines()
    assert log[0].endswith("] types: error: no such type: nosuch")
    assert log[1:] == ["  Command: flags:nosuch", "                 ^"]
    assert files.read(OPENAT).endswith("mode:perm\n")


def test_metadata_has_syscalls_arguments_types_and_values(files: Files) -> None:
    data = json.loads(whole(files, "events/syscalls/metadata"))
    openat = next(call for call in data["syscalls"] if call["name"] == "openat")
    assert openat["nr"] == 257
    assert openat["args"][1] == {"name": "filename", "ctype": "const char *", "type": "path"}
    assert openat["pointers"] == 0b10
    assert openat["variants"] == [{"when": {"flags": ["O_CREAT", "__O_TMPFILE"]}, "args": {"mode": "perm"}}]
    assert {"name": "O_WRONLY", "value": 1, "mask": 3} in data["types"]["open_flags"]["flags"]
    assert {"name": "SEEK_END", "value": 2} in data["types"]["whence"]["values"]


def test_metadata_is_ready_until_it_was_read_and_again_when_it_has_changed(files: Files) -> None:
    told = []
    handle = files.open("events/syscalls/metadata")
    assert handle.poll(None) == READABLE | WRITABLE
    handle.read(1 << 20, 0, NONBLOCK)
    assert handle.poll(lambda: told.append("change")) == WRITABLE
    files.write(GENERAL, "enum colour u32 dec RED=1\n")
    assert told == ["change"]
    assert handle.poll(None) == READABLE | WRITABLE
    handle.read(1 << 20, 0, NONBLOCK)
    assert handle.poll(lambda: told.append("later")) == WRITABLE
    files.open(OPENAT, os.O_WRONLY | os.O_TRUNC).release()
    assert handle.poll(None) == WRITABLE  # nothing was written to it
    handle.release()
    files.write(OPENAT, "mode:hex\n")
    assert told == ["change"]


def test_metadata_follows_what_is_written(files: Files) -> None:
    files.write(GENERAL, "enum colour u32 dec RED=1\n")
    data = json.loads(whole(files, "events/syscalls/metadata"))
    assert data["types"]["colour"]["values"] == [{"name": "RED", "value": 1}]
