# SPDX-License-Identifier: GPL-2.0-only
"""Records become lines: strace's, and JSON."""

from __future__ import annotations

import json
import struct

import pytest

from tracefs.calls.pairing import Happening, Pairing
from tracefs.events import REGISTRY
from tracefs.export.json_lines import JsonLines
from tracefs.export.strace_lines import StraceLines
from tracefs.syscalls import by_name
from tracefs.syscalls.types import Decoder, load

Records = list[tuple[int, bytes]]
SECOND = 1_000_000_000


def record(number: int, tid: int, *values: int) -> bytes:
    return struct.pack("<HBBii4x", number, 0, 0, tid, number) + struct.pack(f"<{len(values)}q", *values)


def enter(name: str, tid: int, *args: int) -> bytes:
    return record(1024 + 2 * by_name[name].nr, tid, *args)


def leave(name: str, tid: int, ret: int) -> bytes:
    return record(1025 + 2 * by_name[name].nr, tid, ret)


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(load())


def happenings(records: Records, decoder: Decoder) -> list[Happening]:
    return list(Pairing(REGISTRY, decoder).happenings(records))


def strace(records: Records, decoder: Decoder) -> list[str]:
    form = StraceLines(decoder, lambda ts: ts + 1000 * SECOND)
    return "".join([*form.lines(happenings(records, decoder)), *form.end()]).splitlines()


def test_a_call_that_nothing_interrupts_is_one_line(decoder: Decoder) -> None:
    records = [(SECOND, enter("dup2", 77, 3, 1)), (SECOND + 5000, leave("dup2", 77, 1))]
    assert strace(records, decoder) == [
        "77    1001.000000 dup2(3, 1)                              = 1 <0.000005>"
    ]  # fmt: skip


def test_a_call_that_another_task_s_interrupts_is_unfinished_and_resumed(decoder: Decoder) -> None:
    records = [
        (SECOND, enter("read", 77, 3, 0x1000, 100)),
        (SECOND + 2000, enter("getpid", 78)),
        (SECOND + 3000, leave("getpid", 78, 78)),
        (SECOND + 4000, leave("read", 77, -11)),
    ]
    assert strace(records, decoder) == [
        "77    1001.000000 read(3,  <unfinished ...>",
        "78    1001.000002 getpid()                                = 78 <0.000001>",
        "77    1001.000004 <... read resumed>0x1000, 100)          = -1 EAGAIN "
        "(Resource temporarily unavailable) <0.000004>",
    ]


def test_a_call_that_never_returns_has_a_question_mark(decoder: Decoder) -> None:
    assert strace([(SECOND, enter("exit_group", 77, 3))], decoder) == [
        "77    1001.000000 exit_group(3)                           = ?"
    ]  # fmt: skip


def gone(code: int) -> bytes:
    """The end of task 77, as waitpid has it."""
    return struct.pack("<HBBi16sii?xH", 112, 0, 0, 77, b"sh", 77, 120, True, code)


def test_signals_have_lines_of_their_own(decoder: Decoder) -> None:
    deliver = struct.pack("<HBBiiiiixx", 115, 0, 0, 77, 17, 0, 1, 0) + bytes(14)
    assert strace([(SECOND, deliver)], decoder) == [
        "77    1001.000000 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---"
    ]


def test_a_signal_s_line_has_what_its_siginfo_says(decoder: Decoder) -> None:
    def deliver(sig: int, code: int, union: bytes) -> bytes:
        siginfo = struct.pack("<iiii", sig, 0, code, 0) + union.ljust(32, b"\0")
        return struct.pack("<HBBiiii4xQQ", 115, 0, 0, 77, sig, 0, code, 0, 0) + siginfo

    chld = deliver(17, 1, struct.pack("<iii4xqq", 78, 1000, 7, 3, 4))
    segv = deliver(11, 1, struct.pack("<Q", 0x10))
    assert strace([(SECOND, chld), (SECOND, segv)], decoder) == [
        "77    1001.000000 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=78, si_uid=1000, si_status=7, "
        "si_utime=3 /* 0.03 s */, si_stime=4 /* 0.04 s */} ---",
        "77    1001.000000 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---",
    ]
    (line,) = JsonLines().lines(happenings([(SECOND, segv)], decoder))
    assert json.loads(line)["siginfo"]["si_addr"] == 0x10


@pytest.mark.parametrize(
    ("code", "end"),
    [
        (0x300, "exited with 3"),
        (9, "killed by SIGKILL"),
        (0x8B, "killed by SIGSEGV (core dumped)"),
    ],
)
def test_how_a_task_ended_is_told(decoder: Decoder, code: int, end: str) -> None:
    assert strace([(SECOND, gone(code))], decoder) == [f"77    1001.000000 +++ {end} +++"]


def test_json_tells_how_a_task_ended(decoder: Decoder) -> None:
    lines = JsonLines().lines(happenings([(SECOND, gone(0x300)), (SECOND, gone(9))], decoder))
    first, second = (json.loads(line) for line in lines)
    assert first == {
        "ts": SECOND,
        "pid": None,
        "tid": 77,
        "comm": None,
        "event": "sched:sched_process_exit",
        "fields": {"comm": "sh", "pid": 77, "prio": 120, "group_dead": 1, "exit_code": 0x300},
        "exited": 3,
    }
    assert second["killed_by"] == 9


def test_json_has_enter_and_exit_in_one_object(decoder: Decoder) -> None:
    records = [(SECOND, enter("openat", 77, -100, 0, 0x80041, 0o600)), (SECOND + SECOND // 2, leave("openat", 77, -2))]
    form = JsonLines(lambda ts: ts + 1000 * SECOND, {77: "sh"}.get, lambda tid: 70)
    (line,) = form.lines(happenings(records, decoder))
    assert json.loads(line) == {
        "time": 1001 * SECOND,
        "pid": 70,
        "tid": 77,
        "comm": "sh",
        "duration": SECOND // 2,
        "syscall": "openat",
        "args": {
            "dfd": {"value": -100, "name": "AT_FDCWD"},
            "filename": None,
            "flags": {"value": 0x80041, "flags": ["O_WRONLY", "O_CREAT", "O_CLOEXEC"], "rest": 0},
            "mode": 0o600,
        },
        "result": -2,
        "error": "ENOENT",
    }


def test_json_of_a_call_that_did_not_end_has_no_duration(decoder: Decoder) -> None:
    form = JsonLines()
    assert list(form.lines(happenings([(SECOND, enter("getpid", 77))], decoder))) == []
    (line,) = form.end()
    assert json.loads(line)["duration"] is None
