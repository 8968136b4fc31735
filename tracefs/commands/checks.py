# SPDX-License-Identifier: GPL-2.0-only
"""What `tracefs doctor` looks at: one function per thing that a machine may lack."""

from __future__ import annotations

import ctypes
import fcntl
import importlib
import os
import platform
import pwd
import re
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass

from tracefs.commands import ptrace_trial
from tracefs.commands.holder import holder

OK, NOTE, MISSING = "ok", "note", "MISSING"
BOTH = ("run", "mount")
_NS_GET_USERNS = 0xB701
"""linux/nsfs.h."""


@dataclass(frozen=True)
class Finding:
    verdict: str
    text: str
    cure: str = ""
    needed_by: tuple[str, ...] = ()
    """Which commands cannot work, where the verdict is MISSING."""


def _read(path: str) -> str | None:
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return None


def _self_status(field: str) -> str:
    match = re.search(rf"^{field}:\s*(.*)$", _read("/proc/self/status") or "", re.M)
    return match[1] if match else ""


def kernel() -> Finding:
    """PTRACE_GET_SYSCALL_INFO came with Linux 5.3."""
    release = platform.release()
    text = f"Linux {release} {platform.machine()}"
    version = re.match(r"(\d+)\.(\d+)", release)
    if platform.machine() != "x86_64":
        return Finding(MISSING, text, "an x86-64 machine is needed", BOTH)
    if version and (int(version[1]), int(version[2])) < (5, 3):
        return Finding(MISSING, text, "Linux 5.3 or later is needed", BOTH)
    return Finding(OK, text)


def modules() -> Finding:
    for name in ("ringbuf._ringbuf", "tracefs.events._filter", "tracefs.capture._engine", "tracefs.render._render"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            return Finding(MISSING, f"C modules: {error}", "install anew: pip install -e . (needs a C compiler)", BOTH)
    return Finding(OK, "C modules are built")


def ptrace() -> Finding:
    """Tried, not guessed: capabilities, seccomp, Yama and other security modules all have a say."""
    own, other = ptrace_trial.own_child(), ptrace_trial.not_a_child()
    who = holder()
    if own and who:
        return Finding(
            MISSING, f"{who.name} ({who.pid}) traces this one already: a task has one tracer", who.cure, BOTH
        )
    if own:
        cure = "in a container: start it with --cap-add=SYS_PTRACE, or --security-opt seccomp=unconfined"
        return Finding(MISSING, f"tracing a process of one's own: {own}", cure, BOTH)
    if other:
        cure = "`tracefs run` works. For mounts: sysctl kernel.yama.ptrace_scope=0, or CAP_SYS_PTRACE"
        return Finding(MISSING, f"only own children may be traced, not the shell ({other})", cure, ("mount",))
    return Finding(OK, "processes of this user may be traced")


def yama() -> Finding:
    meaning = {
        "0": "any process of the same user",
        "1": "own descendants, or with CAP_SYS_PTRACE",
        "2": "with CAP_SYS_PTRACE only",
        "3": "nothing, until the next boot",
    }
    level = _read("/proc/sys/kernel/yama/ptrace_scope")
    if level is None:
        return Finding(OK, "no Yama in this kernel")
    return Finding(OK if level == "0" else NOTE, f"ptrace_scope is {level}: {meaning.get(level, 'unknown')}")


def confinement() -> Finding:
    """Seccomp is only told: whether it stops ptrace is what the trial shows."""
    notes = []
    if _self_status("Seccomp") == "2":
        notes.append("a seccomp filter is in force (a container?)")
    if _self_status("NoNewPrivs") == "1":
        notes.append("no_new_privs is set: fusermount cannot use its privilege")
    return Finding(NOTE, "; ".join(notes)) if notes else Finding(OK, "none seen")


def dev_fuse() -> Finding:
    try:
        found = os.stat("/dev/fuse")
    except OSError as error:
        cure = "as root: modprobe fuse; in a container: --device /dev/fuse --cap-add=SYS_ADMIN"
        return Finding(MISSING, f"/dev/fuse: {error.strerror}", cure, ("mount",))
    text = f"{stat.filemode(found.st_mode)} {_user(found.st_uid)}"
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        cure = "as root: chmod 666 /dev/fuse (its usual mode)"
        return Finding(MISSING, f"{text}: {error.strerror}", cure, ("mount",))
    return Finding(OK, text)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _mounts_are_own() -> bool:
    """Whether the mount namespace belongs to the user namespace that this process is in: its root may mount then."""
    try:
        with open("/proc/self/ns/mnt") as mounts:
            owner = fcntl.ioctl(mounts, _NS_GET_USERNS)
    except OSError:
        return False
    try:
        return os.path.samestat(os.fstat(owner), os.stat("/proc/self/ns/user"))
    finally:
        os.close(owner)


def fusermount() -> Finding:
    path = shutil.which("fusermount")
    if os.geteuid() == 0 and _mounts_are_own():
        return Finding(OK, f"not needed by root ({path or 'absent'})")
    if os.geteuid() == 0:
        cure = "unshare --mount tracefs mount DIR; or tracefs shell, which makes such a namespace"
        return Finding(
            MISSING, "root of this user namespace may not mount: the mount namespace is another's", cure, ("mount",)
        )
    cure = "Debian, Ubuntu: apt-get install fuse (or fuse3)"
    if path is None:
        return Finding(MISSING, "not found", cure, ("mount",))
    found = os.stat(path)
    if not found.st_mode & stat.S_ISUID or found.st_uid != 0:
        return Finding(MISSING, f"{path} is not setuid root", f"as root: chmod u+s {path}", ("mount",))
    return Finding(OK, path)


def libfuse() -> Finding:
    try:
        ctypes.CDLL("libfuse.so.2")
    except OSError:
        cure = "Debian, Ubuntu: apt-get install libfuse2 (libfuse2t64 in newer ones)"
        return Finding(MISSING, "libfuse.so.2 not found", cure, ("mount",))
    return Finding(OK, "libfuse.so.2")


def clock() -> Finding:
    """Clock sources that the vDSO reads without a system call; with others each event costs one."""
    source = _read("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    if source is None:
        return Finding(NOTE, "clock source unknown")
    if source in ("tsc", "kvm-clock", "hyperv_clocksource_tsc_page"):
        return Finding(OK, f"clock source {source}")
    return Finding(NOTE, f"clock source {source} is slow to read", "faster: echo x86-tsc > trace_clock")


def in_task() -> Finding:
    """Whether programs can record themselves (`run --in-task`)."""
    from tracefs.capture.policy.native import in_task_machine

    why = in_task_machine()
    return (
        Finding(NOTE, f"programs cannot record themselves: {why}")
        if why
        else Finding(OK, "programs can record themselves")
    )


CHECKS: dict[str, Callable[[], Finding]] = {
    "kernel": kernel,
    "build": modules,
    "ptrace": ptrace,
    "Yama": yama,
    "confinement": confinement,
    "clock": clock,
    "in-task": in_task,
    "/dev/fuse": dev_fuse,
    "fusermount": fusermount,
    "libfuse": libfuse,
}
