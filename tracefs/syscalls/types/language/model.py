# SPDX-License-Identifier: GPL-2.0-only
"""What a type table says: numbers with names, structures, and which syscall argument has which type.

The model is plain data with no behaviour that a C compiler could not have: a flags type is an ordered list of
(value, mask, name), an enumeration the same with full masks, a structure a list of (offset, type), a row a list of
types by argument name. Variants carry what depends on a value (fcntl's third argument by its second): they apply in
order, each replacing the arguments or fields that it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Union

WIDTHS: Final[Mapping[str, tuple[int, bool]]] = MappingProxyType(
    {f"{sign}{bits}": (bits // 8, sign == "s") for sign in "us" for bits in (8, 16, 32, 64)}
)
"""Name of a machine integer -> (bytes, signed)."""

STYLES: Final = (
    "dec", "hex", "oct", "fd", "pid", "uid", "gid", "ptr", "dev", "port", "htonl", "inet4", "char", "sec",
    "ioctl", "kib", "ticks", "kver", "ifindex", "x8", "x16", "x32",
)  # fmt: skip
"""How a number without a name is shown.

`port`, `htonl` and `inet4` are in network byte order, `dev` is a dev_t, `sec` a date, `ioctl` a command by its parts,
`kib` bytes in KiB where they are even, `ticks` of a hundredth of a second, `kver` a kernel's version, `ifindex` a
network interface, `x8` to `x32` hex that strace fills up with zeros.
"""

NAMELESS: Final = frozenset(
    (
        "fd", "pid", "uid", "gid", "char", "port", "htonl", "ioctl", "dev", "sec", "ptr", "kib", "ticks", "kver", "ifindex",
        "x8", "x16", "x32",
    )
)  # fmt: skip
"""Styles of numbers that mean something without a name: strace does not mark them as unknown."""

BUILT_IN: Final = ("str", "pathname", "strings", "bytes", "octets", "chars")
"""Types that no table defines: text up to a NUL, one that names a path, a vector of pointers to such up to NULL, data,
data that strace shows in hex, and text of fixed length."""

WHOLE: Final = (1 << 64) - 1
"""The mask of an entry that names the whole value, not some bits of it."""


@dataclass(frozen=True)
class Entry:
    """A name for `value` where the bits of `mask` hold it."""

    name: str
    value: int
    mask: int


@dataclass(frozen=True)
class SubField:
    """Bits of a flags type that hold a number of another type; `name` is that of its shift (`21<<MAP_HUGE_SHIFT`)."""

    name: str | None
    mask: int
    type: Ref

    @property
    def shift(self) -> int:
        return (self.mask & -self.mask).bit_length() - 1


@dataclass(frozen=True)
class Macro:
    """A name for the values that have `value` in the bits of `mask`; the numbers in `parts` are shown behind it:
    NAME(1, X)."""

    name: str
    value: int
    mask: int
    parts: tuple[SubField, ...]


@dataclass(frozen=True)
class IntType:
    """A number that has no names."""

    name: str
    width: str
    style: str


@dataclass(frozen=True)
class EnumType:
    """A number that is one of several names; others are shown in `style`. `macros` are tried where no entry is it, in
    order."""

    name: str
    width: str
    style: str
    entries: tuple[Entry, ...]
    macros: tuple[Macro, ...] = ()
    unknown: str | None = None
    """As of FlagsType; `#X_???` where strace shows the number, and its name as a comment."""


@dataclass(frozen=True)
class FlagsType:
    """A number made of bits; entries are tried in order, each takes its mask; what is left is shown in `style`."""

    name: str
    width: str
    style: str
    entries: tuple[Entry | SubField, ...]
    unknown: str | None = None
    """What strace calls a value that has none of the names (`MS_???`): "" for nothing, None for what they begin with.

    With a + before it the bits without a name are called so even where others have one."""


@dataclass(frozen=True)
class CustomType:
    """A type that Python decodes (tracefs.syscalls.types.decode.custom); `size` in bytes, 0 where the data's length
    says it."""

    name: str
    size: int


@dataclass(frozen=True)
class Ref:
    """The use of a named type, `width` where it is not the type's own (`mode.u16`)."""

    name: str
    width: str | None = None


@dataclass(frozen=True)
class Count:
    """How many elements (or bytes, where the target has no fixed size): a source, scaled, and then `plus` more.

    `source` is a number, the name of an argument or field, `ret`, `*NAME` for what a pointer argument points to, or
    `share(NAME)`: NAME bytes, of the `ret` bytes that the call has filled one buffer after the other.
    """

    source: int | str
    multiply: int = 1
    divide: int = 1
    plus: int = 0


@dataclass(frozen=True)
class Pointer:
    """An address of `target`: `direction` in (valid at enter), out (at exit of a call that succeeded), inout, left (at
    the exit of one that a signal interrupted). ring: no address but a number, of the requests that the call submits in
    a ring."""

    direction: str
    target: TypeExpr
    counts: tuple[Count, ...] = ()
    """Empty: one element, or up to the NUL of a string. Several: the smallest of them."""


@dataclass(frozen=True)
class Inline:
    """Elements within a structure; no counts: up to the end of the structure's memory."""

    target: TypeExpr
    counts: tuple[Count, ...] = ()


@dataclass(frozen=True)
class Records:
    """Structures of different length, each of which says its own length in the field `length`, aligned."""

    target: Ref
    length: str
    align: int


TypeExpr = Union[Ref, Pointer, Inline, Records]  # noqa: UP007 (3.10 cannot resolve the forward references otherwise)

HIDDEN: Final = Ref("-")
"""The type of an argument that the call does not look at: it is not shown."""


@dataclass(frozen=True)
class Field:
    """A member of a structure, `offset` in bytes; of its number `bits` bits from bit `shift` on, 0: all of it.

    `apart`: what follows a header, such as a message's body (`+body@16:bytes`); strace shows it behind the braces, and
    a structure that is shorter than its body's type has data there.
    """

    name: str
    offset: int
    type: TypeExpr
    shift: int = 0
    bits: int = 0
    apart: bool = False


@dataclass(frozen=True)
class Condition:
    """True if the argument or field `name` holds any of `names` (symbols of its type, or numbers as written).

    `netlink(NAME)` is the protocol of the netlink socket that the argument NAME is a descriptor of, as far as the
    engine asked (of one argument); without names this is true for any. In structures `netlink` is the same, and
    `sizeof` is how many bytes one has of which who passes it says that. `ret` is what the call
    returned, true of nothing before that. `*NAME` is the number that the argument NAME points to: what the call left
    there once it has ended.
    """

    name: str
    names: tuple[str, ...]
    relation: str = "="
    """Or >=, < or !=: of the number as its type has it, and one name."""


@dataclass(frozen=True)
class StructVariant:
    conditions: tuple[Condition, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class StructType:
    """A structure of `size` bytes; `ctype` is its name in the UAPI headers.

    An open one (`struct sockaddr 2+`) is at most as long as it is known here: who passes it says its length in bytes.
    """

    name: str
    size: int
    ctype: str | None
    fields: tuple[Field, ...]
    variants: tuple[StructVariant, ...] = ()
    open: bool = False
    grows: bool = False
    """Whether newer kernels may know more of it (`88++`): what a caller has behind its end is looked at."""
    zeroed: bool = False
    """Whether what a caller leaves out is 0 (`72+0`): all members are there, and what is behind the end and not 0 is a
    member, too."""


@dataclass(frozen=True)
class Alias:
    """A name for a type expression."""

    name: str
    type: TypeExpr


NamedType = Union[IntType, EnumType, FlagsType, CustomType, StructType, Alias]  # noqa: UP007


@dataclass(frozen=True)
class Row:
    """One syscall (or one variant of it): the types of its arguments, by name and in order, and of its result."""

    syscall: str
    args: tuple[tuple[str, TypeExpr], ...]
    result: TypeExpr | None
    conditions: tuple[Condition, ...] = ()
    partial: bool = False
    """It replaces only what it names, where its conditions hold: a variant, or what an event's own file says."""


@dataclass(frozen=True)
class Extension:
    """More entries for a type that exists; they come before its own."""

    name: str
    entries: tuple[Entry | Macro | SubField, ...]


@dataclass(frozen=True)
class Table:
    """All that one or more files say. `rows` holds per syscall its row and, after it, its variants in order."""

    types: Mapping[str, NamedType] = field(default_factory=dict)
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    extensions: tuple[Extension, ...] = ()
    struct_variants: tuple[tuple[str, StructVariant], ...] = ()
    """Variants of structures that this table does not define itself."""

    def merged(self, later: Table) -> Table:
        """This table with `later` written over it: types and full rows replace, variants and extensions add."""
        types = {**self.types, **later.types}
        for extension in later.extensions:
            types[extension.name] = _extend(types[extension.name], extension)
        for name, variant in later.struct_variants:
            struct = types[name]
            if isinstance(struct, StructType):
                types[name] = replace(struct, variants=(*struct.variants, variant))
        rows = dict(self.rows)
        for syscall, new in later.rows.items():
            rows[syscall] = (*rows.get(syscall, ()), *new) if new[0].partial else new
        return Table(types, rows)

    def resolve(self, ref: Ref) -> NamedType:
        """The type that `ref` names, through aliases of plain names. Raises KeyError."""
        named = self.types[ref.name]
        while isinstance(named, Alias) and isinstance(named.type, Ref):
            named = self.types[named.type.name]
        return named

    def entries(self) -> Iterator[Entry | Macro]:
        """Every name of every enumeration and flags type."""
        for named in self.types.values():
            if isinstance(named, (EnumType, FlagsType)):
                yield from named_values(named)


def unknown_of(named: EnumType | FlagsType) -> str:
    """What strace calls a value of this type that has none of its names; "" for nothing."""
    if named.unknown is not None:
        return named.unknown
    names = [entry.name for entry in named.entries if isinstance(entry, Entry)]
    if named.style in NAMELESS or not names:
        return ""
    first, last = min(names), max(names)
    common = first[: next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]
    begin = common[: common.rfind("_") + 1] if len(names) > 1 else common[: common.find("_") + 1]
    return f"{begin}???" if begin else ""


def named_values(named: EnumType | FlagsType) -> Iterator[Entry | Macro]:
    """The names of one type: what a condition may ask for."""
    yield from (entry for entry in named.entries if isinstance(entry, Entry))
    if isinstance(named, EnumType):
        yield from named.macros


def _extend(named: NamedType, extension: Extension) -> NamedType:
    new = {entry.name for entry in extension.entries}
    if isinstance(named, FlagsType):
        own = tuple(entry for entry in extension.entries if not isinstance(entry, Macro))
        return replace(named, entries=(*own, *(e for e in named.entries if e.name not in new)))
    if isinstance(named, EnumType):
        plain = tuple(entry for entry in extension.entries if isinstance(entry, Entry))
        macros = tuple(entry for entry in extension.entries if isinstance(entry, Macro))
        return replace(
            named,
            entries=(*plain, *(e for e in named.entries if e.name not in new)),
            macros=(*macros, *(e for e in named.macros if e.name not in new)),
        )
    raise TypeError(named.name)
