# SPDX-License-Identifier: GPL-2.0-only
"""The programs that are timed: a table of command lines, and the small C sources that some of them need."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

GETPPID_LOOP = """
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 0;
	while (n-- > 0)
		syscall(SYS_getppid);
	return 0;
}
"""

TREE_FILES = 12
"""C files of the small tree that `make -j2` builds."""


@dataclass(frozen=True)
class Workload:
    name: str
    argv: tuple[str, ...]
    single: bool
    """One task at a time: the added time is what counts. False: a parallel program, whose wall time counts."""
    prepare: tuple[str, ...] = ()
    """Run untimed before each round (make clean)."""


def build(directory: Path, scale: float = 1.0) -> list[Workload]:
    """Write and compile what the workloads need in `directory`; `scale` shortens the loops for a quick run."""
    loop = compile_c(directory, "getppid-loop", GETPPID_LOOP)
    tree = make_tree(directory / "tree")
    calls = int(100_000 * scale)
    return [
        Workload("getppid", (str(loop), str(calls)), single=True),
        Workload(
            "dd bs=1", ("dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={calls}", "status=none"), single=True
        ),
        Workload("find /usr", ("sh", "-c", "find /usr/share/doc /usr/lib/python3* >/dev/null"), single=True)
        if scale < 1
        else Workload("find /usr", ("sh", "-c", "find /usr >/dev/null"), single=True),
        Workload("import asyncio", (sys.executable, "-c", "import asyncio"), single=True),
        Workload(
            "make -j2",
            ("make", "-s", "-j2", "-C", str(tree)),
            single=False,
            prepare=("make", "-s", "-C", str(tree), "clean"),
        ),
    ]


def compile_c(directory: Path, name: str, source: str) -> Path:
    """Compile one C source text to `directory`/`name`."""
    text, binary = directory / f"{name}.c", directory / name
    text.write_text(source)
    subprocess.run(["gcc", "-O2", "-o", str(binary), str(text)], check=True)
    return binary


def make_tree(tree: Path) -> Path:
    """A C tree of TREE_FILES sources and a makefile: many short processes, some of them compute-bound."""
    tree.mkdir(exist_ok=True)
    names = [f"part{i:02d}" for i in range(TREE_FILES)]
    for i, name in enumerate(names):
        (tree / f"{name}.c").write_text(
            f"#include <stdio.h>\n#include <string.h>\nint {name}(int x)\n"
            f'{{\n\tchar text[64];\n\tsnprintf(text, sizeof(text), "%d", x + {i});\n\treturn (int)strlen(text);\n}}\n'
        )
    calls = " + ".join(f"{name}(argc)" for name in names)
    declared = "".join(f"int {name}(int x);\n" for name in names)
    (tree / "main.c").write_text(
        f"{declared}int main(int argc, char **argv)\n{{\n\t(void)argv;\n\treturn ({calls}) < 0;\n}}\n"
    )
    objects = " ".join(f"{name}.o" for name in [*names, "main"])
    (tree / "Makefile").write_text(
        f"all: program\nprogram: {objects}\n\tgcc -o $@ $^\n%.o: %.c\n\tgcc -O2 -c -o $@ $<\n"
        "clean:\n\trm -f program *.o\n.PHONY: all clean\n"
    )
    return tree


def read_and_find(calls: int, quick: bool) -> list[Workload]:
    """`dd` that reads and writes a byte at a time, `calls` times, and `find` over many directories.

    quick: less of both."""
    count, tree = (calls // 10, "/usr/share/doc") if quick else (calls, "/usr")
    dd = ("dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={count}", "status=none")
    return [Workload("dd bs=1", dd, single=True), Workload(f"find {tree}", ("find", tree), single=True)]
