# SPDX-License-Identifier: GPL-2.0-only
"""A recorded buffer in this process, without a mount: what is made of it can be timed alone, and in CPU time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from types import TracebackType

from tracefs.capture import Engine, Scope
from tracefs.tree import Tracefs
from tracefs.tree.node import Context, File


class Recording:
    """`with Recording(argv, [("trace_options", "syscall_user_exit")]) as r:` has what the command did, in
    `r.files.top`."""

    def __init__(self, argv: Sequence[str], settings: Iterable[tuple[str, str]], stdout: int = 1) -> None:
        self._argv, self._settings, self._stdout = argv, settings, stdout

    def __enter__(self) -> Recording:
        self.files = Tracefs(scope=Scope("none"))
        for name, text in self._settings:
            self.write(name, text)
        engine = self.files.engine
        assert isinstance(engine, Engine)
        engine.spawn(self._argv, stdout=self._stdout).wait()
        self.write("tracing_on", "0")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.files.shutdown()

    def write(self, name: str, text: str) -> None:
        """As `echo text >> name`."""
        file = self.files.lookup(name)
        assert isinstance(file, File)
        handle = file.open(os.O_WRONLY | os.O_APPEND, Context())
        handle.write(text.encode() + b"\n", 0, Context())
        handle.flush(Context())
        handle.release()
