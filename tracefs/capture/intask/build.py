# SPDX-License-Identifier: GPL-2.0-only
"""Links the in-task recorder: the project's own C, compiled a second time, into one block that runs at any address.

`python tracefs/capture/intask/build.py DIRECTORY` leaves recorder.elf and recorder.bin there.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOURCES = (
    "ringbuf/write.c",
    "ringbuf/claim.c",
    "ringbuf/clock.c",
    "tracefs/events/filter.c",
    "tracefs/events/glob.c",
    "tracefs/capture/payload/gather.c",
    "tracefs/capture/payload/put.c",
    "tracefs/capture/payload/parts.c",
    "tracefs/syscalls/types/block/walk.c",
    "tracefs/capture/intask/recorder.c",
    "tracefs/capture/intask/alone.c",
    "tracefs/capture/intask/entry.S",
)
"""Those outside of intask/ are the same files that the engine is built from."""
CFLAGS = (
    *("-std=gnu11", "-O2", "-ffreestanding", "-fPIC", "-mgeneral-regs-only", "-mfsgsbase", "-mcx16"),
    *("-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fcf-protection=none", "-fvisibility=hidden"),
    *("-ffunction-sections", "-fno-tree-loop-distribute-patterns", "-fno-jump-tables"),
    *("-Wall", "-Wextra", "-Werror"),
)
"""No vector register may be touched, as they are the program's; a loop must not become a call of memset within
memset."""
SCRIPT = """
#include "tracefs/capture/intask/inside.h"
SECTIONS {
    . = 0;
    .all : {
        *(.head) *(.text*) *(.rodata*) *(.tail)
        in_mm = IN_MM_AT;
        in_own_control = IN_CONTROL_AT;
    }
    .writable : { *(.data*) *(.bss*) *(.got*) }
    .relocations : { *(.rel*) }
    .dynsym : { *(.dynsym) }
    .dynstr : { *(.dynstr) }
    .hash : { *(.hash) }
    .gnu.hash : { *(.gnu.hash) }
    .dynamic : { *(.dynamic) }
    /DISCARD/ : { *(.note*) *(.comment) *(.eh_frame*) }
}
"""
"""Nothing may land in .writable: the block is mapped read-only, the same pages for all tasks."""


def build(directory: Path) -> Path:
    """The linked recorder in that directory, as an ELF file; its bytes beside it as recorder.bin. CalledProcessError:
    it fails."""
    objects = []
    for source in SOURCES:
        target = directory / (source.replace("/", "-") + ".o")
        subprocess.run(["gcc", *CFLAGS, f"-I{ROOT}", "-c", str(ROOT / source), "-o", str(target)], check=True)
        objects.append(str(target))
    script, elf = directory / "recorder.ld", directory / "recorder.elf"
    cpp = ["gcc", "-E", "-P", "-x", "assembler-with-cpp", f"-I{ROOT}", "-"]
    script.write_text(subprocess.run(cpp, input=SCRIPT, capture_output=True, text=True, check=True).stdout)
    subprocess.run(
        ["ld", "-pie", "--no-dynamic-linker", "-z", "noexecstack", "--gc-sections", "-e", "in_head", "-u", "in_head",
         "--no-warn-rwx-segments", "-T", str(script), "-o", str(elf), *objects], check=True
    )  # fmt: skip
    binary = str(directory / "recorder.bin")
    subprocess.run(["objcopy", "-O", "binary", "-j", ".all", str(elf), binary], check=True)
    return elf


def as_c() -> str:
    """What blob.h declares: the recorder and boot.S as bytes."""
    with tempfile.TemporaryDirectory(prefix="tracefs-build-") as name:
        directory = Path(name)
        recorder = build(directory).with_suffix(".bin").read_bytes()
        boot, code = directory / "boot.o", directory / "boot.bin"
        subprocess.run(
            ["gcc", f"-I{ROOT}", "-c", str(ROOT / "tracefs/capture/intask/boot.S"), "-o", str(boot)], check=True
        )
        subprocess.run(["objcopy", "-O", "binary", "-j", ".text", str(boot), str(code)], check=True)
        arrays = {"in_blob": recorder, "in_boot_code": code.read_bytes()}
    text = '#include "tracefs/capture/intask/blob.h"\n'
    for array, size in (("in_blob", "in_blob_bytes"), ("in_boot_code", "in_boot_bytes")):
        data = arrays[array]
        text += f"const uint8_t {array}[] = {{{','.join(map(str, data))}}};\nconst size_t {size} = {len(data)};\n"
    return text


if __name__ == "__main__":
    build(Path(sys.argv[1]))
