# SPDX-License-Identifier: GPL-2.0-only
"""What triggers and synthetic events may say, how they are shown again, and how they are refused."""

from __future__ import annotations

import pytest

from tests.events.triggers.table import Instance
from tracefs.events.triggers import commands, hist_show, synthetic
from tracefs.events.triggers.errors import TriggerError

EXIT = "syscalls:sys_exit_read"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("keys=ret", "hist:keys=ret:vals=hitcount:sort=hitcount:size=2048 [active]"),
        ("key=ret:val=ret:size=200", "hist:keys=ret:vals=hitcount,ret:sort=hitcount:size=256 [active]"),
        (
            "keys=common_pid.execname,ret.hex:sort=ret.descending",
            "hist:keys=common_pid.execname,ret.hex:vals=hitcount:sort=ret.descending:size=2048 [active]",
        ),
        (
            "keys=common_pid:ts=common_timestamp.usecs",
            "hist:keys=common_pid:vals=hitcount:ts=common_timestamp.usecs:sort=hitcount:size=2048:clock=global [active]",
        ),
        ("keys=ret:name=foo", "hist:name=foo:keys=ret:vals=hitcount:sort=hitcount:size=2048 [active]"),
        ("keys=ret:x=16-8-4-2", "hist:keys=ret:vals=hitcount:x=2:sort=hitcount:size=2048 [active]"),
        ("keys=ret:x=4+3*2-2", "hist:keys=ret:vals=hitcount:x=8:sort=hitcount:size=2048 [active]"),
    ],
)
def test_a_hist_trigger_is_shown_in_its_canonical_form(written: str, shown: str) -> None:
    assert hist_show.trigger_line(Instance().add(EXIT, written)) == shown


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("keys=^nosuch", "Couldn't find field"),
        ("keys=common_pid.^sym", "Invalid field modifier"),
        ("keys=ret.^execname", "Invalid field modifier"),
        ("keys=ret:sort=^hitcounts", "Sort field must be a key or a val"),
        ("keys=ret:sort=^ret.upwards", "Invalid sort modifier"),
        ("keys=ret:x=^$nowhere", "Couldn't find variable"),
        ("keys=^$x:x=1", "Using variable references in keys not supported"),
        ("keys=ret:onmax(^ret).save(ret)", "For onmax(x) or onchange(x), x must be a variable"),
        ("keys=ret:onmax(^$r).save(ret)", "Couldn't find onmax or onchange variable"),
        ("keys=ret:onmatch(^sys_enter_read).x(ret)", "Missing subsystem"),
        ("keys=ret:onmatch(syscalls.sys_enter_read).^x(ret)", "Couldn't find synthetic event"),
        ("keys=common_pid:x=^1+2+3+4+5", "Too many subexpressions (3 max)"),
        ("keys=common_pid:x=32+^10*3/20-4", "Too many subexpressions (3 max)"),
        ("keys=common_pid:x=^" + "+".join("1" * 500), "Too many subexpressions (3 max)"),
        ("keys=^" + "(" * 500 + "common_pid" + ")" * 500, "Too many subexpressions (3 max)"),
        ("keys=common_pid:x=-(^1)+2", "Unary minus not supported in sub-expressions"),
        ("keys=common_pid:x=3/^0", "Division by zero"),
        ("keys=common_pid:x=^common_comm+1", "String type can not be an operand in expression"),
    ],
)
def test_a_wrong_hist_trigger_is_refused_with_the_place_of_the_fault(command: str, message: str) -> None:
    with pytest.raises(TriggerError) as caught:
        Instance().add(EXIT, command.replace("^", ""))
    assert (caught.value.message, caught.value.column) == (message, command.index("^"))


def test_a_variable_is_defined_once() -> None:
    with pytest.raises(TriggerError, match="Variable already defined"):
        Instance().add(EXIT, "keys=ret:x=1:x=2")


def test_a_variable_name_in_two_histograms_must_be_qualified() -> None:
    instance = Instance()
    for event in ("syscalls:sys_enter_read", "syscalls:sys_enter_write"):
        instance.add(event, "keys=common_pid:ts=common_timestamp")
    with pytest.raises(TriggerError, match="Variable name not unique"):
        instance.add(EXIT, "keys=common_pid:x=$ts")
    instance.add(EXIT, "keys=common_pid:x=syscalls.sys_enter_read.$ts")


def test_parameters_of_a_synthetic_event_must_match_its_fields() -> None:
    instance = Instance()
    instance.define("one pid_t pid")
    match = "keys=common_pid:onmatch(syscalls.sys_enter_read)"
    with pytest.raises(TriggerError, match="Param count"):
        instance.add(EXIT, f"{match}.one(common_pid,ret)")
    with pytest.raises(TriggerError, match="Param type"):
        instance.add(EXIT, f"{match}.one(ret)")
    instance.add(EXIT, f"{match}.one(common_pid)")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("traceon", "traceon:unlimited"),
        ("traceoff:3 if ret < 0", "traceoff:count=3 if ret < 0"),
        ("stacktrace:0x10", "stacktrace:count=16"),
        ("enable_event:sched:sched_process_fork", "enable_event:sched:sched_process_fork:unlimited"),
        ("disable_event:sched:sched_process_fork:2", "disable_event:sched:sched_process_fork:count=2"),
    ],
)
def test_a_command_is_shown_with_its_count(line: str, shown: str) -> None:
    assert commands.parse(line).show() == shown


@pytest.mark.parametrize("line", ["", "nosuch", "traceon:x", "enable_event:sched", "hist", "hist:"])
def test_a_command_that_nobody_understands_is_refused(line: str) -> None:
    with pytest.raises(TriggerError):
        commands.parse(line)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("myevent u64 var1; u64 var2;", "myevent\tu64 var1; u64 var2"),
        ("myevent u64 var1 ;u64 var2", "myevent\tu64 var1; u64 var2"),
        ("latency  u64 lat pid_t pid char comm[16]", "latency\tu64 lat; pid_t pid; char[16] comm"),
        ("myevent unsigned long var", "myevent\tunsigned long var"),
        ("myevent char var[10]", "myevent\tchar[10] var"),
    ],
)
def test_a_synthetic_event_is_shown_in_its_canonical_form(written: str, shown: str) -> None:
    assert str(synthetic.parse(written)) == shown


@pytest.mark.parametrize(
    "command",
    [
        "myevent ^chr arg",
        "myevent ^unsigned arg",
        "myevent char ^str]; int v",
        "^mye-vent char str[]",
        "myevent char ^st-r[]",
        "myevent char str;^[]",
        "myevent char str; ^int",
        "myevent char ^str[; int v",
        "^myevent ;char str[]",
        "^;myevent char str[]",
        "myevent u64 lat pid_t pid ^char",
        "myevent char ^str[kdjdk]",
        "myevent char ^str[257]",
        "^mye;vent char str[]",
        "^myevent ; char str[]",
        "^; char str[]",
        "^myevent",
    ],
)
def test_a_wrong_synthetic_event_is_refused_with_the_place_of_the_fault(command: str) -> None:
    with pytest.raises(TriggerError) as caught:
        synthetic.parse(command.replace("^", ""))
    assert caught.value.column == command.index("^")


def test_a_synthetic_event_has_fields_at_multiples_of_eight() -> None:
    event = synthetic.event_class(synthetic.parse("lat u64 lat; pid_t pid; char comm[16]; char name[]"), 4000)
    assert [(field.name, field.offset, field.size) for field in event.fields] == [
        ("lat", 8, 8),
        ("pid", 16, 4),
        ("comm", 24, 16),
        ("name", 40, 4),
    ]
    assert event.print_fmt == ('"lat=%llu, pid=%d, comm=%s, name=%s", REC->lat, REC->pid, REC->comm, __get_str(name)')


@pytest.mark.parametrize("deep", ["(" * 2000 + "common_pid" + ")" * 2000, "-" * 2000 + "common_pid"])
def test_a_deeply_nested_expression_is_refused_as_too_many_of_them(deep: str) -> None:
    from tracefs.events.triggers import hist_expr

    with pytest.raises(TriggerError, match="Too many subexpressions"):
        hist_expr.parse(deep, f"hist:keys=common_pid:a={deep}")
