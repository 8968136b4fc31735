# SPDX-License-Identifier: GPL-2.0-only
"""events/, set_event and available_events. Byte for byte against the kernel: tests/kernel/test_control_files.py."""

from __future__ import annotations

import errno
import os

import pytest

from tests.tree.conftest import Files
from tests.tree.test_control import refused
from tracefs.events import REGISTRY, EventClass
from tracefs.tree.event import InstanceEvent
from tracefs.tree.node import Directory

OPENAT = "events/syscalls/sys_enter_openat"


def event(system: str, name: str) -> EventClass:
    found = REGISTRY.find(system, name)
    assert found
    return found


def recorded(files: Files) -> set[str]:
    """What the engine was told to record."""
    return {REGISTRY.by_id[id].name for id in files.engine.wanted[0].events}


def listed(files: Files, path: str) -> set[str]:
    node = files.tree.lookup(path)
    assert isinstance(node, Directory)
    return set(node.names())


def test_directory_of_an_event_and_of_a_system(files: Files) -> None:
    assert listed(files, "events") >= {"enable", "header_page", "header_event", "syscalls", "sched", "ftrace"}
    assert listed(files, "events/signal") == {"enable", "filter", "signal_deliver", "signal_generate"}
    assert listed(files, OPENAT) >= {"enable", "filter", "format", "id"}


def test_records_of_ftrace_itself_cannot_be_switched(files: Files) -> None:
    assert listed(files, "events/ftrace") == {"kernel_stack", "print", "raw_data", "user_stack"}
    assert listed(files, "events/ftrace/raw_data") == {"format"}
    assert not listed(files, "events/ftrace/print") & {"enable", "filter"}
    assert "ftrace:print" not in files.read("available_events")


@pytest.mark.parametrize(
    "path", ["events/nosuch", "events/syscalls/nosuch", f"{OPENAT}/nosuch", "events/ftrace/enable"]
)
def test_what_is_not_there_is_enoent(files: Files, path: str) -> None:
    with pytest.raises(FileNotFoundError):
        files.read(path)


def test_format_and_id_of_an_event(files: Files) -> None:
    assert files.read(f"{OPENAT}/id") == "1538\n"
    assert files.read(f"{OPENAT}/format").startswith("name: sys_enter_openat\nID: 1538\nformat:\n")


def test_enabling_one_event(files: Files) -> None:
    files.write(f"{OPENAT}/enable", "1\n")
    assert files.read(f"{OPENAT}/enable") == "1\n"
    assert files.read("set_event") == "syscalls:sys_enter_openat\n"
    assert recorded(files) == {"sys_enter_openat"}
    files.write(f"{OPENAT}/enable", "0\n")
    assert recorded(files) == set()


def test_enabling_an_event_makes_the_buffer_what_it_will_be(files: Files) -> None:
    files.write(f"{OPENAT}/enable", "1")
    assert files.read("buffer_size_kb") == "1410\n"


def test_enable_of_a_group_says_whether_all_agree(files: Files) -> None:
    assert (files.read("events/task/enable"), files.read("events/enable")) == ("0\n", "0\n")
    files.write("events/task/enable", "1")
    assert (files.read("events/task/enable"), files.read("events/enable")) == ("1\n", "X\n")
    files.write("events/task/task_newtask/enable", "0")
    assert files.read("events/task/enable") == "X\n"
    files.write("events/enable", "1")
    assert (files.read("events/task/enable"), files.read("events/enable")) == ("1\n", "1\n")
    assert files.read("set_event") == files.read("available_events")


def test_enabling_all_is_one_message_to_the_engine(files: Files) -> None:
    before = files.engine.messages
    files.write("events/enable", "1")
    assert files.engine.messages == before + 1


@pytest.mark.parametrize(
    "name", ["sys_enter_openat", "syscalls:sys_enter_openat", ":sys_enter_openat", "*:sys_enter_openat"]
)
def test_set_event_by_name(files: Files, name: str) -> None:
    files.write("set_event", name)
    assert recorded(files) == {"sys_enter_openat"}


@pytest.mark.parametrize("name", ["task", "task:", "task:*", "tas*:*", "task_*", ":task_*"])
def test_set_event_of_several(files: Files, name: str) -> None:
    files.write("set_event", name)
    assert recorded(files) == {"task_newtask", "task_prctl_unknown", "task_rename"}


def test_set_event_takes_a_word_at_a_time(files: Files) -> None:
    data = " signal:signal_deliver task_rename\n"
    taken = files.write("set_event", data)
    assert taken == len(" signal:signal_deliver ")
    files.write("set_event", data[taken:], os.O_WRONLY)
    assert recorded(files) == {"signal_deliver", "task_rename"}


def test_set_event_adds_and_removes(files: Files) -> None:
    files.write("set_event", "task", os.O_WRONLY)
    files.write("set_event", "!task_newtask", os.O_WRONLY)
    assert recorded(files) == {"task_prctl_unknown", "task_rename"}


def test_opening_set_event_for_truncation_disables_all(files: Files) -> None:
    files.write("events/enable", "1")
    files.open("set_event", os.O_WRONLY | os.O_TRUNC).release()
    assert files.read("events/enable") == "0\n"


@pytest.mark.parametrize("name", ["nosuch", "!nosuch", "signal:nosuch", "!", "ftrace:print", ":mod:ext4", "x" * 200])
def test_set_event_of_nothing_is_einval_and_changes_nothing(files: Files, name: str) -> None:
    files.write("set_event", "task_rename")
    with pytest.raises(OSError, match=rf"Errno {errno.EINVAL}"):
        files.write("set_event", name, os.O_WRONLY)
    assert recorded(files) == {"task_rename"}


def test_filter_reaches_the_engine_and_zero_takes_it_away(files: Files) -> None:
    assert files.read(f"{OPENAT}/filter") == "none\n"
    files.write(f"{OPENAT}/filter", "dfd == 3\n")
    assert files.read(f"{OPENAT}/filter") == "dfd == 3\n"
    openat = event("syscalls", "sys_enter_openat")
    compiled = files.tree.top.events.peek(openat).filter.compiled
    assert compiled
    assert files.engine.wanted[0].filters == {openat.id: compiled}
    files.write(f"{OPENAT}/filter", "0\n")
    assert files.engine.wanted[0].filters == {}


def test_refused_filter_is_shown_and_logged_with_its_place(files: Files) -> None:
    assert refused(files, f"{OPENAT}/filter", "dfd == 3 && nosuch == 1\n") == "EINVAL"
    assert files.read(f"{OPENAT}/filter") == (
        "dfd == 3 && nosuch == 1\n                   ^\nparse_error: Field not found\n\n"
    )
    assert files.read("error_log").partition("] ")[2] == (
        "event filter parse error: error: Field not found\n"
        "  Command: dfd == 3 && nosuch == 1\n"
        "                              ^\n"
    )


def test_filter_of_a_system_goes_to_the_events_that_have_the_field(files: Files) -> None:
    files.write("events/task/filter", "clone_flags == 0")
    assert files.read("events/task/task_newtask/filter") == "clone_flags == 0\n"
    assert "parse_error" in files.read("events/task/task_rename/filter")
    assert files.read("events/task/filter").startswith("### global filter ###\n")


def test_header_page_knows_the_size_of_a_sub_buffer(files: Files) -> None:
    files.write("buffer_subbuf_size_kb", "8")
    assert "size:8176" in files.read("events/header_page")


def test_soft_mode_is_shown_with_a_star() -> None:
    """As enable_event and disable_event triggers use it."""
    state = InstanceEvent(event("signal", "signal_deliver"))
    seen = [state.state]
    state.begin_soft()
    seen.append(state.state)
    state.switch(True)
    seen.append(state.state)
    state.switch(False)
    seen.append(state.state)
    state.end_soft()
    seen.append(state.state)
    assert seen == ["0", "0*", "1*", "0*", "0"]


def test_what_was_enabled_before_soft_mode_stays_enabled_after() -> None:
    state = InstanceEvent(event("signal", "signal_deliver"))
    state.switch(True)
    state.begin_soft()
    state.end_soft()
    assert (state.state, state.recorded) == ("1", True)


def test_filters_and_triggers_of_all_events_are_shown_together(files: Files) -> None:
    assert (files.read("show_event_filters"), files.read("show_event_triggers")) == ("", "")
    files.write("events/task/task_newtask/filter", "pid > 5")
    files.write("events/sched/sched_process_exit/filter", "prio == 120 && group_dead == 1")
    files.write("events/task/task_rename/filter", "0")
    files.write("events/task/task_rename/trigger", "traceoff:3")
    files.write("events/task/task_rename/trigger", "stacktrace if pid == 1")
    files.write("events/sched/sched_process_fork/trigger", "hist:keys=parent_pid")
    assert files.read("show_event_filters").splitlines() == [
        "sched:sched_process_exit\tprio == 120 && group_dead == 1",
        "task:task_newtask\tpid > 5",
    ]
    assert files.read("show_event_triggers").splitlines() == [
        "sched:sched_process_fork\thist:keys=parent_pid:vals=hitcount:sort=hitcount:size=2048 [active]",
        "task:task_rename\tstacktrace:unlimited if pid == 1",
        "task:task_rename\ttraceoff:count=3",
    ]
