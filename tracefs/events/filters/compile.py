# SPDX-License-Identifier: GPL-2.0-only
"""Writes a program as the struct ev_filter that C runs (filter.h)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracefs.events._filter import ffi, lib
from tracefs.events.field import DATA_LOC
from tracefs.events.filters.cpulist import possible_cpus
from tracefs.events.filters.fields import Kind, Operand
from tracefs.events.filters.program import Step
from tracefs.events.filters.terms import CpusTerm, NumberTerm, Op, StringTerm, Term

COMPARE = {
    Op.EQ: lib.EV_EQ,
    Op.NE: lib.EV_NE,
    Op.LT: lib.EV_LT,
    Op.LE: lib.EV_LE,
    Op.GT: lib.EV_GT,
    Op.GE: lib.EV_GE,
    Op.AND: lib.EV_AND,
}
COMPARE_MASK = {Op.EQ: lib.EV_MASK_EQ, Op.NE: lib.EV_MASK_NE, Op.AND: lib.EV_MASK_AND}
NUMBERS = {
    (1, False): lib.EV_U8,
    (1, True): lib.EV_S8,
    (2, False): lib.EV_U16,
    (2, True): lib.EV_S16,
    (4, False): lib.EV_U32,
    (4, True): lib.EV_S32,
    (8, False): lib.EV_U64,
    (8, True): lib.EV_S64,
}
CPU_SIZE = 4
MASK_WORD = 8


class CompiledFilter:
    """A filter ready to run. What hands `address` to C keeps this object (Wanted)."""

    def __init__(self, terms: Sequence[Compiled]) -> None:
        head = ffi.sizeof("struct ev_filter") + ffi.sizeof("struct ev_term") * len(terms)
        size = head + sum(len(term.data) for term in terms)
        self._memory = ffi.new("uint64_t[]", (size + 7) // 8)
        self._filter = ffi.cast("struct ev_filter *", self._memory)
        self._filter.terms, self._filter.bytes = len(terms), size
        for index, term in enumerate(terms):
            term.store(self._filter.term[index], head)
            ffi.buffer(self._memory)[head : head + len(term.data)] = term.data
            head += len(term.data)

    @property
    def address(self) -> int:
        """Of the struct ev_filter."""
        return int(ffi.cast("uintptr_t", self._filter))

    def match(self, record: bytes, cpu: int = 0, comm: bytes = b"") -> bool:
        """Whether a record passes."""
        return bool(lib.ev_filter_match(self._filter, ffi.from_buffer(record), len(record), cpu, comm))


@dataclass(frozen=True)
class Compiled:
    """A term in C's words."""

    exits: Sequence[int]
    source: int
    compare: int
    offset: int = 0
    size: int = 0
    value: int = 0
    negate: bool = False
    data: bytes = b""

    def store(self, term: ffi.CData, data: int) -> None:
        """Fill a struct ev_term; its bytes will be at offset `data`."""
        term.source, term.compare, term.negate = self.source, self.compare, self.negate
        term.next[0], term.next[1] = self.exits
        term.offset, term.size, term.value = self.offset, self.size, self.value
        term.data, term.data_len = data, len(self.data)


def truncated(value: int, size: int, signed: bool) -> int:
    """The value as a C integer of so many bytes; as the int64_t that ev_term keeps."""
    bits = 8 * (size if size in (1, 2, 4) else 8)
    value &= (1 << bits) - 1
    negative = value >> (bits - 1) and (signed or bits == 64)
    return value - (1 << bits) if negative else value


def compile_number(operand: Operand, op: Op, value: int, signed: bool, exits: Sequence[int]) -> Compiled:
    """A number against a constant. `CPU & n` and fields of odd sizes match nothing, as in the kernel."""
    field = operand.field
    if operand.kind is Kind.CPU:
        source = lib.EV_NOTHING if op is Op.AND else lib.EV_CPU
        return Compiled(exits, source, COMPARE[op], value=truncated(value, CPU_SIZE, True))
    source = lib.EV_NOTHING if operand.kind is Kind.NOTHING else NUMBERS.get((field.size, signed), lib.EV_NOTHING)
    return Compiled(exits, source, COMPARE[op], field.offset, value=truncated(value, field.size, signed))


def compile_string(term: StringTerm, exits: Sequence[int]) -> Compiled:
    """A string against a pattern. A pointer without `.ustring` is one to kernel memory: it cannot be read."""
    field = term.operand.field
    source = {
        Kind.CHARS: lib.EV_CHARS,
        Kind.DYNAMIC_CHARS: lib.EV_DATA_LOC if field.ctype.startswith(DATA_LOC) else lib.EV_REL_LOC,
        Kind.COMM: lib.EV_COMM,
        Kind.CHAR_POINTER: lib.EV_TASK_CHARS if term.in_task else lib.EV_NOTHING,
    }[term.operand.kind]
    data = term.pattern.text.encode("latin-1")
    compare = term.pattern.match.value
    return Compiled(exits, source, compare, field.offset, field.size, negate=term.negate, data=data)


def compile_cpus(term: CpusTerm, exits: Sequence[int]) -> Compiled:
    """A CPU or a mask against a set of CPUs; a number against a set of one is compared as a number."""
    operand, op = term.operand, term.op
    if operand.kind is not Kind.CPUMASK and len(term.cpus) == 1:
        return compile_number(operand, Op.EQ if op is Op.AND else op, min(term.cpus), False, exits)
    cpus = possible_cpus()
    size = (cpus + 8 * MASK_WORD - 1) // (8 * MASK_WORD) * MASK_WORD
    data = sum(1 << cpu for cpu in term.cpus).to_bytes(size, "little")
    if operand.kind is Kind.CPUMASK:
        source = lib.EV_DATA_LOC if operand.field.ctype.startswith(DATA_LOC) else lib.EV_REL_LOC
    elif operand.kind is Kind.CPU:
        source = lib.EV_CPU
    else:
        source = NUMBERS.get((operand.field.size, False), lib.EV_NOTHING)
    return Compiled(exits, source, COMPARE_MASK[op], operand.field.offset, operand.field.size, cpus, data=data)


def compile_term(term: Term, exits: Sequence[int]) -> Compiled:
    """Any term."""
    if isinstance(term, NumberTerm):
        return compile_number(term.operand, term.op, term.value, term.operand.field.signed, exits)
    if isinstance(term, StringTerm):
        return compile_string(term, exits)
    return compile_cpus(term, exits)


def compile_program(steps: Sequence[Step]) -> CompiledFilter:
    """The program as C runs it."""
    return CompiledFilter([compile_term(step.term, step.exits) for step in steps])
