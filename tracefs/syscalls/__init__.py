# SPDX-License-Identifier: GPL-2.0-only
"""What a syscall is: number, names, arguments and their C types. Tables and their loader; a leaf of the project."""

from collections.abc import Mapping
from types import MappingProxyType

from tracefs.syscalls import table
from tracefs.syscalls.table import SYSCALLS, Param, Syscall

COMPAT_NAMES: Mapping[int, str] = MappingProxyType(table.COMPAT_NAMES)
"""Numbers of i386 (int 0x80 and 32-bit code) and their names."""

by_number: Mapping[int, Syscall] = MappingProxyType({syscall.nr: syscall for syscall in SYSCALLS})
by_name: Mapping[str, Syscall] = MappingProxyType({syscall.name: syscall for syscall in SYSCALLS})
"""By the name in events ("newuname", not "uname")."""

__all__ = ["COMPAT_NAMES", "SYSCALLS", "Param", "Syscall", "by_name", "by_number"]
