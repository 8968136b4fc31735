# SPDX-License-Identifier: GPL-2.0-only
"""The whole way: a mount, a shell that is itself traced, and what its user sees."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mount.mounting import (
    PATIENCE,
    TRACEFS,
    Mounted,
    blocked,
    closed,
    eventually,
    gone,
    later,
    mounted,
    needs_fuse,
)
from tracefs import mountpoints

pytestmark = needs_fuse

LINE = re.compile(r"^ *(\S.*)-(\d+) +\[(\d{3})\] +(?:\S{5} +)?(\d+\.\d+): (sys_\w+.*)$", re.M)


@pytest.fixture
def mortal() -> Iterator[Mounted]:
    """A mount of one's own, to end it. In scope: this test's process and its children."""
    with mounted([*TRACEFS, "mount", "--scope", "tree"]) as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[Mounted]:
    with mounted([*TRACEFS, "mount", "--scope", "tree"]) as made:
        yield made


@pytest.fixture
def mount(shared: Mounted) -> Iterator[Mounted]:
    """As new, for those that leave it alive. In scope: this test's process and its children."""
    yield renewed(shared)
    shared.write("current_tracer", "nop")
    assert eventually(lambda: not shared.status()["tracees"]), "the test process itself is let go, for others"


@pytest.fixture(scope="module")
def idle() -> Iterator[Mounted]:
    with mounted([*TRACEFS, "mount", "--scope", "none"]) as made:
        yield made


@pytest.fixture
def untraced(idle: Mounted) -> Mounted:
    """As new, with nothing in scope."""
    return renewed(idle)


def renewed(mount: Mounted) -> Mounted:
    for name, text in (("current_tracer", "nop"), ("tracing_on", "1"), ("trace", "\n"), ("set_ftrace_pid", "")):
        mount.write(name, text)
    return mount


def shell(mount: Mounted, script: str) -> str:
    """Run a script in the mount's directory, with a limit to how long it may take."""
    done = subprocess.run(
        ["bash", "-c", script], cwd=mount.path, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.stderr == ""
    return done.stdout


def calls(trace: str) -> list[tuple[str, str]]:
    """(command-independent) pid and call of each line of the tracer."""
    return [(match[2], match[5]) for match in LINE.finditer(trace)]


def test_a_shell_that_enables_tracing_is_itself_traced(mount: Mounted) -> None:
    output = shell(
        mount,
        "echo $$; echo syscall > current_tracer; cat /dev/null; ls / >/dev/null; echo 0 > tracing_on;"
        "cat trace; echo nop > current_tracer; cat trace",
    )
    own, _, rest = output.partition("\n")
    full, _, emptied = rest.partition("# tracer: nop")
    assert full.startswith("# tracer: syscall\n#\n# entries-in-buffer/entries-written: ")
    seen = calls(full)
    assert {pid for pid, _ in seen} > {own}, "the shell, and a child at least"
    assert any(pid != own and call.startswith("sys_execve(filename: ") for pid, call in seen)
    assert any(pid != own and call.startswith("sys_getdents64(fd: ") for pid, call in seen), "ls reads a directory"
    assert calls(emptied) == []


def test_types_appear_with_syscall_arg_type(mount: Mounted) -> None:
    output = shell(
        mount, "echo syscall > current_tracer; echo syscall_arg_type > trace_options; cat /dev/null; head -500 trace"
    )
    assert re.search(r"sys_close\(unsigned int fd: [0-9a-f]+\)", output)


def test_cat_trace_pipe_does_not_trace_itself(mount: Mounted) -> None:
    output = shell(
        mount,
        "echo syscall > current_tracer; cat trace_pipe & sleep 0.3; (exec cat /dev/null); sleep 0.3; kill $!; "
        "wait $!; echo nop > current_tracer; echo $!",
    )
    reader = output.rstrip().rpartition("\n")[2]
    assert len(calls(output)) > 20
    read_by_reader = [call for pid, call in calls(output) if pid == reader and call.startswith("sys_write(")]
    assert len(read_by_reader) < 50, "each write of a line would make new lines"


def test_trace_pipe_blocks_until_something_happens(untraced: Mounted) -> None:
    reader = subprocess.Popen(["cat", untraced.path / "trace_pipe"], stdout=subprocess.PIPE)
    assert eventually(lambda: blocked(reader))
    untraced.write("trace_marker", "hello")
    assert reader.stdout
    assert reader.stdout.readline().endswith(b"hello\n")
    reader.send_signal(signal.SIGINT)
    assert reader.wait(PATIENCE) == -signal.SIGINT


def test_trace_pipe_is_truthful_to_edge_triggered_epoll(untraced: Mounted) -> None:
    fd = os.open(untraced.path / "trace_pipe", os.O_RDONLY | os.O_NONBLOCK)
    epoll = select.epoll()
    epoll.register(fd, select.EPOLLIN | select.EPOLLET)
    assert not epoll.poll(0.1)
    for text in ("one", "two", "three"):
        later(lambda text=text: untraced.write("trace_marker", text))  # type: ignore[misc]
        assert epoll.poll(PATIENCE)
        assert os.read(fd, 4096).endswith(text.encode() + b"\n")
        with pytest.raises(BlockingIOError):
            os.read(fd, 4096)
    os.close(fd)


@pytest.mark.parametrize("name", ["trace_pipe", "per_cpu/cpu0/trace_pipe"])
def test_an_empty_pipe_says_eagain_without_blocking(untraced: Mounted, name: str) -> None:
    fd = os.open(untraced.path / name, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        os.read(fd, 100)
    assert not select.select([fd], [], [], 0)[0]
    os.close(fd)


def test_two_readers_of_trace_pipe_share(untraced: Mounted) -> None:
    first, second = (os.open(untraced.path / "trace_pipe", os.O_RDONLY | os.O_NONBLOCK) for _ in range(2))
    untraced.write("trace_marker", "one")
    assert os.read(first, 4096).endswith(b"one\n")
    untraced.write("trace_marker", "two")
    assert os.read(second, 4096).endswith(b"two\n")
    with pytest.raises(BlockingIOError):
        os.read(first, 4096)
    os.close(first)
    os.close(second)


def test_control_files_answer_while_a_busy_program_is_read(untraced: Mounted) -> None:
    untraced.write("current_tracer", "syscall")
    script = f"echo $$ > {untraced.path}/set_ftrace_pid; exec dd if=/dev/zero of=/dev/null bs=1 status=none"
    busy = subprocess.Popen(["sh", "-c", script])
    reader = subprocess.Popen(["cat", untraced.path / "trace_pipe"], stdout=subprocess.PIPE)
    assert reader.stdout
    try:
        for _ in range(50):
            assert reader.stdout.readline(), "lines keep coming"
            untraced.write("tracing_on", "1")
            assert untraced.read("current_tracer") == "syscall\n"
            assert "entries: " in untraced.read("per_cpu/cpu0/stats")
        assert busy.poll() is None
    finally:
        busy.kill()
        busy.wait()
        reader.kill()
        reader.communicate()


def test_what_was_overwritten_is_told_in_its_place(untraced: Mounted) -> None:
    fd = os.open(untraced.path / "trace_marker", os.O_WRONLY)
    untraced.write("buffer_size_kb", "4")
    try:
        for number in range(1000):
            os.write(fd, f"{number:04} {'x' * 100}".encode())
    finally:
        os.close(fd)
    pipe = os.open(untraced.path / "trace_pipe", os.O_RDONLY | os.O_NONBLOCK)
    text = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            text += os.read(pipe, 1 << 16)
    os.close(pipe)
    untraced.write("buffer_size_kb", "1408")
    lost = sum(map(int, re.findall(rb"CPU:\d+ \[LOST (\d+) EVENTS\]", text)))
    assert lost + text.count(b"tracing_mark_write") == 1000
    assert lost


def test_unmounting_from_a_traced_shell(mortal: Mounted) -> None:
    output = shell(mortal, f"echo syscall > current_tracer; cd /; {' '.join(TRACEFS)} umount {mortal.path}; echo $?")
    assert output == "0\n"
    assert gone(mortal.daemon)


def test_a_traced_program_survives_the_daemons_violent_end(mortal: Mounted) -> None:
    script = "echo syscall > current_tracer; for i in 1 2 3 4 5 6; do sleep 0.2; /bin/echo $i; done"
    traced = subprocess.Popen(["bash", "-c", script], cwd=mortal.path, stdout=subprocess.PIPE, text=True)
    assert traced.stdout
    assert traced.stdout.readline() == "1\n"
    assert eventually(lambda: bool(mortal.status()["tracees"]))
    os.kill(mortal.daemon, signal.SIGKILL)
    assert traced.communicate(timeout=PATIENCE)[0] == "2\n3\n4\n5\n6\n"
    assert traced.returncode == 0
    subprocess.run([*TRACEFS, "umount", mortal.path], check=True, timeout=PATIENCE)
    assert not mountpoints.is_mounted(str(mortal.path))


def test_status_tells_scope_tracees_and_losses(mount: Mounted) -> None:
    shell(mount, "echo syscall > current_tracer; ls / > /dev/null; echo 0 > tracing_on")
    text = subprocess.run(
        [*TRACEFS, "status", mount.path], capture_output=True, text=True, timeout=PATIENCE, check=True
    ).stdout
    assert f"scope:   process {os.getpid()} " in text
    assert re.search(r"tracees: \d+: .*-\d+", text)
    assert re.search(r"top: tracer syscall, recording off, \d+ events kept in \d+ of \d+ KiB, 0 lost", text)


def test_head_of_trace_ends_early(mount: Mounted) -> None:
    output = shell(mount, "echo syscall > current_tracer; ls -R /etc > /dev/null 2>&1; head -1 trace")
    assert output == "# tracer: syscall\n"


def test_mounting_twice_is_one_clear_line(untraced: Mounted) -> None:
    done = subprocess.run([*TRACEFS, "mount", untraced.path], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert done.stderr == f"tracefs: {untraced.path}: a tracefs is there already: tracefs umount {untraced.path}\n"


@pytest.fixture(params=[(), (0, 1), (0, 1, 2)], ids=str)
def linked(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A symbolic link to a mount that was made through it, by a process without some of its standard files."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.mkdir()
    link.symlink_to("target")
    subprocess.run([*TRACEFS, "mount", "--scope", "none", link], check=True, **closed(*request.param))
    return link


def test_a_mount_made_through_a_link_is_found_through_it(linked: Path) -> None:
    try:
        assert (linked / "tracing_on").read_text() == "1\n"
        twice = subprocess.run([*TRACEFS, "mount", linked], capture_output=True, text=True, timeout=PATIENCE)
        assert "a tracefs is there already" in twice.stderr
    finally:
        subprocess.run([*TRACEFS, "umount", linked], check=True, timeout=PATIENCE)
    assert not mountpoints.is_mounted(str(linked.resolve()))


def test_a_mount_in_the_foreground_ends_with_ctrl_c(tmp_path: Path) -> None:
    path = tmp_path.resolve()
    command = [*TRACEFS, "mount", "--foreground", "--scope", "none", path]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        assert server.stdout.readline() == f"tracefs is mounted on {path}\n"
        assert (path / "current_tracer").read_text() == "nop\n"
        server.send_signal(signal.SIGINT)
        assert server.wait(PATIENCE) == 0
        assert not mountpoints.is_mounted(str(path))
    finally:
        server.kill()
        server.wait()
        while mountpoints.is_mounted(str(path)):
            mountpoints.detach(str(path))


def test_a_foreground_mount_logs_to_its_file(tmp_path: Path) -> None:
    path, log = tmp_path / "point", tmp_path / "log"
    path.mkdir()
    command = [*TRACEFS, "mount", "--foreground", "--scope", "none", "--log", log, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdout.readline() == f"tracefs is mounted on {path}\n"
        subprocess.run([*TRACEFS, "umount", path], check=True, timeout=PATIENCE)
        assert server.communicate(timeout=PATIENCE)[1] == ""
    assert log.read_text().endswith(" INFO ending: asked to\n")


def test_doctor_finds_nothing_missing_where_mounts_work() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tracefs.cli", "doctor"], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("tracefs run: can work here\ntracefs mount: can work here\n")


def test_an_event_is_enabled_by_its_file(mount: Mounted) -> None:
    output = shell(
        mount,
        "echo 1 > events/syscalls/sys_enter_openat/enable; cat /dev/null; echo 0 > events/enable; cat trace",
    )
    seen = {match[5].split("(")[0] for match in LINE.finditer(output)}
    assert seen == {"sys_openat"}
    assert re.search(
        r'cat-\d+ .*: sys_openat\(dfd: 0xffffff9c, filename: 0x[0-9a-f]+ "/dev/null", flags: 0, mode: 0\)', output
    )


def test_an_instance_records_beside_the_top(mount: Mounted) -> None:
    """Each what it was told to, of the same task."""
    output = shell(
        mount,
        "mkdir instances/foo && cd instances/foo && echo 1 > events/syscalls/sys_enter_openat/enable;"
        "echo 1 > ../../events/syscalls/sys_enter_close/enable;"
        "cat /dev/null; echo 0 > ../../events/enable; echo 0 > events/enable;"
        "cat trace; echo ====; cat ../../trace; rmdir ../foo",
    )
    own, _, top = output.partition("====")
    assert {call.split("(")[0] for _, call in calls(own)} == {"sys_openat"}
    assert {call.split("(")[0] for _, call in calls(top)} == {"sys_close"}


def test_an_instance_in_use_cannot_be_removed_and_lets_its_tasks_go_when_it_is(mount: Mounted) -> None:
    output = shell(
        mount,
        "mkdir instances/foo; echo 1 > instances/foo/events/syscalls/sys_enter_openat/enable;"
        "grep -o TracerPid:.[^0] /proc/$$/status;"
        "exec 3< instances/foo/trace; rmdir instances/foo 2>/dev/null || echo busy; exec 3<&-;"
        "rmdir instances/foo && echo removed; ls instances",
    )
    assert re.fullmatch(r"TracerPid:\t[1-9]\nbusy\nremoved\n", output)
    assert eventually(lambda: mount.status()["tracees"] == [])


def test_what_is_removed_is_gone_at_once_however_it_was_known(mount: Mounted) -> None:
    """The kernel may keep names, which come and go here without its doing."""
    output = shell(
        mount,
        "echo 'made int x' > synthetic_events; ls events/synthetic; cat events/synthetic/made/enable;"
        "echo '!made' >> synthetic_events; test -e events/synthetic/made/enable || echo gone;"
        "test -d events/synthetic/made || echo gone; cat events/synthetic/made/enable 2>/dev/null || echo gone;"
        "echo 'made int x' > synthetic_events; cat events/synthetic/made/enable; echo > synthetic_events",
    )
    assert output.split() == ["enable", "filter", "made", "0", "gone", "gone", "gone", "0"]
