# SPDX-License-Identifier: GPL-2.0-only
"""The self-checking C programs of tests/capture/programs: their names, and how they are built."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "programs"
PROGRAMS: tuple[str, ...] = tuple(sorted(path.stem for path in SOURCES.glob("*.c")))

_OPTIMISED = ["-O1", "-Wall", "-Wextra", "-Werror"]
_FLAGS = ["-std=gnu11", "-g", "-Wno-unused-result", "-pthread", *_OPTIMISED]
_FLAGS_OF = {"program32": ["-m32", "-nostdlib", "-static", "-ffreestanding", "-fno-pic", "-no-pie", *_OPTIMISED]}

ROUNDS: frozenset[str] = frozenset(PROGRAMS) - {"program32", "setuid", "many_threads", "asleep", "asleep_in"}
"""Those that repeat their round until told to stop (CHECK_FLAG): the others do one and end, or take long."""

ALONE = frozenset({"tracing"})
"""Those whose untraced behaviour needs that nobody traces their children."""


def build(name: str, directory: Path) -> Path:
    """The program of that name, compiled into `directory` unless it is there and newer. Raises CalledProcessError."""
    source, target = SOURCES / f"{name}.c", directory / name
    newest = max(path.stat().st_mtime for path in (source, *SOURCES.glob("*.h")))
    if not target.exists() or target.stat().st_mtime < newest:
        scratch = directory / f".{name}.{os.getpid()}"
        subprocess.run(["gcc", *_FLAGS_OF.get(name, _FLAGS), "-o", scratch, source], check=True, timeout=60)
        scratch.rename(target)
    return target


def build_all(directory: Path) -> None:
    """All of them, two at a time."""
    directory.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: build(name, directory), PROGRAMS))
