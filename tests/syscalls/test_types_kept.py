# SPDX-License-Identifier: GPL-2.0-only
"""What the package's tables compile to, kept between starts: used as it was made, and never trusted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tracefs.syscalls.types import loader
from tracefs.syscalls.types.block import kept

MADE = kept.Compiled(b"block" * 100, ("sigset", "mac"), 7)
KEY = "1.2"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the file is going to be."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/tracefs/types"


def test_what_is_written_is_read_by_its_key_alone(cache: Path) -> None:
    assert kept.read(KEY) is None
    kept.write(KEY, MADE)
    assert kept.read(KEY) == MADE
    assert kept.read("1.3") is None
    assert cache.stat().st_mode & 0o777 == 0o600
    assert os.listdir(cache.parent) == ["types"]


def test_the_next_start_takes_what_the_first_one_made(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = loader.compiled.__wrapped__()
    monkeypatch.setattr(loader, "compile_rows", None)
    assert loader.compiled.__wrapped__() == made == kept.read(kept.key())


def test_a_table_or_code_that_changes_is_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(kept.SOURCES[0], tmp_path / "syscalls")
    own = [source.replace(kept.SOURCES[0], str(tmp_path / "syscalls")) for source in kept.SOURCES]
    monkeypatch.setattr(kept, "SOURCES", own)
    keys = {kept.key()}
    for name in ("args.tbl", "types/tables/open.tbl", "types/block/compile.py"):
        path = tmp_path / "syscalls" / name
        path.write_text(path.read_text().replace("0", "1", 1))
        keys.add(kept.key())
    assert len(keys) == 4


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def damage(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"block", b"blick", 1))


def no_head(file: Path) -> None:
    file.write_bytes(b"\xff\n" + MADE.block)


def writable_by_others(file: Path) -> None:
    file.chmod(0o666)


def directory_writable_by_others(file: Path) -> None:
    file.parent.chmod(0o777)


def link(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")


def fifo(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize("change", [cut, damage, no_head, writable_by_others, directory_writable_by_others, link, fifo])
def test_a_file_that_is_not_as_it_was_left_is_ignored(change: Callable[[Path], None], cache: Path) -> None:
    kept.write(KEY, MADE)
    change(cache)
    assert kept.read(KEY) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_another_user_is_neither_read_nor_written(cache: Path) -> None:
    kept.write(KEY, MADE)
    os.chown(cache, 65534, 65534)
    assert kept.read(KEY) is None
    cache.unlink()
    os.chown(cache.parent, 65534, 65534)
    kept.write(KEY, MADE)
    assert not cache.exists()


@pytest.mark.parametrize("place", ["/dev/null", "/proc/self", "relative"])
def test_where_nothing_can_be_kept_nothing_fails(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    monkeypatch.setenv("HOME", str(tmp_path / "absent"))
    kept.write(KEY, MADE)
    assert kept.read(KEY) is None
