# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs doctor` in namespaces: what it says is what happens."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, can_mount

PRIVATE = ["unshare", "--user", "--map-root-user"]


def may_unshare() -> bool:
    return (
        bool(shutil.which("unshare"))
        and not subprocess.run([*PRIVATE, "true"], capture_output=True, check=False).returncode
    )


pytestmark = [
    pytest.mark.mount,
    pytest.mark.skipif(not (can_mount() and may_unshare()), reason="NO FUSE, or no user namespaces here"),
]


@pytest.mark.parametrize(
    ("options", "can"), [([], False), (["--mount"], True)], ids=["alone", "with mounts of its own"]
)
def test_root_of_a_user_namespace_mounts_where_the_mounts_are_its_own(
    options: list[str], can: bool, tmp_path: Path
) -> None:
    within = [*PRIVATE, *options]
    said = subprocess.run(
        [*within, *TRACEFS, "doctor"], capture_output=True, text=True, timeout=PATIENCE, check=False
    ).stdout
    assert f"tracefs mount: {'can' if can else 'cannot'} work here" in said
    assert "tracefs run: can work here" in said
    script = f"{' '.join(TRACEFS)} mount --scope none {tmp_path} && {' '.join(TRACEFS)} umount {tmp_path}"
    done = subprocess.run([*within, "sh", "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode == 0) is can, done.stderr
