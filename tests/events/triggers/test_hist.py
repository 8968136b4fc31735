# SPDX-License-Identifier: GPL-2.0-only
"""Histograms: what events leave in the table, and how it is shown."""

from __future__ import annotations

import struct
import threading

import pytest
from tracefs.events.triggers._hist import lib

from tests.events.triggers.table import Instance, enter, leave, lines
from tracefs.events.triggers import hist_show
from tracefs.events.triggers.errors import TriggerError


def test_hits_are_counted_by_key_and_shown_as_the_kernel_does() -> None:
    instance = Instance()
    reads = instance.add("syscalls:sys_exit_read", "keys=common_pid:vals=ret")
    for pid, ret in ((7, 10), (9, 1), (7, 30)):
        instance.hit(leave("read", pid, ret))
    assert hist_show.show(reads) == (
        "# event histogram\n#\n# trigger info: "
        "hist:keys=common_pid:vals=hitcount,ret:sort=hitcount:size=2048 [active]\n#\n\n"
        "{ common_pid:          9 } hitcount:          1  ret:          1\n"
        "{ common_pid:          7 } hitcount:          2  ret:         40\n"
        "\nTotals:\n    Hits: 3\n    Entries: 2\n    Dropped: 0\n"
    )


def test_modifiers_change_how_a_key_is_shown() -> None:
    instance = Instance()
    keys = ("common_pid.execname", "count.hex", "count.log2", "count.buckets=16", "__syscall_nr.syscall")
    tables = [instance.add("syscalls:sys_enter_read", f"keys={key}") for key in keys]
    instance.hit(enter("read", 5, 3, 0, 100))
    assert [lines(table)[0] for table in tables] == [
        "{ common_pid: bash            [         5] } hitcount:          1",
        "{ count: 64 } hitcount:          1",
        "{ count: ~ 2^7  } hitcount:          1",
        "{ count: ~ 96-111 } hitcount:          1",
        "{ __syscall_nr: sys_read                      [  0] } hitcount:          1",
    ]


def test_percent_and_graph_show_a_value_against_the_others() -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_exit_read", "keys=common_pid:vals=ret.percent,ret.graph")
    instance.hit(leave("read", 1, 30))
    instance.hit(leave("read", 2, 10))
    assert lines(table) == [
        "{ common_pid:          1 } hitcount:          1  ret (%):  75.00  ret: ####################",
        "{ common_pid:          2 } hitcount:          1  ret (%):  25.00  ret: ######              ",
    ]


def test_hitcount_can_be_shown_as_a_share_and_as_a_bar_beside_the_number_or_in_its_place() -> None:
    instance = Instance()
    beside = instance.add("syscalls:sys_exit_read", "keys=common_pid:vals=hitcount,hitcount.percent")
    alone = instance.add("syscalls:sys_exit_read", "keys=common_pid:vals=hitcount.graph:nohitcount")
    for pid in (1, 1, 1, 2):
        instance.hit(leave("read", pid, 30))
    assert lines(beside) == [
        "{ common_pid:          2 } hitcount:          1  hitcount (%):  25.00",
        "{ common_pid:          1 } hitcount:          3  hitcount (%):  75.00",
    ]
    assert lines(alone) == [
        "{ common_pid:          2 }  hitcount: ######              ",
        "{ common_pid:          1 }  hitcount: ####################",
    ]


def test_nohitcount_wants_another_value() -> None:
    with pytest.raises(TriggerError, match="Non-hitcount value is required for 'nohitcount'"):
        Instance().add("syscalls:sys_exit_read", "keys=common_pid:nohitcount")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("comm", "{ common_comm: bash                                               } hitcount:          1"),
        ("COMM", "{ common_comm: bash                                               } hitcount:          1"),
        ("cpu", "{ common_cpu:          0 } hitcount:          1"),
        ("CPU", "{ common_cpu:          0 } hitcount:          1"),
    ],
)
def test_what_every_event_has_is_a_key_under_the_names_that_filters_know(key: str, shown: str) -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_enter_read", f"keys={key}")
    instance.hit(enter("read", 5, 3, 0, 100))
    assert lines(table) == [shown]


def test_a_field_of_the_event_goes_before_what_every_event_has() -> None:
    table = Instance().add("sched:sched_process_exit", "keys=comm")
    assert hist_show.trigger_line(table).startswith("hist:keys=comm:")


def test_a_key_may_be_the_name_of_a_variable_that_is_a_field() -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_exit_read", "keys=$who:who=common_pid")
    instance.hit(leave("read", 7, 30))
    assert lines(table) == ["{ common_pid:          7 } hitcount:          1"]
    assert hist_show.trigger_line(table).startswith("hist:keys=common_pid:vals=hitcount:who=common_pid:")


def test_several_keys_and_sort_orders() -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_exit_read", "keys=common_pid,ret:sort=common_pid.descending,ret")
    for pid, ret in ((1, 5), (2, 6), (2, -4)):
        instance.hit(leave("read", pid, ret))
    assert [line.split("}")[0] for line in lines(table)] == [
        "{ common_pid:          2, ret: 18446744073709551612 ",
        "{ common_pid:          2, ret:          6 ",
        "{ common_pid:          1, ret:          5 ",
    ]


def test_a_full_table_drops_new_keys_and_counts_them() -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_exit_read", "keys=common_pid:size=128")
    for pid in range(1, 201):
        instance.hit(leave("read", pid, 0))
    totals = lib.hist_totals(table.table)
    assert (totals.hits, totals.entries, totals.drops) == (128, 128, 72)


def test_a_paused_table_counts_nothing_until_it_is_continued() -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_exit_read", "keys=common_pid")
    lib.hist_pause(table.table)
    instance.hit(leave("read", 1, 0))
    assert hist_show.trigger_line(table).endswith("[paused]")
    lib.hist_continue(table.table)
    instance.hit(leave("read", 2, 0))
    assert lines(table) == ["{ common_pid:          2 } hitcount:          1"]


def test_clear_empties_the_table() -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_exit_read", "keys=common_pid")
    instance.hit(leave("read", 1, 0))
    lib.hist_clear(table.table)
    assert lines(table) == []


def test_latency_is_the_difference_of_a_variable_that_is_used_up() -> None:
    instance = Instance()
    instance.add("syscalls:sys_enter_read", "keys=common_pid:ts0=common_timestamp.usecs")
    latency = instance.add("syscalls:sys_exit_read", "keys=common_pid:lat=common_timestamp.usecs-$ts0:vals=$lat")
    instance.hit(enter("read", 5, 0, 0, 0), ts=1_000_000)
    instance.hit(leave("read", 5, 0), ts=1_250_000)
    instance.hit(leave("read", 5, 0), ts=9_000_000)
    assert lines(latency) == ["{ common_pid:          5 } hitcount:          1  lat:        250"]


def test_onmatch_traces_a_synthetic_event_with_fields_of_both_sides() -> None:
    instance = Instance()
    instance.add("syscalls:sys_enter_dup", "keys=common_pid:ts0=common_timestamp.usecs")
    event = instance.define("latency u64 lat; pid_t pid; long ret; char comm[16]")
    instance.add(
        "syscalls:sys_exit_dup",
        "keys=common_pid:lat=common_timestamp.usecs-$ts0:onmatch(syscalls.sys_enter_dup).latency($lat,common_pid,ret,common_comm)",
    )
    instance.hit(enter("dup", 5, 1), ts=1_000_000)
    instance.hit(leave("dup", 5, 3), ts=1_007_000)
    expected = struct.pack("<HBBiQi4xq16s", event.id, 0, 0, 5, 7, 5, 3, b"bash")
    assert instance.traced == [expected]


def test_onmax_saves_the_fields_of_the_greatest() -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_exit_read", "keys=common_pid:r=ret:onmax($r).save(ret,common_comm)")
    for ret, comm in ((4, b"first"), (9, b"second"), (6, b"third")):
        instance.hit(leave("read", 5, ret), comm=comm)
    assert lines(table)[1] == "\tmax:          9  ret:          9  common_comm: " + "second".ljust(32)


def test_onchange_takes_a_snapshot_at_each_change() -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_exit_read", "keys=common_pid:r=ret:onchange($r).snapshot()")
    for ret in (1, 1, 2, 2, 1):
        instance.hit(leave("read", 5, ret))
    assert instance.snapshots == 3
    assert (
        "\n\nSnapshot taken (see tracing/snapshot).  Details:\n"
        "\ttriggering value { onchange($r) }:          1\ttriggered by event with key: { common_pid:          5 }\n"
        "\nTotals:\n"
    ) in hist_show.show(table)


def test_onmax_takes_a_snapshot_at_the_greatest_of_all_keys() -> None:
    instance = Instance()
    instance.add("syscalls:sys_exit_read", "keys=common_pid:r=ret:onmax($r).snapshot()")
    for pid, ret in ((1, 10), (2, 5), (3, 11)):
        instance.hit(leave("read", pid, ret))
    assert instance.snapshots == 2


def test_a_record_shorter_than_its_fields_reads_as_zero() -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_exit_read", "keys=ret")
    instance.hit(leave("read", 5, 77)[:12])
    assert lines(table) == ["{ ret:          0 } hitcount:          1"]


def test_threads_that_hit_one_table_lose_no_hit() -> None:
    instance = Instance()
    table = instance.add("syscalls:sys_exit_read", "keys=common_pid")
    records = [leave("read", pid, 0) for pid in range(50)]
    threads = [threading.Thread(target=lambda: [instance.hit(record) for record in records * 20]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lib.hist_totals(table.table).hits == 4 * 20 * 50
