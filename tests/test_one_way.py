# SPDX-License-Identifier: GPL-2.0-only
"""Arrows point one way: no circle of includes or imports, and each room of the engine uses only rooms below it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
C_FILES = [path for room in ("ringbuf", "tracefs") for path in (ROOT / room).rglob("*.[ch]") if path.name[0] != "_"]
ROOMS = {"task": set(), "payload": {"task"}, "record": {"task", "payload"}}
"""Rooms of tracefs/capture -> those that they may include and call. The ptrace stops stand above all."""
ABOVE = {"intask": {"task", "payload", "record"}, "ptrace": {"task", "payload", "record", "intask"}}
Arrows = Mapping[str, Iterable[str]]


def circle(arrows: Arrows) -> list[str]:
    """A circle, as the names on it; empty: there is none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for target in arrows.get(name, ()):
            if found := walk(target, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in arrows if (found := walk(name, []))), [])


def test_a_circle_is_found() -> None:
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
    assert circle({"a": ["b", "c"], "b": ["c"]}) == []


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def includes() -> dict[str, list[str]]:
    return {name_of(path): re.findall(r'^#include "(.+?)"', path.read_text(), re.M) for path in C_FILES}


def test_no_circle_of_includes() -> None:
    assert circle(includes()) == []


def without_words(text: str) -> str:
    """C without comments and string literals."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(\\.|[^"\\])*"', "", text, flags=re.DOTALL)


def calls() -> dict[str, set[str]]:
    """C file -> those that define the functions of other files that it names."""
    texts = {name_of(path): without_words(path.read_text()) for path in C_FILES if path.suffix == ".c"}
    defined: dict[str, str] = {}
    for name, text in texts.items():
        if name == "tracefs/capture/intask/alone.c":  # what others have, once more for a task
            continue
        for match in re.finditer(r"^(?!static\b|typedef\b)[a-z_][\w *]*?\b(\w+)\([^;{]*?\)\n\{", text, re.M):
            defined[match[1]] = name
    assert len(defined) > 200
    return {
        name: {defined[word] for word in set(re.findall(r"\b\w+\b", text)) & defined.keys()} - {name}
        for name, text in texts.items()
    }


def room(path: str) -> str | None:
    found = re.match(r"tracefs/capture/(\w+)/", path)
    return found[1] if found else None


@pytest.mark.parametrize("arrows", [includes, calls], ids=["includes", "calls"])
def test_a_room_of_the_engine_uses_only_rooms_below_it(arrows: object) -> None:
    assert callable(arrows)
    below = {**ROOMS, **ABOVE}
    wrong = [
        f"{name} -> {target}"
        for name, targets in arrows().items()
        for target in targets
        if (own := room(name)) in below and (other := room(target)) and other != own and other not in below[own]
    ]
    assert wrong == []


def test_the_record_makes_no_ptrace_request() -> None:
    files = [path for path in C_FILES if room(name_of(path)) == "record"]
    assert len(files) > 10
    assert [name_of(path) for path in files if re.search(r"PTRACE_|cap_ptrace|cap_get_regs", path.read_text())] == []


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports() -> dict[str, set[str]]:
    """Module -> modules of ours that it imports when it is imported itself (inside functions and for types: not
    counted)."""
    paths = {module_of(path): path for room in ("ringbuf", "tracefs") for path in (ROOT / room).rglob("*.py")}
    found: dict[str, set[str]] = {}
    for name, path in paths.items():
        found[name] = set()
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                targets = [f"{node.module}.{each.name}" for each in node.names]
                found[name] |= {target if target in paths else node.module for target in targets}
            elif isinstance(node, ast.Import):
                found[name] |= {each.name for each in node.names}
        found[name] = {
            each for each in found[name] & paths.keys() if each != name and paths[each].name != "__init__.py"
        }
    return found


def test_no_circle_of_imports() -> None:
    arrows = imports()
    assert len(arrows) > 100
    assert circle(arrows) == []


def test_packages_import_only_floors_below_them() -> None:
    """Also inside functions."""
    wrong = []
    for package in ("ringbuf", *(f"tracefs/{name}" for name in ("syscalls", "events", "capture", "render"))):
        above = ("tracefs.tree", "tracefs.mount", "tracefs.commands", "tracefs.daemon", "tracefs.cli")
        if package != "tracefs/capture":
            above = (*above, "tracefs.capture")
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text()
            wrong += [
                f"{name_of(path)}: {name}" for name in above if re.search(rf"^\s*(from|import) {name}\b", text, re.M)
            ]
    assert wrong == []
