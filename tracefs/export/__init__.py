# SPDX-License-Identifier: GPL-2.0-only
"""What was recorded in forms that other programs read.

json_lines.py, strace_lines.py   calls, a line each; json_text.py: for an open of `trace` or `trace_pipe`
perf_data.py, trace_dat.py       raw events with their `format` files (tracing_data.py); the words are made by those
                                 who read them: see syscalls/types/printfmt/formats.py
"""
