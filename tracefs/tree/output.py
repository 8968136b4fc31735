# SPDX-License-Identifier: GPL-2.0-only
"""What was recorded: trace, trace_pipe and trace_pipe_raw, of all CPUs or of one."""

from __future__ import annotations

import errno
import threading
import time
from typing import TYPE_CHECKING

from tracefs.render import Iterator, Pipe, Reader
from tracefs.tree.faces import EngineFace, Notify
from tracefs.tree.instance import Instance
from tracefs.tree.long_text import KEPT_TEXT, Readers, Stream, Text
from tracefs.tree.node import RAW_SIZE, READABLE, Context, File, Handle, readable, truncates
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


def json_text(instance: Instance, consume: bool, cpu: int | None) -> ExportText:
    """What an open reads with the option `json`: that is settled when it is opened, as the forms cannot change in a
    line."""
    from tracefs.export.forms import FORMS, Wish, open_form  # here: most mounts never need it
    from tracefs.export.text import Text as ExportText
    from tracefs.tree.source import live

    return ExportText(open_form(FORMS["json"], live(instance, consume, cpu), Wish(), -1), ends=not consume)


class EventsFile(File):
    """What trace and snapshot share: the events of one buffer as lines, which a reading does not consume.

    stat(2) tells how long the text is where that takes milliseconds (of 10 MB about 15). A longer one is a stream: see
    STREAM_ROOM.
    """

    EVENTS = 1 << 17
    BYTES = 16 << 20
    """So many events are told the length of, of at most so many bytes."""
    JSON = 64
    """An object costs that many lines."""
    FRESH = 1.0
    """Seconds for which what was told holds if nothing else has happened. (Names of tasks may have.)"""

    def __init__(self, instance: Instance, cpu: int | None = None) -> None:
        super().__init__(0o640)
        self.instance, self.cpu = instance, cpu
        self.readers = Readers()
        self._told: tuple[object, float, Text] | None = None

    def begin(self) -> Stream:
        """The text, from its beginning on."""
        raise NotImplementedError

    def reader(self) -> Reader | None:
        """Of the buffer that this is about; None: there is none."""
        return self.instance.reader

    def is_short(self) -> bool:
        """Whether it is cheap to make all of the text."""
        reader = self.reader()
        if reader is None:
            return True
        buffer = reader.buffer
        cpus = range(buffer.cpus) if self.cpu is None else (self.cpu,)
        events = reader.entries(self.cpu) * (self.JSON if self.instance.options["json"] else 1)
        return events <= self.EVENTS and sum(buffer.stats(cpu).bytes for cpu in cpus) <= self.BYTES

    def size(self, ctx: Context) -> int:
        reader = self.readers.opened_by(ctx.tid)
        if isinstance(reader, EventsReader):
            return self.readers.stream_size(ctx.tid) if reader.nonseekable else reader.text.length()
        if not self.is_short():
            return self.readers.stream_size(ctx.tid)
        state, told = self._state(), self._told
        if told and told[0] == state and time.monotonic() - told[1] < self.FRESH:
            return told[2].length()
        text = Text(self.begin, KEPT_TEXT)
        with self.instance.lock:  # no resize meanwhile
            length = text.length()
        self._told = state, time.monotonic(), text
        return length

    def text(self) -> Text:
        """For one open: the very text whose length its path look-up was told, where it is still that."""
        told, self._told = self._told, None
        if told and told[0] == self._state() and time.monotonic() - told[1] < self.FRESH:
            return told[2]
        return Text(self.begin, KEPT_TEXT)

    def _state(self) -> object:
        """Differs when the text does."""
        instance, reader = self.instance, self.reader()
        buffer = reader.buffer if reader else None
        return (
            buffer and (buffer.written(), *(buffer.stats(cpu)._replace(now_ts=0) for cpu in range(buffer.cpus))),
            reader and reader.unread(),
            tuple(instance.options.values()),
            instance.tracer,
            instance.shared.types.table,
            id(buffer),
        )


class EventsReader(Handle):
    """An open EventsFile. A long text is not kept, and cannot be gone back in."""

    def __init__(self, file: EventsFile, ctx: Context) -> None:
        self.file, self.tid, self.reached = file, ctx.tid, 0
        self._muted = Muted(file.instance.shared.engine)
        self.nonseekable = not file.is_short()
        self.text = Text(file.begin) if self.nonseekable else file.text()
        file.readers.add(self)

    def read(self, size: int, offset: int, ctx: Context) -> bytes:
        self._muted.add(ctx.tid)
        data = self.text.read(size, offset)
        self.reached = max(self.reached, offset + len(data))
        return data

    def end(self) -> int:
        raise OSError(errno.EINVAL, "a seq_file has no end")

    def release(self) -> None:
        self.file.readers.remove(self)
        self._muted.release()


class Trace(EventsFile):
    """trace: reading does not consume; `>` empties the buffer; what is written is taken and forgotten."""

    def begin(self) -> Stream:
        instance = self.instance
        if instance.options["json"]:
            return json_text(instance, False, self.cpu)
        return Iterator(instance.shared.renderer, instance.reader, instance.view, self.cpu)

    def open(self, flags: int, ctx: Context) -> Handle:
        if truncates(flags):
            self.instance.empty(self.cpu)
        return _TraceReader(self, ctx) if readable(flags) else _TraceWriter()


class _TraceWriter(Handle):
    def write(self, data: bytes, offset: int, ctx: Context) -> int:
        return len(data)


class _TraceReader(_TraceWriter, EventsReader):
    """Holds the buffer's size, and with pause-on-trace the recording, while it is open."""

    def __init__(self, file: EventsFile, ctx: Context) -> None:
        super().__init__(file, ctx)
        self._muted.add(ctx.tid)
        self._paused = file.instance.begin_iterating()

    def release(self) -> None:
        self.file.instance.end_iterating(self._paused)
        super().release()


class _Consumer(Handle):
    """What trace_pipe and trace_pipe_raw share: they take what they read, and wait for more."""

    nonseekable = True

    def __init__(self, instance: Instance, cpu: int | None, ctx: Context) -> None:
        self._instance, self._cpu = instance, cpu
        self.tid = ctx.tid
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
        self._readers = Readers()

    def size(self, ctx: Context) -> int:
        return self._readers.stream_size(ctx.tid)

    def open(self, flags: int, ctx: Context) -> Handle:
        return _PipeReader(self._instance, self._cpu, ctx, self._readers)


class _PipeReader(_Consumer):
    def __init__(self, instance: Instance, cpu: int | None, ctx: Context, readers: Readers) -> None:
        super().__init__(instance, cpu, ctx)
        self._readers, self.reached = readers, 0
        readers.add(self)
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
                self.reached = offset + len(data)
                return data
            # With tracing off there is an end, but only for those who have read something; others wait for a beginning.
            if self._ended() or (self._seen and not ctx.nonblock and not self._instance.tracing_on):
                break
            self._wait(ctx)
        return b""

    def release(self) -> None:
        self._readers.remove(self)
        super().release()


class RawFile(File):
    """Whole sub-buffers, which splice(2) gets as well."""

    def size(self, ctx: Context) -> int:
        return RAW_SIZE


class TracePipeRaw(RawFile):
    """per_cpu/cpuN/trace_pipe_raw: whole sub-buffers, consumed, as events/header_page describes them."""

    def __init__(self, instance: Instance, cpu: int) -> None:
        super().__init__(0o440)
        self._instance, self._cpu = instance, cpu

    def open(self, flags: int, ctx: Context) -> Handle:
        return _RawReader(self._instance, self._cpu, ctx)


class _RawReader(_Consumer):
    """A sub-buffer is given in parts to those who read less of it at a time; what is left of it waits for them here."""

    spliced = True

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
