# SPDX-License-Identifier: GPL-2.0-only
"""Which files there are: each of ours that the kernel has too is of its type and mode, and the others are known."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Oracle
from tests.tree.conftest import Files
from tracefs.syscalls import SYSCALLS
from tracefs.tree.node import Directory, Node

OPTIONAL = {"snapshot", "snapshot_raw", "hist", "synthetic_events", "show_event_filters", "show_event_triggers"}
"""Of kernels that are built with snapshots and histograms, or from 7.0 on."""
OWN = {
    "syscall_arg_type",
    "json",
    "syscall_arg_decode",
    "syscall_fd_path",
    "syscall_pair",
    "syscall_whole_paths",
    "in_task",
    "syscall_user_enter",
    "syscall_user_exit",
    "syscall_user_buf_size",
    "types",
    "metadata",
}


@pytest.fixture
def files() -> Iterator[Files]:
    files = Files()
    yield files
    files.tree.shutdown()


def walk(node: Node, path: str = "") -> Iterator[tuple[str, int]]:
    """Path and mode of everything below."""
    assert isinstance(node, Directory)
    for name in node.names():
        child, below = node.lookup(name), f"{path}/{name}".lstrip("/")
        yield below, child.mode
        if isinstance(child, Directory):
            yield from walk(child, below)


def compare(ours: Node, kernel: Path) -> list[str]:
    """What differs: PATH OURS KERNEL."""
    lacking = {call.name for call in SYSCALLS} - {
        path.name.removeprefix("sys_enter_") for path in kernel.glob("events/syscalls/sys_enter_*")
    }
    own_events = {f"events/syscalls/sys_{kind}_{name}" for kind in ("enter", "exit") for name in lacking}
    own_events |= {"events/compat_syscalls", "events/ptrace"}
    different = []
    for path, mode in walk(ours):
        parts = path.split("/")
        if parts[-1] in OWN | OPTIONAL or {"/".join(parts[:2]), "/".join(parts[:3])} & own_events:
            continue
        try:
            kernels = os.stat(kernel / path).st_mode
        except FileNotFoundError:
            different.append(f"{path}: not in the kernel")
            continue
        if mode != kernels:
            different.append(f"{path}: {mode:o}, the kernel's {kernels:o}")
    return different


@pytest.mark.oracle
def test_modes_of_the_top_are_the_kernels(files: Files, oracle: Oracle) -> None:
    assert compare(files.tree.root, oracle.root) == []


@pytest.mark.oracle
def test_modes_of_an_instance_are_the_kernels(files: Files, oracle: Oracle) -> None:
    instances = files.tree.lookup("instances")
    assert isinstance(instances, Directory)
    instances.mkdir("x")
    assert compare(files.tree.lookup("instances/x"), oracle.instance) == []
