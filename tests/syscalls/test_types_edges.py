# SPDX-License-Identifier: GPL-2.0-only
"""The edges of calls, kind by kind, as strace has them: odd widths, sizes, memory that is not there, results with a
meaning."""

from __future__ import annotations

import struct

import pytest

from tracefs.syscalls.types import Decoder, Saved, load
from tracefs.syscalls.types.notation import strace
from tracefs.syscalls.types.saved.memory import image

PAGE_END = 0x5000
TIME = struct.pack("<qq", 1, 2)
U32, U64 = (1 << 32) - 1, (1 << 64) - 1


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(load())


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (("chown", (0x1000, 0xFFFF0000, U32), Saved({0: b"f\0"}), 0), 'chown("f", 4294901760, -1) = 0'),
        (("umask", (0xFFFF0000,), None, 0o22), "umask(000) = 022"),
        (("setns", (3, U32 << 32), None, -9), "setns(3, 0) = -1 EBADF (Bad file descriptor)"),
        (
            ("close_range", (U32 - 1, U32, 1), None, -22),
            "close_range(4294967294, 4294967295, 0x1 /* CLOSE_RANGE_??? */)",
        ),
        (("lseek", (3, 0, 9), None, -22), "lseek(3, 0, 0x9 /* SEEK_??? */)"),
        (("mount", (0, 0, 0, 0x200, 0), None, -14), "mount(NULL, NULL, NULL, 0x200 /* MS_??? */, NULL)"),
    ],
)
def test_a_number_has_the_width_that_the_kernel_looks_at_and_unknown_ones_are_marked(
    decoder: Decoder,
    call: tuple,
    line: str,  # type: ignore[type-arg]
) -> None:
    assert " ".join(strace.line(decoder.call(*call)).split()).startswith(line)


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (("nanosleep", (0x1000, 0x2000), Saved({0: TIME}), 0), "nanosleep({tv_sec=1, tv_nsec=2}, 0x2000) = 0"),
        (
            ("nanosleep", (0x1000, 0x2000), Saved({0: TIME}, {1: TIME}), -516),
            "nanosleep({tv_sec=1, tv_nsec=2}, {tv_sec=1, tv_nsec=2}) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)",
        ),
        (("wait4", (7, 0x1000, 1, 0x2000), None, 0), "wait4(7, 0x1000, WNOHANG, 0x2000) = 0"),
        (("sched_getscheduler", (7,), None, 0), "sched_getscheduler(7) = 0 (SCHED_OTHER)"),
        (("time", (0,), None, 1), "time(NULL) = 1 (1970-01-01T00:00:01+0000)"),
        (
            ("openat2", (3, 0x1000, 0x2000, 11), Saved({1: b"f\0"}), -22),
            'openat2(3, "f", 0x2000, 11) = -1 EINVAL (Invalid argument)',
        ),
        (("rt_sigsuspend", (0x1000, 128), None, -22), "rt_sigsuspend(0x1000, 128) = -1 EINVAL (Invalid argument)"),
    ],
)
def test_what_a_call_has_not_filled_or_taken_is_an_address_and_results_say_what_they_mean(
    decoder: Decoder,
    call: tuple,
    line: str,  # type: ignore[type-arg]
) -> None:
    assert " ".join(strace.line(decoder.call(*call)).split()) == line


def test_an_array_that_ends_where_a_page_is_missing_says_where_it_would_go_on(decoder: Decoder) -> None:
    start = PAGE_END - 8
    call = decoder.call("setgroups", (3, start), Saved({1: struct.pack("<II", 1, 2)}), -14)
    assert strace.line(call).startswith(f"setgroups(3, [1, 2, ... /* {PAGE_END:#x} */])")


def test_data_is_never_looked_for_in_a_structure_that_it_overlaps(decoder: Decoder) -> None:
    vector = struct.pack("<QQ", 0x1000, 1 << 40)
    memory = image([(0x1000, vector), (0x1000, (b"abc",))])
    call = decoder.call("writev", (1, 0x1000, 1), Saved({1: memory}), -9)
    assert strace.line(call).startswith('writev(1, [{iov_base="abc"..., iov_len=1099511627776}], 1)')


def test_what_leads_to_the_same_data_again_and_again_is_shown_to_a_bound(decoder: Decoder) -> None:
    vectors = struct.pack("<QQ", 0x9000, 4000) * 1000
    memory = image([(0x1000, vectors), (0x9000, (b"x" * 4000,))])
    shown = strace.line(decoder.call("writev", (1, 0x1000, 1000), Saved({1: memory}), -9))
    assert 100_000 < len(shown) < 200_000
    assert "...], 1000)" in shown


def test_each_message_was_filled_with_what_it_says_not_with_how_many_there_are(decoder: Decoder) -> None:
    def message(vector: int, got: int) -> bytes:
        return struct.pack("<Qi4xQQQQi4xI4x", 0, 0, vector, 1, 0, 0, 0, got)

    memory = image(
        [
            (0x1000, message(0x2000, 5) + message(0x3000, 2)),
            (0x2000, struct.pack("<QQ", 0x4000, 40)),
            (0x3000, struct.pack("<QQ", 0x5000, 40)),
            (0x4000, (b"first",)),
            (0x5000, (b"second",)),
        ]
    )
    shown = strace.line(decoder.call("recvmmsg", (3, 0x1000, 2, 0, 0), Saved(exit={1: memory}), 2))
    assert 'iov_base="first", iov_len=40' in shown
    assert 'iov_base="se", iov_len=40' in shown
