# SPDX-License-Identifier: GPL-2.0-only
"""`tracefs shell [DIR] [-- CMD]`: a mount where every tool looks for the kernel's tracefs, for one shell and all that
it starts.

libtracefs takes the first line of /proc/mounts whose type is exactly `tracefs`, which FUSE cannot be; perf-tools know
/sys/kernel/debug/tracing and no other place; trace-cmd sets ftrace_enabled and dies where it may not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable
from typing import Any

from tracefs import daemon, mountpoints, namespace
from tracefs.commands import CommandError, started

TRACING, DEBUG, ENABLED = "/sys/kernel/tracing", "/sys/kernel/debug", "/proc/sys/kernel/ftrace_enabled"
MOUNTS = "/proc/mounts"
OPTIONS = "rw,nosuid,nodev,noexec,relatime 0 0"
FORBIDDING = {
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": ("1", "kernel.apparmor_restrict_unprivileged_userns=0"),
    "/proc/sys/kernel/unprivileged_userns_clone": ("0", "kernel.unprivileged_userns_clone=1"),
    "/proc/sys/user/max_user_namespaces": ("0", "user.max_user_namespaces=10000"),
}
"""Switches of user namespaces: what forbids them, and what an administrator gives to `sysctl` to allow them."""


def add(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "shell",
        help="start a shell in which trace-cmd and others find a tracefs of yours",
        usage="%(prog)s [-h] [--log FILE] [DIR] [-- CMD [ARGUMENT ...]]",
    )
    parser.add_argument("--log", metavar="FILE", help="append the daemon's log to FILE")
    parser.add_argument(
        "words",
        metavar="[DIR] [-- CMD]",
        nargs="...",
        help="DIR: a tracefs that is mounted already, to be shown there, or an empty directory where the new one is to be seen, "
        "too; CMD: what is started instead of $SHELL",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    directory, command = _parsed(args.words)
    log_file = os.path.abspath(args.log) if args.log else None
    there = directory is not None and mountpoints.is_mounted(directory)
    if directory and not there and os.listdir(directory):
        raise CommandError(f"{directory} is not empty, and no tracefs of yours is mounted there")
    try:
        namespace.enter()
    except namespace.Forbidden as error:
        raise CommandError(f"shell: {error.strerror}: {_cure()}") from None
    top = next((place for place in (TRACING, DEBUG) if os.path.isdir(place)), None)
    if top is None:
        raise CommandError(f"shell: neither {TRACING} nor {DEBUG} is there to mount on")
    if top == DEBUG:
        top = _in_debugfs()
    if there and directory:
        namespace.bind(directory, top)
    else:
        _serve(top, log_file)
    if top == TRACING and os.path.isdir(DEBUG):
        namespace.bind(top, _in_debugfs())
    if directory and not there:
        namespace.bind(top, directory)
    with contextlib.suppress(FileNotFoundError):
        namespace.cover(ENABLED, "1\n")
    namespace.cover(MOUNTS, _mounts(top))
    return _become(command, top)


def _parsed(words: list[str]) -> tuple[str | None, list[str]]:
    at = words.index("--") if "--" in words else len(words)
    if at > 1:
        raise CommandError(f"shell: {words[1]}: a command stands after `--`")
    return mountpoints.absolute(words[0]) if at else None, words[at + 1 :]


def _cure() -> str:
    for path, (forbidding, setting) in FORBIDDING.items():
        with contextlib.suppress(OSError), open(path) as file:
            if file.read().strip() == forbidding:
                return f"run it as root (sudo tracefs shell), or have an administrator do: sysctl -w {setting}"
    return "run it as root (sudo tracefs shell); a container needs --cap-add=SYS_ADMIN or --security-opt seccomp=unconfined"


def _in_debugfs() -> str:
    """The directory in debugfs; where that cannot be looked into, in an empty file system in its place."""
    inside = f"{DEBUG}/tracing"
    if not os.path.isdir(inside):
        namespace.mount("none", DEBUG, "tmpfs", namespace.MS_NOSUID | namespace.MS_NODEV | namespace.MS_NOEXEC)
        os.mkdir(inside)
    return inside


def _serve(directory: str, log_file: str | None) -> None:
    """Mount, in a daemon that ends with this process, whatever that becomes. It is no child of this process:
    programs wait for all of theirs.
    """
    shell, (reader, writer) = os.getpid(), os.pipe()
    helper = os.fork()
    if helper == 0:
        problem = ""
        try:
            daemon.start(lambda ready: _daemon(directory, shell, ready), log_file)
        except BaseException as error:  # of which the other process makes its last words
            problem = str(error) or type(error).__name__
        os.write(writer, problem.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        problem = said.read().decode(errors="replace")
    os.waitpid(helper, 0)
    if problem:
        raise CommandError(f"cannot mount on {directory}: {problem} (`tracefs doctor` says what is missing)")


def _daemon(directory: str, shell: int, ready: Callable[[], None]) -> None:
    from tracefs.capture import Scope  # here, so that the shell itself starts without the engine
    from tracefs.tree import Tracefs

    watched = os.pidfd_open(shell)

    def end_with_it() -> None:
        select.select([watched], [], [])
        os.kill(os.getpid(), signal.SIGTERM)

    served = daemon.Daemon(Tracefs(scope=Scope("tree", shell)), directory)
    threading.Thread(target=end_with_it, name="shell", daemon=True).start()
    started()
    served.run(ready)


def _mounts(top: str) -> str:
    """What /proc/mounts says, with our mount first under the name that tools look for, and no other tracefs.

    What is at DEBUG is debugfs to them: else trace-cmd mounts the kernel's there.
    """
    with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
        lines = [line for line in file if not _stands_in(*line.split(" ")[1:3])]
    ours = [f"tracefs {top} tracefs {OPTIONS}\n"] + [f"debugfs {DEBUG} debugfs {OPTIONS}\n"] * os.path.isdir(DEBUG)
    return "".join(ours + lines)


def _stands_in(place: str, kind: str) -> bool:
    return kind in ("tracefs", mountpoints.TYPE) or place == DEBUG


def _become(command: list[str], top: str) -> int:
    if not command:
        command = [os.environ.get("SHELL") or "/bin/sh"]
        print(f"tracefs is at {top}, for this shell and what it starts, until it ends", flush=True)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        raise CommandError(f"{command[0]}: {error.strerror}") from None
