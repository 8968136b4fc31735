# SPDX-License-Identifier: GPL-2.0-only
"""The forms that `tracefs run`, the option `json` and `tracefs report` can write: a row each.

A new form is a module beside this one, with what its row's `make` names, and the row. What is made gives bytes:

    export = open_form(FORMS["json"], source, Wish(), file)
    while data := export.take(last=False): ...     # what can be told now
    while data := export.take(last=True): ...      # when no more events will come
    export.close()                                 # a form that is seekable writes the rest itself

A form of calls makes text of what pairing.py gives (told.py); one of records gets whole sub-buffers, which C may read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from tracefs.export.source import Source

EVENTS = (
    "signal:signal_deliver", "ptrace:signal_ignored", "ptrace:stopped", "sched:sched_process_exec", "sched:sched_process_exit",
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What who wants a form can say about it."""

    verbose: bool = False
    """Nothing is abbreviated."""
    size: int | None = None
    """Bytes of texts that were asked for; a form that shortens lists shows so many elements, too."""
    constants: str = "abbrev"
    """How the form "strace" has constants: abbrev (names), raw (numbers), verbose (both)."""
    paths: bool = True
    """Whether the form "strace" says what descriptors stand for, where that was saved."""
    by: tuple[str, ...] = ("call",)
    """What a summary is by: of summary.KEYS."""
    style: str = "unix"
    """How strace's lines say when: of stamps.STYLES."""
    sort: str = "time"
    """By which column a summary is sorted: of summary.SORTS."""
    every: float | None = None
    """Seconds between two summaries, None: one at the end."""
    host: str = ""
    """What the machine is called, for rows of many machines; "": as this one."""
    directory: Path | None = None
    """Where a form that makes files of its own makes them: in partitions."""


class Export(Protocol):
    """One form of one source."""

    def take(self, last: bool, /) -> bytes:
        """Some of what can be told of what is there; with `last`, also what was kept back. b"" where there is
        nothing."""
        ...

    @property
    def held(self) -> bool:
        """Whether take() has more to give though nothing new has come."""
        ...

    def close(self) -> None:
        """No more events will come, and take() has given b""."""
        ...


class Make(Protocol):
    def __call__(self, source: Source, wish: Wish, file: int, /) -> Export:
        """`file`: a descriptor of where the bytes go, for a form that is seekable; others leave it alone."""
        ...


@dataclass(frozen=True)
class Form:
    """A row."""

    name: str
    """The option is called the same, with -- in front."""
    help: str
    takes: Literal["calls", "records"]
    make: str
    """MODULE:NAME in tracefs.export, of a Make; imported when the form is used."""
    events: tuple[str, ...] = EVENTS
    """As written to set_event: what is recorded beside all calls where nothing else is asked for."""
    clock: str = "boot"
    """As written to trace_clock."""
    settings: tuple[tuple[str, str], ...] = ()
    """More control files that are written before: name, text."""
    apart: bool = False
    """Nothing else may stand between its lines: it needs -w FILE or --fd N, as CMD writes to stderr, too."""
    seekable: bool = False
    """Its end is written at the beginning: it needs a regular file, and -w FILE to name it."""
    option: bool = True
    """Whether the option --NAME chooses it."""
    directory: str = ""
    """What it writes is this file of a directory, which has others besides."""
    partitions: bool = False
    """It can add to a directory of files: Wish.directory."""
    extra: str = ""
    """The extra of this package that brings what it needs: `pip install tracefs[EXTRA]`."""


_TASKS = (("saved_cmdlines_size", "32768"), ("trace_options", "record-tgid"))
"""Names and thread groups of all tasks are wanted at the end."""

_LIVES = (*EVENTS, "sched:sched_process_fork")
"""For pictures of who started whom."""

_ROWS = (
    Form("json", "one JSON object a line: a call with its result", "calls", "json_lines:make", settings=_TASKS, apart=True),
    Form("strace", "lines as strace -f -ttt -T writes them", "calls", "strace_lines:make"),
    Form("csv", "a table of calls with a line each, as spreadsheets read it", "calls", "csv_lines:make", settings=_TASKS, apart=True),
    Form(
        "perfetto", "with -w: a file for ui.perfetto.dev", "calls", "perfetto:make",
        events=_LIVES, settings=_TASKS, apart=True,
    ),
    Form(
        "perfetto-raw", "with -w: the same as ftrace's own events", "records", "perfetto_raw:PerfettoRaw",
        settings=_TASKS, apart=True,
    ),
    Form(
        "chrome", "trace events as JSON, for speedscope and the Firefox profiler", "calls", "chrome:make",
        events=_LIVES, settings=_TASKS, apart=True,
    ),
    Form(
        "folded", "stacks of programs and calls with their times, for flame graphs", "calls", "folded:make",
        events=_LIVES, settings=_TASKS, apart=True,
    ),
    Form(
        "html", "a page of its own: programs in time, calls, files", "calls", "page:make",
        events=_LIVES, settings=_TASKS, apart=True,
    ),
    Form(
        "parquet", "with -w: a table of calls for DuckDB, ClickHouse, Spark, pandas", "calls", "parquet:make",
        events=_LIVES, settings=_TASKS, apart=True, partitions=True, extra="parquet",
    ),
    Form(
        "ctf", "a directory for babeltrace2 and Trace Compass", "calls", "ctf:make",
        events=_LIVES, settings=_TASKS, apart=True, directory="stream", option=False,
    ),
    Form(
        "perf", "with -w: a file for `perf script -i FILE`", "records", "perf_data:PerfData",
        clock="mono", settings=_TASKS, seekable=True,
    ),
    Form(
        "trace-dat", "with -w: a file for `tracefs report FILE`, trace-cmd and KernelShark", "records", "trace_dat:TraceDat",
        clock="mono", settings=_TASKS, seekable=True,
    ),
    Form("summary", "a table of calls and their times", "calls", "summary:make", settings=_TASKS, option=False),
    Form("summary-json", "the same as JSON", "calls", "summary:make_json", settings=_TASKS, option=False),
    Form("summary-after", "lines, then the table", "calls", "summary:make_after", settings=_TASKS, option=False),
)  # fmt: skip

FORMS: Mapping[str, Form] = {form.name: form for form in _ROWS}
"""By name."""


class Missing(Exception):
    """What a form needs is not installed; the text says how to get it."""


def made_by(form: Form) -> Make:
    """Raises Missing."""
    module, _, name = form.make.partition(":")
    try:
        make: Make = getattr(import_module(f"tracefs.export.{module}"), name)
    except ImportError as error:
        if not form.extra:
            raise
        raise Missing(f"--{form.name} needs {error.name}: pip install 'tracefs[{form.extra}]'") from None
    return make


def open_form(form: Form, source: Source, wish: Wish, file: int) -> Export:
    """Begin to write one. Raises Missing."""
    return made_by(form)(source, wish, file)
