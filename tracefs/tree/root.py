# SPDX-License-Identifier: GPL-2.0-only
"""Which files there are: the directory of an instance, and the top's."""

from __future__ import annotations

from tracefs.tree import control
from tracefs.tree.buffer import (
    BufferPercent,
    BufferSize,
    BufferTotalSize,
    FreeBuffer,
    Stats,
    SubbufSize,
)
from tracefs.tree.cmdlines import SavedCmdlines, SavedCmdlinesSize, SavedTgids
from tracefs.tree.error_log import ErrorLogFile
from tracefs.tree.event_files import events_directory
from tracefs.tree.instance import Instance
from tracefs.tree.marker import TraceMarker, TraceMarkerRaw
from tracefs.tree.node import Directory, Node
from tracefs.tree.options import TraceOptions, option_files
from tracefs.tree.output import Trace, TracePipe, TracePipeRaw
from tracefs.tree.pidset import PID_KINDS, PidFile
from tracefs.tree.readme import README
from tracefs.tree.set_event import AvailableEvents, SetEvent, ShowEventFilters, ShowEventTriggers
from tracefs.tree.snapshot_files import SnapshotFile, SnapshotRaw
from tracefs.tree.synthetic import DynamicEvents, SyntheticEvents
from tracefs.tree.textfile import ConstantFile

NO_PRINTK_FORMATS = ""
"""The strings that records of trace_printk() point to: there are none, for there is no such record."""


def instance_files(instance: Instance) -> dict[str, Node]:
    """What every instance has."""
    return {
        "available_tracers": ConstantFile(control.AVAILABLE_TRACERS, sequential=True),
        "buffer_percent": BufferPercent(instance),
        "buffer_size_kb": BufferSize(instance),
        "buffer_subbuf_size_kb": SubbufSize(instance),
        "buffer_total_size_kb": BufferTotalSize(instance, 0o440),
        "current_tracer": control.CurrentTracer(instance),
        "error_log": ErrorLogFile(instance.error_log),
        "events": events_directory(instance),
        "free_buffer": FreeBuffer(instance),
        "options": Directory(option_files(instance)),
        "per_cpu": Directory({f"cpu{cpu}": _per_cpu(instance, cpu) for cpu in range(instance.buffer.cpus)}),
        **{kind.name: PidFile(instance, kind) for kind in PID_KINDS},
        "set_event": SetEvent(instance),
        "show_event_filters": ShowEventFilters(instance, 0o440),
        "show_event_triggers": ShowEventTriggers(instance, 0o440),
        "snapshot": SnapshotFile(instance),
        "syscall_user_buf_size": control.UserBufSize(instance),
        "timestamp_mode": ConstantFile(control.TIMESTAMP_MODE, sequential=True),
        "trace": Trace(instance),
        "trace_clock": control.TraceClock(instance),
        "trace_marker": TraceMarker(instance),
        "trace_marker_raw": TraceMarkerRaw(instance),
        "trace_options": TraceOptions(instance),
        "trace_pipe": TracePipe(instance),
        "tracing_cpumask": control.TracingCpumask(instance),
        "tracing_on": control.TracingOn(instance),
    }


def _per_cpu(instance: Instance, cpu: int) -> Directory:
    return Directory(
        {
            "buffer_size_kb": BufferSize(instance, cpu),
            "snapshot": SnapshotFile(instance, cpu),
            "snapshot_raw": SnapshotRaw(instance, cpu),
            "stats": Stats(instance, cpu),
            "trace": Trace(instance, cpu),
            "trace_pipe": TracePipe(instance, cpu),
            "trace_pipe_raw": TracePipeRaw(instance, cpu),
        }
    )


def top_files(instance: Instance) -> dict[str, Node]:
    """What only the top has, with what every instance has."""
    shared = instance.shared
    return instance_files(instance) | {
        "README": ConstantFile(README),
        "available_events": AvailableEvents(instance, 0o440),
        "dynamic_events": DynamicEvents(shared),
        "printk_formats": ConstantFile(NO_PRINTK_FORMATS, sequential=True),
        "saved_cmdlines": SavedCmdlines(shared),
        "saved_cmdlines_size": SavedCmdlinesSize(shared),
        "saved_tgids": SavedTgids(shared),
        "synthetic_events": SyntheticEvents(shared),
    }
