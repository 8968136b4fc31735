# SPDX-License-Identifier: GPL-2.0-only
"""Triggers at work."""

from __future__ import annotations

import os
import re

import pytest

from tests.tree.traced import Traced

NAP = ("sh", "-c", "sleep 0.05; sleep 0.05")


def test_syscall_latency_by_program_is_two_lines_of_shell(traced: Traced) -> None:
    traced.trigger("syscalls:sys_enter_clock_nanosleep", "hist:keys=common_pid:ts0=common_timestamp.usecs")
    traced.trigger(
        "syscalls:sys_exit_clock_nanosleep",
        "hist:keys=common_pid.execname:lat=common_timestamp.usecs-$ts0:vals=$lat:sort=lat",
    )
    traced.run(*NAP)
    found = re.findall(r"^\{ common_pid: sleep +\[ +\d+\] \} hitcount: +1  lat: +(\d+)$",
                       traced.hist("syscalls:sys_exit_clock_nanosleep"), re.MULTILINE)  # fmt: skip
    assert len(found) == 2
    assert all(int(latency) >= 50_000 for latency in found)


def test_an_event_with_triggers_is_seen_but_not_written(traced: Traced) -> None:
    traced.trigger("syscalls:sys_enter_chdir", "hist:keys=common_pid")
    assert traced.shown("syscalls:sys_enter_chdir") == "0*"
    traced.run("sh", "-c", "cd /")
    assert "Hits: 1\n" in traced.hist("syscalls:sys_enter_chdir")
    assert traced.trace() == []


def test_traceoff_ends_the_recording_before_its_event(traced: Traced) -> None:
    traced.enable("syscalls:sys_enter_chdir", "syscalls:sys_enter_exit_group")
    traced.trigger("syscalls:sys_enter_exit_group", "traceoff")
    traced.run("sh", "-c", "cd /")
    assert [line.split("(")[0] for line in traced.trace()] == ["sys_chdir"]
    assert traced.read("tracing_on") == "0\n"


def test_traceoff_with_a_filter_records_the_event_that_it_meets(traced: Traced) -> None:
    traced.enable("syscalls:sys_enter_exit_group")
    traced.trigger("syscalls:sys_enter_exit_group", "traceoff if error_code == 3")
    for status in ("0", "3", "4"):
        traced.run("sh", "-c", f"exit {status}")
    assert traced.trace() == ["sys_exit_group(error_code: 0)", "sys_exit_group(error_code: 3)"]


def test_traceon_begins_with_its_event_as_often_as_it_counts(traced: Traced) -> None:
    traced.enable("syscalls:sys_enter_exit_group")
    traced.trigger("syscalls:sys_enter_exit_group", "traceon:1")
    for status in ("1", "2"):
        traced.write("tracing_on", "0")
        traced.run("sh", "-c", f"exit {status}")
    assert traced.trace() == ["sys_exit_group(error_code: 1)"]
    assert traced.trigger("syscalls:sys_enter_exit_group") == "traceon:count=0\n"


def test_events_switch_one_another(traced: Traced) -> None:
    traced.trigger("syscalls:sys_enter_umask", "enable_event:syscalls:sys_enter_chdir")
    traced.trigger("syscalls:sys_exit_chdir", "disable_event:syscalls:sys_enter_chdir")
    traced.run("sh", "-c", "cd /; umask 022; cd /; cd /")
    assert [line.split("(")[0] for line in traced.trace()] == ["sys_chdir"]
    assert traced.shown("syscalls:sys_enter_chdir") == "0*"


def test_stacktrace_records_where_the_task_is(traced: Traced) -> None:
    traced.enable("syscalls:sys_enter_exit_group")
    traced.trigger("syscalls:sys_enter_exit_group", "stacktrace")
    traced.run("true")
    event, title, first = traced.trace()[:3]
    assert (event, title) == ("sys_exit_group(error_code: 0)", "<stack trace>")
    assert re.fullmatch(r" =>  <[0-9a-f]{16}>", first)


def test_the_stacktrace_options_record_a_stack_with_each_event(traced: Traced) -> None:
    traced.enable("syscalls:sys_enter_exit_group")
    for option in ("stacktrace", "userstacktrace"):
        traced.write("trace_options", option)
    traced.run("true")
    titles = [line for line in traced.trace() if not line.startswith(" =>")]
    assert titles == ["sys_exit_group(error_code: 0)", "<stack trace>", "<user stack trace>"]


def test_a_snapshot_is_taken_between_two_events(traced: Traced) -> None:
    traced.enable("syscalls:sys_enter_chdir", "syscalls:sys_enter_exit_group")
    traced.trigger("syscalls:sys_enter_exit_group", "snapshot:1")
    traced.run("sh", "-c", "cd /")
    assert traced.top.snapshot
    assert [line.split("(")[0] for line in traced.trace()] == ["sys_exit_group"]
    assert traced.top.snapshot.buffer.entries() == 1


def test_a_marker_runs_triggers_and_its_filters_see_the_text(traced: Traced) -> None:
    traced.trigger("ftrace:print", 'traceoff if buf ~ "*stop*"')
    for word in ("go", "stop"):
        traced.write("trace_marker", word + "\n")
    assert traced.trace() == ["tracing_mark_write: go", "tracing_mark_write: stop"]
    with pytest.raises(OSError, match="tracing is off"):
        traced.write("trace_marker", "more")


def test_a_removed_trigger_acts_no_more(traced: Traced) -> None:
    traced.trigger("syscalls:sys_enter_exit_group", "traceoff", "!traceoff")
    traced.run("true")
    assert traced.read("tracing_on") == "1\n"
    assert traced.top.events.attached() == frozenset()


def latency(traced: Traced) -> None:
    """The synthetic event `nap`, made of nanosleep's two sides."""
    traced.write("synthetic_events", "nap u64 lat; pid_t pid; char prog[16]")
    traced.trigger("syscalls:sys_enter_clock_nanosleep", "hist:keys=common_pid:ts0=common_timestamp.usecs")
    traced.trigger(
        "syscalls:sys_exit_clock_nanosleep",
        "hist:keys=common_pid:lat=common_timestamp.usecs-$ts0"
        ":onmatch(syscalls.sys_enter_clock_nanosleep).nap($lat,common_pid,common_comm)",
    )


def test_a_synthetic_event_is_recorded_printed_and_filtered(traced: Traced) -> None:
    latency(traced)
    traced.enable("synthetic:nap")
    traced.run(*NAP)
    assert len([line for line in traced.trace() if re.fullmatch(r"nap: lat=\d{5,} pid=\d+ prog=sleep", line)]) == 2
    traced.write("trace", "", os.O_TRUNC)
    traced.write("events/synthetic/nap/filter", 'prog != "sleep"')
    traced.run(*NAP)
    assert traced.trace() == []


def test_a_synthetic_event_has_histograms_of_its_own(traced: Traced) -> None:
    latency(traced)
    traced.trigger("synthetic:nap", "hist:keys=prog,lat.buckets=100000000:sort=lat")
    traced.run(*NAP)
    assert re.search(r"\{ prog: sleep +, lat: ~ 0-99999999 \} hitcount: +2", traced.hist("synthetic:nap"))


def test_a_synthetic_event_in_use_cannot_be_removed(traced: Traced) -> None:
    latency(traced)
    with pytest.raises(OSError, match="in use"):
        traced.write("synthetic_events", "!nap")
    traced.trigger(
        "syscalls:sys_exit_clock_nanosleep",
        "!hist:keys=common_pid:lat=common_timestamp.usecs-$ts0"
        ":onmatch(syscalls.sys_enter_clock_nanosleep).nap($lat,common_pid,common_comm)",
    )
    traced.write("synthetic_events", "!nap")
    assert traced.read("synthetic_events") == ""
    with pytest.raises(FileNotFoundError):
        traced.read("events/synthetic/nap/format")


def test_a_histogram_whose_variables_others_read_stays(traced: Traced) -> None:
    latency(traced)
    with pytest.raises(OSError, match="others read its variables"):
        traced.trigger("syscalls:sys_enter_clock_nanosleep", "!hist:keys=common_pid:ts0=common_timestamp.usecs")


BLOCKED = (
    ("synthetic_events", "blocked pid_t pid; u64 delta; unsigned long[] stack; int end\n"),
    ("syscalls:sys_enter_clock_nanosleep", "hist:keys=common_pid:ts=common_timestamp.usecs,st=common_stacktrace\n"),
    (
        "syscalls:sys_exit_clock_nanosleep",
        "hist:keys=common_pid:delta=common_timestamp.usecs-$ts,s2=$st,r=ret.hex"
        ":onmatch(syscalls.sys_enter_clock_nanosleep).trace(blocked,common_pid,$delta,$s2,common_pid)\n",
    ),
)


def test_a_synthetic_event_may_have_a_stack(traced: Traced) -> None:
    """As Documentation/trace/histogram.rst has it: where a task was when it began to wait."""
    traced.write("synthetic_events", BLOCKED[0][1])
    assert traced.read("synthetic_events") == "blocked\tpid_t pid; u64 delta; unsigned long[] stack; int end\n"
    assert "\tfield:__data_loc unsigned long[] stack;\t" in traced.read("events/synthetic/blocked/format")
    assert traced.read("events/synthetic/blocked/format").splitlines()[-1] == (
        'print fmt: "pid=%d, delta=%llu, stack=%s, end=%d", REC->pid, REC->delta, __get_stacktrace(stack), REC->end'
    )
    for name, line in BLOCKED[1:]:
        traced.trigger(name, line)
    traced.trigger("synthetic:blocked", "hist:keys=delta.buckets=100000000,stack.stacktrace:sort=delta")
    traced.enable("synthetic:blocked")
    traced.run("sleep", "0.01")
    text = traced.read("trace")
    found = re.search(r": blocked: pid=(\d+) delta=\d+ stack=STACK:\n((?:=> 0x[0-9a-f]+\n)+)end=\1\n", text)
    assert found, text
    addresses = re.findall(r"0x[0-9a-f]+", found[2])
    entry = "{ delta: ~ 0-99999999, stack.stacktrace" + "".join(f"         {address}\n" for address in addresses)
    assert f"{entry}}} hitcount:          1\n" in traced.hist("synthetic:blocked")
