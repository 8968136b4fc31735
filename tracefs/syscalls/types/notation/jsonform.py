# SPDX-License-Identifier: GPL-2.0-only
"""Values as JSON: plain objects for json.dumps."""

from __future__ import annotations

import base64
from typing import Any

from tracefs.syscalls.types.notation.values import (
    Array,
    Call,
    Data,
    Enum,
    Errno,
    Fd,
    Flags,
    Number,
    Pointer,
    Struct,
    Symbol,
    Text,
    Value,
)


def plain(value: Value) -> Any:
    """Numbers stay numbers; what has names is an object with `value` and them; unread memory is its address."""
    if isinstance(value, Number):
        return value.value
    if isinstance(value, Enum):
        shown = {"value": value.value, "name": value.name}
        return {**shown, "path": _data(value.path, True)} if value.path else shown
    if isinstance(value, Flags):
        parts = [p if isinstance(p, str) else {"shift": p.shift, "value": plain(p.value)} for p in value.names]
        return {"value": value.value, "flags": parts, "rest": value.rest}
    if isinstance(value, Fd):
        return {"fd": value.value, "path": _data(value.path, True)} if value.path else value.value
    if isinstance(value, (Text, Data)):
        complete = value.complete if isinstance(value, Text) else len(value.data) >= value.size
        return _data(value.data, complete)
    if isinstance(value, Symbol):
        return value.value
    if isinstance(value, Struct):
        return {name: plain(member) for name, member in value.fields}
    if isinstance(value, Array):
        return [plain(item) for item in value.items]
    if isinstance(value, Errno):
        return {"errno": value.value, "name": value.name}
    return _pointer(value)


def _data(data: bytes, complete: bool) -> Any:
    try:
        shown: Any = data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode(), "complete": complete}
    return shown if complete else {"text": shown, "complete": False}


def _pointer(value: Pointer) -> Any:
    if value.counted:
        return {"value": value.address, "requests": plain(value.target)} if value.target else value.address
    if value.address == 0:
        return None
    if value.target is not None and value.after is not None:
        return {"enter": plain(value.target), "exit": plain(value.after)}
    seen = value.target if value.target is not None else value.after
    return {"address": hex(value.address)} if seen is None else plain(seen)


def call(decoded: Call) -> dict[str, Any]:
    """One object for one call: syscall, args by name, and the result once there is one."""
    shown: dict[str, Any] = {
        "syscall": decoded.name,
        "args": {arg.name: plain(arg.value) for arg in decoded.args},
    }
    if decoded.result is not None:
        shown["result"] = plain(decoded.result)
    return shown
