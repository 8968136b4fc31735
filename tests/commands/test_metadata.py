# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs metadata`: the tables of the package, of a mount, and of a mount each time that they change."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.mount.mounting import PATIENCE, TRACEFS, mounted, needs_fuse

pytestmark = needs_fuse
MOUNT = [*TRACEFS, "mount", "--scope", "none"]
TYPES = "events/syscalls/types"


def metadata(*arguments: object) -> Any:
    done = subprocess.run(
        [*TRACEFS, "metadata", *map(str, arguments)], capture_output=True, timeout=PATIENCE, check=True
    )
    return json.loads(done.stdout)


def test_a_mount_s_metadata_has_what_was_written_to_its_tables() -> None:
    with mounted(MOUNT) as mount:
        assert metadata(mount.path) == metadata()
        mount.write(TYPES, "enum colour u32 dec RED=1")
        assert metadata(mount.path)["types"]["colour"]["values"] == [{"name": "RED", "value": 1}]


def test_followed_metadata_come_at_once_at_each_change_and_end_with_the_mount() -> None:
    with mounted(MOUNT) as mount:
        follower = subprocess.Popen([*TRACEFS, "metadata", "--follow", mount.path], stdout=subprocess.PIPE)
        with follower:
            assert follower.stdout
            assert "colour" not in json.loads(follower.stdout.readline())["types"]
            mount.write(TYPES, "enum colour u32 dec RED=1")
            assert "colour" in json.loads(follower.stdout.readline())["types"]
            mount.write("events/syscalls/sys_enter_alarm/types", "seconds:colour")
            calls = json.loads(follower.stdout.readline())["syscalls"]
            variants = [call["variants"] for call in calls if call["name"] == "alarm"]
            assert variants == [[{"when": {}, "args": {"seconds": "colour"}}]]
            subprocess.run([*TRACEFS, "umount", mount.path], timeout=PATIENCE, check=True)
            assert (follower.stdout.read(), follower.wait(PATIENCE)) == (b"", 0)


def test_a_directory_without_tables_is_named() -> None:
    done = subprocess.run(
        [*TRACEFS, "metadata", "/proc"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.stderr == "tracefs: /proc/events/syscalls/metadata: No such file or directory\n"
    assert done.returncode == 1
