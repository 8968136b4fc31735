# SPDX-License-Identifier: GPL-2.0-only
"""Registers and saved memory become values, and values text."""

import struct

import pytest

from tracefs.syscalls.types import Decoder, Saved, load, parse
from tracefs.syscalls.types.language.model import Table
from tracefs.syscalls.types.notation import printers, strace
from tracefs.syscalls.types.saved.memory import image

M100 = (1 << 64) - 100  # AT_FDCWD in a register
ENOENT = (1 << 64) - 2
SIGCHLD_HANDLER = struct.pack("<QQQQ", 0x4000, 0x14000000, 0x5000, 0x10000)
INET = b"\2\0\0\x50\x7f\0\0\1" + bytes(8)

CALLS = [
    (
        ("openat", (M100, 0x1000, 0x80000, 0), Saved({1: b"/etc\0"}), 3),
        'openat(AT_FDCWD, "/etc", O_RDONLY|O_CLOEXEC) = 3',
    ),
    (
        ("openat", (M100, 0x1000, 0x241, 0o600), Saved({1: b"/x\0"}), ENOENT),
        'openat(AT_FDCWD, "/x", O_WRONLY|O_CREAT|O_TRUNC, 0600) = -1 ENOENT (No such file or directory)',
    ),
    (("openat", (M100, 0x1000, 0x1000000, 0), None, 3), "openat(AT_FDCWD, 0x1000, O_RDONLY|0x1000000) = 3"),
    (
        ("clone", (0x1200011, 0, 0, 0x7000, 0), None, 9),
        "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7000) = 9",
    ),
    (
        ("rt_sigaction", (17, 0x1000, 0, 8), Saved({1: SIGCHLD_HANDLER}), 0),
        "rt_sigaction(SIGCHLD, {sa_handler=0x4000, sa_mask=[CHLD], sa_flags=SA_RESTORER|SA_RESTART, "
        "sa_restorer=0x5000}, NULL, 8) = 0",
    ),
    (("fcntl", (3, 2, 1), None, 0), "fcntl(3, F_SETFD, FD_CLOEXEC)           = 0"),
    (("fcntl", (3, 3, 0), None, 0x8002), "fcntl(3, F_GETFL)                       = 0x8002 (flags O_RDWR|O_LARGEFILE)"),
    (
        ("ioctl", (1, 0x5413, 0x1000), Saved(exit={2: struct.pack("<4H", 24, 80, 0, 0)}), 0),
        "ioctl(1, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0",
    ),
    (
        ("ioctl", (1, 0xC0049930, 0x1000), None, 0),
        "ioctl(1, _IOC(_IOC_READ|_IOC_WRITE, 0x99, 0x30, 0x4), 0x1000) = 0",
    ),
    (
        ("mmap", (0, 4096, 3, 0x22, 0xFFFFFFFF, 0), None, 0x7F0000000000),
        "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
    ),
    (
        ("futex", (0x1000, 0x189, 0, 0, 0, 0xFFFFFFFF), None, 0),
        "futex(0x1000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, FUTEX_BITSET_MATCH_ANY) = 0",
    ),
    (
        ("wait4", (0xFFFFFFFF, 0x1000, 1, 0), Saved(exit={1: struct.pack("<I", 256)}), 77),
        "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 1}], WNOHANG, NULL) = 77",
    ),
    (
        ("connect", (3, 0x1000, 16), Saved({1: INET}), 0),
        'connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
    ),
    (("setsockopt", (3, 1, 2, 0x1000, 4), Saved({3: b"\1\0\0\0"}), 0), "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0"),
    (
        ("prlimit64", (0, 3, 0, 0x1000), Saved(exit={3: struct.pack("<QQ", 8192, (1 << 64) - 1)}), 0),
        "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8*1024, rlim_max=RLIM64_INFINITY}) = 0",
    ),
    (("pipe2", (0x1000, 0x80000), Saved(exit={0: struct.pack("<ii", 3, 4)}), 0), "pipe2([3, 4], O_CLOEXEC)                = 0"),
    (("read", (3, 0x1000, 100), None, 0), 'read(3, "", 100)                        = 0'),
    (("read", (3, 0x1000, 100), Saved(exit={1: b"ab\n"}), 5), 'read(3, "ab\\n"..., 100)                 = 5'),
]  # fmt: skip


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(load())


@pytest.mark.parametrize(("call", "line"), CALLS, ids=[call[0] for call, _ in CALLS])
def test_a_call_is_shown_by_its_symbols(decoder: Decoder, call: tuple, line: str) -> None:  # type: ignore[type-arg]
    assert strace.line(decoder.call(*call)) == line


def test_a_pointer_in_a_structure_is_followed_through_the_image(decoder: Decoder) -> None:
    vector = struct.pack("<QQQQ", 0x2000, 5, 0x3000, 7)
    saved = Saved({1: image([(0x1000, vector), (0x2000, (b"hello",)), (0x3000, (b" world\n",))])})
    shown = strace.line(decoder.call("writev", (1, 0x1000, 2), saved, 12))
    assert shown == (
        'writev(1, [{iov_base="hello", iov_len=5}, {iov_base=" world\\n", iov_len=7}], 2) = 12'
    )  # fmt: skip


def test_what_could_not_be_read_in_an_image_is_shown_as_its_address(decoder: Decoder) -> None:
    saved = Saved({1: image([(0x1000, struct.pack("<QQ", 0x2000, 5)), (0x2000, 14)])})
    assert strace.line(decoder.call("writev", (1, 0x1000, 1), saved)) == "writev(1, [{iov_base=0x2000, iov_len=5}], 1)"


def test_buffers_filled_one_after_the_other_share_the_result(decoder: Decoder) -> None:
    vector = struct.pack("<QQQQ", 0x2000, 4, 0x3000, 4)
    saved = Saved(exit={1: image([(0x1000, vector), (0x2000, (b"abcd",)), (0x3000, (b"efgh",))])})
    shown = strace.line(decoder.call("readv", (0, 0x1000, 2), saved, 6))
    assert shown == 'readv(0, [{iov_base="abcd", iov_len=4}, {iov_base="ef", iov_len=4}], 2) = 6'


def test_directory_entries_follow_each_other_by_their_lengths(decoder: Decoder) -> None:
    data = struct.pack("<QqHB5s", 7, 1, 24, 4, b".") + struct.pack("<QqHB5s", 8, 2, 24, 8, b"abc")
    shown = strace.line(decoder.call("getdents64", (3, 0x1000, 32768), Saved(exit={1: data}), 48))
    assert shown == (
        'getdents64(3, [{d_ino=7, d_off=1, d_reclen=24, d_type=DT_DIR, d_name="."}, '
        '{d_ino=8, d_off=2, d_reclen=24, d_type=DT_REG, d_name="abc"}], 32768) = 48'
    )


def test_enter_and_exit_lines_are_ftraces(decoder: Decoder) -> None:
    call = decoder.call("openat", (M100, 0x1000, 0x80000, 0), Saved({1: b"/etc/ld.so.cache\0"}), ENOENT)
    assert printers.ftrace_enter(call) == (
        'sys_openat(dfd: AT_FDCWD, filename: "/etc/ld.so.cache", flags: O_RDONLY|O_CLOEXEC)'
    )
    assert printers.ftrace_exit(call) == "sys_openat -> -ENOENT"


def test_what_is_written_to_a_table_overrides_and_extends_it() -> None:
    table = load()
    mine = parse(
        "extend open_flags O_SPECIAL=0x1000000\nenum level u32 dec LOW=1 HIGH=2\nalarm seconds:level -> level\n", table
    )
    decoder = Decoder(table.merged(mine))
    assert strace.line(decoder.call("alarm", (2,), None, 1)) == "alarm(HIGH)                             = 1 (LOW)"
    assert "O_SPECIAL" in strace.line(decoder.call("openat", (0, 0, 0x1000000, 0)))


def test_a_syscall_without_a_row_shows_its_registers() -> None:
    assert strace.line(Decoder(Table()).call("nosuch", (1, 255))) == "nosuch(0x1, 0xff)"
