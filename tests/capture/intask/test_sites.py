# SPDX-License-Identifier: GPL-2.0-only
"""Which `syscall` instructions are led into the recorder: objdump judges the decoding, a program of ours the moved
code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
SOURCES = [f"tracefs/capture/intask/{name}.c" for name in ("insn", "elf_file", "sites", "learned", "move")]
LIBC = Path("/lib/x86_64-linux-gnu/libc.so.6")
FOLDERS = ("/bin", "/sbin", "/usr/lib", "/usr/libexec", "/usr/local/bin", "/usr/local/lib", "/opt", "/root/.pyenv")
REFUSALS = ("sites", "no function", "not decoded", "no room", "immovable", "across", "too long")
OBJDUMP = re.compile(r"^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*(\S.*)?$")


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("sites") / "driver", "-O2")


def build(program: Path, *options: str) -> Path:
    flags = ["-std=gnu11", "-g", "-Wall", "-Wextra", "-Werror", "-fPIE", "-pie", f"-I{ROOT}", *options]
    subprocess.run(["gcc", *flags, str(HERE / "sites_driver.c"), *SOURCES, "-o", str(program)], cwd=ROOT, check=True)
    return program


def sites(driver: Path, *files: Path) -> list[tuple[Path, int, int, int, int]]:
    """(file, address, back, length, refused) of each place with the bytes of a `syscall` in its code."""
    out = subprocess.run([driver, "list", *files], capture_output=True, text=True, check=True).stdout
    rows = [line.rsplit(" ", 4) for line in out.splitlines() if " error " not in line]
    return [(Path(path), int(at), int(back), int(length), int(refused)) for path, at, back, length, refused in rows]


class Disassembly:
    """What objdump makes of the code around some addresses of a file: it decodes from symbols, so in step."""

    def __init__(self, file: Path, around: list[int]) -> None:
        self.found: dict[int, tuple[int, str]] = {}
        if not around:
            return
        window = [f"--start-address={max(min(around) - 4096, 0)}", f"--stop-address={max(around) + 16}"]
        out = subprocess.run(
            ["objdump", "-d", "-w", *window, str(file)], capture_output=True, text=True, check=True
        ).stdout
        for line in out.splitlines():
            if match := OBJDUMP.match(line):
                self.found[int(match[1], 16)] = (len(match[2].split()), match[3] or "")

    def at(self, address: int) -> tuple[int, str]:
        return self.found.get(address, (0, ""))


def check(driver: Path, file: Path) -> Counter[str]:
    """Every site that is not refused, against objdump. How many there are of each kind."""
    rows = sites(driver, file)
    good = [row for row in rows if not row[4]]
    listing = Disassembly(file, [row[1] for row in good])
    for _, call, back, patched, _ in good:
        assert listing.at(call) == (2, "syscall"), f"{file} {call:#x}"
        assert patched >= 5, f"{file} {call:#x}"
        assert listing.at(call - back)[0] == patched, f"{file} {call:#x}"
        at = call - back
        while at < call:
            length, text = listing.at(at)
            assert length, f"{file} {call:#x}: no instruction begins at {at:#x}"
            assert not re.match(r"(jmp|call|ret|loop|jrcxz|int|hlt|ud|syscall|xbegin)", text), f"{file} {at:#x}: {text}"
            at += length
        assert at == call, f"{file} {call:#x}"
    return Counter(REFUSALS[row[4]] for row in rows)


def test_nearly_all_calls_of_libc_can_be_led_into_the_recorder_and_objdump_agrees_about_each(driver: Path) -> None:
    kinds = check(driver, LIBC)
    assert kinds["sites"] > 0.95 * sum(kinds.values()), kinds


def test_moved_instructions_do_what_they_did(driver: Path) -> None:
    out = subprocess.run([driver, "live"], capture_output=True, text=True, check=True).stdout
    assert out == "number 1\nflag -7\nflag set 1\njump 1 0x12345\nlea 1 1\n"


def test_damaged_files_are_refused_or_read_within_bounds(tmp_path: Path) -> None:
    driver = build(tmp_path / "driver", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    small = shutil.which("true")
    assert small
    out = subprocess.run([driver, "fuzz", small, "1", "2000"], capture_output=True, text=True)
    assert (out.stdout, out.stderr) == ("2000 rounds\n", "")


def test_what_is_no_program_is_refused(driver: Path, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("#!/bin/sh\n")
    out = subprocess.run([driver, "list", text, tmp_path], capture_output=True, text=True, check=True).stdout
    assert out == f"{text} error 8\n{tmp_path} error 8\n"


def test_what_was_met_is_known_to_the_next_session_as_long_as_the_file_is_the_same(
    driver: Path, tmp_path: Path
) -> None:
    kept, file = tmp_path / "kept", tmp_path / "libc"
    kept.mkdir(mode=0o700)
    shutil.copy(LIBC, file)

    def learn(which: int) -> str:
        return subprocess.run(
            [driver, "learn", file, kept, str(which)], capture_output=True, text=True, check=True
        ).stdout

    assert [learn(3), learn(7), learn(3)] == ["learned 1\n", "3 learned 1\n", "3 7 learned 0\n"]
    os.utime(file, ns=(1, 1))
    assert learn(5) == "learned 1\n"


def test_nothing_is_learned_in_a_directory_that_others_may_write(driver: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    kept.chmod(0o777)
    for _ in range(2):
        out = subprocess.run([driver, "learn", LIBC, kept, "3"], capture_output=True, text=True, check=True).stdout
        assert out == "learned 1\n"
    assert list(kept.iterdir()) == []


@pytest.mark.soak
def test_objdump_agrees_about_every_site_of_every_program_of_this_machine(driver: Path) -> None:
    kinds: Counter[str] = Counter()
    seen: set[tuple[int, int]] = set()
    for folder in FOLDERS:
        for file in Path(folder).rglob("*"):
            if not file.is_file() or file.stat().st_size < 4096 or file.open("rb").read(5) != b"\x7fELF\2":
                continue
            if (key := (file.stat().st_dev, file.stat().st_ino)) not in seen:
                seen.add(key)
                kinds += check(driver, file)
    print(dict(kinds), len(seen), "files")
    assert kinds["sites"] > 1000
