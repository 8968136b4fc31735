# SPDX-License-Identifier: GPL-2.0-only
"""What C writes of calls is what Python would have written."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.export.perfetto.packets import Event, events
from tests.mount.mounting import PATIENCE, TRACEFS
from tracefs.export import perfetto
from tracefs.export.forms import Wish
from tracefs.export.recorded import of_trace_dat

SCRIPT = """\
import os, socket, select, signal, struct, time, fcntl, mmap, resource, threading
r, w = os.pipe(); os.write(w, b"some \\"text\\"\\n\\xff\\0"); os.read(r, 3); os.read(r, 100); os.set_blocking(r, False)
try: os.read(r, 1)
except OSError: pass
a, b = socket.socketpair(); a.sendall(b"x" * 300); b.recv(1000); a.sendmsg([b"one", b"two"]); b.recvmsg(10); b.setblocking(False)
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); c = socket.create_connection(s.getsockname()); d, _ = s.accept()
c.close(); d.recv(1)
select.select([d], [], [], 0); p = select.poll(); p.register(d, 1); p.poll(0); e = select.epoll(); e.register(d, 1); e.poll(0)
os.stat("/etc"); os.listdir("/etc"); os.access("/nonexistent/" + "x" * 200, 0); os.readlink("/proc/self/exe"); os.getcwd()
f = os.open("/dev/zero", os.O_RDONLY); os.read(f, 0); os.pread(f, 10, 5); os.readv(f, [bytearray(3), bytearray(4)])
fcntl.fcntl(f, fcntl.F_GETFL)
signal.signal(signal.SIGUSR1, lambda *_: None); os.kill(os.getpid(), signal.SIGUSR1); time.sleep(0.001); resource.getrusage(0)
resource.getrlimit(resource.RLIMIT_NOFILE); mmap.mmap(-1, 4096).close(); os.uname(); os.sysinfo() if hasattr(os, "sysinfo") else 0
t = threading.Thread(target=os.getppid); t.start(); t.join()
if os.fork() == 0: os._exit(3)
os.wait(); os.statvfs("/"); os.sched_getaffinity(0); os.getgroups(); os.times(); open("/proc/self/status").read()
import ctypes; ctypes.CDLL(None).syscall(999, 1, 2, 3, 4, 5, 6); ctypes.CDLL(None).syscall(16, 0, 0x5401, 0)
os.execv("/bin/true", ["true"])
"""


def written(trace: Path) -> list[Event]:
    made = perfetto.make(of_trace_dat(trace), Wish(), -1)
    data = b""
    while part := made.take(True):
        data += part
    return list(events(data))


@pytest.mark.parametrize("options", [[], ["-y"]])
def test_c_says_what_python_says(options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = tmp_path / "trace.dat"
    command = [*TRACEFS, "run", "--trace-dat", *options, "-w", str(trace), "--", "python3", "-c", SCRIPT]
    subprocess.run(command, check=True, timeout=PATIENCE)
    assert perfetto.is_ours(of_trace_dat(trace))
    native = written(trace)
    monkeypatch.setattr(perfetto, "is_ours", lambda source: False)
    ours, theirs = Counter(native), Counter(written(trace))
    assert sorted((ours - theirs).elements()) == []
    assert sorted((theirs - ours).elements()) == []
    assert len(native) > 500


def test_damaged_recordings_end_in_a_trace(tmp_path: Path) -> None:
    """Lengths, places and numbers in records are anything; what comes of it is a trace, or the end at a
    sub-buffer's."""
    trace = tmp_path / "trace.dat"
    subprocess.run(
        [*TRACEFS, "run", "--trace-dat", "-y", "-w", str(trace), "--", "ls", "-l", "/proc/self/fd/"], check=True
    )
    whole, source = trace.read_bytes(), of_trace_dat(trace)
    assert source.pages_of
    data = b"".join(page for pages in source.pages_of().values() for page in pages)
    start, chance = whole.index(data[:4096]), random.Random(1)
    for _ in range(20):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 40)):
            at = start + chance.randrange(len(data.rstrip(b"\0")))
            damaged[at] = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
        trace.write_bytes(damaged)
        made = perfetto.make(of_trace_dat(trace), Wish(), -1)
        while made.take(True):
            pass
