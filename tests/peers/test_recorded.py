# SPDX-License-Identifier: GPL-2.0-only
"""libtraceevent shows recorded pages of real programs' calls in the words of `cat trace`, line by line."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.mount.mounting import PATIENCE, TRACEFS, Mounted, mounted, needs_fuse
from tests.peers.conftest import SUBBUF, Peer
from tests.peers.test_libtraceevent import as_event
from tests.peers.words import WORDS_LOST, Comparison

pytestmark = needs_fuse

PROGRAMS = Path(__file__).resolve().parents[1] / "calls/programs"
OURS = re.compile(r" (sys_\w+(?:\(.*\)| -> .*))$", re.M)
ADDRESSES = {
    "envp": "a list that no field of its own leads to (syscalls/parts.tbl)",
    "iov_base": "data of the vectors behind those that fields lead to",
    "msg_name": "likewise, and an address of no length",
    "msg_iov": "likewise, of messages behind the first",
    "msg_control": "likewise, where it is not whole",
    "uservaddr": "an address too short for a family",
    "filter": "instructions of seccomp and of sockets",
    "insns": "of BPF programs",
    "license": "texts behind pointers in structures that have no fields for them",
    "pathname": "likewise",
    "name": "likewise",
    "ifc_buf": "an array behind such a pointer",
    "iocbpp": "a list of structures",
    "aio_buf": "data behind such a pointer",
    "buff": "netlink messages, which are data for who does not know what the socket is",
    "ubuf": "likewise",
}
"""Arguments and members of which libtraceevent shows the address alone, and what they are."""
UNSAID = {
    "cmd": "an ioctl that is not known is a number",
    "d_name": "texts within structures that have no fields for them",
    "element": "those of an array behind the ones that there is room for, or that say their own length",
    "ifr_name": "likewise",
    "lo_file_name": "likewise",
    "lo_crypt_name": "likewise",
    "lo_encrypt_key": "likewise",
    "map_name": "likewise",
    "prog_name": "likewise",
    "f_handle": "data of a length that a member says",
    "mtext": "likewise, that an argument says",
    "sll_protocol": "names in network order are numbers",
    "protocol": "likewise",
}
"""Those which it shows as `...`, or as a number."""


def record(mount: Mounted, command: list[str]) -> None:
    for option in ("syscall_arg_decode", "syscall_user_exit"):
        mount.write(f"options/{option}", "1")
    mount.write("events/syscalls/enable", "1")
    script = 'echo $$ > set_event_pid; exec "$@"'
    subprocess.run(
        ["bash", "-c", script, "bash", *command], cwd=mount.path, timeout=PATIENCE, capture_output=True, check=False
    )
    mount.write("tracing_on", "0")


def compare(peer: Peer, mount: Mounted) -> tuple[list[Comparison], list[Comparison]]:
    """All lines, and those that are not alike."""
    every = []
    for cpu in (mount.path / "per_cpu").iterdir():
        lines = [as_event(line) for line in OURS.findall((cpu / "trace").read_text())]
        pages = b""
        with open(os.open(cpu / "trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as raw:
            while page := raw.read(SUBBUF):
                pages += page
        every += [Comparison(*pair) for pair in zip(peer.pages(mount.path / "events", pages), lines, strict=True)]
    return every, [each for each in every if not each.alike()]


@pytest.mark.parametrize("name", ["controls", "administers", "sockets"])
@WORDS_LOST
def test_a_recorded_page_line_by_line(peer: Peer, name: str, tmp_path: Path) -> None:
    subprocess.run(["gcc", "-O1", "-w", PROGRAMS / f"{name}.c", "-o", tmp_path / name], check=True)
    with mounted([*TRACEFS, "mount", "--scope", "none"]) as mount:
        record(mount, [str(tmp_path / name)])
        every, different = compare(peer, mount)
    assert different == []
    assert len(every) > 50
    assert {name for each in every for name in each.addresses} <= set(ADDRESSES)
    assert {name for each in every for name in each.unsaid} <= set(UNSAID)
