# SPDX-License-Identifier: GPL-2.0-only
"""Types that code decodes: those of the package, and those that other packages add."""

import struct
import threading
from importlib.metadata import EntryPoint

import pytest

from tests.render.records import enter
from tracefs.render import Options, Renderer
from tracefs.syscalls import by_name
from tracefs.syscalls.types import Decoder, Saved, load, parse
from tracefs.syscalls.types.decode import custom
from tracefs.syscalls.types.language.model import Table
from tracefs.syscalls.types.notation import printers
from tracefs.syscalls.types.values import Symbol, Value


# This is all that a package has to write, besides in its pyproject.toml:
#     [project.entry-points."tracefs.types"]
#     celsius = "my_package:celsius"
def celsius(data: bytes) -> Value:
    """Millidegrees as people read them. What comes first is shown in text, what comes second in JSON."""
    degrees = int.from_bytes(data, "little", signed=True) / 1000
    return Symbol(f"{degrees:.1f}C", degrees)


celsius.size = 4  # type: ignore[attr-defined]  # bytes of it in memory; left out: as many as there are


def broken(data: bytes) -> Value:
    raise ValueError("not that I know")


def plain(data: bytes) -> Value:
    return "a str is no value"  # type: ignore[return-value]


def endless(data: bytes) -> Value:
    threading.Event().wait()
    raise AssertionError


def forging(data: bytes) -> Value:
    return Symbol("one\nsys_two()\x1b[31m", 1)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    """The package's tables with two types of another package, as if that were installed."""
    points = [
        EntryPoint("celsius", f"{__name__}:celsius", "tracefs.types"),
        EntryPoint("broken", f"{__name__}:broken", "tracefs.types"),
        EntryPoint("plain", f"{__name__}:plain", "tracefs.types"),
        EntryPoint("endless", f"{__name__}:endless", "tracefs.types"),
        EntryPoint("forging", f"{__name__}:forging", "tracefs.types"),
        EntryPoint("absent", "no_such_package:thing", "tracefs.types"),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points if group == "tracefs.types" else [])
    monkeypatch.setattr(custom, "CUSTOM", dict(custom.CUSTOM))
    monkeypatch.setattr(custom, "PACKAGES", set())
    added = Table(custom.load_entry_points())
    return load().merged(added)


def test_an_entry_point_adds_a_type_with_its_own_formatter(table: Table) -> None:
    mine = parse("alarm seconds:celsius\nsethostname name:in(celsius) len:int -> int\n", table)
    decoder = Decoder(table.merged(mine))
    assert printers.ftrace_enter(decoder.call("alarm", (21500,))) == "sys_alarm(seconds: 21.5C)"
    saved = Saved({0: struct.pack("<i", -500)})
    assert (
        printers.ftrace_enter(decoder.call("sethostname", (0x1000, 4), saved)) == "sys_sethostname(name: -0.5C, len: 4)"
    )


def test_a_package_that_does_not_load_is_left_out(table: Table) -> None:
    assert "absent" not in table.types


def test_a_formatter_that_fails_leaves_the_bytes(table: Table) -> None:
    mine = parse("sethostname name:in(broken, len) len:int -> int\n", table)
    shown = printers.ftrace_enter(Decoder(table.merged(mine)).call("sethostname", (0x1000, 2), Saved({0: b"ab"})))
    assert shown == 'sys_sethostname(name: "ab", len: 2)'


@pytest.mark.parametrize(
    ("decode", "data", "text"),
    [
        (custom.sigset, struct.pack("<Q", 1 << 16 | 1 << 1), "[INT CHLD]"),
        (custom.sigset, struct.pack("<Q", ~(1 << 8) & (1 << 64) - 1), "~[KILL]"),
        (custom.sigset, bytes(8), "[]"),
        (custom.wait_status, struct.pack("<I", 9), "{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}"),
        (custom.wait_status, struct.pack("<I", 0x137F), "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}"),
        (custom.inet6, bytes(15) + b"\1", '"::1"'),
        (custom.sock_filter, struct.pack("<HBBI", 0x06, 0, 0, 0x7FFF0000), "BPF_STMT(BPF_RET|BPF_K, 0x7fff0000)"),
        (custom.sock_filter, struct.pack("<HBBI", 0x15, 0, 1, 5), "BPF_JUMP(BPF_JMP|BPF_K|BPF_JEQ, 0x5, 0, 0x1)"),
        (
            custom.sock_filter,
            struct.pack("<HBBI", 0x28, 0, 0, 0xFFFFF000),
            "BPF_STMT(BPF_LD|BPF_H|BPF_ABS, SKF_AD_OFF+SKF_AD_PROTOCOL)",
        ),
        (
            custom.sock_filter,
            struct.pack("<HBBI", 0x20, 0, 0, 0xFFF00004),
            "BPF_STMT(BPF_LD|BPF_W|BPF_ABS, SKF_NET_OFF+4)",
        ),
        (custom.seccomp_filter, struct.pack("<HBBI", 0x20, 0, 0, 4), "BPF_STMT(BPF_LD|BPF_W|BPF_ABS, 0x4)"),
        (
            custom.seccomp_filter,
            struct.pack("<HBBI", 6, 0, 0, 0x50001),
            "BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ERRNO|0x1)",
        ),
        (custom.seccomp_filter, struct.pack("<HBBI", 0x16, 0, 0, 0), "BPF_STMT(BPF_RET|BPF_A, 0)"),
    ],
)
def test_what_code_decodes(decode: custom.Custom, data: bytes, text: str) -> None:
    assert printers.text(decode(data)) == text


def words(table: Table, kind: str, seconds: int) -> str:
    """The line of an alarm() whose argument is of that type, as `trace` has it."""
    renderer = Renderer()
    renderer.use_types(lambda: table.merged(parse(f"alarm seconds:{kind}", table)))
    record = enter(by_name["alarm"].nr, seconds)
    return renderer.format_record(record, 0, 0, Options(syscall_arg_decode=True)).partition("sys_")[2]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("celsius", "alarm(seconds: 21.5C)\n"),
        ("broken", 'alarm(seconds: "\\374S\\0\\0\\0\\0\\0\\0")\n'),
        ("plain", 'alarm(seconds: "\\374S\\0\\0\\0\\0\\0\\0")\n'),
        ("forging", "alarm(seconds: one\\nsys_two()\\x1b[31m)\n"),
    ],
)
def test_lines_have_the_words_of_another_package(table: Table, kind: str, shown: str) -> None:
    assert words(table, kind, 21500) == shown


def test_a_formatter_that_never_ends_is_asked_once(table: Table) -> None:
    first, second = words(table, "endless", 21500), words(table, "endless", 21500)
    assert first == second == 'alarm(seconds: "\\374S\\0\\0\\0\\0\\0\\0")\n'
    assert words(table, "celsius", 21500) == "alarm(seconds: 21.5C)\n"
