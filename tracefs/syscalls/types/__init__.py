# SPDX-License-Identifier: GPL-2.0-only
"""Type tables: which names the numbers in a syscall's arguments have, and what its pointers lead to.

table = load()                               # the files beside this one, and args.tbl
table = table.merged(parse(text, table))     # what somebody wrote to a `types` file
call = Decoder(table).call("openat", args, Saved(enter={1: b"/etc/passwd"}), ret)
printers.ftrace_enter(call), printers.strace(call), jsonform.call(call)
plan(table, "openat")                        # what of its memory to save, and when
"""

from tracefs.syscalls.types.decode import Decoder, Saved
from tracefs.syscalls.types.errors import TypeSyntaxError
from tracefs.syscalls.types.loader import load
from tracefs.syscalls.types.model import Table
from tracefs.syscalls.types.syntax import parse

__all__ = ["Decoder", "Saved", "Table", "TypeSyntaxError", "load", "parse"]
