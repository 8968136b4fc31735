# SPDX-License-Identifier: GPL-2.0-only
"""Recordings that other tools read: the raw events and their `format` files in one file, with no mount.

    perf_data.py      perf script, and what builds on it
    trace_dat.py      trace-cmd report, KernelShark
    tracing_data.py   what both begin with: how events look

The words are made by those tools, of the bytes: see syscalls/types/fmt.py.
"""

from tracefs.recordings.perf_data import PerfData
from tracefs.recordings.trace_dat import TraceDat
from tracefs.recordings.tracing_data import Described

__all__ = ["Described", "PerfData", "TraceDat"]
