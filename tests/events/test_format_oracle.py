# SPDX-License-Identifier: GPL-2.0-only
"""Our `format` files against those of this kernel's tracefs."""

import re
from pathlib import Path

import pytest

from tests.events.conftest import without_ours
from tracefs.events import HEADER_EVENT, HEADER_PAGE, REGISTRY
from tracefs.syscalls import SYSCALLS

pytestmark = pytest.mark.oracle

OURS_ALONE = {event for event in REGISTRY.by_id.values() if event.system in ("compat_syscalls", "ptrace")}


def without_id(text: str) -> str:
    return re.sub(r"^ID: \d+$", "ID: -", text, flags=re.M)


def test_every_format_of_ours_is_the_kernels_but_for_the_id(oracle: Path) -> None:
    for event in REGISTRY.by_id.values():
        path = oracle / "events" / event.system / event.name / "format"
        if event not in OURS_ALONE and (event.syscall is None or event.syscall.in_kernel):
            assert without_id(without_ours(event).format()) == without_id(path.read_text())


def test_every_syscall_event_of_the_kernel_is_ours_too(oracle: Path) -> None:
    theirs = {path.parent.name for path in (oracle / "events" / "syscalls").glob("*/format")}
    assert theirs - REGISTRY.systems["syscalls"].keys() == set()


def test_only_calls_marked_in_the_table_have_no_event_in_the_kernel(oracle: Path) -> None:
    theirs = {path.parent.name.removeprefix("sys_enter_") for path in oracle.glob("events/syscalls/sys_enter_*/format")}
    assert {syscall.name for syscall in SYSCALLS if syscall.name not in theirs} <= {
        syscall.name for syscall in SYSCALLS if not syscall.in_kernel
    }


def test_files_that_steer_an_event_are_there_where_the_kernel_has_them(oracle: Path) -> None:
    for event in REGISTRY.by_id.values():
        directory = oracle / "events" / event.system / event.name
        if directory.exists():
            assert (directory / "enable").exists() is (directory / "filter").exists() is event.switched


def test_header_texts_are_the_kernels(oracle: Path) -> None:
    subbuf_size = 1024 * int((oracle / "buffer_subbuf_size_kb").read_text())
    assert (oracle / "events" / "header_page").read_text() == HEADER_PAGE(subbuf_size)
    assert (oracle / "events" / "header_event").read_text() == HEADER_EVENT
