# SPDX-License-Identifier: GPL-2.0-only
"""The table of task names."""

import threading
from errno import EINVAL

import pytest

from tracefs.events import Cmdlines


def test_a_saved_task_is_found() -> None:
    names = Cmdlines()
    names.save(7, 5, b"bash")
    assert names.find(7) == (b"bash", 5)


def test_an_unknown_task_is_not_found() -> None:
    assert Cmdlines().find(7) is None


def test_pids_that_share_low_bits_are_told_apart() -> None:
    names = Cmdlines()
    names.save(7, 7, b"old")
    names.save(7 + (1 << 22), 7, b"new")
    assert names.find(7 + (1 << 22)) == (b"new", 7)
    assert names.find(7) is None


def test_a_long_name_is_cut_to_fifteen_bytes() -> None:
    names = Cmdlines()
    names.save(7, 7, b"0123456789abcdefgh")
    assert names.find(7) == (b"0123456789abcde", 7)


def test_saving_again_renews_in_place() -> None:
    names = Cmdlines(2)
    names.save(1, 1, b"one")
    names.save(2, 2, b"two")
    names.save(1, 1, b"uno")
    assert names.list() == [(1, 1, b"uno"), (2, 2, b"two")]


def test_the_oldest_makes_room() -> None:
    names = Cmdlines(2)
    for pid in (1, 2, 3):
        names.save(pid, pid, b"task")
    assert [task.pid for task in names.list()] == [2, 3]
    assert names.find(1) is None


def test_growing_keeps_all_and_shrinking_the_youngest() -> None:
    names = Cmdlines(3)
    for pid in (1, 2, 3, 4):
        names.save(pid, pid, b"task")
    names.resize(40000)
    assert (names.size, [task.pid for task in names.list()]) == (40000, [2, 3, 4])
    names.resize(1)
    assert (names.size, names.find(4), names.find(3)) == (1, (b"task", 4), None)


def test_no_entries_are_refused() -> None:
    with pytest.raises(OSError, match="Invalid argument") as refused:
        Cmdlines(0)
    assert refused.value.errno == EINVAL
    with pytest.raises(OSError, match="Invalid argument"):
        Cmdlines(1).resize(0)


def test_clear_forgets_all() -> None:
    names = Cmdlines()
    names.save(7, 7, b"bash")
    names.clear()
    assert (names.find(7), names.list()) == (None, [])


def test_readers_never_see_half_a_name_while_writers_fight_for_few_entries() -> None:
    names = Cmdlines(2)
    stop = threading.Event()
    torn: list[object] = []

    def write(first: int) -> None:
        for turn in range(4000):
            pid = first + turn % 5
            names.save(pid, pid, b"%d" % pid * 3)

    def read() -> None:
        while not stop.is_set():
            torn.extend(task for task in names.list() if task.comm != b"%d" % task.pid * 3 or task.tgid != task.pid)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(first,)) for first in (100, 103, 900)]
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    reader.join()
    assert torn == []
