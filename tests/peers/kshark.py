# SPDX-License-Identifier: GPL-2.0-only
"""What KernelShark shows of a trace.dat: `python3 kshark.py FILE` prints `EVENT: INFO` and a NUL for each entry.

By its library, which needs no display. A program of its own, since the library takes the process down where it fails.
"""

from __future__ import annotations

import ctypes
import sys

LIBRARY = "libkshark.so.2"


def main(file: str) -> None:
    lib = ctypes.CDLL(LIBRARY)
    context, rows = ctypes.c_void_p(), ctypes.POINTER(ctypes.c_void_p)()
    lib.kshark_open.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    lib.kshark_load_entries.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    lib.kshark_load_entries.restype = ctypes.c_ssize_t
    for function in (lib.kshark_get_event_name, lib.kshark_get_info):
        function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_char_p
    if not lib.kshark_instance(ctypes.byref(context)):
        sys.exit("no session")
    stream = lib.kshark_open(context, file.encode())
    count = lib.kshark_load_entries(context, stream, ctypes.byref(rows))
    if stream < 0 or count < 0:
        sys.exit(f"{file} cannot be read")
    for row in rows[:count]:
        name = lib.kshark_get_event_name(row).rpartition(b"/")[2]
        sys.stdout.buffer.write(name + b": " + (lib.kshark_get_info(row) or b"") + b"\0")


if __name__ == "__main__":
    main(sys.argv[1])
