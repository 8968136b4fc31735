# SPDX-License-Identifier: GPL-2.0-only
"""What was recorded: trace, trace_pipe and trace_pipe_raw, of all CPUs or of one."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tracefs.render import Iterator, Pipe
from tracefs.tree.faces import EngineFace, Notify
from tracefs.tree.instance import Instance
from tracefs.tree.node import READABLE, Context, File, Handle, readable, truncates
from tracefs.tree.waiting import wait_for_events

if TYPE_CHECKING:
    from tracefs.export.text import Text as ExportText


class Muted:
    """Tasks that are not recorded because they read this: else `cat trace_pipe` would feed itself without end."""

    def __init__(self, engine: EngineFace) -> None:
        self._engine = engine
        self._tids: set[int] = set()
        self._lock = threading.Lock()

    def add(self, tid: int) -> None:
        if not tid:
            return
        with self._lock:
            if tid in self._tids:
                return
            self._tids.add(tid)
        self._engine.mute(tid)

    def release(self) -> None:
        with self._lock:
            tids, self._tids = self._tids, set()
        for tid in tids:
            self._engine.unmute(tid)


class Stream(Protocol):
    """A text in the making."""

    def read(self, size: int, /) -> bytes: ...


def json_text(instance: Instance, consume: bool, cpu: int | None) -> ExportText:
    """What an open reads with the option `json`: that is settled when it is opened, as the forms cannot change in a line."""
    from tracefs.export.forms import FORMS, Wish, open_form  # here: most mounts never need it
    from tracefs.export.text import Text as ExportText
    from tracefs.tree.source import live

    return ExportText(open_form(FORMS["json"], live(instance, consume, cpu), Wish(), -1), ends=not consume)


class Text:
    """A text that is made from its beginning on, read at any offset: going back starts anew, going forward reads over."""

    def __init__(self, begin: Callable[[], Stream]) -> None:
        self._begin = begin
        self._stream: Stream | None = None
        self._position = 0
        self._lock = threading.Lock()

    def read(self, size: int, offset: int) -> bytes:
        with self._lock:
            if self._stream is None or offset < self._position:
                self._stream, self._position = self._begin(), 0
            while self._position < offset:
                skipped = len(self._stream.read(min(offset - self._position, 1 << 16)))
                if not skipped:
                    break
                self._position += skipped
            data = self._stream.read(size)
            self._position += len(data)
            return data


class Trace(File):
    """trace: reading does not consume; `>` empties the buffer; what is written is taken and forgotten."""

    def __init__(self, instance: Instance, cpu: int | None = None) -> None:
        super().__init__(0o640)
        self._instance, self._cpu = instance, cpu

    def open(self, flags: int, ctx: Context) -> Handle:
        if truncates(flags):
            self._instance.empty(self._cpu)
        if readable(flags):
            return _TraceReader(self._instance, self._cpu, ctx)
        return _TraceWriter()


class _TraceWriter(Handle):
    def write(self, data: bytes, offset: int, ctx: Context) -> int:
        return len(data)


class _TraceReader(_TraceWriter):
    """Holds the buffer's size, and with pause-on-trace the recording, while it is open."""

    def __init__(self, instance: Instance, cpu: int | None, ctx: Context) -> None:
        self._instance = instance
        self._muted = Muted(instance.shared.engine)
        self._muted.add(ctx.tid)
        self._text = Text(lambda: self._begin(cpu))
        self._paused = instance.begin_iterating()

    def _begin(self, cpu: int | None) -> Stream:
        instance = self._instance
        if instance.options["json"]:
            return json_text(instance, False, cpu)
        return Iterator(instance.shared.renderer, instance.reader, instance.view, cpu)

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        self._muted.add(ctx.tid)
        return self._text.read(size, offset)

    def release(self) -> None:
        self._instance.end_iterating(self._paused)
        self._muted.release()


class _Consumer(Handle):
    """What trace_pipe and trace_pipe_raw share: they take what they read, and wait for more."""

    nonseekable = True

    def __init__(self, instance: Instance, cpu: int | None, ctx: Context) -> None:
        self._instance, self._cpu = instance, cpu
        self._muted = Muted(instance.shared.engine)
        self._muted.add(ctx.tid)
        self._notify: Notify | None = None
        instance.begin_consuming()

    def _ended(self) -> bool:
        return self._instance.shared.stopping.is_set()

    def _wait(self, ctx: Context) -> None:
        if ctx.nonblock:
            raise OSError(errno.EAGAIN, "nothing to read")
        wait_for_events(self._instance.buffer, self._cpu, ctx)

    def _ready(self, percent: int) -> bool:
        instance = self._instance
        return (
            self._ended()
            or instance.options["block"]
            or (not percent and not instance.reader.empty(self._cpu))
            or instance.buffer.ready(self._cpu, percent)
        )

    def poll(self, notify: Notify | None) -> int:
        # Of all CPUs together, any event counts: that is the kernel's rule.
        percent = 0 if self._cpu is None else self._instance.buffer_percent
        if self._ready(percent):
            return READABLE
        if notify:
            old, self._notify = self._notify, notify
            if old:
                self._instance.pollers.drop(old)
            self._instance.pollers.add(notify, self._cpu, percent)
        return 0

    def release(self) -> None:
        if self._notify:
            self._instance.pollers.drop(self._notify)
        self._instance.end_consuming()
        self._muted.release()


class TracePipe(File):
    """trace_pipe: reading consumes, and waits while there is nothing."""

    def __init__(self, instance: Instance, cpu: int | None = None) -> None:
        super().__init__(0o440)
        self._instance, self._cpu = instance, cpu

    def open(self, flags: int, ctx: Context) -> Handle:
        return _PipeReader(self._instance, self._cpu, ctx)


class _PipeReader(_Consumer):
    def __init__(self, instance: Instance, cpu: int | None, ctx: Context) -> None:
        super().__init__(instance, cpu, ctx)
        self._json = json_text(instance, True, cpu) if instance.options["json"] else None
        self._pipe: Stream = self._json or Pipe(instance.shared.renderer, instance.reader, instance.view, cpu)
        self._seen = False

    def _ready(self, percent: int) -> bool:
        return (self._json is not None and self._json.waiting) or super()._ready(percent)

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        self._muted.add(ctx.tid)
        while size:
            data = self._pipe.read(size)
            if data:
                self._seen = True
                return data
            # With tracing off there is an end, but only for those who have read something; others wait for a beginning.
            if self._ended() or (self._seen and not ctx.nonblock and not self._instance.tracing_on):
                break
            self._wait(ctx)
        return b""


class TracePipeRaw(File):
    """per_cpu/cpuN/trace_pipe_raw: whole sub-buffers, consumed, as events/header_page describes them."""

    size = 1 << 40
    """splice() stops at st_size and asks for nothing where it is 0."""

    def __init__(self, instance: Instance, cpu: int) -> None:
        super().__init__(0o440)
        self._instance, self._cpu = instance, cpu

    def open(self, flags: int, ctx: Context) -> Handle:
        return _RawReader(self._instance, self._cpu, ctx)


class _RawReader(_Consumer):
    """A sub-buffer is given in parts to those who read less of it at a time; what is left of it waits for them here."""

    def __init__(self, instance: Instance, cpu: int, ctx: Context) -> None:
        super().__init__(instance, cpu, ctx)
        self._raw_cpu = cpu
        self._rest = b""
        self._seen = False
        self._lock = threading.Lock()

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        self._muted.add(ctx.tid)
        while size:
            with self._lock:
                page = self._rest or self._instance.reader.take_page(self._raw_cpu) or b""
                data, self._rest = page[:size], page[size:]
            if data:
                self._seen = True
                return data
            if self._ended():
                break
            if self._seen:
                # A recorder that clears O_NONBLOCK before it splices must not hang in the middle of a splice.
                raise OSError(errno.EAGAIN, "no whole sub-buffer")
            self._wait(ctx)
        return b""

    def _ready(self, percent: int) -> bool:
        return bool(self._rest) or super()._ready(percent)

    def ioctl(self, command: int, argument: int, ctx: Context) -> int:
        """Command 0 wakes all who wait for this buffer."""
        if command:
            raise OSError(errno.ENOTTY, "no such command")
        self._instance.buffer.kick()
        return 0
