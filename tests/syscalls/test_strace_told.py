# SPDX-License-Identifier: GPL-2.0-only
"""What strace tells behind a result, and other forms of its own."""

import struct

import pytest

from tracefs.syscalls.types import Decoder, Saved, load
from tracefs.syscalls.types.notation import strace
from tracefs.syscalls.types.saved.memory import image

FDS = struct.pack("<ihhihh", 3, 1, 0, 4, 4, 0)
READY = struct.pack("<ihhihh", 3, 1, 0, 4, 4, 4)
SECOND = struct.pack("<qq", 1, 0)
LEFT = struct.pack("<qq", 0, 5)
AT = struct.pack("<qqqq", 1492358706, 123456789, 1492357068, 0x3FFFFFFE)
CASES = [
    (
        ("poll", (1, 2, 1000), Saved({0: FDS}, {0: READY}), 1),
        "poll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}], 2, 1000) = 1 ([{fd=4, revents=POLLOUT}])",
    ),
    (
        ("poll", (1, 2, 5), Saved({0: FDS}, {0: FDS}), 0),
        "poll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}], 2, 5) = 0 (Timeout)",
    ),
    (
        ("ppoll", (1, 2, 1, 0, 8), Saved({0: FDS, 2: SECOND}, {0: READY, 2: LEFT}), 1),
        "ppoll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}], 2, {tv_sec=1, tv_nsec=0}, NULL, 8) = "
        "1 ([{fd=4, revents=POLLOUT}], left {tv_sec=0, tv_nsec=5})",
    ),
    (
        ("select", (5, 1, 2, 0, 3), Saved({1: b"\x18", 2: b"\x18", 4: SECOND}, {1: b"\0", 2: b"\x10", 4: LEFT}), 1),
        "select(5, [3 4], [3 4], NULL, {tv_sec=1, tv_usec=0}) = 1 (out [4], left {tv_sec=0, tv_usec=5})",
    ),
    (
        ("select", (0, 0, 0, 0, 3), Saved({4: SECOND}, {4: bytes(16)}), 0),
        "select(0, NULL, NULL, NULL, {tv_sec=1, tv_usec=0}) = 0 (Timeout)",
    ),
    (("select", (0, 1, 0, 0, 0), None, -22), "select(0, 0x1, NULL, NULL, NULL) = -1 EINVAL (Invalid argument)"),
    (
        ("sendfile64", (4, 5, 1, 9), Saved({2: bytes(8)}, {2: struct.pack("<Q", 9)}), 9),
        "sendfile64(4, 5, [0] => [9], 9) = 9",
    ),
    (
        ("utimensat", (-100 & 0xFFFFFFFF, 1, 2, 0), Saved({1: b"x\0", 2: AT}), 0),
        'utimensat(AT_FDCWD, "x", [{tv_sec=1492358706, tv_nsec=123456789} /* 2017-04-16T16:05:06.123456789+0000 */, '
        "UTIME_OMIT], 0) = 0",
    ),
    (("getrandom", (1, 3, 0), Saved({}, {0: b"\x87\x24\x51"}), 3), r'getrandom("\x87\x24\x51", 3, 0) = 3'),
    (
        ("quotactl", (0xBADC0DED, 0, 0xFFFFFFFF, 0), None, -19),
        "quotactl(QCMD(0xbadc0d /* Q_??? */, 0xed /* ???QUOTA */), NULL, -1, NULL) = -1 ENODEV (No such device)",
    ),
    (("syslog", (0, 0, 0), None, 0), "syslog(0 /* SYSLOG_ACTION_CLOSE */) = 0"),
    (
        ("syslog", (-5 & (1 << 64) - 1, 0, 1), None, -22),
        "syslog(-5 /* SYSLOG_ACTION_??? */, NULL, 1) = -1 EINVAL (Invalid argument)",
    ),
    (
        ("clone3", (1, 64), Saved({0: image([(1, struct.pack("<8Q", 0x1000, 0, 7, 0, 17, 0, 0, 0))])}), -22),
        "clone3({flags=CLONE_PIDFD, pidfd=NULL, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 64) = -1 EINVAL (Invalid argument)",
    ),
    (
        ("openat2", (3, 1, 2, 24), Saved({1: b"x\0", 2: struct.pack("<3Q", 0, 0, 0)}), -2),
        'openat2(3, "x", {flags=O_RDONLY, resolve=0}, 24) = -1 ENOENT (No such file or directory)',
    ),
    (
        ("openat2", (3, 1, 0x1000, 32), Saved({1: b"x\0", 2: struct.pack("<3Q", 0, 0, 0) + b"\1" + bytes(7)}), -7),
        'openat2(3, "x", {flags=O_RDONLY, resolve=0, /* bytes 24..31 */ "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00"}, 32) = '
        "-1 E2BIG (Argument list too long)",
    ),
    (
        ("openat2", (3, 1, 0x1FE8, 32), Saved({1: b"x\0", 2: struct.pack("<3Q", 0, 0, 0)}), -14),
        'openat2(3, "x", {flags=O_RDONLY, resolve=0, ???}, 32) = -1 EFAULT (Bad address)',
    ),
    (
        (
            "clone3",
            (1, 88),
            Saved(
                {
                    0: image(
                        [(1, struct.pack("<11Q", 0, 0, 0, 0, 17, 0, 0, 0, 0x9000, 2, 7)), (0x9000, b"\1\0\0\0\2\0\0\0")]
                    )
                }
            ),
            9,
        ),
        "clone3({flags=0, exit_signal=SIGCHLD, stack=NULL, stack_size=0, set_tid=[1, 2], set_tid_size=2, cgroup=7}, 88) = 9",
    ),
    (
        ("ioprio_get", (1, 5), None, 0x4003),
        "ioprio_get(IOPRIO_WHO_PROCESS, 5) = 16387 (IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3))",
    ),
    (
        ("ioprio_set", (1, 5, 0xE001), None, -22),
        "ioprio_set(IOPRIO_WHO_PROCESS, 5, IOPRIO_PRIO_VALUE(0x7 /* IOPRIO_CLASS_??? */, 1)) = -1 EINVAL (Invalid argument)",
    ),
    (
        ("fanotify_init", (0x1000C, 0), None, -22),
        "fanotify_init(0xc /* FAN_CLASS_??? */|0x10000 /* FAN_??? */, O_RDONLY) = -1 EINVAL (Invalid argument)",
    ),
    (("mknod", (1, 0o177777, 0), Saved({0: b"x\0"}), -22), 'mknod("x", 0177777) = -1 EINVAL (Invalid argument)'),
    (("mknod", (1, 0o100000, 0), Saved({0: b"x\0"}), -17), 'mknod("x", S_IFREG|000) = -1 EEXIST (File exists)'),
    (
        ("mount", (1, 2, 0x30, 0x1000, 0x50), Saved({0: b"a\0", 1: b"b\0"}), -2),
        'mount("a", "b", 0x30, MS_BIND, 0x50) = -1 ENOENT (No such file or directory)',
    ),
    (
        ("arch_prctl", (0x1021, 1), Saved({}, {1: b"\7" + bytes(7)}), 0),
        "arch_prctl(ARCH_GET_XCOMP_SUPP, [0x7 /* XFEATURE_MASK_FPSSE|XFEATURE_MASK_YMM */]) = 0",
    ),
    (
        ("prctl", (62, 0, 5, 1, 0x60), None, -22),
        "prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 5, 0x1 /* PIDTYPE_TGID */, 0x60) = -1 EINVAL (Invalid argument)",
    ),
    (
        ("futex_waitv", (1, 1, 0, 0, 1), Saved({0: struct.pack("<QQII", 1, 0, 0x82, 9)}), -22),
        "futex_waitv([{val=0x1, uaddr=NULL, flags=FUTEX_32|FUTEX_PRIVATE_FLAG, __reserved=0x9}], 1, 0, NULL, CLOCK_MONOTONIC) = "
        "-1 EINVAL (Invalid argument)",
    ),
    (
        (
            "io_submit",
            (9, 1, 1),
            Saved(
                {
                    2: image(
                        [
                            (1, struct.pack("<Q", 0x800)),
                            (0x800, struct.pack("<QIIHhIQQqQII", 1, 0, 0, 5, 0, 3, 1, 0, 0, 0, 0, 0)),
                        ]
                    )
                }
            ),
            1,
        ),
        "io_submit(0x9, 1, [{aio_data=0x1, aio_lio_opcode=IOCB_CMD_POLL, aio_fildes=3, aio_buf=POLLIN}]) = 1",
    ),
    (
        ("epoll_pwait2", (3, 0x50, 1, 0x60, 0x70, 8), Saved({3: SECOND, 4: bytes(8)}), -22),
        "epoll_pwait2(3, 0x50, 1, 0x60, 0x70, 8) = -1 EINVAL (Invalid argument)",
    ),
    (
        ("landlock_create_ruleset", (0x7F00, 0, 0), None, -22),
        "landlock_create_ruleset(0x7f00, 0, 0) = -1 EINVAL (Invalid argument)",
    ),
    (
        ("ioctl", (3, 0x301, 0x7F00), None, -25),
        "ioctl(3, HDIO_GETGEO, 0x7f00) = -1 ENOTTY (Inappropriate ioctl for device)",
    ),
    (("ioctl", (3, 0x2271, 0x7F00), Saved({2: b"\1\0\0\0"}), 0), "ioctl(3, SG_SET_COMMAND_Q, [1]) = 0"),
    (
        ("ioctl", (3, 0x40109428, 0x7F00), Saved({2: struct.pack("<QQ", 1, 0)}), 0),
        "ioctl(3, _IOC(_IOC_WRITE, 0x94, 0x28, 0x10), 0x7f00) = 0",
    ),
]


@pytest.mark.parametrize(("call", "shown"), CASES)
def test_as_strace_has_it(call: tuple, shown: str) -> None:  # type: ignore[type-arg]
    assert " ".join(strace.line(Decoder(load()).call(*call)).split()) == shown
