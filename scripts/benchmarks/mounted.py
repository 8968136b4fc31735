# SPDX-License-Identifier: GPL-2.0-only
"""A mount of ours for as long as a measurement needs it, and the loop that fills its buffer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

from tracefs import mountpoints


class Mount:
    """`with Mount() as m:` mounts with scope none: only what is named is traced."""

    def __enter__(self) -> Mount:
        self.path = Path(tempfile.mkdtemp(prefix="bench-mount-"))
        self._command("mount", str(self.path), "--scope", "none")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._command("umount", str(self.path))
        self.path.rmdir()

    def _command(self, *words: str) -> None:
        subprocess.run([sys.executable, "-m", "tracefs.cli", *words], check=True, stdout=subprocess.DEVNULL)

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text + "\n")

    def record(self, loop: Path, calls: int) -> None:
        """Fill the buffer with a getppid loop of `calls` calls: two events each."""
        self.write("current_tracer", "syscall")
        script = f"echo $$ > {self.path}/set_ftrace_pid; exec {loop} {calls}"
        subprocess.run(["sh", "-c", script], check=True)
        self.write("tracing_on", "0")
        self.write("set_ftrace_pid", "")

    def daemon(self) -> int:
        """The pid that serves this mount."""
        return int(json.loads(os.getxattr(self.path, mountpoints.STATUS))["pid"])
