# SPDX-License-Identifier: GPL-2.0-only
"""Filters, one by one, against the live tracefs: errno, what `filter` shows then, and error_log."""

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.events.conftest import without_ours
from tests.events.filter_corpus import corpus
from tracefs.events import REGISTRY, EventClass
from tracefs.events.field import layout
from tracefs.events.filters.files import SYSTEM_TEXT, set_event_filter, set_system_filter

pytestmark = pytest.mark.oracle

SEED = 2009
EVENTS = (
    ("syscalls", "sys_enter_openat"),
    ("syscalls", "sys_exit_openat"),
    ("raw_syscalls", "sys_enter"),
    ("sched", "sched_process_fork"),
    ("sched", "sched_process_exit"),
    ("signal", "signal_deliver"),
    ("task", "task_newtask"),
)
PER_EVENT = 1500
BY_HAND = (
    *(b"", b" ", b"\n", b"0", b" 0", b"0 \n", b"00", b"0\0 1", b"!0", b"(0)"),
    *(b"common_pid == 1\n", b"  common_pid == 1 \xa0", b"common_pid == 1\0 rest", b"\0", b"common_pid\0 == 1"),
    *(b"common_pid == 1" + b" " * 4080, b"common_pid == 1" + b"&" * 4079),
    *(b"(" * 2000 + b"common_pid == 1" + b")" * 2000, b"!(" * 1300 + b"common_pid == 1" + b")" * 1300),
    *(b"(" * 2000 + b"common_pid == 1" + b")" * 1999, b"(" * 1999 + b"common_pid == 1" + b")" * 2000),
    b" && ".join([b"(CPU == 1"] * 250) + b")" * 250,
    b"||".join([b"CPU==1"] * 500),
    b"a" * 300,
    b"a" * 4000 + b" == 1",
)
MASK_VALUES = (b"CPUS{0}", b"CPUS{0-1}", b"CPUS{}", b"CPUS{a}", b"CPUS{0", b"CPUS0", b"1", b"-1", b"'a'", b"a", b"")
LOG_STAMP = re.compile(rb"^\[ *\d+\.\d+\] ", re.M)


@dataclass(frozen=True)
class Outcome:
    """What a write to a `filter` file does."""

    error: str
    shown: bytes
    log: bytes


class LiveFilter:
    """A `filter` file of the kernel."""

    def __init__(self, instance: Path, directory: str) -> None:
        self.filter = os.open(instance / "events" / directory / "filter", os.O_RDWR)
        self.path = instance / "events" / directory / "filter"
        self.log = instance / "error_log"

    def write(self, text: bytes) -> Outcome:
        os.close(os.open(self.log, os.O_WRONLY | os.O_TRUNC))
        error = ""
        try:
            os.write(self.filter, text)
        except OSError as refused:
            error = errno.errorcode[refused.errno or 0]
        return Outcome(error, self.path.read_bytes(), LOG_STAMP.sub(b"", self.log.read_bytes()))

    def close(self) -> None:
        os.write(self.filter, b"0")
        os.close(self.filter)


def our_outcome(event: EventClass, text: bytes) -> Outcome:
    made = set_event_filter(text, event)
    log = b""
    if made.log:
        words = (made.log.location.encode(), made.log.message.encode(), made.log.command)
        log = b"%s: error: %s\n  Command: %s\n" % words + b" " * (len("  Command: ") + made.log.caret) + b"^\n"
    return Outcome(errno.errorcode[made.error.errno or 0] if made.error else "", made.shown, log)


def differences(instance: Path, event: EventClass, filters: list[bytes]) -> list[tuple[bytes, Outcome, Outcome]]:
    live = LiveFilter(instance, f"{event.system}/{event.name}")
    try:
        compared = [(text, our_outcome(event, text), live.write(text)) for text in filters]
    finally:
        live.close()
    return [(text, ours, theirs) for text, ours, theirs in compared if ours != theirs]


@pytest.mark.parametrize(("system", "name"), EVENTS)
def test_generated_filters_fare_as_in_the_kernel(instance: Path, system: str, name: str) -> None:
    event = without_ours(REGISTRY.systems[system][name])
    filters = list(corpus(SEED, event, PER_EVENT))
    assert differences(instance, event, filters) == []


def test_filters_at_the_edges_fare_as_in_the_kernel(instance: Path) -> None:
    assert differences(instance, REGISTRY.systems["task"]["task_newtask"], list(BY_HAND)) == []


def test_a_write_of_a_page_changes_nothing(instance: Path) -> None:
    live = LiveFilter(instance, "task/task_newtask")
    try:
        live.write(b"pid == 1")
        assert live.write(b"pid == 2".ljust(4096)) == Outcome("EINVAL", b"pid == 1\n", b"")
    finally:
        live.close()
    with pytest.raises(OSError, match="Invalid argument"):
        set_event_filter(b"pid == 2".ljust(4096), REGISTRY.systems["task"]["task_newtask"])


def test_filters_of_cpu_masks_fare_as_in_the_kernel(instance: Path) -> None:
    path = instance / "events" / "ipi" / "ipi_send_cpumask" / "format"
    if not path.exists():
        pytest.skip("this kernel has no event with a CPU mask")
    assert "__data_loc cpumask_t cpumask" in path.read_text()
    event = EventClass("ipi", "ipi_send_cpumask", 1, "task", layout(("__data_loc cpumask_t", "cpumask")), '""')
    filters = [b"cpumask %s %s" % (op, value) for op in (b"==", b"!=", b"&", b"<", b"~") for value in MASK_VALUES]
    assert differences(instance, event, filters) == []


def test_a_systems_filter_reaches_the_events_that_have_its_fields(instance: Path) -> None:
    live = LiveFilter(instance, "task")
    events = [REGISTRY.systems["task"][name] for name in ("task_newtask", "task_rename")]
    texts = (b"0", b"pid == 1", b"clone_flags == 1", b"newcomm ~ 'a*'", b"nosuch == 1", b"(pid == 1", b" 0 ")
    try:
        for text in texts:
            assert live.write(text).error == ""
            ours = set_system_filter(text, events)
            theirs = {event: (instance / "events" / "task" / event.name / "filter").read_bytes() for event in events}
            assert {event: filter.shown for event, filter in ours.items()} == theirs
            logged = [made.log.message for made in ours.values() if made.log]
            assert set(logged) <= {"Couldn't find or set field in one of a subsystem's events"}
        assert live.path.read_bytes() == SYSTEM_TEXT
    finally:
        live.close()


def test_the_corpus_has_both_kinds() -> None:
    event = REGISTRY.systems["sched"]["sched_process_fork"]
    refused = [set_event_filter(text, event).error for text in corpus(SEED, event, PER_EVENT)]
    problems = {error.problem for error in refused if error}
    assert len(problems) >= 17
    assert 0.1 < refused.count(None) / len(refused) < 0.9
