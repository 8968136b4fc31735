# SPDX-License-Identifier: GPL-2.0-only
"""An instance of the kernel's own tracefs, for as long as a measurement needs it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType


class KernelInstance:
    """`with KernelInstance() as k:` mounts tracefs on a directory of its own and makes an instance there."""

    def __init__(self) -> None:
        self.mount = Path()
        self.path = Path()

    @staticmethod
    def available() -> bool:
        """Root, and a kernel that has syscall events."""
        if os.geteuid() != 0:
            return False
        probe = KernelInstance()
        try:
            with probe:
                return (probe.path / "events/syscalls/enable").exists()
        except (OSError, subprocess.CalledProcessError):
            return False

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text + "\n")

    def __enter__(self) -> KernelInstance:
        self.mount = Path(tempfile.mkdtemp(prefix="bench-tracefs-"))
        subprocess.run(["mount", "-t", "tracefs", "none", str(self.mount)], check=True, stderr=subprocess.DEVNULL)
        self.path = self.mount / "instances" / f"bench-{os.getpid()}"
        self.path.mkdir()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self.path.rmdir()
        subprocess.run(["umount", str(self.mount)], check=False)
        self.mount.rmdir()
