# SPDX-License-Identifier: GPL-2.0-only
"""Calls of other packages' code: whatever it does costs its own value, never the read that asked for it."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, get_args

from tracefs.syscalls.types.notation.jsonform import plain
from tracefs.syscalls.types.notation.printers import text
from tracefs.syscalls.types.notation.values import Value

log = logging.getLogger("tracefs")

LIMIT = 0.2
"""Seconds for one value. A function that takes longer is not called again."""

Function = Callable[[bytes], Value]
_Reply = queue.SimpleQueue[tuple[Any, BaseException | None]]


class Guard:
    """Calls functions on a thread of its own, so that one which never returns can be left behind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given_up: set[Function] = set()
        self._work: queue.SimpleQueue[tuple[Function, bytes, _Reply]] | None = None

    def call(self, function: Function, data: bytes) -> Value:
        """What it returns. Raises what it raises, TypeError where that is no value, TimeoutError."""
        with self._lock:
            if function in self._given_up:
                raise TimeoutError
            work = self._work or self._start()
            reply: _Reply = queue.SimpleQueue()
            work.put((function, data, reply))
            try:
                value, error = reply.get(timeout=LIMIT)
            except queue.Empty:
                log.error("a type of another package took more than %s s and is not asked again: %r", LIMIT, function)
                self._given_up.add(function)
                self._work = None  # its thread is lost
                raise TimeoutError from None
        if error:
            raise error
        if not isinstance(value, get_args(Value)) or not isinstance(text(value), str):
            raise TypeError(f"{function!r} returned {value!r}")
        json.dumps(plain(value))
        return value  # type: ignore[no-any-return]

    def _start(self) -> queue.SimpleQueue[tuple[Function, bytes, _Reply]]:
        work: queue.SimpleQueue[tuple[Function, bytes, _Reply]] = queue.SimpleQueue()
        threading.Thread(target=_serve, args=(work,), name="types", daemon=True).start()
        self._work = work
        return work


GUARD = Guard()


def _serve(work: queue.SimpleQueue[tuple[Function, bytes, _Reply]]) -> None:
    while True:
        function, data, reply = work.get()
        try:
            reply.put((function(data), None))
        except BaseException as error:
            reply.put((None, error))
