# SPDX-License-Identifier: GPL-2.0-only
"""The switches, as a shell uses them. Byte for byte against the kernel: tests/kernel/test_control_files.py."""

from __future__ import annotations

import errno
import os

import pytest

from tests.tree.conftest import Files


def refused(files: Files, path: str, data: str | bytes) -> str:
    """The name of the errno that the write gets."""
    try:
        files.write(path, data)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return ""


def test_available_tracers(files: Files) -> None:
    assert files.read("available_tracers") == "syscall nop\n"


def test_syscall_tracer_is_asked_of_the_engine(files: Files) -> None:
    files.write("current_tracer", "syscall\n")
    assert files.read("current_tracer") == "syscall\n"
    assert files.engine.wanted[0].tracer
    files.write("current_tracer", "nop\n")
    assert not files.engine.wanted[0].tracer


def test_unknown_tracer_is_einval_and_changes_nothing(files: Files) -> None:
    assert refused(files, "current_tracer", "function\n") == "EINVAL"
    assert files.read("current_tracer") == "nop\n"


def test_change_of_tracer_empties_the_buffer_and_no_change_does_not(files: Files) -> None:
    files.write("current_tracer", "syscall")
    files.write("trace_marker", "kept")
    files.write("current_tracer", "syscall")
    assert "kept" in files.read("trace")
    files.write("current_tracer", "nop")
    assert "kept" not in files.read("trace")


def test_tracer_stays_while_trace_pipe_is_open(files: Files) -> None:
    pipe = files.open("trace_pipe")
    assert refused(files, "current_tracer", "syscall") == "EBUSY"
    pipe.release()
    files.write("current_tracer", "syscall")


def test_tracing_on(files: Files) -> None:
    files.write("tracing_on", "0\n")
    assert files.read("tracing_on") == "0\n"
    assert refused(files, "trace_marker", "x") == "EBADF"
    files.write("tracing_on", "2")
    assert files.read("tracing_on") == "1\n"
    assert refused(files, "tracing_on", " 1") == "EINVAL"
    assert refused(files, "tracing_on", "18446744073709551616") == "ERANGE"


def test_trace_clock_shows_the_current_one_in_brackets(files: Files) -> None:
    assert files.read("trace_clock") == "[local] global counter mono mono_raw boot tai x86-tsc\n"
    files.write("trace_clock", " mono\n")
    assert files.read("trace_clock") == "local global counter [mono] mono_raw boot tai x86-tsc\n"
    assert refused(files, "trace_clock", "sundial") == "EINVAL"


def test_option_by_name_and_by_file(files: Files) -> None:
    files.write("trace_options", "verbose\n")
    assert files.read("options/verbose") == "1\n"
    files.write("options/verbose", "0\n")
    assert "noverbose\n" in files.read("trace_options")
    files.write("trace_options", "nomarkers")
    assert files.read("options/markers") == "0\n"
    assert refused(files, "trace_options", "nonsense") == "EINVAL"
    assert refused(files, "options/verbose", "2") == "EINVAL"


def test_options_of_the_other_tracer_are_einval_in_trace_options(files: Files) -> None:
    assert refused(files, "trace_options", "syscall_arg_type") == "EINVAL"
    files.write("current_tracer", "syscall")
    files.write("trace_options", "syscall_arg_type")
    assert files.read("trace_options").endswith("\nsyscall_arg_type\n")


def test_pid_list_grows_by_writing_and_is_emptied_by_opening(files: Files) -> None:
    assert files.read("set_ftrace_pid") == "no pid\n"
    files.write("set_ftrace_pid", "20 10\n")
    files.write("set_ftrace_pid", "0x1e", os.O_WRONLY)
    assert files.read("set_ftrace_pid") == "10\n20\n30\n"
    assert files.engine.wanted[0].tracer_pids.pids == {10, 20, 30}
    files.open("set_ftrace_pid", os.O_WRONLY | os.O_TRUNC).release()
    assert not files.engine.wanted[0].tracer_pids.active


def test_one_bad_pid_changes_nothing(files: Files) -> None:
    files.write("set_event_pid", "1")
    with pytest.raises(OSError, match="number"):
        files.write("set_event_pid", "2 x 3", os.O_WRONLY)
    assert files.read("set_event_pid") == "1\n"


def test_unused_buffer_is_small_and_says_what_it_will_be(files: Files) -> None:
    assert files.read("buffer_size_kb") == "7 (expanded: 1408)\n"
    files.write("current_tracer", "syscall")
    assert files.read("buffer_size_kb") == "1410\n"


def test_sizes_of_one_cpu(files: Files) -> None:
    files.write("buffer_size_kb", "100")
    assert files.read("buffer_size_kb") == "103\n"
    files.write("per_cpu/cpu0/buffer_size_kb", "8")
    assert files.read("buffer_size_kb") == ("X\n" if files.tree.top.buffer.cpus > 1 else "11\n")
    assert files.read("per_cpu/cpu0/buffer_size_kb") == "11\n"


def test_size_stays_while_trace_is_read(files: Files) -> None:
    reader = files.open("trace")
    assert refused(files, "buffer_size_kb", "100") == "EBUSY"
    reader.release()
    files.write("buffer_size_kb", "100")


def test_more_than_there_is_memory_is_enomem(files: Files) -> None:
    assert refused(files, "buffer_size_kb", "99999999999") == "ENOMEM"


def test_free_buffer_frees_and_stops_when_it_is_closed(files: Files) -> None:
    files.write("buffer_size_kb", "100")
    files.write("options/disable_on_free", "1")
    files.open("free_buffer", os.O_WRONLY).release()
    assert files.read("buffer_size_kb") == "7\n"
    assert files.read("tracing_on") == "0\n"
