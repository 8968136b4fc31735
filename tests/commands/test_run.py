# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs run`: what it prints, what it returns, and what becomes of signals. Needs no mount."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, eventually
from tracefs.export.forms import FORMS


def run(*arguments: str | Path, **more: object) -> subprocess.CompletedProcess[str]:
    command = [*TRACEFS, "run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, **more)  # type: ignore[call-overload,no-any-return]


def test_lines_go_to_stderr_and_the_commands_output_stays_its_own() -> None:
    done = run("--", "echo", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert re.search(r"echo-\d+ +\[\d{3}\] +\d+\.\d{6}: sys_write\(fd: 1, buf: .hello\\n., count: 6\)\n", done.stderr)


def test_nothing_is_missed_from_the_first_execve(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    assert run("-w", lines, "--", "true").returncode == 0
    calls = [line.split(": ", 1)[1] for line in lines.read_text().splitlines()]
    assert calls[0].startswith("sys_execve(filename: ")
    assert calls[1] == "sys_execve -> 0"
    assert calls[-1] == "sys_exit_group(error_code: 0)"


def test_children_are_traced_too(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    run("-w", lines, "--", "sh", "-c", "true; /bin/true; /bin/true; true")
    assert lines.read_text().count("sys_exit_group(error_code: 0)") == 3


def test_what_the_command_leaves_running_is_traced_to_its_end(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    run("-w", lines, "--", "sh", "-c", "(sleep 0.5; exec /bin/true) >/dev/null 2>&1 &")
    assert lines.read_text().count("sys_exit_group(error_code: 0)") == 3


def test_events_are_those_of_set_event(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    run("-w", lines, "-e", "syscalls:sys_enter_open*", "-e", "sys_exit_openat", "--", "cat", "/dev/null")
    calls = [line.split(": ", 1)[1] for line in lines.read_text().splitlines()]
    assert calls[0] == 'sys_openat(dfd: AT_FDCWD, filename: "/etc/ld.so.cache", flags: O_RDONLY|O_CLOEXEC)'
    assert calls[1] == "sys_openat -> 3"
    assert all(call.startswith("sys_openat") for call in calls)


def test_long_lists_are_whole(tmp_path: Path) -> None:
    """An event has room for what a readdir gets, as the sub-buffers are of 64 KiB."""
    lines, directory = tmp_path / "lines", tmp_path / "many"
    directory.mkdir()
    for number in range(300):
        (directory / f"file{number:03}").touch()

    def names(*options: str) -> int:
        run(*options, "-e", "syscalls:*getdents64", "-w", lines, "--", "ls", directory)
        return len(set(re.findall(r"file\d{3}", lines.read_text())))

    assert names() == 300
    assert names("-v") == 300
    assert names("--json") == 300


def test_strace_s_lines_are_brief_unless_v_is_given(tmp_path: Path) -> None:
    lines = tmp_path / "lines"

    def execve(*options: str) -> str:
        run("--strace", *options, "-w", lines, "--", "env", "-i", "A=1", "B=2", "/bin/true")
        return [line.partition(" execve")[2] for line in lines.read_text().splitlines() if " execve" in line][-1]

    assert re.match(r'\("/bin/true", \["/bin/true"\], 0x[0-9a-f]+ /\* 2 vars \*/\) = 0 <', execve())
    assert execve("-v").startswith('("/bin/true", ["/bin/true"], ["A=1", "B=2"]) = 0 <')


def test_descriptors_have_what_they_stand_for(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    run("-y", "-w", lines, "--", "cat", "/etc/passwd")
    assert " -> 3</etc/passwd>\n" in lines.read_text()
    run("--strace", "-y", "-w", lines, "--", "cat", "/etc/passwd")
    assert re.search(r'openat\(AT_FDCWD</.*?>, "/etc/passwd", O_RDONLY\) += 3</etc/passwd> <', lines.read_text())
    assert re.search(r"read\(3</etc/passwd>, .* = \d+ <", lines.read_text())
    run("--json", "--fd-paths", "-w", lines, "--", "cat", "/etc/passwd")
    results = [json.loads(line) for line in lines.read_text().splitlines() if "openat" in line]
    assert (results[-1]["result"], results[-1]["returned"]) == (3, {"fd": 3, "path": "/etc/passwd"})


def test_names_that_steer_a_terminal_are_escaped() -> None:
    script = r"import ctypes, os; ctypes.CDLL(None).prctl(15, b'\033[1m\nr-1'); os.getppid()"
    lines = run("--", sys.executable, "-c", script).stderr.splitlines()
    assert lines[-1].startswith(r"  \033[1m\012r-1-")
    assert all(line.expandtabs().isprintable() for line in lines)
    assert run("--", "\x1b[1mabsent").stderr == "tracefs: \\033[1mabsent: No such file or directory\n"


def test_event_that_is_not_there_is_one_clear_line() -> None:
    done = run("-e", "nosuch", "--", "true")
    assert (done.returncode, done.stderr) == (1, "tracefs: run: -e nosuch: no such call, set or event\n")


OLD_LINES = ("-o", "nosyscall_arg_decode", "-o", "syscall_arg_type")


def test_options_are_those_of_trace_options() -> None:
    assert re.search(r"sys_close\(unsigned int fd: [0-9a-f]+\)", run(*OLD_LINES, "--", "true").stderr)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["-o", "nonsense", "--", "true"],
            "tracefs: run: -o nonsense: no such option of trace_options; -w FILE writes to a file\n",
        ),
        (["--"], "tracefs: run: no command given\n"),
        (["-w", "/nonexistent/file", "--", "true"], "tracefs: /nonexistent/file: No such file or directory\n"),
    ],
)
def test_an_error_is_one_clear_line(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", message)


def test_a_command_that_is_not_there() -> None:
    done = run("--", "/nonexistent/command")
    assert (done.returncode, done.stderr) == (127, "tracefs: /nonexistent/command: No such file or directory\n")


def test_a_command_that_may_not_be_executed() -> None:
    done = run("--", "/etc/passwd")
    assert (done.returncode, done.stderr) == (126, "tracefs: /etc/passwd: Permission denied\n")


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_the_exit_status_is_the_commands(status: int, tmp_path: Path) -> None:
    assert run("-w", tmp_path / "lines", "--", "sh", "-c", f"exit {status}").returncode == status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGSEGV])
def test_it_dies_by_the_signal_that_the_command_died_of(number: signal.Signals, tmp_path: Path) -> None:
    done = run("-w", tmp_path / "lines", "--", "sh", "-c", f"kill -{number.value} $$")
    assert done.returncode == -number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_to_us_reaches_the_command(number: signal.Signals, tmp_path: Path) -> None:
    """In a session of its own there is no terminal that would give the command the signal."""
    ready = tmp_path / "ready"
    script = f"trap 'exit 7' {number.value}; : > {ready}; while :; do sleep 0.05; done"
    command = [*TRACEFS, "run", "-w", str(tmp_path / "lines"), "--", "sh", "-c", script]
    tracer = subprocess.Popen(command, start_new_session=True)
    assert eventually(ready.exists)
    tracer.send_signal(number)
    assert tracer.wait(PATIENCE) == 7


def test_after_a_signal_that_ended_the_command_the_rest_is_let_go(tmp_path: Path) -> None:
    """As strace does: who wants to end it does not want to wait for what the command left running."""
    witness = tmp_path / "witness"
    script = f"(sleep 2; : > {witness}) & exec sleep 600"
    tracer = subprocess.Popen(
        [*TRACEFS, "run", "-w", str(tmp_path / "lines"), "--", "sh", "-c", script],
        stdout=subprocess.DEVNULL,  # what outlives the test keeps nobody waiting for the end of its output
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert eventually(lambda: (tmp_path / "lines").exists() and "nanosleep" in (tmp_path / "lines").read_text())
    tracer.terminate()
    assert tracer.wait(PATIENCE) == -signal.SIGTERM
    assert not witness.exists()
    assert eventually(witness.exists), "and it runs on"


def test_the_command_has_the_signals_that_we_were_given(tmp_path: Path) -> None:
    """Python ignores SIGPIPE; the command must not."""
    show = ["grep", "^Sig[BIC]", "/proc/self/status"]
    plain = subprocess.run(show, capture_output=True, text=True, check=True).stdout
    assert run("-w", tmp_path / "lines", "--", *show).stdout == plain


def test_lines_are_written_as_they_come(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    tracer = subprocess.Popen([*TRACEFS, "run", "-w", str(lines), "--", "sleep", "600"], stdout=subprocess.DEVNULL)
    assert eventually(lambda: lines.exists() and "nanosleep(" in lines.read_text())
    tracer.terminate()
    assert tracer.wait(PATIENCE) == -signal.SIGTERM


def test_nothing_is_lost_of_many_calls(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    assert run("-w", lines, "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=20000").returncode == 0
    text = lines.read_text()
    assert "LOST" not in text
    assert text.count(": sys_read(fd: 0, ") == 20000


def test_strace_lines_name_flags_and_errors(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    assert run("--strace", "-w", lines, "--", "cat", "/no/such/file").returncode == 1
    text = lines.read_text()
    assert re.search(
        r"^\d+ +\d+\.\d{6} openat\(AT_FDCWD, .+, O_RDONLY\) += -1 ENOENT \(No such file or directory\) <\d", text, re.M
    )
    assert re.search(r"^\d+ +\d+\.\d{6} exit_group\(1\) += \?$", text, re.M)


def test_json_lines_are_calls_with_their_results(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    assert run("--json", "-w", lines, "--", "cat", "/no/such/file").returncode == 1
    calls = [json.loads(line) for line in lines.read_text().splitlines()]
    failed = [call for call in calls if call.get("syscall") == "openat" and call.get("error") == "ENOENT"]
    assert failed[-1]["args"]["flags"] == {"value": 0, "flags": ["O_RDONLY"], "rest": 0}
    assert 0 < failed[-1]["duration"] < 60_000_000_000


def test_json_is_as_its_schema_says(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="NO JSONSCHEMA: it is not installed")
    schema = json.loads((Path(__file__).parents[2] / "docs/json.schema.json").read_text())
    assert schema["version"] == 1
    check = jsonschema.Draft202012Validator(schema)
    lines = tmp_path / "lines"
    run("--json", "-y", "-w", lines, "--", "sh", "-c", "ls -l /dev | cat >/dev/null; kill -9 $$")
    objects = [json.loads(line) for line in lines.read_text().splitlines()]
    assert len(objects) > 100
    assert [error.message for each in objects for error in check.iter_errors(each)] == []
    assert [each["killed_by"] for each in objects if "killed_by" in each] == [9]


def test_json_stands_apart_from_what_the_command_says(tmp_path: Path) -> None:
    done = run("--json", "--", "true")
    assert done.stderr == ("tracefs: run: --json needs -w FILE or --fd N (--fd 2: between what true writes there)\n")
    with open(tmp_path / "lines", "w") as lines:
        fd = lines.fileno()
        command = ["sh", "-c", f"echo words >&2; test ! -e /proc/self/fd/{fd}"]
        done = run("--json", "--fd", str(fd), "--", *command, pass_fds=[fd])
    assert (done.returncode, done.stderr) == (0, "words\n")
    assert {type(json.loads(line)) for line in (tmp_path / "lines").read_text().splitlines()} == {dict}


def test_calls_that_no_table_has_are_shown_by_number(tmp_path: Path) -> None:
    source, program, lines = tmp_path / "a.c", tmp_path / "a", tmp_path / "lines"
    source.write_text("int main(void) { syscall(3777, 11, 22); syscall(0x40000000 | 39); syscall(-1); return 0; }")
    subprocess.run(["gcc", "-w", "-o", program, source], check=True)
    run("--strace", "-w", lines, "--", program)
    text = lines.read_text()
    assert " syscall_0xec1(0xb, 0x16, " in text
    assert re.search(
        r"runs in x32 mode\. \]\n.* getpid\(\) .*\n.* runs in 64 bit mode\. \]\n.* syscall_0xf{16}\(", text
    )
    run("--json", "-w", lines, "--", program)
    calls = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [(call["nr"], call.get("arch")) for call in calls if "nr" in call] == [
        (3777, None), (0x40000027, "x32"), (-1, None),
    ]  # fmt: skip


def test_an_exec_of_another_thread_supersedes_the_first(tmp_path: Path) -> None:
    source, program, lines = tmp_path / "a.c", tmp_path / "a", tmp_path / "lines"
    source.write_text(
        "#include <pthread.h>\n#include <unistd.h>\n"
        'void *f(void *a) { execl("/bin/true", "true", (char *)0); return 0; }\n'
        "int main(void) { pthread_t t; pthread_create(&t, 0, f, 0); for (;;) pause(); }\n"
    )
    subprocess.run(["gcc", "-w", "-pthread", "-o", program, source], check=True)
    run("--strace", "-w", lines, "--", program)
    assert re.search(
        r"(?m)^(\d+) .* \+\+\+ superseded by execve in pid \d+ \+\+\+\n(?s:.*)^\1 .*execve", lines.read_text()
    )
    run("--json", "-w", lines, "--", program)
    calls = [json.loads(line) for line in lines.read_text().splitlines()]
    execs = [(call["args"].get("filename"), call["result"]) for call in calls if call.get("syscall") == "execve"]
    assert execs == [(str(program), 0), ("/bin/true", 0)]


def test_strace_has_no_line_for_the_first_return_of_a_child(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    run("--strace", "-w", lines, "--", "sh", "-c", "(true); /bin/true & wait")
    begun: dict[str, int] = {}
    for line in lines.read_text().splitlines():
        task = line.split()[0]
        begun[task] = begun.get(task, 0) + ("<unfinished" in line) - (" resumed>" in line)
    assert len(begun) == 3
    assert min(begun.values()) == 0


def test_every_form_is_an_option(tmp_path: Path) -> None:
    """A form that reads calls needs no more than its row: the smallest one shows it."""
    table = tmp_path / "table"
    assert run("--csv", "-w", table, "--", "cat", "/no/such/file").returncode == 1
    with open(table, newline="") as lines:
        failed = [row for row in csv.DictReader(lines) if "/no/such/file" in row["args"] and row["error"]][-1]
    assert (failed["syscall"], failed["comm"], failed["result"], failed["error"]) == ("openat", "cat", "-2", "ENOENT")
    assert failed["args"] == 'dfd=AT_FDCWD, filename="/no/such/file", flags=O_RDONLY'
    help_text = run("--help").stdout
    assert [name for name, form in FORMS.items() if form.option and f"--{name}" not in help_text] == []


def test_texts_are_saved_up_to_the_size_that_is_asked_for(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    run("-s", "5", "-w", lines, "-e", "sys_enter_write", "--", "echo", "hello, world")
    assert 'sys_write(fd: 1, buf: "hello"..., count: 13)' in lines.read_text()
