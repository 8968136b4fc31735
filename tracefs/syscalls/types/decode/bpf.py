# SPDX-License-Identifier: GPL-2.0-only
"""Instructions of classic BPF programs, as the macros of <linux/filter.h> make them; render/typed/bpf.c does the same.

Those of eBPF are plain structures (trace.tbl).
"""

from __future__ import annotations

from typing import Final

from tracefs.syscalls.types.notation.values import Symbol, Value

_CLASSES: Final = ("LD", "LDX", "ST", "STX", "ALU", "JMP", "RET", "MISC")
_SIZES: Final = ("W", "H", "B", "DW")
_MODES: Final = ("IMM", "ABS", "IND", "MEM", "LEN", "MSH")
_OPERATIONS: Final = ("ADD", "SUB", "MUL", "DIV", "OR", "AND", "LSH", "RSH", "NEG", "MOD", "XOR")
_JUMPS: Final = ("JA", "JEQ", "JGT", "JGE", "JSET")
_VALUES: Final = ("K", "X", "A")
_LD, _LDX, _ALU, _JMP, _RET, _MISC, _ABS = 0, 1, 4, 5, 6, 7, 1
_ACTIONS: Final = {
    0x80000000: "KILL_PROCESS", 0: "KILL_THREAD", 0x30000: "TRAP", 0x50000: "ERRNO",
    0x7FC00000: "USER_NOTIF", 0x7FF00000: "TRACE", 0x7FFC0000: "LOG", 0x7FFF0000: "ALLOW",
}  # fmt: skip
"""What a seccomp program returns: SECCOMP_RET_*, in its high half."""
_ANCILLARY: Final = (
    "PROTOCOL", "PKTTYPE", "IFINDEX", "NLATTR", "NLATTR_NEST", "MARK", "QUEUE", "HATYPE", "RXHASH", "CPU", "ALU_XOR_X",
    "VLAN_TAG", "VLAN_TAG_PRESENT", "PAY_OFFSET", "RANDOM", "VLAN_TPID",
)  # fmt: skip
"""What is loaded from SKF_AD_OFF + 4 * index."""
_AREAS: Final = ((0xFFFFF000, "SKF_AD_OFF"), (0xFFF00000, "SKF_NET_OFF"), (0xFFE00000, "SKF_LL_OFF"))


def sock_filter(data: bytes) -> Value:
    """`BPF_JUMP(BPF_JMP|BPF_K|BPF_JEQ, 0x800, 0, 0x1)`."""
    return _instruction(data, is_seccomp=False)


def seccomp_filter(data: bytes) -> Value:
    """The same of a seccomp program: `BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ERRNO|0x1)`."""
    return _instruction(data, is_seccomp=True)


def _instruction(data: bytes, is_seccomp: bool) -> Value:
    code = int.from_bytes(data[0:2], "little")
    jt, jf, k = data[2], data[3], int.from_bytes(data[4:8], "little")
    shown = f"{_code(code)}, {_constant(code, k, is_seccomp)}"
    text = f"BPF_JUMP({shown}, {_hex(jt)}, {_hex(jf)})" if jt or jf else f"BPF_STMT({shown})"
    return Symbol(text, {"code": code, "jt": jt, "jf": jf, "k": k})


def _hex(value: int) -> str:
    return f"{value:#x}" if value else "0"


def _named(names: tuple[str, ...], index: int, bits: int) -> list[str]:
    """The name, or the bits where there is none."""
    return [f"BPF_{names[index]}"] if index < len(names) else [f"{bits:#x}"] * bool(bits)


def _code(code: int) -> str:
    kind, rest = code & 7, code & 0xFF00
    parts = [f"BPF_{_CLASSES[kind]}"]
    if kind in (_LD, _LDX):
        parts += _named(_SIZES, code >> 3 & 3, 0) + _named(_MODES, code >> 5 & 7, code & 0xE0)
    elif kind in (_ALU, _JMP):
        parts += _named(_VALUES, code >> 3 & 1, 0)
        parts += _named(_OPERATIONS if kind == _ALU else _JUMPS, code >> 4 & 15, code & 0xF0)
    elif kind == _RET:
        parts += _named(_VALUES, code >> 3 & 3, code & 0x18)
        rest = code & 0xFFE0
    elif kind == _MISC:
        parts += {0: ["BPF_TAX"], 0x80: ["BPF_TXA"]}.get(code & 0xF8, [f"{code & 0xF8:#x}"])
    else:
        rest = code & 0xFFF8
    return "|".join([*parts, *[f"{rest:#x}"] * bool(rest)])


def _constant(code: int, k: int, is_seccomp: bool) -> str:
    if is_seccomp and code & 0x1F == _RET and k & 0xFFFF0000 in _ACTIONS:
        return f"SECCOMP_RET_{_ACTIONS[k & 0xFFFF0000]}{f'|{k & 0xFFFF:#x}' if k & 0xFFFF else ''}"
    if not is_seccomp and code & 7 == _LD and code >> 5 & 7 == _ABS:
        for start, name in _AREAS:
            if k >= start:
                return f"{name}+{_offset(name, k - start)}"
    return _hex(k)


def _offset(area: str, offset: int) -> str:
    if area == "SKF_AD_OFF" and offset % 4 == 0 and offset // 4 < len(_ANCILLARY):
        return f"SKF_AD_{_ANCILLARY[offset // 4]}"
    return str(offset)
