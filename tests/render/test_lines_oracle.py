# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own raw pages, rendered by us, read as the kernel's own text: in every layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.render.kernel_recording import (
    DEFAULT_OPTIONS,
    Event,
    Instance,
    Task,
    options_of,
    rendered,
    started_at,
    time_start,
)

pytestmark = pytest.mark.oracle

LAYOUTS = (
    "",
    "noirq-info",
    "record-tgid",
    "noirq-info record-tgid",
    "latency-format",
    "latency-format noirq-info record-tgid",
    "latency-format verbose",
    "verbose",
    "verbose noirq-info record-tgid",
    "raw",
    "raw verbose",
    "raw latency-format",
    "hex",
    "hex raw",
    "hex fields",
    "bin",
    "bin hex raw",
    "fields",
    "fields verbose",
    "fields latency-format",
    "fields raw",
    "nocontext-info",
    "nocontext-info latency-format",
    "nocontext-info verbose",
    "nocontext-info raw",
    "nocontext-info hex",
    "nocontext-info bin",
    "nocontext-info fields",
    "noannotate",
    "sym-addr",
)
KERNEL_POINTER = re.compile(rb"=\(0x[0-9a-f]+\)")
"""A string argument in `fields`: the kernel shows where its own buffer is, ours the argument."""
OURS_ALONE = re.compile(rb" exit_code=0x[0-9a-f]+(?: \(\d+\))?")
"""A field that the kernel's record has as padding."""


def option_set(layout: str) -> frozenset[str]:
    on = set(DEFAULT_OPTIONS)
    for word in layout.split():
        if word.startswith("no"):
            on.discard(word[2:])
        else:
            on.add(word)
    return frozenset(on)


@dataclass(frozen=True)
class Recording:
    events: list[Event]
    ids: dict[int, int]
    texts: dict[str, tuple[bytes, dict[int, Task]]]


def recording_of(instance: Instance, layouts: tuple[str, ...], clock: str = "local", *more: str) -> Recording:
    instance.record(clock, *more)
    texts = {}
    for layout in layouts:
        instance.set_options(option_set(layout))
        texts[layout] = instance.text()
    return Recording(instance.consume(), instance.ids, texts)


@pytest.fixture(scope="module")
def recording(oracle_root: Path) -> Iterator[Recording]:
    directory = oracle_root / "instances" / "test-render-lines"
    directory.mkdir()
    try:
        yield recording_of(Instance(oracle_root, directory), LAYOUTS)
    finally:
        directory.rmdir()


def compare(recording: Recording, layout: str, clock: str = "local") -> None:
    kernels, tasks = recording.texts[layout]
    model = re.search(rb"\(M:(\S+) ", kernels)
    options = options_of(option_set(layout), clock)
    if "latency-format" in layout and clock == "local":
        verbose = recording.texts["latency-format verbose"][0]
        options = started_at(options, time_start(verbose, recording.events))
    ours = rendered(recording.events, options, tasks, model[1].decode() if model else "")
    kernels = re.sub(rb"type: (\d+)\n", lambda match: b"type: %d\n" % recording.ids[int(match[1])], kernels)
    ours = OURS_ALONE.sub(b"", ours)
    if "fields" in layout:
        kernels, ours = (KERNEL_POINTER.sub(b"=(0x)", text) for text in (kernels, ours))
    for kernel_line, our_line in zip(kernels.splitlines(), ours.splitlines(), strict=False):
        assert our_line == kernel_line
    assert ours == kernels


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_the_kernels(recording: Recording, layout: str) -> None:
    assert len(recording.events) > 1000
    compare(recording, layout)


@pytest.mark.parametrize("clock", ["mono", "tai", "counter", "x86-tsc"])
def test_time_is_the_kernels_on_every_kind_of_clock(oracle_root: Path, clock: str) -> None:
    directory = oracle_root / "instances" / f"test-render-{clock}"
    directory.mkdir()
    try:
        recording = recording_of(Instance(oracle_root, directory), ("", "raw"), clock)
    finally:
        directory.rmdir()
    for layout in recording.texts:
        compare(recording, layout, clock)


def test_user_stacks_are_the_kernels(oracle_root: Path) -> None:
    directory = oracle_root / "instances" / "test-render-stacks"
    directory.mkdir()
    try:
        layouts = ("", "raw", "fields")
        recording = recording_of(Instance(oracle_root, directory), layouts, "local", "userstacktrace")
    finally:
        directory.rmdir()
    assert b"<user stack trace>\n =>  <0000" in recording.texts[""][0]
    for layout in layouts:
        compare(recording, layout)
