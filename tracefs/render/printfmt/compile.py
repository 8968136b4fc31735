# SPDX-License-Identifier: GPL-2.0-only
"""Compiles a `print fmt` (the C-like language at the end of a `format` file) into the pieces that printfmt.c walks.

Understood: the conversions d i u x X o c s p with flags, width, precision and length; REC->field, REC->array[n],
__get_str, __get_stacktrace, __print_flags, __print_symbolic, casts, string literals, numbers, and C's operators up to
?:.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tracefs.events import EventClass, Field
from tracefs.events.field import TYPES

STACK = 16
"""RN_STACK of printfmt.h."""

TOKEN = re.compile(
    r"""\s*(?: (?P<string>"(?:[^"\\]|\\.)*") | (?P<char>'(?:[^'\\]|\\.)') | (?P<number>0[xX][0-9a-fA-F]+|\d+)[uUlL]*
           | (?P<name>[A-Za-z_]\w*) | (?P<symbol>->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>?:(),.\[\]{}]) )""",
    re.VERBOSE,
)
CONVERSION = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?(?P<length>hh|h|ll|l|z|)(?P<kind>.)", re.DOTALL
)
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "'": "'", "0": "\0"}
LENGTHS = {"hh": 1, "h": 2, "": 4, "l": 8, "ll": 8, "z": 8}

BINARY: tuple[dict[str, str], ...] = (
    {"||": "LOGICAL_OR"},
    {"&&": "LOGICAL_AND"},
    {"|": "OR"},
    {"^": "XOR"},
    {"&": "AND"},
    {"==": "EQUAL", "!=": "NOT_EQUAL"},
    {"<": "LESS", ">": "GREATER", "<=": "LESS_EQUAL", ">=": "GREATER_EQUAL"},
    {"<<": "SHIFT_LEFT", ">>": "SHIFT_RIGHT"},
    {"+": "ADD", "-": "SUBTRACT"},
    {"*": "MULTIPLY", "/": "DIVIDE", "%": "MODULO"},
)
"""C's binary operators from the loosest to the tightest, and the RN_OP_ of each."""
UNARY = {"-": "NEGATE", "~": "INVERT", "!": "NOT", "+": ""}


class FormatError(ValueError):
    """A print fmt that is not in the language above."""


@dataclass(frozen=True)
class Op:
    """struct rn_op."""

    code: str
    number: int = 0
    size: int = 0
    signed: bool = False
    text: str = ""
    symbols: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Piece:
    """struct rn_piece. conversion "": only the literal."""

    literal: str
    conversion: str = ""
    flags: str = ""
    width: int = 0
    precision: int = -1
    size: int = 4
    ops: tuple[Op, ...] = ()


@dataclass
class Parser:
    """Recursive descent over the tokens of one print fmt; each expression appends its ops."""

    tokens: list[tuple[str, str]]
    fields: Mapping[str, tuple[int, Field]]
    position: int = 0
    ops: list[Op] = field(default_factory=list)

    def peek(self, ahead: int = 0) -> str:
        at = self.position + ahead
        return self.tokens[at][1] if at < len(self.tokens) else ""

    def next(self) -> tuple[str, str]:
        if self.position == len(self.tokens):
            raise FormatError("ends too early")
        self.position += 1
        return self.tokens[self.position - 1]

    def expect(self, text: str) -> None:
        if (found := self.next()[1]) != text:
            raise FormatError(f"{text!r} wanted, not {found!r}")

    def strings(self) -> str:
        """One string literal, or several side by side."""
        text = ""
        while self.position < len(self.tokens) and self.tokens[self.position][0] == "string":
            text += unescape(self.next()[1][1:-1])
        return text

    def expression(self) -> None:
        self.binary(0)
        if self.peek() == "?":
            self.next()
            self.expression()
            self.expect(":")
            self.expression()
            self.ops.append(Op("SELECT"))

    def binary(self, level: int) -> None:
        if level == len(BINARY):
            self.unary()
            return
        self.binary(level + 1)
        while (operator := self.peek()) in BINARY[level]:
            self.next()
            self.binary(level + 1)
            self.ops.append(Op(BINARY[level][operator]))

    def unary(self) -> None:
        if self.peek() in UNARY:
            code = UNARY[self.next()[1]]
            self.unary()
            if code:
                self.ops.append(Op(code))
        elif self.peek() == "(" and (cast := self.cast()) is not None:
            self.unary()
            self.ops.append(cast)
        else:
            self.primary()

    def cast(self) -> Op | None:
        """`(type)` at the position, consumed; None where it is an expression in parentheses."""
        words, ahead = [], 1
        while self.peek(ahead) not in (")", ""):
            words.append(self.peek(ahead))
            ahead += 1
        ctype = " ".join(words)
        if ctype in TYPES:
            size, signed = TYPES[ctype]
        elif words and words[-1] == "*" and all(re.fullmatch(r"\w+|\*", word) for word in words):
            size, signed = 8, False
        else:
            return None
        self.position += ahead + 1
        return Op("CAST", size=size, signed=signed)

    def primary(self) -> None:
        kind, text = self.next()
        if text == "(":
            self.expression()
            self.expect(")")
        elif kind == "number":
            self.ops.append(Op("NUMBER", int(text, 0)))
        elif kind == "char":
            self.ops.append(Op("NUMBER", ord(unescape(text[1:-1]))))
        elif kind == "string":
            self.position -= 1
            self.ops.append(Op("TEXT", text=self.strings()))
        elif text == "REC":
            self.expect("->")
            self.member(self.next()[1])
        elif text in CALLS:
            self.expect("(")
            CALLS[text](self)
            self.expect(")")
        else:
            raise FormatError(f"{text!r} is unknown")

    def member(self, name: str) -> None:
        if name not in self.fields:
            raise FormatError(f"no field {name!r}")
        index, described = self.fields[name]
        if self.peek() != "[":
            self.ops.append(Op("FIELD", index))
            return
        self.next()
        kind, text = self.next()
        self.expect("]")
        if kind != "number":
            raise FormatError("an array wants a number")
        size, signed = TYPES[described.element_type]
        self.ops.append(Op("MEMORY", described.offset + size * int(text, 0), size, signed))

    def get_str(self) -> None:
        self.member(self.next()[1])

    def get_stacktrace(self) -> None:
        name = self.next()[1]
        if name not in self.fields:
            raise FormatError(f"no field {name!r}")
        self.ops.append(Op("STACK", self.fields[name][1].offset))

    def print_flags(self) -> None:
        self.expression()
        self.expect(",")
        delimiter = self.strings()
        self.ops.append(Op("FLAGS", text=delimiter, symbols=self.symbols()))

    def print_symbolic(self) -> None:
        self.expression()
        self.ops.append(Op("SYMBOLIC", symbols=self.symbols()))

    def symbols(self) -> tuple[tuple[int, str], ...]:
        """`, { value, "name" }` as often as it comes."""
        found = []
        while self.peek() == ",":
            self.expect(",")
            self.expect("{")
            found.append((self.constant(), self.symbol_name()))
            self.expect("}")
        return tuple(found)

    def constant(self) -> int:
        before = len(self.ops)
        self.expression()
        value = fold(self.ops[before:])
        del self.ops[before:]
        return value

    def symbol_name(self) -> str:
        self.expect(",")
        return self.strings()


CALLS: dict[str, Callable[[Parser], None]] = {
    "__get_str": Parser.get_str,
    "__get_stacktrace": Parser.get_stacktrace,
    "__print_flags": Parser.print_flags,
    "__print_symbolic": Parser.print_symbolic,
}


def fold(ops: list[Op]) -> int:
    """The value of a constant expression: numbers, signs and shifts, which is what symbols are written with."""
    stack: list[int] = []
    for op in ops:
        if op.code == "NUMBER":
            stack.append(op.number)
        elif op.code == "NEGATE":
            stack.append(-stack.pop())
        elif op.code == "INVERT":
            stack.append(~stack.pop())
        elif op.code in ("SHIFT_LEFT", "OR"):
            right, left = stack.pop(), stack.pop()
            stack.append(left << right if op.code == "SHIFT_LEFT" else left | right)
        elif op.code != "CAST":
            raise FormatError("a symbol's value must be constant")
    return stack.pop() & (1 << 64) - 1


def unescape(text: str) -> str:
    """The characters that a C literal stands for."""
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), text)


def tokenize(text: str) -> list[tuple[str, str]]:
    """(kind, text) of each token."""
    tokens, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if not match or not match.lastgroup:
            raise FormatError(f"cannot read {text[at:].strip()[:20]!r}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def depth(ops: tuple[Op, ...]) -> int:
    """How many operands ops keep at once, at most."""
    deepest = level = 0
    for op in ops:
        if op.code in ("NUMBER", "TEXT", "FIELD", "MEMORY", "STACK"):
            level += 1
        elif op.code == "SELECT":
            level -= 2
        elif op.code not in ("CAST", "NEGATE", "INVERT", "NOT", "FLAGS", "SYMBOLIC"):
            level -= 1
        deepest = max(deepest, level)
    return deepest


def compile_print_fmt(event: EventClass) -> tuple[Piece, ...]:
    """The pieces of an event's print fmt. FormatError where it is not understood."""
    parser = Parser(
        tokenize(event.line_fmt or event.print_fmt),
        {member.name: (index, member) for index, member in enumerate(event.fields)},
    )
    template = parser.strings()
    pieces: list[Piece] = []
    literal, at = "", 0
    while at < len(template):
        if template[at] != "%":
            literal += template[at]
            at += 1
            continue
        match = CONVERSION.match(template, at)
        if not match or match["kind"] not in "diuxXocsp%":
            raise FormatError(f"conversion at {template[at : at + 8]!r}")
        at = match.end()
        if match["kind"] == "%":
            literal += "%"
            continue
        parser.expect(",")
        parser.ops = []
        parser.expression()
        ops = tuple(parser.ops)
        if depth(ops) > STACK:
            raise FormatError("too deep")
        pieces.append(
            Piece(
                literal,
                match["kind"].replace("i", "d"),
                match["flags"],
                int(match["width"] or 0),
                -1 if match["precision"] is None else int(match["precision"] or 0),
                LENGTHS[match["length"]],
                ops,
            )
        )
        literal = ""
    if parser.peek():
        raise FormatError(f"more arguments than conversions: {parser.peek()!r}")
    return (*pieces, Piece(literal))
