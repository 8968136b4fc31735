# SPDX-License-Identifier: GPL-2.0-only
"""The capture thread: the C loop, and policy in between."""

from __future__ import annotations

import errno
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from tracefs.capture.child import Child
from tracefs.capture.policy import native as c
from tracefs.capture.policy import privileged
from tracefs.capture.policy.execs import Execs
from tracefs.capture.policy.faults import fault
from tracefs.capture.policy.program import THREAD, TIMER, StartError

if TYPE_CHECKING:
    from tracefs.capture.policy.attach import Attacher
    from tracefs.capture.policy.native import Core

LINGER, LINGER_STEP = 0.02, 0.002
"""Seconds that tasks have at the end to stop by themselves."""
STUCK = 1.0
"""Seconds after which a task is given up that does not answer an interrupt: it is stuck in the kernel."""
MAX_FAILED, FAILED_PAUSE = 50, 0.02
"""Faults in a row after which capturing ends, and seconds to wait after all but the first."""
SUITED_TRIES = 32
"""Times that a thread of a number that suits is looked for."""
GONE_TIMEOUT = 2.0
"""Seconds to wait for the former capture thread's end, which takes microseconds."""


class Command:
    """Something to be done on the capture thread."""

    def __init__(self, action: Callable[[], None], failed: Callable[[OSError], None] | None = None) -> None:
        self._action, self._failed = action, failed
        self._done = threading.Event()
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._action()
        except OSError as error:
            self._error = error
        except BaseException as error:
            fault("a command")
            self._error = error
        self._done.set()

    def fail(self, error: OSError) -> None:
        """It will not be done."""
        self._error = error
        self._done.set()
        if self._failed:
            self._failed(error)

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is done; raises what it raised."""
        done = self._done.wait(timeout)
        if self._error is not None:
            raise self._error
        return done


class Session:
    """One capture thread from its start to its end. Its end is what lets all tracees go, at once and unnoticed by
    them."""

    def __init__(
        self,
        core: Core,
        attacher: Attacher,
        former: int,
        *,
        needed: Callable[[], bool],
        ended: Callable[[], None],
        on_error: Callable[[str], None],
        in_task: bool = False,
    ) -> None:
        """former: the thread that captured before. needed: whether to go on when there is nothing left to do.
        ended: called when no command is taken any more. on_error: gets a line on what went wrong.
        in_task: programs may record themselves."""
        self.core = core
        self.attacher = attacher
        self.tid = 0
        self.children: dict[int, Child] = {}
        self._former = former
        self._needed = needed
        self._ended = ended
        self._on_error = on_error
        self._execs = Execs(core, attacher, self.post)
        self._commands: deque[Command] = deque()
        self._stopping = False
        self._in_task = in_task
        self._thread = threading.Thread(target=self._run, name="tracefs-capture", daemon=True)

    def start(self) -> None:
        """StartError where there can be no more threads."""
        try:
            if self._in_task:
                self._thread = suited(self._run)
            else:
                self._thread.start()
        except RuntimeError:
            raise StartError(errno.EAGAIN, THREAD) from None

    def post(self, action: Callable[[], None], failed: Callable[[OSError], None] | None = None) -> Command:
        """Have it done on the capture thread, soon; never waits. failed: told where it will not be done."""
        command = Command(action, failed)
        self._commands.append(command)
        self.core.wake()
        return command

    def has_commands(self) -> bool:
        return bool(self._commands)

    def stop(self) -> None:
        """End the thread; waits for it, not for any tracee."""
        self._stopping = True
        self.core.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()
            wait_gone(self.tid)

    def _run(self) -> None:
        wait_gone(self._former)
        self.tid = threading.get_native_id()
        error: OSError = StartError(errno.ESHUTDOWN, THREAD)
        try:
            self.core.enter()
        except OSError as refused:
            error = StartError(refused.errno or errno.EAGAIN, TIMER)
        else:
            if self._in_task:
                self.core.in_task()
            self._capture()
            self.core.leave()
        for child in self.children.values():
            child.abandoned()
        self._ended()
        while self._commands:  # nobody posts any more
            self._commands.popleft().fail(error)

    def _capture(self) -> None:
        self.core.exec_policy(not privileged.tracer_is_privileged())
        in_a_row = 0
        while not self._stopping and in_a_row < MAX_FAILED:
            try:
                if not self._work():
                    break
            except Exception as error:
                self._failed(error)  # and the stops are served all the same
            try:
                self._handle(self.core.loop())
                in_a_row = 0
            except Exception as error:
                self._failed(error)
                time.sleep(FAILED_PAUSE if in_a_row else 0)
                in_a_row += 1
        if in_a_row:
            self._on_error("capturing ends: it leads nowhere")
        try:
            self.core.set_root(0)
            self._execs.end()
            self._let_go()
        except Exception as error:  # then the thread's end lets all go
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """A fault that no task can be blamed for."""
        fault("the capture thread's turn")
        self._on_error(f"internal error: {error!r}")

    def _work(self) -> bool:
        """Commands, and what is due. False: nobody needs this thread any more."""
        while self._commands:
            self._commands.popleft().run()
        delays = [
            delay for delay in (self.attacher.step(), self.core.overdue(), self._execs.step()) if delay is not None
        ]
        if delays:
            self.core.alarm(min(delays))
        return self._needed()

    def _let_go(self) -> None:
        """Let tasks go at stops, as far as these come soon; the rest sleep, and go unnoticed with this thread's end.

        A task that this thread's end meets at the entry of a call, or on its way out of one that an ignored signal woke
        it from, might see EINTR (stops.c, restart.c): so those are stopped that may come there."""
        start = time.monotonic()
        while tasks := self.core.tasks():
            for tid, _ in tasks:
                self.core.set_leaving(tid)
            self.attacher.part()
            left = start + (STUCK if self.attacher.answering() else LINGER) - time.monotonic()
            if left <= 0:
                break
            self.core.alarm(min(left, LINGER_STEP))
            self._handle(self.core.loop())

    def _handle(self, reason: int) -> None:
        if reason == c.WOKEN:
            return
        report = self.core.report()
        if reason == c.CHILD_EXIT:
            child = self.children.pop(report.tid, None)
            if child:
                child.ended(report.status)
        elif reason == c.EXEC:
            self._execs.ask(report.tid)
        elif reason == c.ROOT_END:
            self.attacher.succeed()


def suited(target: Callable[[], None]) -> threading.Thread:
    """A thread that runs target, of a number that programs can record themselves under, if one can be had."""
    for left in reversed(range(SUITED_TRIES)):
        c.in_task_approach()
        chosen: queue.SimpleQueue[bool] = queue.SimpleQueue()

        def main(last: bool = not left, chosen: queue.SimpleQueue[bool] = chosen) -> None:
            suits = last or c.in_task_suits(threading.get_native_id())
            chosen.put(suits)
            if suits:
                target()

        thread = threading.Thread(target=main, name="tracefs-capture", daemon=True)
        thread.start()
        if chosen.get():
            break
    return thread


def wait_gone(tid: int) -> None:
    """Until a thread of ours has left the kernel: only then are its tracees free."""
    deadline = time.monotonic() + GONE_TIMEOUT
    while tid and os.path.exists(f"/proc/self/task/{tid}") and time.monotonic() < deadline:
        time.sleep(0.0002)
