# SPDX-License-Identifier: GPL-2.0-only
"""What is written to a `types` file, and what it shows."""

import pytest

from tracefs.syscalls.types import Decoder, Saved, TypeSyntaxError, load, parse
from tracefs.syscalls.types.language.show import show_rows, show_types
from tracefs.syscalls.types.live import LiveTypes
from tracefs.syscalls.types.notation import strace
from tracefs.syscalls.types.saved.memory import image


def shown(live: LiveTypes, syscall: str, *args: int) -> str:
    return strace.line(Decoder(live.table).call(syscall, args, Saved()))


def test_what_is_shown_means_what_the_package_s_files_mean() -> None:
    table = load()
    again = parse(show_types(table) + "".join(map(show_rows, table.rows.values())))
    assert again.types == table.types
    assert again.rows == table.rows


def test_a_syscall_shows_its_row_and_variants() -> None:
    assert LiveTypes().show("openat") == (
        "openat dfd:dirfd filename:path flags:open_flags mode:- -> fd\nopenat[flags=O_CREAT|__O_TMPFILE] mode:perm\n"
    )


def test_a_written_argument_type_holds_for_that_syscall_only() -> None:
    live = LiveTypes()
    live.write("flags:hex\n", "openat")
    assert shown(live, "openat", 0, 0, 2, 0) == "openat(0, NULL, 0x2)"
    assert shown(live, "open", 0, 2, 0) == "open(NULL, O_RDWR)"
    assert live.show("openat").endswith("\nflags:hex\n")


def test_a_variant_in_a_syscall_s_file_needs_no_name() -> None:
    live = LiveTypes()
    live.write("[cmd=F_SETFL|77] arg:dirfd\n", "fcntl")
    assert shown(live, "fcntl", 3, 77, (1 << 64) - 100) == "fcntl(3, 0x4d /* F_??? */, AT_FDCWD)"


def test_a_type_in_a_syscall_s_file_is_that_syscall_s_own() -> None:
    live = LiveTypes()
    live.write("extend open_flags O_MINE=0x1000000\n", "openat")
    assert shown(live, "openat", 0, 0, 0x1000000, 0) == "openat(0, NULL, O_MINE|O_RDONLY)"
    assert shown(live, "open", 0, 0x1000000, 0) == "open(NULL, O_RDONLY|0x1000000)"
    live.write("extend open_flags O_EVERYWHERE=0x2000000\n")
    assert shown(live, "open", 0, 0x2000000, 0) == "open(NULL, O_EVERYWHERE|O_RDONLY)"
    assert "O_MINE" not in live.show()


def test_written_types_add_up_until_they_are_reset() -> None:
    live = LiveTypes()
    before = live.table
    live.write("enum level u32 dec LOW=1\nalarm seconds:level -> uint\n")
    live.write("extend level HIGH=2\n")
    assert [shown(live, "alarm", n) for n in (1, 2, 3)] == ["alarm(LOW)", "alarm(HIGH)", "alarm(3)"]
    live.reset()
    assert live.table == before


def test_a_change_is_told_with_the_new_table() -> None:
    live = LiveTypes()
    told: list[object] = []
    live.on_change.append(told.append)
    live.write("seconds:hex\n", "alarm")
    assert told == [live.table]


@pytest.mark.parametrize(
    ("text", "syscall", "message", "caret"),
    [
        ("nosuch:hex\n", "openat", "openat has no argument nosuch", 0),
        ("open flags:hex\n", "openat", "only openat belongs here", 0),
        ("[flags=O_NOSUCH] mode:hex\n", "openat", "no type names O_NOSUCH", 7),
        (
            "[flags] mode:hex\n",
            "openat",
            "a condition is written name=VALUE|VALUE, or with >=, < or != and one value",
            1,
        ),
        ("int a u32 dec\nalias b c\nalias c b\n", None, "b contains itself", 20),
        ("struct s 16 a@0:array(s, 2)\n", None, "s contains itself", 0),
        ("flags f u32 hex @0x3:f\n", None, "f contains itself", 0),
        ("nosuch[a=1] b:hex\n", None, "nosuch has no row", 0),
    ],
)
def test_what_is_wrong_changes_nothing_and_says_where(text: str, syscall: str | None, message: str, caret: int) -> None:
    live = LiveTypes()
    before = live.table
    with pytest.raises(TypeSyntaxError) as caught:
        live.write(text, syscall)
    assert (caught.value.message, caught.value.position) == (message, caret)
    assert live.table is before


def test_a_structure_that_points_to_itself_is_followed_some_steps_only() -> None:
    table = load()
    mine = parse("struct node 8 next@0:in(node)\nset_robust_list head:in(node) len:size\n", table)
    loop = image([(0x1000, (0x1000).to_bytes(8, "little"))])
    call = Decoder(table.merged(mine)).call("set_robust_list", (0x1000, 8), Saved({0: loop}))
    assert strace.line(call) == (
        "set_robust_list({next={next={next={next={next=0x1000}}}}}, 8)"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("read buf:in(u8, count+65536)", "a count is at most 65535"),
        ("read buf:in(array(u64, 4294967295))", "a count is at most 65535"),
        ("struct arr 8 x@0:array(hex,1000000000)", "a count is at most 65535"),
        ("struct wide 2000000 a@0:u8", "a structure has at most 1048576 bytes"),
        ("struct far 8 a@2000000:u8", "a member begins within the first 1048576 bytes"),
        ("read buf:in(records(stat, st_dev, 256))", "records are aligned to at most 128 bytes"),
        ("read buf:in(records(open_flags, a, 8))", "records are structures that have a member a"),
        (f"read buf:{'in(' * 5000}u8{')' * 5000}", "nested too deeply"),
        (
            "flags f0 u32 hex A=1\n" + "".join(f"flags f{i} u32 hex B=1 low@0xff:f{i - 1}\n" for i in range(1, 7)),
            "flags within flags: at most 4",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_when_it_is_written(text: str, message: str) -> None:
    types = LiveTypes()
    with pytest.raises(TypeSyntaxError, match=message):
        types.write(text)
    assert types.table is load()


def test_all_types_can_be_reset_though_a_syscall_s_rows_need_them() -> None:
    types = LiveTypes()
    types.write("enum mine u32 dec MINE=1")
    types.write("flags:mine", "openat")
    types.write("[flags=MINE] mode:hex", "openat")
    types.write("mode:hex", "open")
    types.reset()
    assert types.show("openat") == LiveTypes().show("openat")
    assert "mode:hex" in types.show("open")
