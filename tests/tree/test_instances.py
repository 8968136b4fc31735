# SPDX-License-Identifier: GPL-2.0-only
"""instances/: trees of their own."""

from __future__ import annotations

import errno
import gc
import os
import threading

import pytest

from tests.tree.conftest import Files
from tests.tree.test_control import refused
from tracefs.tree import use
from tracefs.tree.node import Directory
from tracefs.tree.options import BY_NAME


def directory(files: Files, path: str) -> Directory:
    node = files.tree.lookup(path)
    assert isinstance(node, Directory)
    return node


@pytest.fixture
def foo(files: Files) -> Files:
    directory(files, "instances").mkdir("foo")
    return files


def test_instance_has_what_is_not_the_tops_alone(foo: Files) -> None:
    top, own = set(directory(foo, "").names()), set(directory(foo, "instances/foo").names())
    assert own < top
    assert top - own == {
        "README",
        "available_events",
        "dynamic_events",
        "instances",
        "printk_formats",
        "saved_cmdlines",
        "saved_cmdlines_size",
        "saved_tgids",
        "synthetic_events",
    }


def test_instance_is_full_size_from_the_start(foo: Files) -> None:
    assert foo.read("instances/foo/buffer_size_kb") == "1410\n"


def test_each_has_its_own_tracer_events_filters_pids_and_options(foo: Files) -> None:
    foo.write("instances/foo/current_tracer", "syscall")
    foo.write("instances/foo/set_event", "task")
    foo.write("instances/foo/events/task/filter", "pid == 1")
    foo.write("instances/foo/set_event_pid", "7")
    foo.write("instances/foo/options/verbose", "1")
    names = (
        "current_tracer",
        "set_event",
        "events/task/enable",
        "events/task/task_rename/filter",
        "set_event_pid",
        "options/verbose",
    )
    top = [foo.read(name) for name in names]
    assert top == ["nop\n", "", "0\n", "none\n", "", "0\n"]
    wanted = foo.engine.wanted
    assert (wanted[0].tracer, wanted[1].tracer) == (False, True)
    assert (len(wanted[0].events), len(wanted[1].events)) == (0, 3)


def test_each_has_its_own_buffer(foo: Files) -> None:
    foo.write("instances/foo/trace_marker", "hello")
    assert "hello" in foo.read("instances/foo/trace")
    assert "hello" not in foo.read("trace")


def test_existing_name_is_eexist(foo: Files) -> None:
    with pytest.raises(FileExistsError):
        directory(foo, "instances").mkdir("foo")


@pytest.mark.parametrize("path", ["", "events", "events/syscalls", "options", "instances/foo", "instances/foo/events"])
def test_elsewhere_directories_are_neither_made_nor_removed(foo: Files, path: str) -> None:
    with pytest.raises(PermissionError):
        directory(foo, path).mkdir("bar")
    with pytest.raises(PermissionError):
        directory(foo, path).rmdir("signal")


def test_removed_instance_is_gone_with_its_recording(foo: Files) -> None:
    directory(foo, "instances").rmdir("foo")
    assert list(directory(foo, "instances").names()) == []
    assert list(foo.engine.sinks) == [0]
    with pytest.raises(FileNotFoundError):
        foo.read("instances/foo/trace")
    with pytest.raises(FileNotFoundError):
        directory(foo, "instances").rmdir("foo")


@pytest.mark.parametrize("path", ["trace", "trace_pipe", "options/raw", "events/signal/signal_deliver/filter"])
def test_instance_with_an_open_file_is_busy(foo: Files, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use, "GRACE", 0.01)
    opened = foo.open(f"instances/foo/{path}")
    with pytest.raises(OSError, match=rf"Errno {errno.EBUSY}"):
        directory(foo, "instances").rmdir("foo")
    foo.read("instances/foo/trace")
    opened.release()
    directory(foo, "instances").rmdir("foo")


def test_removal_waits_for_a_close_that_is_on_its_way(foo: Files) -> None:
    opened = foo.open("instances/foo/trace")
    closing = threading.Timer(0.02, opened.release)
    closing.start()
    directory(foo, "instances").rmdir("foo")
    closing.join()


def test_open_that_fails_does_not_keep_the_instance(foo: Files) -> None:
    assert refused(foo, "instances/foo/current_tracer", "nosuch") == "EINVAL"
    directory(foo, "instances").rmdir("foo")


def test_name_can_be_used_again(foo: Files) -> None:
    foo.write("instances/foo/set_event", "signal")
    directory(foo, "instances").rmdir("foo")
    directory(foo, "instances").mkdir("foo")
    assert foo.read("instances/foo/set_event") == ""


def test_a_removed_one_frees_its_memory_and_descriptors_at_once(files: Files) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    gc.disable()  # what only that would free stays
    try:
        before = descriptors()
        directory(files, "instances").mkdir("foo")
        files.write("instances/foo/snapshot", "1")
        files.write("instances/foo/trace_marker", "text")
        files.write("instances/foo/events/syscalls/sys_enter_openat/trigger", "hist:keys=dfd")
        assert "text" in files.read("instances/foo/trace")
        assert descriptors() == before + 2
        directory(files, "instances").rmdir("foo")
        assert descriptors() == before
    finally:
        gc.enable()


def test_whoever_came_to_one_before_it_went_changes_nothing(foo: Files) -> None:
    """A change of all instances that began just before: it must not fail on one that is gone."""
    instance = foo.tree.top.shared.instances[1]
    directory(foo, "instances").rmdir("foo")
    messages = foo.engine.messages
    instance.set_option(BY_NAME["record-tgid"], True)
    assert foo.engine.messages == messages
