# SPDX-License-Identifier: GPL-2.0-only
"""The text of a type table -> Table. The language is described in docs/types.md; every error has its exact position."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NoReturn

from tracefs.syscalls.types.language.circles import circle
from tracefs.syscalls.types.language.errors import TypeSyntaxError
from tracefs.syscalls.types.language.lexer import Word, statements
from tracefs.syscalls.types.language.model import (
    BUILT_IN,
    STYLES,
    WHOLE,
    WIDTHS,
    Alias,
    Condition,
    CustomType,
    Entry,
    EnumType,
    Extension,
    Field,
    FlagsType,
    IntType,
    Macro,
    NamedType,
    Ref,
    Row,
    StructType,
    StructVariant,
    SubField,
    Table,
    TypeExpr,
)
from tracefs.syscalls.types.language.typeexpr import TypeExprParser

_NUMBER = r"-?(?:0[xX][0-9a-fA-F]+|\d+)"
_ENTRY = re.compile(rf"(-?\w+(?:<<8)?|1<<\w+|1<<\(\w+-1\))=({_NUMBER})(?:/({_NUMBER}|\*))?$")
_MACRO = re.compile(rf"(\w+)=({_NUMBER})/({_NUMBER})\(")
_SUBFIELD = re.compile(rf"(\w+)?@({_NUMBER}):")
_MEMBER = re.compile(r"\+?(\w+)@(\d+)(?:\.(\d+)(?:\+(\d+))?)?:")
_ARGUMENT = re.compile(r"(\w+):")
_HEAD = re.compile(r"([A-Za-z_]\w*)(\[.*\])?$")
_NAMES = rf"(?:\w+|{_NUMBER})(?:\|(?:\w+|{_NUMBER}))*"
_CONDITION = re.compile(
    rf"(\*?[A-Za-z_]\w*|netlink\([A-Za-z_]\w*\)(?=$|=))(?:(=)({_NAMES})|(>=|<|!=)(\w+|{_NUMBER}))?$"
)
_BUILT_IN = frozenset(BUILT_IN)


def number(text: str) -> int:
    """A number as C writes it: 10, 0x1f, 0644, -1. Raises ValueError."""
    digits = text.lstrip("-")
    base = 16 if digits[:2].lower() == "0x" else 8 if len(digits) > 1 and digits[0] == "0" else 10
    return int(text, base)


def parse(text: str, base: Table | None = None, origin: str = "", syscall: str | None = None) -> Table:
    """What `text` says. Names of types may come from `base` or from anywhere in `text`.

    In the text of a `syscall`'s own file the name of a row may be left out, and no other may stand there.
    Raises TypeSyntaxError with `origin`, a file's name, in its message.
    """
    try:
        return _Parser(text, base or Table(), syscall).parse()
    except TypeSyntaxError as error:
        raise TypeSyntaxError(error.message, text, error.position, origin) from None


class _Parser:
    def __init__(self, text: str, base: Table, syscall: str | None) -> None:
        self.text, self.base, self.syscall = text, base, syscall
        self.types: dict[str, NamedType] = {}
        self.rows: dict[str, tuple[Row, ...]] = {}
        self.extensions: list[Extension] = []
        self.struct_variants: list[tuple[str, StructVariant]] = []
        self.uses: list[tuple[str, int]] = []
        self.bits: list[tuple[Ref, Word]] = []

    def parse(self) -> Table:
        for words in statements(self.text):
            read = getattr(self, f"_read_{words[0].text}", None)
            if read:
                read(words)
            else:
                self._row(words)
        for name, at in self.uses:
            if name not in self.types and name not in self.base.types and name not in _BUILT_IN:
                raise TypeSyntaxError(f"no such type: {name}", self.text, at)
        for kind, word in self.bits:
            named = Table({**self.base.types, **self.types}).resolve(kind) if kind.name not in _BUILT_IN else None
            if not isinstance(named, (IntType, EnumType, FlagsType)):
                self._fail("bits are a number's, at most 64", word)
        said = Table(self.types, self.rows, tuple(self.extensions), tuple(self.struct_variants))
        changed = [*self.types, *(extension.name for extension in self.extensions), *dict(self.struct_variants)]
        looped = circle(changed, self.base.merged(Table(self.types)).merged(replace(said, types={}, rows={})).types)
        if looped:
            raise TypeSyntaxError(f"{looped} contains itself", self.text, max(self.text.find(looped), 0))
        return said

    # -- statements, one method a keyword -------------------------------------------------------------------------

    def _read_include(self, words: list[Word]) -> None:
        """The headers that scripts/gen-types takes this file's values from; nothing to keep."""
        for word in words[1:]:
            if not (word.text.startswith("<") and word.text.endswith(">")):
                self._fail("a header is written <linux/fcntl.h>", word)

    def _read_int(self, words: list[Word]) -> None:
        name, width, style = self._scalar_head(words)
        if len(words) > 4:
            self._fail("nothing may follow the style", words[4])
        self._define(IntType(name, width, style), words)

    def _read_enum(self, words: list[Word]) -> None:
        name, width, style = self._scalar_head(words)
        entries: list[Entry] = []
        macros: list[Macro] = []
        unknown, rest = self._unknown(words)
        for word in rest:
            entry = self._macro(word) or self._entry(word, is_flags=False)
            if isinstance(entry, SubField):
                self._fail("only flags have sub-fields", word)
            elif isinstance(entry, Macro):
                macros.append(entry)
            else:
                entries.append(entry)
        self._define(EnumType(name, width, style, tuple(entries), tuple(macros), unknown), words)

    def _read_flags(self, words: list[Word]) -> None:
        name, width, style = self._scalar_head(words)
        unknown, rest = self._unknown(words)
        entries = tuple(self._entry(word, is_flags=True) for word in rest)
        self._define(FlagsType(name, width, style, entries, unknown), words)

    @staticmethod
    def _unknown(words: list[Word]) -> tuple[str | None, list[Word]]:
        """What values without a name are called (`?MS_???`, `?-` for nothing), and the words behind it."""
        if len(words) > 4 and words[4].text.startswith("?"):
            return words[4].text[1:].removeprefix("-"), words[5:]
        return None, words[4:]

    def _read_extend(self, words: list[Word]) -> None:
        name = self._word(words, 1, "the name of a type")
        known = self.types.get(name.text) or self.base.types.get(name.text)
        if not isinstance(known, (EnumType, FlagsType)):
            self._fail(f"no flags or enum is called {name.text}", name)
        is_flags = isinstance(known, FlagsType)
        entries = tuple((None if is_flags else self._macro(word)) or self._entry(word, is_flags) for word in words[2:])
        self.extensions.append(Extension(name.text, entries))

    def _read_custom(self, words: list[Word]) -> None:
        name = self._word(words, 1, "a name")
        self._define(CustomType(name.text, self._number(self._word(words, 2, "a size in bytes"))), words)

    def _read_alias(self, words: list[Word]) -> None:
        name, meaning = self._word(words, 1, "a name"), self._word(words, 2, "a type")
        self._define(Alias(name.text, self._type(meaning, 0)), words)

    def _read_struct(self, words: list[Word]) -> None:
        head = self._word(words, 1, "a name")
        name, conditions = self._head(head)
        if conditions:
            self._struct_variant(name, StructVariant(conditions, self._fields(words[2:])), head)
            return
        size_word = self._word(words, 2, "a size in bytes")
        is_zeroed = size_word.text.endswith("+0")
        is_open, grows = is_zeroed or size_word.text.endswith("+"), size_word.text.endswith("++")
        size = self._number(Word(size_word.text.removesuffix("+0").rstrip("+"), size_word.start))
        ctype, rest = None, words[3:]
        if rest and rest[0].text.startswith("<"):
            ctype, rest = rest[0].text[1:-1], rest[1:]
        self._define(StructType(name, size, ctype, self._fields(rest), (), is_open, grows, is_zeroed), words)

    def _struct_variant(self, name: str, variant: StructVariant, head: Word) -> None:
        known = self.types.get(name)
        if isinstance(known, StructType):
            self.types[name] = replace(known, variants=(*known.variants, variant))
        elif isinstance(self.base.types.get(name), StructType):
            self.struct_variants.append((name, variant))
        else:
            self._fail(f"no structure is called {name}", head)

    def _row(self, words: list[Word]) -> None:
        syscall, conditions, rest = self._row_head(words)
        known = [row for row in (*self.rows.get(syscall, ()), *self.base.rows.get(syscall, ())) if not row.partial]
        partial = bool(conditions) or rest is words
        if partial and not known:
            self._fail(f"{syscall} has no row", words[0])
        args: list[tuple[str, TypeExpr]] = []
        result: TypeExpr | None = None
        arrow = next((i for i, word in enumerate(rest) if word.text == "->"), None)
        if arrow is not None:
            result = self._type(self._word(rest, arrow + 1, "the type of the result", rest[arrow]), 0)
            if len(rest) > arrow + 2:
                self._fail("nothing may follow the result", rest[arrow + 2])
            rest = rest[:arrow]
        for word in rest:
            found = _ARGUMENT.match(word.text)
            if not found:
                self._fail("an argument is written name:type", word)
            if partial and found[1] not in dict(known[0].args):
                self._fail(f"{syscall} has no argument {found[1]}", word)
            args.append((found[1], self._type(word, found.end())))
        if len(args) > 6:
            self._fail("a syscall has no more than six arguments", rest[6])
        row = Row(syscall, tuple(args), result, conditions, partial)
        self.rows[syscall] = (*self.rows.get(syscall, ()), row) if partial else (row,)

    def _row_head(self, words: list[Word]) -> tuple[str, tuple[Condition, ...], list[Word]]:
        """The row's syscall, its conditions, and the words of its arguments."""
        first = words[0]
        if self.syscall and (_ARGUMENT.match(first.text) or first.text == "->"):
            return self.syscall, (), words
        nameless = self.syscall if first.text.startswith("[") else None
        named = self._head(Word(nameless, first.start), first) if nameless else self._head(first)
        if self.syscall and named[0] != self.syscall:
            self._fail(f"only {self.syscall} belongs here", first)
        return *named, words[1:]

    # -- parts of a statement -------------------------------------------------------------------------------------

    def _scalar_head(self, words: list[Word]) -> tuple[str, str, str]:
        name = self._word(words, 1, "a name")
        width = self._word(words, 2, "a width such as u32")
        style = self._word(words, 3, "a style such as hex")
        if width.text not in WIDTHS:
            self._fail(f"no such width: {width.text}", width)
        if style.text not in STYLES:
            self._fail(f"no such style: {style.text}", style)
        return name.text, width.text, style.text

    def _entry(self, word: Word, is_flags: bool) -> Entry | SubField:
        found = _ENTRY.match(word.text)
        if found:
            value = number(found[2]) & WHOLE
            whole = not is_flags or value == 0 or found[3] == "*"
            mask = WHOLE if found[3] == "*" else number(found[3]) & WHOLE if found[3] else WHOLE if whole else value
            if value & ~mask:
                self._fail("the value has bits outside its mask", word)
            return Entry(found[1], value, mask)
        sub = _SUBFIELD.match(word.text)
        if not sub:
            self._fail("an entry is written NAME=VALUE or NAME=VALUE/MASK", word)
        kind = self._type(word, sub.end())
        if not isinstance(kind, Ref):
            self._fail("bits hold a number of a named type", word)
        return SubField(sub[1], number(sub[2]), kind)

    def _macro(self, word: Word) -> Macro | None:
        """`NAME=VALUE/MASK(@MASK:TYPE,...)`; None for an entry of another form."""
        head = _MACRO.match(word.text)
        if not head:
            return None
        value, mask = number(head[2]) & WHOLE, number(head[3]) & WHOLE
        if value & ~mask or not word.text.endswith(")"):
            self._fail("the value has bits outside its mask" if value & ~mask else "')' is expected at the end", word)
        parts = []
        at = word.start + head.end()
        for text in word.text[head.end() : -1].split(","):
            part = self._entry(Word(text, at), is_flags=True)
            if not isinstance(part, SubField) or part.mask & mask or part.mask <= 0:
                self._fail("numbers within a value are written @MASK:TYPE", Word(text, at))
            parts.append(part)
            at += len(text) + 1
        return Macro(head[1], value, mask, tuple(parts))

    def _fields(self, words: list[Word]) -> tuple[Field, ...]:
        fields = []
        for word in words:
            found = _MEMBER.match(word.text)
            if not found:
                self._fail("a member is written name@offset:type", word)
            shift, bits = int(found[3] or 0), int(found[4] or 1) if found[3] else 0
            kind = self._type(word, found.end())
            if bits and (not isinstance(kind, Ref) or shift + bits > 64):
                self._fail("bits are a number's, at most 64", word)
            elif bits and isinstance(kind, Ref):
                self.bits.append((kind, word))
            fields.append(Field(found[1], int(found[2]), kind, shift, bits, word.text.startswith("+")))
        return tuple(fields)

    def _head(self, word: Word, brackets: Word | None = None) -> tuple[str, tuple[Condition, ...]]:
        """`name` or `name[conditions]`; the brackets may be a word of their own."""
        found = _HEAD.match(word.text + (brackets.text if brackets else ""))
        if not found:
            self._fail("a name is expected here", word)
        if not found[2]:
            return found[1], ()
        start = brackets.start if brackets else word.start + found.start(2)
        conditions = []
        for part in re.finditer(r"\S+", found[2][1:-1]):
            at = Word(part[0], start + 1 + part.start())
            condition = _CONDITION.match(part[0])
            if not condition or not (condition[2] or condition[4] or condition[1].startswith("netlink(")):
                self._fail("a condition is written name=VALUE|VALUE, or with >=, < or != and one value", at)
            names = condition[3].split("|") if condition[2] else [condition[5]] if condition[4] else []
            conditions.append(Condition(condition[1], tuple(names), condition[2] or condition[4] or "="))
        if not conditions:
            self._fail("the brackets hold no condition", word)
        return found[1], tuple(conditions)

    def _type(self, word: Word, skip: int) -> TypeExpr:
        end = word.start + len(word.text)
        return TypeExprParser(self.text, word.start + skip, end, self.uses).parse()

    def _number(self, word: Word) -> int:
        try:
            return number(word.text)
        except ValueError:
            self._fail("a number is expected here", word)

    def _word(self, words: list[Word], index: int, what: str, after: Word | None = None) -> Word:
        if index < len(words):
            return words[index]
        last = after or words[-1]
        raise TypeSyntaxError(f"{what} is expected here", self.text, last.start + len(last.text))

    def _define(self, named: NamedType, words: list[Word]) -> None:
        if named.name in self.types:
            self._fail(f"{named.name} is defined twice", words[1])
        self.types[named.name] = named

    def _fail(self, message: str, word: Word) -> NoReturn:
        raise TypeSyntaxError(message, self.text, word.start)
