# SPDX-License-Identifier: GPL-2.0-only
"""Requests of io_uring: read from the ring that a task has, and shown by their operation."""

from __future__ import annotations

import json
import re
import struct
import sys

import pytest

from tests.commands.test_run import run
from tracefs.syscalls.types import Decoder, Saved, load
from tracefs.syscalls.types.notation import strace
from tracefs.syscalls.types.saved.memory import image

PROGRAM = """
import ctypes, mmap, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
text = ctypes.create_string_buffer(b"hello")
flags, order, size = int(sys.argv[1]), [int(each) for each in sys.argv[2]], 128 if int(sys.argv[1]) & 0x400 else 64
params = ctypes.create_string_buffer(struct.pack("<8xI108x", flags), 120)
fd = libc.syscall(425, 4, params)
if fd < 0:
    sys.exit(77)
head, tail, mask, entries = struct.unpack_from("<4I", params, 40)
array = struct.unpack_from("<I", params, 64)[0]
ring, requests = mmap.mmap(fd, 4096), mmap.mmap(fd, 4 * size, offset=0x10000000)
for place, index in enumerate(order):
    # opcode, flags, ioprio, fd, off, addr, len, op_flags, user_data: writes to /dev/null
    request = struct.pack("<BBHiqQIIQ", 23, 0, 0, os.open("/dev/null", os.O_WRONLY), -1, ctypes.addressof(text), place + 1, 0, place)
    requests[index * size : index * size + len(request)] = request
    if not flags & 0x10000:
        struct.pack_into("<I", ring, array + 4 * place, index)
struct.pack_into("<I", ring, tail, len(order))
libc.syscall(426, fd, len(order), len(order), 1, None, 0)
libc.syscall(426, fd, 0, 0, 0, None, 0)
"""


def entered(*arguments: str, options: tuple[str, ...] = ("--strace", "-e", "io_uring_enter")) -> str:
    done = run(*options, "--", sys.executable, "-Sc", PROGRAM, *arguments)
    if done.returncode == 77:
        pytest.skip("this kernel gives no io_uring")
    return done.stderr


@pytest.mark.parametrize(
    ("flags", "order"),
    [(0, "01"), (0, "31"), (0x10000, "01"), (0x400 | 0x800, "02")],
    ids=["in order", "by its array", "without an array", "long requests"],
)
def test_requests_are_shown_in_the_order_in_which_the_kernel_takes_them(flags: int, order: str) -> None:
    calls = re.findall(r"io_uring_enter\(\d+, (.*?), \d, ", entered(str(flags), order))
    assert [re.sub(r"fd=\d+", "fd=FD", call) for call in calls] == [
        '2 /* [{opcode=IORING_OP_WRITE, fd=FD, off=-1, addr="h", len=1, user_data=0}, '
        '{opcode=IORING_OP_WRITE, fd=FD, off=-1, addr="he", len=2, user_data=0x1}] */',
        "0",
    ]


def test_they_are_values_in_json() -> None:
    lines = entered("0", "01", options=("--json", "--fd", "2", "-e", "io_uring_enter")).splitlines()
    first, second = (json.loads(line)["args"]["to_submit"] for line in lines if '"io_uring_enter"' in line)
    assert (first["value"], second) == (2, 0)
    assert [request["addr"] for request in first["requests"]] == ["h", "he"]
    assert first["requests"][0]["opcode"] == {"value": 23, "name": "IORING_OP_WRITE"}


def request(
    opcode: int, fd: int = 3, off: int = 0, addr: int = 0x2000, length: int = 0, op_flags: int = 0, more: bytes = b""
) -> bytes:
    return struct.pack("<BBHiQQIIQ24s", opcode, 0, 0, fd, off, addr, length, op_flags, 7, more)


ADDRESS = struct.pack("<HH4s8x", 2, 0x5000, b"\x7f\0\0\1")


@pytest.mark.parametrize(
    ("asked", "memory", "shown"),
    [
        (request(0), b"", "{opcode=IORING_OP_NOP, user_data=0x7}"),
        (request(18, -100, length=0o644, op_flags=0o101), (b"f\0",),
         '{opcode=IORING_OP_OPENAT, fd=AT_FDCWD, addr="f", len=0644, user_data=0x7, open_flags=O_WRONLY|O_CREAT}'),
        (request(16, off=16), ADDRESS, "{opcode=IORING_OP_CONNECT, fd=3, addr={sa_family=AF_INET, sin_port=htons(80), "
         'sin_addr=inet_addr("127.0.0.1")}, user_data=0x7, addr_len=16}'),
        (request(26, length=3, op_flags=0x4000), (b"abc",),
         '{opcode=IORING_OP_SEND, fd=3, addr="abc", len=3, user_data=0x7, msg_flags=MSG_NOSIGNAL}'),
        (request(11, off=1), struct.pack("<qq", 1, 2),
         "{opcode=IORING_OP_TIMEOUT, off=1, addr={tv_sec=1, tv_nsec=2}, user_data=0x7, timeout_flags=0}"),
        (request(6, op_flags=1), b"", "{opcode=IORING_OP_POLL_ADD, fd=3, len=0, user_data=0x7, poll32_events=POLLIN}"),
        (request(200, addr=0), b"", "{opcode=0xc8 /* IORING_OP_??? */, fd=3, off=0, addr=NULL, len=0, user_data=0x7}"),
    ],
)  # fmt: skip
def test_what_a_request_has_follows_from_its_operation(asked: bytes, memory: bytes | tuple[bytes], shown: str) -> None:
    saved = Saved({1: image([(1, asked), *[(0x2000, memory)] * bool(memory)])})
    line = strace.line(Decoder(load()).call("io_uring_enter", (4, 1, 0, 0, 0, 0), saved, 1))
    assert " ".join(line.split()) == f"io_uring_enter(4, 1 /* [{shown}] */, 0, 0, NULL, 0) = 1"
