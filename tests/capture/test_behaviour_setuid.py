# SPDX-License-Identifier: GPL-2.0-only
"""A tracer without privilege lets go of a task that executes a setuid program: the program keeps what it is given."""

from __future__ import annotations

import ctypes
import os
import re
import struct
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from ringbuf import RingBuffer
from tests.capture.harness.engines import ON, new_engine
from tests.capture.harness.flag import until
from tests.capture.harness.records import records
from tracefs.capture import Engine
from tracefs.capture.policy import privileged, ptrace_ops
from tracefs.commands import session

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes a setuid file and becomes another user: needs root")
NOBODY = 65534
PR_SET_DUMPABLE = 4


def as_nobody(body: Callable[[], None]) -> int:
    """The exit status of a forked process that runs `body` as an unprivileged user: it has all modules already."""
    ptrace_ops.binding()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # else its own /proc/self is root's
            body()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def tracing(root: int, body: Callable[[Engine, RingBuffer], None]) -> None:
    """With an engine on that process and its descendants (never ourselves)."""
    engine, sink, buffer = new_engine(root, lambda _: None, 1 << 20)
    engine.want(sink, ON)
    try:
        body(engine, buffer)
    finally:
        engine.stop()


@pytest.fixture
def setuid(programs: Path, tmp_path: Path) -> tuple[str, Path]:
    """A program of root's with mode 4755, and the file that the test's programs write to."""
    target = programs / "setuid-root"
    if not target.exists():
        target.write_bytes((programs / "setuid").read_bytes())
        target.chmod(0o4755)
    out = tmp_path / "out"
    out.touch()
    return str(target), out


EXPECTED = f"uid={NOBODY} euid=0 secure=1\n"


def executed(buffer: RingBuffer) -> int:
    return sum(one.name == "execve" and one.kind == "exit" and one.values == (0,) for one in records(buffer))


def test_run_says_of_which_program_it_let_go(setuid: tuple[str, Path], capfd: pytest.CaptureFixture[str]) -> None:
    target, out = setuid
    request = session.Request(["/bin/sh", "-c", f"{target}; exit 7"], output=os.devnull)
    fd = os.open(out, os.O_WRONLY)

    def body() -> None:
        os.dup2(fd, 1)
        assert session.trace(request) == 7

    assert as_nobody(body) == 0
    assert out.read_text() == EXPECTED
    assert re.sub(r"sh-\d+", "sh-N", capfd.readouterr().err) == (
        f"tracefs: let go of sh-N: {target} is setuid, setgid or has capabilities, and needs an untraced task\n"
    )


def test_setuid_program_run_by_a_traced_shell_is_privileged(setuid: tuple[str, Path]) -> None:
    target, out = setuid
    fd = os.open(out, os.O_WRONLY)

    def body(engine: Engine, buffer: RingBuffer) -> None:
        assert engine.spawn(["/bin/sh", "-c", f"{target}; /bin/true; exit 7"], stdout=fd).wait() == 7
        assert executed(buffer) == 2  # the shell and true: it is still traced, and so is what comes after

    assert as_nobody(lambda: tracing(os.getpid(), body)) == 0
    assert out.read_text() == EXPECTED


def test_setuid_program_executed_by_a_task_that_was_attached_is_privileged(setuid: tuple[str, Path]) -> None:
    target, out = setuid
    fd = os.open(out, os.O_WRONLY)
    go, set_off = os.pipe()

    def body(engine: Engine, _: RingBuffer) -> None:
        assert engine.settle(60)
        os.write(set_off, b"x\n")
        assert until(lambda: out.read_text() != "", 10)

    def as_parent() -> None:
        files = [(os.POSIX_SPAWN_DUP2, go, 0), (os.POSIX_SPAWN_DUP2, fd, 1)]
        argv = ["/bin/sh", "-c", f"read line; exec {target}"]
        shell = os.posix_spawn(argv[0], argv, os.environ, file_actions=files)
        tracer = os.fork()  # the shell's parent must be another than its tracer, or its waits would meet the tracer's
        if tracer == 0:
            try:
                tracing(shell, body)
            finally:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1]) == 0
        os.waitpid(tracer, 0)

    assert as_nobody(as_parent) == 0
    assert out.read_text() == EXPECTED


def shell(*words: str) -> list[str]:
    return ["/bin/sh", "-c", " ".join(words)]


def script(directory: Path, name: str, interpreter: str) -> str:
    path = directory / name
    path.write_text(f"#!{interpreter}\n")
    path.chmod(0o755)
    return str(path)


EXECVEAT = "open(F, '<', $ARGV[0]); my $fd = fileno(F); my $empty = ''; syscall(322, $fd, $empty, 0, 0, 0x1000); die"
WAYS: dict[str, Callable[[str, Path], list[str]]] = {
    "spawned": lambda target, _: [target],
    "relative path": lambda target, _: shell("cd", os.path.dirname(target), "&&", "./" + os.path.basename(target)),
    "symbolic link": lambda target, tmp: [str(tmp / "link")],
    "script": lambda target, tmp: [script(tmp, "one", target)],
    "script of a script": lambda target, tmp: [script(tmp, "two", script(tmp, "one", target))],
    "execveat of a descriptor": lambda target, _: ["/usr/bin/perl", "-e", EXECVEAT, target],
    "vfork": lambda target, _: ["/usr/bin/perl", "-e", "exit(system($ARGV[0]) >> 8)", target],
}


@pytest.mark.parametrize("way", WAYS)
def test_setuid_program_is_privileged_however_it_is_executed_and_is_named(
    way: str, setuid: tuple[str, Path], programs: Path
) -> None:
    target, out = setuid
    directory = programs / f"by-{way}".replace(" ", "-")  # of a directory that every user can search
    directory.mkdir(exist_ok=True)
    directory.chmod(0o755)
    if not (directory / "link").is_symlink():
        (directory / "link").symlink_to(target)
    argv, fd, said = (
        WAYS[way](target, directory),
        os.open(out, os.O_WRONLY),
        os.open(out.with_name("said"), os.O_CREAT | os.O_RDWR),
    )

    def as_tracer() -> None:
        engine, sink, _ = new_engine(os.getpid(), lambda line: os.write(said, line.encode()) and None, 1 << 20)
        engine.want(sink, ON)
        assert engine.spawn(argv, stdout=fd).wait() == 0
        engine.stop()

    assert as_nobody(as_tracer) == 0
    assert out.read_text() == EXPECTED
    assert "let go of" in os.pread(said, 1000, 0).decode()
    assert "setuid" in os.pread(said, 1000, 0).decode()


def test_program_with_file_capabilities_keeps_them(programs: Path, tmp_path: Path) -> None:
    target, out = programs / "capable", tmp_path / "out"
    target.write_bytes(Path("/bin/cat").read_bytes())
    target.chmod(0o755)
    cap_net_raw = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)  # vfs_cap_data, version 2, effective
    os.setxattr(target, "security.capability", cap_net_raw)
    out.touch()
    fd = os.open(out, os.O_WRONLY)

    def body(engine: Engine, _: RingBuffer) -> None:
        assert engine.spawn([str(target), "/proc/self/status"], stdout=fd).wait() == 0

    assert as_nobody(lambda: tracing(os.getpid(), body)) == 0
    assert "CapEff:\t0000000000002000\n" in out.read_text()


def test_setuid_program_that_gives_nothing_stays_traced(programs: Path) -> None:
    """Its owner executes it, or the task has sworn off new privileges."""
    own, foreign = programs / "setuid-own", programs / "setuid-foreign"
    for target, owner in ((own, NOBODY), (foreign, 0)):
        target.write_bytes((programs / "errors").read_bytes())
        os.chown(target, owner, owner)
        target.chmod(0o4755)

    def body(engine: Engine, buffer: RingBuffer) -> None:
        assert engine.spawn([str(own)]).wait() == 0
        assert engine.spawn(["/usr/bin/setpriv", "--no-new-privs", str(foreign)]).wait() == 0
        assert executed(buffer) == 3

    assert as_nobody(lambda: tracing(os.getpid(), body)) == 0


def test_tasks_go_on_being_traced_after_a_thread_was_let_go(setuid: tuple[str, Path], programs: Path) -> None:
    """The setuid program is executed by a thread that is not its leader; its process ends, its parent is traced."""
    target, out = setuid
    fd = os.open(out, os.O_WRONLY)

    def body(engine: Engine, buffer: RingBuffer) -> None:
        argv = shell(str(programs / "thread_executes"), target, ";", "/bin/true", ";", "exit", "5")
        assert engine.spawn(argv, stdout=fd).wait() == 5
        assert executed(buffer) == 3  # the shell, thread_executes, true
        assert engine.settle(60)
        assert engine.tracees() == []

    assert as_nobody(lambda: tracing(os.getpid(), body)) == 0
    assert out.read_text() == EXPECTED


def test_program_that_the_tracer_may_not_read_is_executed(programs: Path, tmp_path: Path) -> None:
    """Mode 0711: the kernel would refuse a tracer its memory, and traces of it end; it runs as untraced."""
    target = programs / "unreadable"
    if not target.exists():
        target.write_bytes((programs / "fork").read_bytes())
        target.chmod(0o711)

    def body(engine: Engine, _: RingBuffer) -> None:
        assert engine.spawn([str(target)]).wait() == 0

    assert as_nobody(lambda: tracing(os.getpid(), body)) == 0


def after(*calls: str) -> list[str]:
    """A program that makes these calls, each of which fails, then executes /bin/true and ends with 7."""
    return ["/usr/bin/perl", "-e", "; ".join([*calls, "system('/bin/true'); exit 7"])]


BAD = {
    "an address of the kernel's": after("syscall(59, -1, 0, 0)", "syscall(59, -0x7fffffffffffffff, 0, 0)"),
    "a fifo": after("exec { $ENV{FIFO} } 'x'"),
    "a directory": after("exec { '/' } 'x'"),
    "a device": after("exec { '/dev/tty' } 'x'"),
    "a name that is not UTF-8": after(r"open(F, '>', '/proc/self/comm'); syswrite(F, qq(a\xff\e[1m\n)); close F"),
}


@pytest.mark.parametrize("what", BAD)
def test_no_execve_holds_up_or_ends_the_tracing(what: str, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = programs / "fifo"
    if not fifo.exists():
        os.mkfifo(fifo)
        fifo.chmod(0o777)
    monkeypatch.setenv("FIFO", str(fifo))

    def body(engine: Engine, buffer: RingBuffer) -> None:
        assert engine.spawn(BAD[what]).wait(60) == 7
        assert executed(buffer) == 2  # perl and true: still traced

    assert as_nobody(lambda: tracing(os.getpid(), body)) == 0


def test_a_name_that_is_not_utf8_is_told_in_escapes(setuid: tuple[str, Path]) -> None:
    target, out = setuid
    fd, said = os.open(out, os.O_WRONLY), os.open(out.with_name("said"), os.O_CREAT | os.O_RDWR)
    rename = r"open(F, '>', '/proc/self/comm'); syswrite(F, qq(a\xff\e[1m)); close F"

    def body() -> None:
        engine, sink, _ = new_engine(os.getpid(), lambda line: os.write(said, line.encode()) and None, 1 << 20)
        engine.want(sink, ON)
        argv = ["/usr/bin/perl", "-e", f"{rename}; exec($ARGV[0])", target]
        assert engine.spawn(argv, stdout=fd).wait(60) == 0
        engine.stop()

    assert as_nobody(body) == 0
    assert out.read_text() == EXPECTED
    assert os.pread(said, 100, 0).startswith(rb"let go of a\377\033[1m-")


LEASE = """
my ($set, $unlocked, $write, $pid) = (1024, 2, 1);
open(F, '<', $ARGV[0]); $SIG{IO} = sub { fcntl(F, $set, $unlocked) }; fcntl(F, $set, $write) or die;
exec($ARGV[0]) or die unless $pid = fork;
sleep(1) while waitpid($pid, 0) < 0; exit($? >> 8)
"""


def test_a_tracee_gives_up_its_lease_on_what_another_executes(programs: Path) -> None:
    """The lease is broken by our look at the file, and its holder must run to give it up."""
    leased = programs / "leased"
    leased.write_text("#!/bin/sh\nexit 4\n")
    leased.chmod(0o755)
    os.chown(leased, NOBODY, NOBODY)

    def body(engine: Engine, buffer: RingBuffer) -> None:
        assert engine.spawn(["/usr/bin/perl", "-e", LEASE, str(leased)]).wait(60) == 4  # the kernel waits for 45 s
        assert executed(buffer) == 2  # perl and the script: nobody was let go

    assert as_nobody(lambda: tracing(os.getpid(), body)) == 0


def test_a_file_that_cannot_be_looked_at_in_time_costs_its_task_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at one file waits for ever, as for a server that does not answer; another program executes meanwhile."""
    told: list[str] = []
    for_ever, real = threading.Event(), privileged.gives_privilege

    def look(tid: int, call: privileged.Call, until: float) -> str | None:
        path = privileged._named(tid, call)
        if path and path[1] == b"/bin/echo":
            for_ever.wait()
        return real(tid, call, until)

    def body() -> None:
        monkeypatch.setattr(privileged, "gives_privilege", look)
        engine, sink, buffer = new_engine(os.getpid(), told.append, 1 << 20)
        engine.want(sink, ON)
        child = engine.spawn(["/bin/sh", "-c", "/bin/echo x >/dev/null & /bin/true; exec /bin/true"])
        assert child.wait(60) == 0
        assert until(lambda: told != [], 60)
        assert executed(buffer) == 3  # the shell, true, true
        engine.stop()
        assert re.sub(r"-\d+", "-N", told[0]) == (
            "let go of sh-N: what it executes could not be looked at within 2 s, and may need an untraced task"
        )

    assert as_nobody(body) == 0
