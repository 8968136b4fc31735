# SPDX-License-Identifier: GPL-2.0-only
"""Which arguments are pointers: the file that every start reads."""

from __future__ import annotations

from tracefs.syscalls.types import load
from tracefs.syscalls.types.saved import masks, pointers


def test_the_file_says_what_follows_from_the_rows() -> None:
    assert pointers.DATA.read_text() == masks.text(load()), "run scripts/gen-types --pointers"


def test_masks_have_a_bit_for_each_argument_that_points() -> None:
    assert pointers.masks("openat")[:2] == (0b10, 0)
    assert pointers.masks("read")[:2] == (0, 0b10)
    assert pointers.masks("getsockopt")[:2] == (0b10000, 0b11000)
    assert pointers.masks("no_such_call") == (0, 0, 0, 0, 0)


def test_masks_have_a_bit_for_each_argument_that_is_or_leads_to_descriptors_and_for_such_a_result() -> None:
    assert pointers.masks("openat")[2:4] == (0b1, pointers.RESULT)
    assert pointers.masks("pipe2")[2:4] == (0, 0b1)
    assert pointers.masks("recvmsg")[2:4] == (0b1, 0b10)
    assert pointers.masks("poll")[2:4] == (0b1, 0b1)
    assert pointers.masks("getpid")[2:4] == (0, 0)
