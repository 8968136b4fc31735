# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs shell`: unmodified trace-cmd finds our mount, as root and as an ordinary user, and nothing of it is left
behind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, PYTHON, TRACEFS, gone, mounted, needs_fuse
from tracefs import mountpoints

USERS = {
    "as it is": [],
    "ordinary": ["unshare", "--user", "--map-user=1000", "--map-group=1000"],
}
"""Who calls it: who runs the tests, and somebody without any privilege (a uid in a user namespace, where execve took
all)."""
STATUS = (
    "import json, os; print(json.loads(os.getxattr('/sys/kernel/tracing', 'user.tracefs.status'))['pid'], flush=True)"
)
MAKES = subprocess.run([*USERS["ordinary"], "unshare", "-Um", "true"], capture_output=True, check=False).returncode == 0
pytestmark = [*needs_fuse, pytest.mark.skipif(not MAKES, reason="NO USER NAMESPACES: they cannot be made here")]
needs_trace_cmd = pytest.mark.skipif(not shutil.which("trace-cmd"), reason="NO TRACE-CMD: it is not installed")


@pytest.fixture(params=USERS)
def user(request: pytest.FixtureRequest) -> list[str]:
    return USERS[request.param]


def inside(user: list[str], directory: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a script does in `tracefs shell ARGUMENTS`."""
    command = [*user, *TRACEFS, "shell", *arguments, "--", "sh", "-euc", script]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)


def output(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_mount_is_where_tools_look_and_named_as_they_expect(user: list[str], tmp_path: Path) -> None:
    said = output(
        inside(
            user,
            tmp_path,
            """
            grep -E '^[^ ]+ [^ ]+ (fuse.)?tracefs ' /proc/mounts
            grep ' /sys/kernel/debug ' /proc/mounts | cut -d' ' -f3
            cat /sys/kernel/tracing/available_tracers /sys/kernel/debug/tracing/available_tracers
            echo 0 > /proc/sys/kernel/ftrace_enabled
            cat /proc/sys/kernel/ftrace_enabled
            df / | tail -1 | sed 's/.* //'
            """,
        )
    )
    assert said == (
        "tracefs /sys/kernel/tracing tracefs rw,nosuid,nodev,noexec,relatime 0 0\n"
        "debugfs\nsyscall nop\nsyscall nop\n0\n/\n"
    )


def test_the_callers_uid_and_the_commands_status_stay(user: list[str], tmp_path: Path) -> None:
    outside = subprocess.run([*user, "id", "-u"], capture_output=True, text=True, check=True).stdout
    done = inside(user, tmp_path, "id -u; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, outside, "")


def test_outside_nothing_is_mounted_and_the_daemon_ends_with_the_command(user: list[str], tmp_path: Path) -> None:
    command = [*user, *TRACEFS, "shell", "--", *PYTHON, "-c", f"{STATUS}; input()"]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    daemon = int(process.stdout.readline())
    assert not [place for place in mountpoints.ours() if place.startswith("/sys/")]
    process.kill()
    process.communicate()
    assert gone(daemon)


def test_what_the_command_does_is_traced(user: list[str], tmp_path: Path) -> None:
    said = output(
        inside(
            user,
            tmp_path,
            """
            cd /sys/kernel/tracing
            echo syscalls:sys_enter_openat > set_event
            until grep -q sys_openat trace; do cat /dev/null; done
            echo traced
            """,
        )
    )
    assert said == "traced\n"


def test_a_directory_shows_the_new_mount_too(user: list[str], tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    script = "cat t/current_tracer; echo syscall > t/current_tracer; cat /sys/kernel/tracing/current_tracer"
    assert output(inside(user, tmp_path, script, "t")) == "nop\nsyscall\n"
    assert os.listdir(tmp_path / "t") == []


def test_a_mount_that_is_there_is_shown_and_stays(tmp_path: Path) -> None:
    with mounted([*TRACEFS, "mount", "--scope", "none"]) as mount:
        mount.write("saved_cmdlines_size", "77")
        script = "cat /sys/kernel/tracing/saved_cmdlines_size; echo 99 > /sys/kernel/debug/tracing/saved_cmdlines_size"
        assert output(inside([], tmp_path, script, str(mount.path))) == "77\n"
        assert mount.read("saved_cmdlines_size") == "99\n"


@needs_trace_cmd
def test_trace_cmd_records_and_reports(user: list[str], tmp_path: Path) -> None:
    said = output(
        inside(
            user,
            tmp_path,
            """
            trace-cmd record -e syscalls:sys_enter_openat -e syscalls:sys_enter_write -f 'count == 3' \\
                -F sh -c 'echo ab; echo abcdefg; cat /dev/null' >&2
            trace-cmd report
            """,
        )
    )
    lines = re.findall(r"^ +(\w+)-\d+ +\[\d{3}\] +\d+\.\d{6}: (\w+): +(.*)$", said, re.M)
    assert {name for _, name, _ in lines} == {"sys_enter_openat", "sys_enter_write"}
    assert [text.rpartition(", ")[2] for _, name, text in lines if name == "sys_enter_write"] == ["count: 3"]


@needs_trace_cmd
def test_trace_cmd_start_stop_show_extract_stat_snapshot_hist_split_reset(tmp_path: Path) -> None:
    """As an ordinary user; as root: tests/mount/test_trace_cmd.py."""
    said = output(
        inside(
            USERS["ordinary"],
            tmp_path,
            """
            trace-cmd list -t
            trace-cmd start -e syscalls:sys_enter_openat -f 'flags == 0'
            sh -c 'echo $$ > /sys/kernel/tracing/set_event_pid; exec cat /dev/null'
            trace-cmd stop
            echo =====; trace-cmd stat
            echo =====; trace-cmd show
            trace-cmd extract >&2
            echo =====; trace-cmd report
            echo =====; trace-cmd hist -i trace.dat > hist; grep -c cat hist
            trace-cmd split -i trace.dat -o part 2 >&2; ls part*
            trace-cmd snapshot -s >&2; trace-cmd snapshot | head -5; trace-cmd snapshot -f >&2
            trace-cmd reset
            echo =====; cat /sys/kernel/tracing/set_event
            """,
        )
    )
    listed, stat, shown, report, rest, after = said.split("=====\n")
    assert listed.splitlines()[0] == "syscall nop"
    assert 'syscalls:sys_enter_openat "(flags == 0)"' in stat
    opened = re.findall(r"^ +cat-\d+ .*sys_openat\(dfd: .*, filename: .* (\"/.*\"), flags: 0, mode: 0\)$", shown, re.M)
    assert opened
    assert f"filename: {opened[-1]}" in report
    assert re.match(r"[1-9]\d*\npart(\.1)?\n", rest)
    assert "* Snapshot is allocated *" in rest
    assert after == ""


def test_where_namespaces_are_forbidden_one_line_says_what_to_do(tmp_path: Path) -> None:
    """In a user namespace that allows no other within."""
    script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all "$@"'
    within = ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh", "unshare", "--user", "true"]
    if subprocess.run(within, capture_output=True, check=False).returncode == 0:
        pytest.skip("NAMESPACES CANNOT BE FORBIDDEN here")
    command = [*within[:-3], *TRACEFS, "shell", "--", "true"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("tracefs: shell: a user namespace: ")
    assert (
        "run it as root (sudo tracefs shell), or have an administrator do: sysctl -w user.max_user_namespaces="
        in done.stderr
    )


def test_usage(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for words, said in {
        ("full",): f"tracefs: {tmp_path}/full is not empty, and no tracefs of yours is mounted there\n",
        ("a", "b"): "tracefs: shell: b: a command stands after `--`\n",
        ("--", "/nonexistent"): "tracefs: /nonexistent: No such file or directory\n",
    }.items():
        done = subprocess.run(
            [*TRACEFS, "shell", *words], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert (done.returncode, done.stderr) == (1, said)
