# SPDX-License-Identifier: GPL-2.0-only
"""Calls from records: enter and exit put together, decoded to values, for output that programs read.

    records -> pages.py -> stream.py (in order, over all CPUs) -> pairing.py (Happening per task) -> json_lines.py
                                                                                                  -> strace_lines.py
    json_text.py: the same for an open of `trace` or `trace_pipe` with the option `json`
    direct.py: most calls as text without values between (notation.py, patterns.py, records.py), the same as by values

Text in ftrace's layouts is render/'s affair and made in C; what is here costs some ten microseconds a call, `scripts/bench
structured` says how many.
"""

from tracefs.calls.json_lines import JsonLines
from tracefs.calls.json_text import JsonText
from tracefs.calls.strace_lines import StraceLines
from tracefs.calls.stream import Stream

__all__ = ["JsonLines", "JsonText", "StraceLines", "Stream"]
