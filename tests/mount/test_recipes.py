# SPDX-License-Identifier: GPL-2.0-only
"""README's recipes, line by line on a fresh mount: they show what they say."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mount.mounting import TRACEFS, Mounted, mounted, needs_fuse
from tests.mount.test_tracing import shell

pytestmark = [*needs_fuse, pytest.mark.timeout(120)]

README = Path(__file__).parents[2] / "README.md"
WORK = {
    "Which files does it open?": "cat /etc/passwd > /dev/null",
    "What fails, and with which errno?": "cat /nowhere 2> /dev/null; true",
    "Which syscalls are slow?": "",
    "Who forks what?": "bash -c '/bin/true; true'",
    "What is compiled?": "bash -c 'exec -a cc /bin/true -c x.c'; /bin/true other",
    "What is read and written?": "",
    "What happens on one fd?": "/bin/echo hello > /dev/null",
}
"""What is done while the recipe's `cat trace_pipe` would read."""
SHOWN = {
    "Which files does it open?": [
        r'cat-\d+ .*: sys_openat\(dfd: AT_FDCWD, filename: "/etc/passwd", flags: O_RDONLY\)$',
        r"cat-\d+ .*: sys_openat -> 3$",
    ],
    "What fails, and with which errno?": [
        r"cat-\d+ .*: sys_openat -> -ENOENT$",
        r"sched_process_exit: .*exit_code=0x100$",
    ],
    "Which syscalls are slow?": [r"^\{ id: sys_getdents64 +\[217\] \} hitcount: +\d+  lat: +\d+$"],
    "Who forks what?": [
        r"sched_process_fork: comm=bash pid=\d+ child_comm=bash child_pid=\d+$",
        r"sched_process_exec: filename=/bin/true pid=\d+ old_pid=\d+$",
    ],
    "What is compiled?": [r'sys_execve\(filename: "/bin/true", argv: \["cc", "-c", "x\.c"\],'],
    "What is read and written?": [],
    "What happens on one fd?": [r'echo-\d+ .*: sys_write\(fd: 1, buf: 0x[0-9a-f]+ .*"hello\.", count: 6\)$'],
}
HIDDEN = {"What is compiled?": "other", "Which files does it open?": "-> -1$"}
"""What must not be shown."""
WITHOUT_A_MOUNT = {"For perf, trace-cmd, KernelShark", "A picture", "A table", "CTF", "A page", "A flame graph"}
"""Forms of `tracefs run`, which tests/export and tests/peers look at."""


@pytest.fixture
def mount() -> Iterator[Mounted]:
    with mounted([*TRACEFS, "mount"]) as made:
        yield made


def recipes() -> dict[str, list[str]]:
    """By their titles: the blocks of command lines of each."""
    section = README.read_text().partition("\n## Recipes\n")[2].partition("\n## ")[0]
    parts = re.split(r"(?m)^\*\*(.+?)\*\*", section)[1:]
    return {
        title: [textwrap.dedent(block) for block in re.findall(r"(?m)(?:^    .*\n)+", text)]
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    }


def test_every_recipe_for_a_mount_is_tried() -> None:
    assert set(recipes()) - WITHOUT_A_MOUNT == set(WORK) == set(SHOWN)


@pytest.mark.parametrize("title", WORK)
def test_a_recipe_shows_what_it_says(mount: Mounted, title: str) -> None:
    work = f"{WORK[title] or 'true'}\nbash -c 'exit 1'\n"
    script = ""
    for block in recipes()[title]:
        script += re.sub(r"(?m)^cat trace_pipe.*", "", block) + f"{work}cat trace\n"
    output = shell(mount, script)
    for expected in SHOWN[title]:
        assert re.search(expected, output, re.M), (expected, output[-3000:])
    assert title not in HIDDEN or not re.search(HIDDEN[title], output, re.M)


def test_only_some_files_and_their_ends(mount: Mounted) -> None:
    """The sentence below the first recipe."""
    text = README.read_text()
    filtered = re.search(r"`(echo '__filename_val.*?/filter)`", text, re.S)
    paired = re.search(r"`(echo syscall_pair > trace_options)`", text)
    assert filtered
    assert paired
    script = [recipes()["Which files does it open?"][0].splitlines()[1], filtered[1].replace("\n", " "), paired[1]]
    output = shell(
        mount, "\n".join([*script, "cat /etc/passwd /dev/null > /dev/null", "echo > set_event", "cat trace"])
    )
    calls = re.findall(r"cat-\d+ .*: (sys_openat.*)", output)
    assert [re.sub(r"0x[0-9a-f]+ ", "", call).partition(", flags")[0] for call in calls] == [
        'sys_openat(dfd: 0xffffff9c, filename: "/etc/ld.so.cache"',
        "sys_openat -> 0x3",
        'sys_openat(dfd: 0xffffff9c, filename: "/etc/passwd"',
        "sys_openat -> 0x3",
    ]
