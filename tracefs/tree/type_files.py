# SPDX-License-Identifier: GPL-2.0-only
"""The type tables as files: events/syscalls/types, events/syscalls/EVENT/types, events/syscalls/metadata.

All of them are ready for poll() when they say something else than at their last reading, or were not read yet.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.events import EventClass
from tracefs.syscalls.types.language.errors import TypeSyntaxError
from tracefs.tree.control import InstanceFile
from tracefs.tree.faces import Notify
from tracefs.tree.instance import Instance
from tracefs.tree.node import READABLE, WRITABLE, Context, Handle, Node
from tracefs.tree.textfile import TextHandle

if TYPE_CHECKING:
    from tracefs.syscalls.types.language.model import Table

TYPED = "syscalls"
"""The system whose events have types."""


class TypesHandle(TextHandle):
    """An open file that is about the tables, and knows which it has shown."""

    def __init__(self, file: TypesFile, flags: int) -> None:
        super().__init__(file, flags)
        self._types = file.instance.shared.types
        self._shown: Table | None = None
        self._notify: Notify | None = None
        self._types.on_change.append(self._changed)

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        if offset == 0:
            self._shown = self._types.table
        return super().read(size, offset, ctx)

    def poll(self, notify: Notify | None) -> int:
        self._notify = notify or self._notify
        return WRITABLE | (READABLE if self._shown is not self._types.table else 0)

    def release(self) -> None:
        self._types.on_change.remove(self._changed)

    def _changed(self, table: Table) -> None:
        notify, self._notify = self._notify, None
        if notify:
            notify()


class TypesFile(InstanceFile):
    """What is common to them."""

    key: str = ""
    """Names the text among all that are made of the tables."""

    def text(self) -> bytes:
        return self.instance.shared.typed_texts.text(self.key, super().text)

    def size(self, ctx: Context) -> int:
        return self.instance.shared.typed_texts.length(self.key, super().text)

    def handle(self, flags: int) -> Handle:
        return TypesHandle(self, flags)


class Types(TypesFile):
    """All types, or one syscall's rows. A write adds to what is there, `>` first goes back to the package's tables.

    All instances share them: they say what the numbers mean, not what is recorded.
    """

    def __init__(self, instance: Instance, event: EventClass | None = None) -> None:
        super().__init__(instance)
        self._syscall = None if event is None else event.name.removeprefix("sys_enter_").removeprefix("sys_exit_")
        self.key = f"types {self._syscall or ''}"

    def show(self) -> str:
        return self.instance.shared.types.show(self._syscall)

    def store(self, data: bytes, ctx: Context) -> int:
        try:
            self.instance.shared.types.write(data.decode(), self._syscall)
        except UnicodeDecodeError:
            raise OSError(errno.EINVAL, "not UTF-8") from None
        except TypeSyntaxError as error:
            line = data.decode().splitlines()[error.line - 1].encode()
            self.instance.error_log.add("types", error.message, line, error.column)
            raise OSError(errno.EINVAL, error.message) from None
        return len(data)

    def emptied(self) -> None:
        self.instance.shared.types.reset(self._syscall)


class Metadata(TypesFile):
    """Syscalls, arguments, types and values as they are now, as JSON."""

    key = "metadata"

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance, 0o440)

    def show(self) -> str:
        import json  # here, as most mounts never need them

        from tracefs.syscalls.types.language.metadata import metadata

        return json.dumps(metadata(self.instance.shared.types.table), indent=1) + "\n"


def group_files(instance: Instance) -> dict[str, Callable[[], Node]]:
    """The files of the system itself."""
    return {"types": lambda: Types(instance), "metadata": lambda: Metadata(instance)}
