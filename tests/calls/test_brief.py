# SPDX-License-Identifier: GPL-2.0-only
"""What strace abbreviates without -v, `tracefs run --strace` does, too."""

from __future__ import annotations

from tracefs.export.brief import brief
from tracefs.syscalls.types import Decoder, Saved, load
from tracefs.syscalls.types.notation.strace import StracePrinter
from tracefs.syscalls.types.saved.memory import image

DECODER = Decoder(load())
HERE = 0x7F00


def shown(name: str, args: tuple[int, ...], saved: Saved, most: int = 32) -> str:
    """The call, returning 0."""
    return (
        StracePrinter(shorten=brief(most)).whole(name, DECODER.call(name, args, saved, 0)).partition(" =")[0].rstrip()
    )


def strings(*texts: bytes) -> bytes:
    """A list of texts as a record has it."""
    places = [0x9000 + 0x100 * index for index in range(len(texts))]
    array = b"".join(place.to_bytes(8, "little") for place in (*places, 0))
    return image([(HERE, array), *((place, (text + b"\0",)) for place, text in zip(places, texts, strict=True))])


def test_of_an_environment_the_number_of_variables_is_shown() -> None:
    saved = Saved(enter={0: b"/bin/ls\0", 1: strings(b"ls", b"-l"), 2: strings(b"A=1", b"B=2", b"C=3")})
    assert shown("execve", (1, HERE, HERE), saved) == 'execve("/bin/ls", ["ls", "-l"], 0x7f00 /* 3 vars */)'


def test_of_a_directory_the_number_of_entries_is_shown() -> None:
    entry = (5).to_bytes(8, "little") + bytes(8) + (24).to_bytes(2, "little") + b"\x08name\0"
    call = DECODER.call("getdents64", (3, HERE, 4096), Saved(exit={1: entry * 2}), 48)
    line = StracePrinter(shorten=brief(32)).whole("getdents64", call)
    assert line == "getdents64(3, 0x7f00 /* 2 entries */, 4096) = 48"


def test_of_a_large_structure_what_is_most_asked_for_is_shown() -> None:
    status = bytearray(144)
    status[24:28] = (0o100644).to_bytes(4, "little")
    status[48:56] = (1221).to_bytes(8, "little")
    assert shown("newfstat", (3, HERE), Saved(exit={1: bytes(status)})) == (
        "newfstat(3, {st_mode=S_IFREG|0644, st_size=1221, ...})"
    )


def test_of_a_long_list_the_beginning_is_shown() -> None:
    saved = Saved(enter={0: b"x\0", 1: strings(b"a", b"b", b"c")})
    assert shown("execve", (1, HERE, 0), saved, most=2) == 'execve("x", ["a", "b", ...], NULL)'


def test_small_structures_are_whole() -> None:
    assert shown("nanosleep", (HERE, 0), Saved(enter={0: bytes(16)})) == "nanosleep({tv_sec=0, tv_nsec=0}, NULL)"
