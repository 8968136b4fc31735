# SPDX-License-Identifier: GPL-2.0-only
"""Type tables: which names the numbers in a syscall's arguments have, and what its pointers lead to.

Three kinds of data, all text that people read and edit, and that a mount shows and takes back in its `types` files:

tables/*.tbl  types, one family a file: `int`, `enum`, `flags`, `struct`, `custom`, `alias`; values by scripts/gen-types
../args.tbl   one row a syscall: the type of each argument and of the result, and variants by another argument's value
what users write  either of both, over those

    flags open_flags u32 hex  O_RDONLY=0/3 O_WRONLY=1/3 O_CREAT=0x40     name, width, style of the rest; NAME=VALUE/MASK
    enum whence s32 dec  SEEK_SET=0 SEEK_CUR=1
    struct pollfd 8  fd@0:fd events@4:poll_events                        size; member@offset:type
    struct stat[st_mode=S_IFCHR] st_rdev@40:dev                          a variant, by a member's value
    openat dfd:dirfd filename:in(str) flags:open_flags mode:- -> fd      a row; - is not shown
    openat[flags=O_CREAT] mode:perm                                      a variant, by an argument's value
    read fd:fd buf:out(bytes, ret) count:size -> long                    pointers: in, out, inout; how many

A number's mask says which bits it names: entries of `flags` are tried in order, each takes its bits from those after
it, what is left is shown as the rest. `NAME@MASK:TYPE` in flags are bits that hold a number.

Decoding makes values first (notation/values.py), and printers make text or JSON of these:

    table = load()                               # tables/*.tbl, and args.tbl
    table = table.merged(parse(text, table))     # what somebody wrote to a `types` file
    call = Decoder(table).call("openat", args, Saved(enter={1: b"/etc/passwd"}), ret)
    printers.ftrace_enter(call), strace.line(call), jsonform.call(call)

C gets the same table as one block of memory (block/compile.py, block/table.h): the engine, to know what of a task's
memory to save at enter and exit; the renderer, to print it. saved/memory.py says in which form what was saved reaches a
decoder.

What is saved reaches a decoder by argument: the record of an enter event has for each `in` and `inout` pointer of its
row, that of an exit event for each `out` and `inout`, a field `__data_loc char[] __ARGUMENT_val`. Its bytes are what
the argument points to, as it stood (a string without or with its NUL), or, where that leads to more memory (TT_STRINGS
and TT_HOLDS_POINTERS), an image: see saved/memory.py. A length of 0 is: not saved, its offset leads to an empty string;
or not readable, then to "(fault)". A string that was cut has no NUL in its length, but is followed by "..." and one.

A package adds types that need code through the entry point group `tracefs.types` (decode/custom.py).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracefs.syscalls.types.block.compile import compile_table
    from tracefs.syscalls.types.block.kept import Compiled
    from tracefs.syscalls.types.decode.decoder import Decoder, Saved
    from tracefs.syscalls.types.language.errors import TypeSyntaxError
    from tracefs.syscalls.types.language.model import Table
    from tracefs.syscalls.types.language.syntax import parse
    from tracefs.syscalls.types.loader import load

__all__ = ["Compiled", "Decoder", "Saved", "Table", "TypeSyntaxError", "compile_table", "load", "parse"]

_MODULES = {
    "Compiled": "block.kept",
    "Decoder": "decode.decoder",
    "Saved": "decode.decoder",
    "Table": "language.model",
    "TypeSyntaxError": "language.errors",
    "compile_table": "block.compile",
    "load": "loader",
    "parse": "language.syntax",
}


def __getattr__(name: str) -> Any:
    """Imported when it is first asked for: what most starts need is in `loader` and `pointers` alone."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
