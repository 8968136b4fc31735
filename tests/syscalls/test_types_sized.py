# SPDX-License-Identifier: GPL-2.0-only
"""Structures of which the caller gives the size: what it leaves out is 0, what it has behind the end is told, as in
strace."""

from __future__ import annotations

import struct

import pytest

from tracefs.export.brief import brief
from tracefs.syscalls.types import Decoder, Saved, load
from tracefs.syscalls.types.notation.strace import StracePrinter
from tracefs.syscalls.types.saved.memory import image

LINK_CREATE = 28
MAP = struct.pack("<5Ii", 2, 4, 8, 256, 0x20, -1)
LINK = struct.pack("<iiII", 3, 4, 41, 0)


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(load())


@pytest.mark.parametrize(
    ("command", "data", "shown"),
    [
        (0, MAP[:3], "BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=0, value_size=0, max_entries=0}, 3"),
        (0, MAP[:20], "BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=256, "
         "map_flags=BPF_F_STACK_BUILD_ID}, 20"),
        (3, struct.pack("<iIQ", 3, 0, 0x100) + bytes(8), "BPF_MAP_DELETE_ELEM, {map_fd=3, key=0x100}, 24"),
        (3, struct.pack("<iIQ", 3, 0, 0x100) + b"\0\1", "BPF_MAP_DELETE_ELEM, {map_fd=3, key=0x100, ...}, 18"),
        (28, LINK + struct.pack("<Q", 9), "BPF_LINK_CREATE, {link_create={prog_fd=3, target_fd=4, attach_type=BPF_PERF_EVENT, flags=0, "
         "perf_event={bpf_cookie=0x9}}}, 24"),
        (29, struct.pack("<iiIi", 3, 4, 4, 5), "BPF_LINK_UPDATE, {link_update={link_fd=3, new_prog_fd=4, flags=BPF_F_REPLACE, "
         "old_prog_fd=5}}, 16"),
        (11, struct.pack("<I", 7), "BPF_PROG_GET_NEXT_ID, {start_id=7, next_id=0}, 4"),
    ],
)  # fmt: skip
def test_what_a_caller_leaves_out_is_zero_and_what_is_behind_the_end_is_told(
    decoder: Decoder, command: int, data: bytes, shown: str
) -> None:
    saved = image([(0x1000, data)]) if command == LINK_CREATE else data  # some of its members lead further
    call = decoder.call("bpf", (command, 0x1000, len(data)), Saved({1: saved}), 0)
    assert " ".join(StracePrinter(None, brief(32)).whole("bpf", call).split()) == f"bpf({shown}) = 0"


def test_the_whole_of_it_is_shown_with_v(decoder: Decoder) -> None:
    data = struct.pack("<iIQ", 3, 0, 0x100) + b"\0\1"
    call = decoder.call("bpf", (3, 0x1000, 18), Saved({1: data}), 0)
    assert (
        StracePrinter()
        .whole("bpf", call)
        .startswith('bpf(BPF_MAP_DELETE_ELEM, {map_fd=3, key=0x100, extra_data="\\x00\\x01" /* bytes 16..17 */}, 18)')
    )


@pytest.mark.parametrize("size", [0, 4097])
def test_a_size_that_the_kernel_does_not_take_is_of_an_address(decoder: Decoder, size: int) -> None:
    line = StracePrinter().whole("bpf", decoder.call("bpf", (0, 0x1000, size), None, -7))
    assert line.startswith(f"bpf(BPF_MAP_CREATE, 0x1000, {size})")


def test_a_name_that_fills_its_place_has_no_end(decoder: Decoder) -> None:
    data = MAP + bytes(4) + b"0123456789abcdef"
    call = decoder.call("bpf", (0, 0x1000, 44), Saved({1: data}), 3)
    assert 'map_name="0123456789abcde"...}' in StracePrinter().whole("bpf", call)
