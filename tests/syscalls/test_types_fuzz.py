# SPDX-License-Identifier: GPL-2.0-only
"""Whatever a program passes and whatever its memory holds, a call can be decoded and shown."""

from __future__ import annotations

import json
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.types import Decoder, Saved, TypeSyntaxError, load, parse
from tracefs.syscalls.types.notation import jsonform, printers, strace
from tracefs.syscalls.types.saved.memory import image

DECODER = Decoder(load())
U64 = (1 << 64) - 1
SMALL = st.integers(0, 0x120)
REGISTERS = st.one_of(SMALL, SMALL.map(lambda n: U64 - n), st.integers(0, U64), st.just(0x1000))
MEMORY = st.one_of(
    st.binary(max_size=300),
    st.lists(REGISTERS, max_size=24).map(lambda words: struct.pack(f"<{len(words)}Q", *words)),
    st.lists(st.tuples(st.just(0x1000) | REGISTERS, st.binary(max_size=120) | st.integers(1, 133)), max_size=4).map(
        image
    ),
)
SAVED = st.dictionaries(st.integers(0, 5), MEMORY, max_size=4)


@settings(max_examples=600, deadline=None)
@given(
    syscall=st.sampled_from([call.name for call in SYSCALLS]),
    args=st.tuples(*[REGISTERS] * 6),
    enter=SAVED,
    leave=SAVED,
    ret=st.none() | st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-600, 600),
)
def test_any_call_can_be_decoded(
    syscall: str, args: tuple[int, ...], enter: dict[int, bytes], leave: dict[int, bytes], ret: int | None
) -> None:
    call = DECODER.call(syscall, args, Saved(enter, leave), ret)
    assert strace.line(call).startswith(f"{syscall}(")
    assert printers.ftrace_enter(call).startswith(f"sys_{syscall}(")
    json.dumps(jsonform.call(call))


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="abc fluagsenumstrctx:=@[]()/|*-<>0129\n#+.,_", max_size=120), st.sampled_from([None, "openat"])
)
def test_any_text_is_a_table_or_is_wrong_at_a_place(text: str, syscall: str | None) -> None:
    assert 0 <= wrong_at(text, syscall) <= len(text)


def wrong_at(text: str, syscall: str | None) -> int:
    try:
        parse(text, load(), syscall=syscall)
    except TypeSyntaxError as error:
        return error.position
    return 0
