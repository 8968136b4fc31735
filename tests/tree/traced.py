# SPDX-License-Identifier: GPL-2.0-only
"""Programs traced by the real engine, over a tree that is not mounted."""

from __future__ import annotations

import os
import re

from tracefs.capture import Engine, Scope
from tracefs.events import EventClass
from tracefs.tree import Context, File, Tracefs
from tracefs.tree.instance import Instance


class Traced:
    """A tree, and programs that are traced through it."""

    def __init__(self) -> None:
        self.files = Tracefs(scope=Scope("none"))
        self.top: Instance = self.files.top
        self.top.expand()

    def event(self, name: str) -> EventClass:
        system, _, event = name.partition(":")
        found = self.top.event(system, event)
        assert found, name
        return found

    def trigger(self, name: str, *lines: str) -> str:
        """Write the lines to the event's `trigger`; its content then."""
        path = f"events/{name.replace(':', '/')}/trigger"
        for line in lines:
            self.write(path, line + "\n")
        return self.read(path)

    def hist(self, name: str) -> str:
        return self.read(f"events/{name.replace(':', '/')}/hist")

    def shown(self, name: str) -> str:
        return self.top.events.peek(self.event(name)).state

    def enable(self, *names: str) -> None:
        self.top.events.switch([self.event(name) for name in names], True)

    def run(self, *argv: str) -> None:
        assert isinstance(self.files.engine, Engine)
        null = os.open(os.devnull, os.O_RDWR)
        try:
            self.files.engine.spawn(argv, stdin=null, stdout=null).wait()
        finally:
            os.close(null)
        assert self.files.engine.settle(10)

    def read(self, path: str) -> str:
        file = self.files.lookup(path)
        assert isinstance(file, File)
        handle = file.open(os.O_RDONLY, Context())
        try:
            return handle.read(1 << 20, 0, Context()).decode()
        finally:
            handle.release()

    def write(self, path: str, text: str, flags: int = 0) -> None:
        file = self.files.lookup(path)
        assert isinstance(file, File)
        file.open(os.O_WRONLY | flags, Context()).write(text.encode(), 0, Context(tid=os.getpid()))

    def trace(self) -> list[str]:
        """What the lines of `trace` say, without the columns in front."""
        return [re.sub(r"^.*?\d+\.\d{6}: ", "", line) for line in self.read("trace").splitlines() if line[:1] != "#"]
