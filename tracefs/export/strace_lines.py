# SPDX-License-Identifier: GPL-2.0-only
"""Lines as `strace -f -ttt -T -o FILE` writes them, or with -v."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tracefs.calls.direct import Direct
from tracefs.calls.fields import fields
from tracefs.calls.pairing import Ended, Entered, Happening, Other, Returned, Signalled, Stopped, Superseded
from tracefs.export.brief import brief
from tracefs.export.forms import Wish
from tracefs.export.source import Source
from tracefs.export.stamps import STYLES
from tracefs.export.told import Told
from tracefs.syscalls.types import Decoder
from tracefs.syscalls.types.notation.strace import StracePrinter
from tracefs.syscalls.types.notation.values import Enum

_NS = 1_000_000_000
_BIRTHS = frozenset({"clone", "clone3", "fork", "vfork"})
_MODES = {"": "64 bit", "i386": "32 bit", "x32": "x32"}
_UNSAID = frozenset({"sched_process_exec"})
"""Events that only say what a call's line says, too."""
MOST = 32
"""Elements of a list that are shown, unless verbose."""


class StraceLines:
    """A call is one line if nothing else happened before it ended, else `<unfinished ...>` and `resumed`."""

    def __init__(
        self,
        decoder: Decoder,
        day: Callable[[int], int] | None = None,
        verbose: bool = False,
        size: int | None = None,
        constants: str = "abbrev",
        paths: bool = True,
        style: str = "unix",
    ) -> None:
        """`size`: bytes of texts that were asked for; so many elements of a list are shown, too. `constants`: as
        strace's -X.

        `paths`: with what descriptors stand for, where that was saved. `style`: of stamps.STYLES.
        """
        self._stamp = STYLES[style]()
        self._decoder = decoder
        most = MOST if size is None else size
        self._printer = StracePrinter(
            size, None if verbose else brief(most), None if verbose else most, constants, paths
        )
        self._direct = Direct(decoder, self._printer)
        self._day = day or (lambda ts: ts)
        self._open: Entered | None = None
        """Entered, and nothing happened since: not written yet."""
        self._split: set[int] = set()
        """Tasks whose call was written as unfinished."""
        self._arch: dict[int, str] = {}
        """Tasks whose last call was not x86-64's."""

    def lines(self, happenings: Iterable[Happening]) -> Iterator[str]:
        for each in happenings:
            if isinstance(each, Other) and each.event.name in _UNSAID:
                continue
            if self._open and (each.tid != self._open.tid or not isinstance(each, Returned)):
                yield from self.end()
            if isinstance(each, Entered) and each.arch != self._arch.get(each.tid, ""):
                self._arch[each.tid] = each.arch
                yield self._line(each.tid, each.ts, f"[ Process PID={each.tid} runs in {_MODES[each.arch]} mode. ]")
            if isinstance(each, Entered) and each.endless:
                yield self._line(each.tid, each.ts, self._printer.whole(each.uapi_name, each.call))
            elif isinstance(each, Entered):
                self._open = each
            elif isinstance(each, Returned):
                if each.entered or each.ret or each.uapi_name not in _BIRTHS:  # else the first return of a child
                    yield self._returned(each)
                self._open = None
            elif isinstance(each, Signalled):
                yield self._line(each.tid, each.ts, f"--- {self._signal(each)} ---")
            elif isinstance(each, Stopped):
                yield self._line(each.tid, each.ts, f"--- stopped by {self._signal_name(each.number)} ---")
            elif isinstance(each, Ended):
                self._split.discard(each.tid)
                self._arch.pop(each.tid, None)
                yield self._line(each.tid, each.ts, f"+++ {self._ended(each)} +++")
            elif isinstance(each, Superseded):
                self._split.discard(each.tid)
                if each.by in self._split:
                    self._split.remove(each.by)
                    self._split.add(each.tid)
                yield self._line(each.tid, each.ts, f"+++ superseded by execve in pid {each.by} +++")
            elif isinstance(each, Other):
                said = " ".join(f"{name}={value}" for name, value in fields(each.event, each.record).items())
                yield self._line(each.tid, each.ts, f"=== {each.event.system}:{each.event.name} {said} ===")

    def end(self) -> Iterator[str]:
        """The call that was not written, because it might have ended at once."""
        if self._open:
            each, self._open = self._open, None
            self._split.add(each.tid)
            shown = self._printer.entered(each.uapi_name, each.call)
            yield self._line(each.tid, each.ts, f"{shown} <unfinished ...>")

    def lost(self, ts: int, cpu: int, count: int | None) -> str:
        return ""  # strace loses none: who reads its lines knows no word for it

    def _returned(self, each: Returned) -> str:
        entered = each.entered
        took = f" <{(each.ts - entered.ts) / _NS:.6f}>" if entered else ""
        if each.tid in self._split or not entered:
            self._split.discard(each.tid)
            shown = self._printer.resumed(each.uapi_name, each.call)
            return self._line(each.tid, each.ts, shown + took)
        if each.decoder is not self._decoder:
            self._decoder, self._direct = each.decoder, Direct(each.decoder, self._printer)
        direct = self._direct.call(each.syscall.name, each.args, each.saved, each.ret)
        shown = (
            self._printer.ended(each.uapi_name, *direct) if direct else self._printer.whole(each.uapi_name, each.call)
        )
        return self._line(each.tid, entered.ts, shown + took)

    def _line(self, tid: int, ts: int, text: str) -> str:
        return f"{tid:<5} {self._stamp(self._day(ts))}{text}\n"

    def _signal(self, each: Signalled) -> str:
        return self._printer.signal(self._decoder.number("signal", each.number), each.siginfo)

    def _ended(self, each: Ended) -> str:
        if not each.killed_by:
            return f"exited with {each.status}"
        return f"killed by {self._signal_name(each.killed_by)}{' (core dumped)' if each.dumped else ''}"

    def _signal_name(self, number: int) -> str:
        named = self._decoder.number("signal", number)
        return named.name if isinstance(named, Enum) and named.name else str(number)


def make(source: Source, wish: Wish, file: int) -> Told:
    """The form."""
    lines = StraceLines(
        Decoder(source.table()), source.day, wish.verbose, wish.size, wish.constants, wish.paths, wish.style
    )
    return Told(source, lines)
