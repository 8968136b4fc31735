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


def other(path: Path) -> None:
    os.chown(path, 65534, 65534, follow_symlinks=False)


def shared_by_group(path: Path) -> None:
    path.chmod(0o770)


def away(path: Path) -> None:
    """A link in its place, to where it is now."""
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def anothers_link(path: Path) -> None:
    away(path)
    other(path)


def hard_link(path: Path) -> None:
    os.link(path, path.with_name("second"))


PARTS = {"home": "", "cache": ".cache", "own": ".cache/tracefs", "file": ".cache/tracefs/types"}


WRITABLE = [("home", shared_by_group), ("cache", shared_by_group), ("own", shared_by_group), ("own", away)]
BY_ROOT = [(part, change) for part in PARTS for change in (other, anothers_link)] if os.geteuid() == 0 else []


@pytest.mark.parametrize(("part", "change"), [*WRITABLE, ("file", away), ("file", hard_link), *BY_ROOT])
def test_what_another_could_have_put_there_is_not_read(
    part: str, change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    kept.write(KEY, MADE)
    assert kept.read(KEY) == MADE
    change(tmp_path / "home" / PARTS[part])
    assert kept.read(KEY) is None


@pytest.mark.parametrize(("part", "change"), WRITABLE)
def test_nothing_is_written_where_another_can_write(
    part: str, change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home/.cache/tracefs").mkdir(parents=True)
    change(tmp_path / "home" / PARTS[part])
    kept.write(KEY, MADE)
    assert list(tmp_path.rglob("types*")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give directories away")
def test_root_in_a_users_home_writes_through_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """~/.cache, ~/.cache/tracefs or ~/.cache/tracefs/types lead to root's own: whoever made the link."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    (tmp_path / "roots/tracefs").mkdir(parents=True)
    for victim in (tmp_path / "roots/types", tmp_path / "roots/tracefs/types"):
        victim.write_text("precious")
    links = {".cache": "roots", ".cache/tracefs": "roots", ".cache/tracefs/types": "roots/types"}
    for number, (where, to) in enumerate(links.items()):
        home = tmp_path / str(number)
        (home / where).parent.mkdir(parents=True)
        (home / where).symlink_to(tmp_path / to)
        for path in (home, *home.rglob("*")):
            other(path)
        monkeypatch.setenv("HOME", str(home))
        kept.write(KEY, MADE)
        assert kept.read(KEY) is None
    assert {path.read_text() for path in (tmp_path / "roots").rglob("types")} == {"precious"}


def test_a_link_of_ours_on_the_way_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "disk").mkdir(mode=0o700)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.cache").symlink_to(tmp_path / "disk")
    kept.write(KEY, MADE)
    assert kept.read(KEY) == MADE
    assert os.listdir(tmp_path / "disk/tracefs") == ["types"]


def test_a_sticky_directory_above_is_everybodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "tmp"))
    kept.write(KEY, MADE)
    assert kept.read(KEY) == MADE


def test_what_was_left_half_written_does_not_stay(cache: Path) -> None:
    kept.write(KEY, MADE)
    left = cache.with_name(f"types.{os.getpid()}")
    left.write_bytes(b"half")
    kept.write("1.3", MADE)
    assert (kept.read(KEY), left.exists()) == (MADE, False)
    kept.write("1.3", MADE)
    assert kept.read("1.3") == MADE
