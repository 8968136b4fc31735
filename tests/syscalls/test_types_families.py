# SPDX-License-Identifier: GPL-2.0-only
"""One call of each family that programs use seldom, as it is shown."""

import struct

import pytest

from tracefs.syscalls.types import Decoder, Saved, load
from tracefs.syscalls.types.notation import strace
from tracefs.syscalls.types.saved.memory import image

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
        "ioctl(3, _IOC(_IOC_NONE, 0x58, 0x78, 0), 0x1000) = 0",
    ),
    (
        ("ioctl", (3, 0xC0185879, 0x1000), Saved({2: struct.pack("<3Q", 0, 4096, 1)}), 0),
        "ioctl(3, FITRIM, {start=0, len=4096, minlen=1}) = 0",
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
        'quotactl(QCMD(Q_SETINFO, USRQUOTA), "/dev/x", {dqi_bgrace=1, dqi_igrace=2, dqi_flags=DQF_ROOT_SQUASH, '
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
            (0x3000, (b"abc",)),
        ])}), 1),
        "io_submit(0x1, 1, [{aio_data=0x7, aio_lio_opcode=IOCB_CMD_PWRITE, aio_fildes=5, "
        'aio_buf="abc", aio_nbytes=3, aio_offset=0}]) = 1',
    ),
    (
        ("socket", (17, 3, 0x0300), None, 3),
        "socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) = 3",
    ),
    (
        ("socket", (17, 3, 0x1234), None, 3),
        "socket(AF_PACKET, SOCK_RAW, htons(13330)) = 3",
    ),
    (
        ("seccomp", (1, 0, 0x1000), Saved({2: image([
            (0x1000, struct.pack("<H6xQ", 2, 0x2000)),
            (0x2000, struct.pack("<HBBIHBBI", 0x15, 0, 1, 0x29, 6, 0, 0, 0x7FFF0000)),
        ])}), 0),
        "seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=2, filter=[BPF_JUMP(BPF_JMP|BPF_K|BPF_JEQ, 0x29, 0, 0x1), "
        "BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ALLOW)]}) = 0",
    ),
    (
        ("bpf", (5, 0x1000, 16), Saved({1: image([
            (0x1000, struct.pack("<IIQ", 1, 3, 0x2000)),
            (0x2000, struct.pack("<BBhiBBhiBBhi", 0x7B, 0xA1, -8, 0, 0xB7, 0x20, 0, 5, 0x95, 0, 0, 0)),
        ])}), 3),
        "bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_SOCKET_FILTER, insn_cnt=3, insns=["
        "{code=BPF_STX|BPF_DW|BPF_MEM, dst_reg=BPF_REG_1, src_reg=BPF_REG_10, off=-8, imm=0}, "
        "{code=BPF_ALU64|BPF_K|BPF_MOV, dst_reg=BPF_REG_0, src_reg=BPF_REG_2, off=0, imm=0x5}, "
        "{code=BPF_JMP|BPF_K|BPF_EXIT, dst_reg=BPF_REG_0, src_reg=BPF_REG_0, off=0, imm=0}], license=NULL}, 16) = 3",
    ),
    (
        ("msgsnd", (5, 0x1000, 6, 0x800), Saved({1: struct.pack("<q", 7) + b"hello\0"}), 0),
        'msgsnd(5, {mtype=7, mtext="hello\\0"}, 6, IPC_NOWAIT) = 0',
    ),
    (
        ("msgrcv", (5, 0x1000, 100, 0, 0), Saved({}, {1: struct.pack("<q", 7) + b"hel"}), 5),
        'msgrcv(5, {mtype=7, mtext="hel"...}, 100, 0, 0) = 5',
    ),
    (
        ("ioctl", (3, 0x80604521, 0x1000), None, -25),
        "ioctl(3, EVIOCGBIT(EV_KEY, 96), 0x1000) = -1 ENOTTY (Inappropriate ioctl for device)",
    ),
    (
        ("ioctl", (3, 0x80184575, 0x1000), Saved({}, {2: struct.pack("<6I", 1, 0, 9, 0, 0, 0)}), 0),
        "ioctl(3, EVIOCGABS(ABS_MT_POSITION_X), {value=1, minimum=0, maximum=9, fuzz=0, flat=0, resolution=0}) = 0",
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


def test_perf_s_bits_are_members(decoder: Decoder) -> None:
    """And what is not in a structure of its size, or not looked at, is not shown."""
    attr = struct.pack("<IIQQQQQIIQ56x", 0, 64, 1, 1000, 0, 0, 1 << 10 | 2 << 15 | 1, 3, 0, 0)
    shown = strace.line(decoder.call("perf_event_open", (0x1000, 0, -1, -1, 0), Saved({0: attr}), 3))
    assert shown.startswith(
        "perf_event_open({type=PERF_TYPE_HARDWARE, size=PERF_ATTR_SIZE_VER0, config=PERF_COUNT_HW_INSTRUCTIONS, "
        "sample_type=0, read_format=0, disabled=1, inherit=0, pinned=0, "
    )
    assert " freq=1, inherit_stat=0, enable_on_exec=0, task=0, watermark=0, precise_ip=2, mmap_data=0, " in shown
    assert ", sigtrap=0, wakeup_events=3, config1=0, sample_freq=1000}, 0, " in shown
