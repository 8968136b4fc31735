# SPDX-License-Identifier: GPL-2.0-only
"""The values that a package's own types return (entry point group `tracefs.types`): these names stay."""

from tracefs.syscalls.types.notation.values import Data, Number, Symbol, Text, Value

__all__ = ["Data", "Number", "Symbol", "Text", "Value"]
