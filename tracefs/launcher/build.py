# SPDX-License-Identifier: GPL-2.0-only
"""How the command `tracefs` (launcher.c) is built and installed: a step of setuptools, used by setup.py."""

from __future__ import annotations

import os
import subprocess
from distutils.command.build_scripts import build_scripts  # setuptools' own, once that is imported

SOURCE = "tracefs/launcher/launcher.c"
NAME = "tracefs"
FLAGS = ("-std=gnu11", "-O2", "-s", "-Wall", "-Wextra")


class BuildLauncher(build_scripts):
    """Compiles in place of copying: setuptools installs what it finds in build_dir."""

    def copy_scripts(self) -> tuple[list[str], list[str]]:
        os.makedirs(self.build_dir, exist_ok=True)
        target = os.path.join(self.build_dir, NAME)
        compiler = os.environ.get("CC", "cc").split()
        for linking in (["-static"], []):  # not every system has a static libc
            done = subprocess.run([*compiler, *FLAGS, *linking, SOURCE, "-o", target], capture_output=True, text=True)
            if done.returncode == 0:
                return [target], [target]
        raise SystemExit(done.stderr)
