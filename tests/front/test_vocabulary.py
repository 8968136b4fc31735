# SPDX-License-Identifier: GPL-2.0-only
"""Words of -e."""

from __future__ import annotations

import pytest

from tracefs.events import REGISTRY
from tracefs.front.sets import sets
from tracefs.front.vocabulary import Selection, UnknownWord, Vocabulary
from tracefs.syscalls import SYSCALLS

ALL = {call.uapi_name for call in SYSCALLS}


def select(*texts: str) -> Selection:
    return Vocabulary(REGISTRY).select(texts)


@pytest.mark.parametrize(
    ("texts", "calls"),
    [
        (["openat,read"], {"openat", "read"}),
        (["openat", "read"], {"openat", "read"}),
        (["trace=openat"], {"openat"}),
        (["t=%exec"], {"execve", "execveat"}),
        (["newuname"], {"uname"}),
        (["0,1"], {"read", "write"}),
        (["read@64"], {"read"}),
        (["/^(get|set)uid$/,sync"], {"getuid", "setuid", "sync"}),
        (["/^a,b|^fork$/"], {"fork"}),
        (["openat2?,openat?"], {"openat2"}),
        (["?nosuch,read"], {"read"}),
        (["!%memory"], ALL - sets()["memory"].calls),
        (["trace=!all"], set()),
        (["%file", "!openat"], sets()["file"].calls - {"openat"}),
        (["all"], ALL),
        (["none"], set()),
    ],
    ids=str,
)
def test_calls(texts: list[str], calls: set[str]) -> None:
    if "openat2?" in texts[0]:
        with pytest.raises(UnknownWord, match=r"openat2\?: no such call"):
            select(*texts)
        return
    assert select(*texts).calls == calls


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("sched_process_exec", {"sched_process_exec"}),
        ("raw_syscalls", {"sys_enter", "sys_exit"}),
        ("syscalls:sys_enter_open", {"sys_enter_open"}),
        ("sys_*_creat", {"sys_enter_creat", "sys_exit_creat"}),
    ],
)
def test_events(text: str, events: set[str]) -> None:
    chosen = select(text)
    assert (chosen.calls, {event.name for event in chosen.events}) == (None, events)


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("signal=INT,SIGTERM", {2, 15}),
        ("s=9", {9}),
        ("signal=none", set()),
        ("signal=!usr1", set(range(1, 65)) - {10}),
        ("signal=RTMIN+1", {35}),
        ("signal=RT_2", {34}),
    ],
)
def test_signals(text: str, signals: set[int]) -> None:
    assert select(text).signals == signals


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("opnat", "opnat: no such call, set or event; did you mean openat, openat2?"),
        ("%fiel", "%fiel: no such call, set or event; did you mean %file?"),
        ("trace=sched_process_exec", "sched_process_exec: no such call or set"),
        ("signal=TREM", "TREM: no such signal; did you mean TERM"),
        ("status=fialed", "status=fialed: no such status; did you mean failed?"),
        ("tarce=read", "tarce=read: no such qualifier; did you mean trace?"),
        ("read@32", "read@32: calls of 32-bit code are events: compat_syscalls:sys_enter"),
        ("raw=all", "raw=all: -o nosyscall_arg_decode shows numbers"),
        ("/(/", "/(/: "),
    ],
)
def test_what_is_unknown_is_answered_with_what_is_like_it(text: str, message: str) -> None:
    with pytest.raises(UnknownWord) as caught:
        select(text)
    assert str(caught.value).startswith(message)
