# SPDX-License-Identifier: GPL-2.0-only
"""Calls of which strace tells behind their result what they filled in: `select(...) = 1 (out [4], left {...})`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tracefs.syscalls.types.notation.values import (
    Argument,
    Array,
    Call,
    Errno,
    Flags,
    Number,
    Pointer,
    Struct,
    Symbol,
    Value,
)

Show = Callable[[Value], str]
_SETS = (("inp", "in"), ("outp", "out"), ("exp", "except"))
_SELECTS, _POLLS = ("select", "pselect6"), ("poll", "ppoll")
_TIMEOUTS = {"select": "tvp", "pselect6": "tsp", "ppoll": "tsp", "recvmmsg": "timeout"}
_CHANGED = {"sendfile64": "offset"}
"""Arguments that are shown as they were, and as they became: `[0] => [35499]`."""
_NODES = {
    "mbind": ("nmask",),
    "set_mempolicy": ("nmask",),
    "get_mempolicy": ("nmask",),
    "migrate_pages": ("old_nodes", "new_nodes"),
}
"""Sets of memory nodes, which strace shows as the words that hold them."""
_WORD, _MOST_WORDS = 64, 1024
_LATE = {"epoll_pwait2": ("timeout", "sigmask")}
"""Arguments that strace reads when the call has ended, of one that failed not at all."""
TOLD = frozenset({*_SELECTS, *_POLLS, *_TIMEOUTS, *_CHANGED, *_LATE, *_NODES})


def told(call: Call, show: Show, most: int | None) -> tuple[Call, str]:
    """The call with arguments as they went in, and what stands behind its result. `most`: descriptors that are
    shown."""
    if call.name in _CHANGED:
        return replace(
            call, args=tuple(_changed(arg, show) if arg.name == _CHANGED[call.name] else arg for arg in call.args)
        ), ""
    if call.name in _NODES:
        count = next(
            (arg.value.value for arg in call.args if arg.name == "maxnode" and isinstance(arg.value, Number)), 0
        )
        sets, words = _NODES[call.name], (count + _WORD - 2) // _WORD
        return replace(call, args=tuple(_words(arg, words, most) if arg.name in sets else arg for arg in call.args)), ""
    if call.name in _LATE:
        failed = isinstance(call.result, Errno)
        return replace(
            call, args=tuple(_address(arg) if failed and arg.name in _LATE[call.name] else arg for arg in call.args)
        ), ""
    filled = {
        arg.name: arg.value.after for arg in call.args if isinstance(arg.value, Pointer) and arg.value.after is not None
    }
    names = {name for name, _ in _SETS} | {"ufds", _TIMEOUTS.get(call.name, "")}
    shown = replace(call, args=tuple(_as_it_went_in(arg) if arg.name in names else arg for arg in call.args))
    if not isinstance(call.result, Number) or call.result.value < 0:
        return shown, ""
    if call.result.value == 0:
        return shown, " (Timeout)"
    parts = []
    if call.name in _SELECTS:
        parts += [
            f"{said} {show(filled[name])}" for name, said in _SETS if name in filled and not _is_empty(filled[name])
        ]
    ready = filled.get("ufds")
    if isinstance(ready, Array):
        answers = [_answer(each) for each in ready.items if isinstance(each, Struct) and _revents(each)]
        if answers:
            more = most is not None and len(answers) > most
            parts.append(show(Array(tuple(answers[:most] if more else answers), more)))
    left = filled.get(_TIMEOUTS.get(call.name, ""))
    parts += [f"left {show(left)}"] if left is not None else []
    return shown, f" ({', '.join(parts)})" if parts or call.name in _SELECTS else ""


def _changed(arg: Argument, show: Show) -> Argument:
    value = arg.value
    if not isinstance(value, Pointer) or value.target is None or value.after is None:
        return arg
    return Argument(arg.name, Symbol(f"[{show(value.target)}] => [{show(value.after)}]", None))


def _words(arg: Argument, count: int, most: int | None) -> Argument:
    """`[0x00000000000003, 0000000000000000]`; `count` of them."""
    found = arg.value.target or arg.value.after if isinstance(arg.value, Pointer) else None
    if not isinstance(found, Symbol) or not isinstance(found.value, list) or count > _MOST_WORDS:
        return arg
    words = [0] * (count if most is None else min(count, most + 1))
    for node in found.value:
        if node // _WORD < len(words):
            words[node // _WORD] |= 1 << node % _WORD
    shown = [f"{word:#016x}" if word else "0" * 16 for word in words]
    return Argument(
        arg.name, Symbol(f"[{', '.join(shown if most is None or count <= most else [*shown[:most], '...'])}]", None)
    )


def _address(arg: Argument) -> Argument:
    return Argument(arg.name, Pointer(arg.value.address)) if isinstance(arg.value, Pointer) else arg


def _is_empty(value: Value) -> bool:
    return isinstance(value, Symbol) and not value.value


def _as_it_went_in(arg: Argument) -> Argument:
    value = arg.value
    if not isinstance(value, Pointer):
        return arg
    target = value.target
    if arg.name == "ufds" and isinstance(target, Array):
        target = replace(
            target, items=tuple(_asked(each) if isinstance(each, Struct) else each for each in target.items)
        )
    return Argument(arg.name, replace(value, target=target, after=None, filled=False))


def _asked(each: Struct) -> Struct:
    return replace(each, fields=tuple(member for member in each.fields if member[0] != "revents"))


def _answer(each: Struct) -> Struct:
    return replace(each, fields=tuple(member for member in each.fields if member[0] != "events"))


def _revents(each: Struct) -> int:
    found = dict(each.fields).get("revents")
    return found.value if isinstance(found, (Flags, Number)) else 0
