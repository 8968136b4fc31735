# SPDX-License-Identifier: GPL-2.0-only
"""The type tables that come with the package: complete, consistent, and equal to the headers."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.types import load
from tracefs.syscalls.types.decode.objects import Objects
from tracefs.syscalls.types.decode.scalars import Scalars
from tracefs.syscalls.types.language.model import StructType
from tracefs.syscalls.types.language.rows import Rows

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_syscall_has_a_row_with_its_own_argument_names() -> None:
    rows = load().rows
    wanted = {call.name: [param.name for param in call.params] for call in SYSCALLS}
    assert {name: [arg for arg, _ in variants[0].args] for name, variants in rows.items()} == wanted


def test_every_variant_of_a_row_replaces_arguments_that_the_row_has() -> None:
    for name, variants in load().rows.items():
        known = {arg for arg, _ in variants[0].args}
        for row in variants[1:]:
            tested = {
                test.name.removeprefix("netlink(").removesuffix(")").removeprefix("*") for test in row.conditions
            } - {"ret"}
            assert {arg for arg, _ in row.args} | tested <= known, name


def test_every_condition_names_a_value_of_its_argument_or_member() -> None:
    table = load()
    rows = Rows(table)
    for name in table.rows:
        rows.linked(name)
    objects = Objects(table, Scalars(table))
    for named in table.types.values():
        if isinstance(named, StructType):
            objects.tests(named)


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_values_and_offsets_are_those_of_the_headers() -> None:
    command = [sys.executable, str(ROOT / "scripts/gen-types"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if "fatal error" in done.stdout + done.stderr:
        pytest.skip(f"the UAPI headers are not here: {done.stderr.splitlines()[-2:]}")
    assert done.returncode == 0, done.stdout
