# SPDX-License-Identifier: GPL-2.0-only
"""One call of each family that programs use seldom, as it is shown."""

import struct

import pytest

from tracefs.syscalls.types import Decoder, Saved, load, strace
from tracefs.syscalls.types.memory import image

U32 = (1 << 32) - 1
LO = b"lo" + bytes(14)

CALLS = [
    (
        ("ioctl", (3, 0x8913, 0x1000), Saved({2: LO + bytes(24)}, {2: LO + struct.pack("<H22x", 0x49)}), 0),
        'ioctl(3, SIOCGIFFLAGS, {ifr_name="lo", ifr_flags=0} => '
        '{ifr_name="lo", ifr_flags=IFF_UP|IFF_LOOPBACK|IFF_RUNNING}) = 0',
    ),
    (
        ("ioctl", (3, 0x8916, 0x1000), Saved({2: LO + b"\2\0\0\0\x7f\0\0\1" + bytes(16)}), 0),
        'ioctl(3, SIOCSIFADDR, {ifr_name="lo", ifr_addr='
        '{sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}}) = 0',
    ),
    (
        ("ioctl", (3, 0x5878, 0x1000), None, 0),
        "ioctl(3, _IOC(_IOC_NONE, 0x58, 0x78, 0x0), 0x1000) = 0",
    ),
    (
        ("ioctl", (3, 0xC0185879, 0x1000), Saved({2: struct.pack("<3Q", 0, 4096, 1)}), 0),
        "ioctl(3, FITRIM, {start=0, len=0x1000, minlen=0x1}) = 0",
    ),
    (
        ("keyctl", (2, U32 - 1, 0x1000, 7, 0), Saved({2: b"payload"}), 0),
        'keyctl(KEYCTL_UPDATE, KEY_SPEC_PROCESS_KEYRING, "payload", 7) = 0',
    ),
    (
        ("keyctl", (5, 9, 0x3F010000, 0, 0), None, 0),
        "keyctl(KEYCTL_SETPERM, 9, KEY_POS_VIEW|KEY_POS_READ|KEY_POS_WRITE|KEY_POS_SEARCH|KEY_POS_LINK|"
        "KEY_POS_SETATTR|KEY_USR_VIEW) = 0",
    ),
    (
        ("quotactl", (0x80000600, 0x1000, 0, 0x2000), Saved({1: b"/dev/x\0", 3: struct.pack("<QQII", 1, 2, 1, 7)}), 0),
        'quotactl(Q_SETINFO|USRQUOTA, "/dev/x", {dqi_bgrace=1, dqi_igrace=2, dqi_flags=DQF_ROOT_SQUASH, '
        "dqi_valid=IIF_BGRACE|IIF_IGRACE|IIF_FLAGS}) = 0",
    ),
    (
        ("bpf", (9, 0x1000, 12), Saved({1: struct.pack("<iiI", U32 >> 1, 0, 1)}), 0),
        "bpf(BPF_PROG_DETACH, {target_fd=2147483647, attach_type=BPF_CGROUP_INET_EGRESS}, 12) = 0",
    ),
    (
        ("setsockopt", (3, 0, 35, 0x1000, 8), Saved({3: b"\xe0\0\0\1\x7f\0\0\1"}), 0),
        'setsockopt(3, SOL_IP, IP_ADD_MEMBERSHIP, {imr_multiaddr=inet_addr("224.0.0.1"), '
        'imr_interface=inet_addr("127.0.0.1")}, 8) = 0',
    ),
    (
        ("prctl", (53, 1, 4, 0, 0), None, 0),
        "prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, PR_SPEC_DISABLE) = 0",
    ),
    (
        ("io_submit", (1, 1, 0x1000), Saved({2: image([
            (0x1000, struct.pack("<Q", 0x2000)),
            (0x2000, struct.pack("<QIIHhIQQqQII", 7, 0, 0, 1, 0, 5, 0x3000, 3, 0, 0, 0, 0)),
            (0x3000, b"abc"),
        ])}), 1),
        "io_submit(0x1, 1, [{aio_data=0x7, aio_lio_opcode=IOCB_CMD_PWRITE, aio_reqprio=0, aio_fildes=5, "
        'aio_buf="abc", aio_nbytes=3, aio_offset=0, aio_flags=0, aio_resfd=0}]) = 1',
    ),
    (
        ("ptrace", (3, 77, 120, 0x1000), None, 0),
        "ptrace(PTRACE_PEEKUSER, 77, ORIG_RAX, 0x1000) = 0",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(load())


@pytest.mark.parametrize(("call", "line"), CALLS, ids=[line.partition(",")[0] + line[:40] for _, line in CALLS])
def test_a_seldom_call_is_shown_by_its_symbols(decoder: Decoder, call: tuple, line: str) -> None:  # type: ignore[type-arg]
    assert strace.line(decoder.call(*call)) == line
