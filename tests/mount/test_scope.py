# SPDX-License-Identifier: GPL-2.0-only
"""What is in a mount's scope, however the mount was made, and what is said when that is nobody any more."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, eventually, mounted, needs_fuse
from tracefs import mountpoints
from tracefs.commands.scopes import describe

pytestmark = needs_fuse

COMMAND = shlex.join(TRACEFS)
MADE_BY = {
    "timeout": "timeout 20 $TRACEFS mount m",
    "what leads a session of its own": "setsid -w timeout 20 $TRACEFS mount m",
    "a shell's script": "printf '%s\\n' '$TRACEFS mount m' > script; sh ./script",
    "a script that begins the tracing": "printf '%s\\n' '$TRACEFS mount m' 'echo 1 > m/$FILE' > script; sh ./script",
    "make": "printf 'all:\\n\\t@$TRACEFS mount m\\n' > Makefile; make -s",
}


@contextmanager
def shell_in_a_session_of_its_own(script: str) -> Iterator[subprocess.Popen[str]]:
    """The script has $TRACEFS, $FILE (the switch of an event) and an empty directory `m` to mount on."""
    with tempfile.TemporaryDirectory(prefix="tracefs-test-") as directory:
        mount = f"{os.path.realpath(directory)}/m"
        os.mkdir(mount)
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=directory,
            env={**os.environ, "TRACEFS": COMMAND, "FILE": "events/syscalls/sys_enter_getpid/enable"},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            if mountpoints.is_mounted(mount):
                subprocess.run([*TRACEFS, "umount", mount], timeout=PATIENCE, check=True)


@pytest.mark.parametrize("made", MADE_BY.values(), ids=MADE_BY)
def test_the_shell_above_is_in_scope_when_what_made_the_mount_has_ended(made: str) -> None:
    made = made.replace("$TRACEFS", COMMAND).replace("$FILE", "events/syscalls/sys_enter_getpid/enable")
    script = f"{{ {made}; }} > /dev/null; until grep -q getpid m/set_event; do echo 1 > m/$FILE; done; "
    script += "python3 -c 'import os; os.getpid()'; cat m/trace; $TRACEFS status m; echo $$"
    with shell_in_a_session_of_its_own(script) as process:
        output = process.communicate(timeout=PATIENCE)[0]
    shell = output.split()[-1]
    assert re.search(r"python3-\d+ .*sys_getpid\(", output)
    assert f"scope:   process {shell} (bash) and all that it starts" in output


def test_tracing_goes_on_with_the_shell_above_though_nobody_writes() -> None:
    made = (
        f"printf '%s\\n' '{COMMAND} mount m' 'echo 1 > m/events/syscalls/sys_enter_getpid/enable' > script; sh ./script"
    )
    script = f"{{ {made}; }} > /dev/null; until grep -q 'TracerPid:.[^0]' /proc/$$/status; do :; done; echo traced"
    with shell_in_a_session_of_its_own(script) as process:
        assert process.communicate(timeout=PATIENCE)[0] == "traced\n"


def test_a_named_process_is_in_scope_with_its_children() -> None:
    with (
        shell_in_a_session_of_its_own("sleep 1000 & wait") as process,
        mounted([*TRACEFS, "mount", "--scope", f"tree:{process.pid}"]) as mount,
    ):

        def traced() -> set[int]:
            return {pid for pid, _, _ in mount.status()["tracees"]}  # type: ignore[attr-defined]

        mount.write("current_tracer", "syscall")
        assert eventually(lambda: len(traced()) == 2)
        assert process.pid in traced()
        assert mount.status()["root"] == process.pid


def test_a_scope_with_no_process_left_is_told() -> None:
    process = subprocess.Popen(["sleep", "1000"])
    with mounted([*TRACEFS, "mount", "--scope", f"tree:{process.pid}"]) as mount:
        mount.write("current_tracer", "syscall")
        process.send_signal(signal.SIGKILL)
        process.wait()
        said = f"error: no process is left in scope: {process.pid} has ended"
        assert eventually(lambda: said in mount.read("error_log"))
        status = subprocess.run(
            [*TRACEFS, "status", mount.path], capture_output=True, text=True, timeout=PATIENCE
        ).stdout
        assert f"scope:   no process is left: {process.pid} has ended" in status
        mount.write("current_tracer", "nop")
        mount.write("current_tracer", "syscall")
        assert mount.read("error_log").count(said) == 1


def test_what_is_no_process_cannot_be_chosen() -> None:
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [*TRACEFS, "mount", "--scope", "tree:4194304", directory], capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, "tracefs: --scope tree:4194304: no process 4194304\n")


def test_the_words_for_scopes() -> None:
    own = os.getpid()
    name = describe("tree", own).removeprefix(f"process {own} (").removesuffix(") and all that it starts")
    assert describe("tree", own, above=own) == (
        f"process {own} ({name}) and all that it starts; when it has ended, {own} ({name})"
    )
    assert (
        describe("tree", 7, alive=False) == "no process is left: 7 has ended (`mount --scope tree:PID` names another)"
    )
    assert describe("none", 0) == "only what is written to set_ftrace_pid or set_event_pid"
