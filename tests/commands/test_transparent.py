# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run CMD`: CMD gets what the caller had, and the caller gets what CMD gave, whatever becomes of the tracer's
own output."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import resource
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, eventually
from tracefs.syscalls import by_name

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = Path(sysconfig.get_path("scripts")) / "tracefs"
needs_launcher = pytest.mark.skipif(not LAUNCHER.exists(), reason="NO LAUNCHER: the package is not installed here")
FORMS = [[], ["--strace"], ["--json"], ["--seccomp", "-e", "syscalls:sys_*_openat"]]

ENVIRON = [b"A=1", b"A=2", b"no equals sign", b"=x", b"", b"LD_PRELOAD=", b"\1x=1", b"PATH=/usr/bin:/bin", b"LANG=C"]


def execve(argv: list[str], environ: list[bytes]) -> bytes:
    """What it prints, started with exactly this environment."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writer, 1)
        words = (ctypes.c_char_p * (len(argv) + 1))(*map(os.fsencode, argv), None)
        entries = (ctypes.c_char_p * (len(environ) + 1))(*environ, None)
        ctypes.CDLL(None).execve(words[0], words, entries)
        os._exit(127)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    return said


@needs_launcher
def test_the_environment_is_the_callers_to_the_last_entry() -> None:
    traced = execve([str(LAUNCHER), "run", "-w", "/dev/null", "/bin/cat", "/proc/self/environ"], ENVIRON)
    assert traced.split(b"\0")[:-1] == ENVIRON


@needs_launcher
def test_capital_e_changes_the_environment_of_the_command_alone() -> None:
    options = ["-E", "A=9", "-E", "LANG", "-E", "NEW=n", "-E", "PATH=/nonexistent"]
    traced = execve([str(LAUNCHER), "run", *options, "-w", "/dev/null", "cat", "/proc/self/environ"], ENVIRON)
    changed = [b"A=9", *ENVIRON[1:7], b"PATH=/nonexistent", b"NEW=n"]
    assert traced.split(b"\0")[:-1] == changed


@needs_launcher
@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONHOME", "PYTHONINSPECT", "LD_PRELOAD"])
def test_what_is_meant_for_the_command_does_not_steer_the_tracer(name: str, tmp_path: Path) -> None:
    (tmp_path / "argparse.py").write_text("raise SystemExit('shadowed')")
    done = subprocess.run(
        [LAUNCHER, "run", "-w", "/dev/null", "sh", "-c", f'echo "${name}"'],
        env={**os.environ, name: str(tmp_path)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
    )
    loaders = [line for line in done.stderr.splitlines() if "cannot be preloaded" in line]
    assert (done.returncode, done.stdout, len(loaders)) == (0, f"{tmp_path}\n", name == "LD_PRELOAD")


@needs_launcher
@pytest.mark.parametrize("numbers", [(), (signal.SIGPIPE, signal.SIGXFSZ), (signal.SIGINT, signal.SIGCHLD, 40)])
def test_signals_that_the_caller_ignores_are_ignored_and_no_others(numbers: tuple[int, ...]) -> None:
    def ignore() -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    show = ["grep", "^Sig[BI]", "/proc/self/status"]
    outcomes = [
        subprocess.run(
            command, preexec_fn=ignore, restore_signals=not numbers, stdout=subprocess.PIPE, check=True
        ).stdout
        for command in (show, [LAUNCHER, "run", "-w", "/dev/null", *show])
    ]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_is_closed_of_the_standard_files_stays_closed(number: int, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = f"if [ -e /proc/$$/fd/{number} ]; then echo open > {seen}; else echo closed > {seen}; fi"
    command = [*TRACEFS, "run", "-w", str(tmp_path / "lines"), "sh", "-c", script]
    subprocess.run(command, preexec_fn=lambda: os.close(number), timeout=PATIENCE, check=False)
    assert seen.read_text() == "closed\n"


def test_limits_are_the_callers(tmp_path: Path) -> None:
    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (50, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    show = ["cat", "/proc/self/limits"]
    outcomes = [
        subprocess.run(command, preexec_fn=lower, stdout=subprocess.PIPE, check=True).stdout
        for command in (show, [*TRACEFS, "run", "-w", str(tmp_path / "lines"), *show])
    ]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("size", [0, 1 << 13, 1 << 20])
def test_a_limit_on_the_size_of_files_does_not_bind_the_tracers_memory(size: int) -> None:
    done = subprocess.run(
        [*TRACEFS, "run", "true"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
    )
    assert (done.returncode, b"sys_exit_group" in done.stderr) == (0, True)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (
            resource.RLIMIT_SIGPENDING,
            0,
            "a timer: Resource temporarily unavailable (see ulimit -u, ulimit -i, pids.max)",
        ),
        (resource.RLIMIT_NOFILE, 8, "a process: Too many open files (see ulimit -n)"),
    ],
)
def test_what_is_lacking_is_said_in_one_line(kind: int, value: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tracefs.cli", "run", "-w", "/dev/null", "true"],
        preexec_fn=lambda: resource.setrlimit(kind, (value, value)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (1, f"tracefs: cannot start true: {said}\n")


def test_more_tasks_than_descriptors(tmp_path: Path) -> None:
    script = """if True:
        import sys, threading
        go = threading.Event()
        threads = [threading.Thread(target=go.wait) for each in range(100)]
        for thread in threads: thread.start()
        go.set()
        for thread in threads: thread.join()
        sys.exit(7)"""
    lines = tmp_path / "lines"
    done = subprocess.run(
        [*TRACEFS, "run", "--strace", "-y", "-w", str(lines), sys.executable, "-c", script],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr) == (7, "")
    assert len(re.findall(r"clone3?\(", lines.read_text())) >= 100


def test_a_name_without_a_slash_is_looked_for_in_path_alone(tmp_path: Path) -> None:
    program = tmp_path / "only-here"
    program.write_text("#!/bin/sh\necho ran")
    program.chmod(0o755)

    def found(path: str | None) -> tuple[int, str]:
        environ = {key: value for key, value in os.environ.items() if key != "PATH"}
        command = [sys.executable, "-m", "tracefs.cli", "run", "-w", "/dev/null", "only-here"]
        environ["PYTHONPATH"] = str(ROOT)
        if path is not None:
            environ["PATH"] = path
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout or done.stderr

    missing = (127, "tracefs: only-here: No such file or directory\n")
    assert found("/usr/bin:/bin") == missing
    assert found(None) == missing
    assert found("/usr/bin::/bin") == (0, "ran\n"), "an empty part is the current directory, for every shell"
    program.chmod(0o644)
    assert found(f"/bin:{tmp_path}") == (126, "tracefs: only-here: Permission denied\n")


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
@pytest.mark.parametrize("output", ["full", "pipe"])
def test_the_status_is_the_commands_whatever_happens_to_the_output(
    form: list[str], output: str, tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    script = f"cat /etc/passwd > /dev/null; sleep 0.3; cat /etc/passwd > {witness}; exit 7"
    reader, writer = os.pipe()
    os.close(reader)
    where = ["-w", "/dev/full"] if output == "full" else []
    elsewhere = where or ["--fd", "2"]
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run(
            [*TRACEFS, "run", *form, *elsewhere, "sh", "-c", script],
            stderr=subprocess.PIPE if where else pipe,
            text=True,
            timeout=PATIENCE,
        )
    assert (done.returncode, witness.exists()) == (7, True)
    said = "tracefs: /dev/full: No space left on device: the command goes on, its lines are lost\n"
    assert done.stderr == (said if where else None)


@pytest.mark.parametrize("form", ["--perf", "--trace-dat"])
def test_so_it_is_in_the_forms_that_need_a_regular_file(form: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*TRACEFS, "run", form, "-w", str(tmp_path / "out"), "sh", "-c", "ulimit -f unlimited; exit 7"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 12, resource.RLIM_INFINITY)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 7


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGALRM, signal.SIGIO, signal.SIGABRT, signal.SIGSEGV, 40])
def test_under_seccomp_no_other_signal_ends_the_tracer(number: int, tmp_path: Path) -> None:
    """Without a tracer the program's calls would fail (ENOSYS)."""
    ready, go = tmp_path / "ready", tmp_path / "go"
    script = f": > {ready}; while ! [ -e {go} ]; do sleep 0.05; done; cat /etc/passwd > /dev/null && exit 7"
    tracer = subprocess.Popen(
        [*TRACEFS, "run", "--seccomp", "-e", "sys_enter_openat", "-w", "/dev/null", "sh", "-c", script]
    )
    assert eventually(ready.exists)
    tracer.send_signal(number)
    go.touch()
    assert tracer.wait(PATIENCE) == 7


@pytest.mark.parametrize("names", [["process_vm_readv"], ["process_vm_readv", "pread64"]], ids=["mem", "ptrace"])
@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS])
def test_a_sandbox_that_hides_memory_hides_no_text(names: list[str], error: int, tmp_path: Path) -> None:
    lines, numbers = tmp_path / "lines", [by_name[name].nr for name in names]
    script = f"""if True:
        from tests.commands.sandbox import deny
        from tracefs.cli import main
        deny({numbers}, {error})
        # which fails where it cannot read its libraries
        main(["run", "-e", "sys_enter_openat", "-w", {str(lines)!r}, "cat"])"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
    assert 'filename: "/etc/ld.so.cache", flags' in lines.read_text()


def test_a_tracer_that_may_not_trace_says_what_holds_it() -> None:
    inner = [*TRACEFS, "run", "-w", "/dev/null", "true"]
    done = subprocess.run(
        [*TRACEFS, "run", "-w", "/dev/null", *inner], capture_output=True, text=True, timeout=PATIENCE
    )
    said = r"tracefs: ptrace: Operation not permitted: \S+ \(\d+\) traces this one and its children already, "
    assert done.returncode == 1
    assert re.fullmatch(said + r"and a task has one tracer\n", done.stderr)
