# SPDX-License-Identifier: GPL-2.0-only
"""Type expressions: `fd`, `mode.u16`, `in(timespec)`, `out(bytes, ret, count)`, `array(u32, 4)`, `records(dirent64,
d_reclen)`."""

from __future__ import annotations

import re

from tracefs.syscalls.types.language.errors import TypeSyntaxError
from tracefs.syscalls.types.language.model import HIDDEN, WIDTHS, Count, Inline, Pointer, Records, Ref, TypeExpr

_NAME = re.compile(r"([A-Za-z_]\w*)(?:\.([us]\d+))?")
_COUNT = re.compile(r"(\d+|share\([A-Za-z_]\w*\)|\*?[A-Za-z_]\w*)(?:([*/+])([1-9]\d*))?")
POINTERS = ("in", "out", "inout", "left", "ring")


class TypeExprParser:
    """Parses one expression in text[at:end]; names used are appended to `uses` with their positions."""

    def __init__(self, text: str, at: int, end: int, uses: list[tuple[str, int]]) -> None:
        self.text, self.at, self.end, self.uses = text, at, end, uses

    def parse(self) -> TypeExpr:
        """The whole of text[at:end] as one expression. Raises TypeSyntaxError."""
        if self.text[self.at : self.end] == HIDDEN.name:
            return HIDDEN
        found = self._expr()
        if self.at != self.end:
            self._fail("nothing may follow the type")
        return found

    def _expr(self) -> TypeExpr:
        start = self.at
        name = _NAME.match(self.text, self.at, self.end)
        if not name:
            self._fail("a type is expected here")
            raise AssertionError
        self.at = name.end()
        if name[2] and name[2] not in WIDTHS:
            raise TypeSyntaxError(f"no such width: {name[2]}", self.text, name.start(2))
        if not self._accept("("):
            self.uses.append((name[1], start))
            return Ref(name[1], name[2])
        if name[1] in POINTERS:
            target, counts = self._target_and_counts()
            return Pointer(name[1], target, counts)
        if name[1] == "array":
            return Inline(*self._target_and_counts())
        if name[1] == "records":
            return self._records()
        raise TypeSyntaxError(f"'{name[1]}' takes nothing in parentheses", self.text, start)

    def _target_and_counts(self) -> tuple[TypeExpr, tuple[Count, ...]]:
        target = self._expr()
        counts = []
        while self._accept(","):
            counts.append(self._count())
        self._expect(")")
        return target, tuple(counts)

    def _count(self) -> Count:
        found = _COUNT.match(self.text, self.at, self.end)
        if not found:
            self._fail("a count is expected here: a number, an argument, *argument or ret")
            raise AssertionError
        self.at = found.end()
        source: int | str = int(found[1]) if found[1].isdigit() else found[1]
        by = int(found[3] or 1)
        if found[2] == "+":
            return Count(source, plus=by)
        return Count(source, by, 1) if found[2] == "*" else Count(source, 1, by)

    def _records(self) -> Records:
        start = self.at
        target = self._expr()
        if not isinstance(target, Ref):
            raise TypeSyntaxError("records are of a named structure", self.text, start)
        self._expect(",")
        length = _NAME.match(self.text, self.at, self.end)
        if not length:
            self._fail("the name of the field that holds the length is expected here")
            raise AssertionError
        self.at = length.end()
        align = 1
        if self._accept(","):
            found = _COUNT.match(self.text, self.at, self.end)
            if not found or not found[1].isdigit():
                self._fail("an alignment is expected here")
                raise AssertionError
            align = int(found[1])
            self.at = found.end()
        self._expect(")")
        return Records(target, length[1], align)

    def _accept(self, char: str) -> bool:
        self._skip_spaces()
        if self.at < self.end and self.text[self.at] == char:
            self.at += 1
            self._skip_spaces()
            return True
        return False

    def _expect(self, char: str) -> None:
        at = self.at
        if not self._accept(char):
            self.at = at
            self._fail(f"'{char}' is expected here")
        if char == ")":  # what follows a closing parenthesis is not ours to skip
            while self.text[self.at - 1] != ")":
                self.at -= 1

    def _skip_spaces(self) -> None:
        while self.at < self.end and self.text[self.at].isspace():
            self.at += 1

    def _fail(self, message: str) -> None:
        raise TypeSyntaxError(message, self.text, self.at)
