# SPDX-License-Identifier: GPL-2.0-only
"""Filters, valid and broken, made by a seeded generator: the same ones in every run."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tracefs.events import COMMON_FIELDS, EventClass

GENERIC = ("CPU", "cpu", "common_cpu", "COMM", "comm", "stacktrace", "STACKTRACE")
STRANGE = ("nosuch", "Cpu", "common_comm", "_", "1", "", "pid_", "\xe9", "é", "dfd.x")
SUFFIXES = ("",) * 12 + (".ustring", ".function", ".ustring.function", ".hex", ".")
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "&", "~") * 4 + ("=", "=>", "===", "! =", "", "&&", "^", "!~", "<>", "!")
NUMBERS = (
    *("0", "1", "2", "10", "010", "08", "0x10", "0XfF", "0x", "-1", "-0x1", "--1", "-", "+1", "1.5", "1x", "0b1"),
    *("255", "256", "-128", "65536", "4294967295", "4294967296", "2147483648", "-2147483649"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"),
    *("18446744073709551615", "18446744073709551616", "0xffffffffffffffff", "0x1ffffffffffffffff"),
    *("99999999999999999999999", "999999999999999999999999", "1777777777777777777777", "1\xe9", "1_"),
)
STRINGS = (
    *("'a'", '"a"', "'bash*'", '"*sh"', "'*a*'", "'!x'", "''", "'a b'", "'a\"b'", '"(a)"', "'&&'", "'a\tb'", "'\xff'"),
    *("'a", 'a"', "a", "'a'b", "'a''b'", "bash", "nosuchfunction", "'" + "x" * 255 + "'", "'" + "x" * 256 + "'"),
    *("'[a-'", "'\\'", "'\\''", "' '", "'}'", "/bin/sh"),
)
CPULISTS = (
    *("CPUS{0}", "CPUS{0-1}", "CPUS{all}", "CPUS{}", "CPUS{ }", "CPUS{0,}", "CPUS{99999}", "CPUS{1-0}", "CPUS{a}"),
    *("CPUS{0", "CPUS", "CPUS0}", "CPUS {0}", "cpus{0}", "CPUS{0-0:1/2}", "CPUS{0-0:3/2}", "CPUS{N}", "CPUS{0}}"),
    *("CPUS{'0'}", "CPUS{(0)}", "CPUS{0 0}", "CPUS{0;0}", "CPUS{-1}", "CPUS{0x0}"),
)
GAPS = ("",) * 3 + (" ",) * 6 + ("  ", "\t", "\n", "\xa0")
JOINTS = (" && ", " || ") * 8 + ("&&", "||", " & ", " | ", " ", " &&& ", " ||| ", " and ", " && && ", ") && (", " ; ")
SHAPES = ("{}",) * 8 + ("({})", "!({})", "!{}", "! {}", "!!{}", "(({}))", " {} ")
BROKEN_SHAPES = ("({}", "{})", "()", "({} &&)", "(!)", "!", "{} &&", "{} ||")
SPRINKLED = "()!&|'\"=<>~{}. 0aA_-,;*#\x01\x7f\xa0\xe9"


SOUND_NUMBERS = ("0", "1", "010", "0x10", "0XfF", "255", "65536", "2147483648", "9223372036854775807")
SOUND_STRINGS = ("'a'", '"bash*"', '"*sh"', "'*a*'", "'!x'", "''", "'a b && (c'", "'[a-'", "'\\'", f"'{'x' * 255}'")
SOUND_CPULISTS = ("CPUS{0}", "CPUS{all}", "CPUS{ }", "CPUS{0,}", "CPUS{N}", "CPUS{0-0:1/2}")
NUMBER_OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "&")


class Corpus:
    """Makes filters for an event."""

    def __init__(self, random: Random, event: EventClass) -> None:
        self.random = random
        own = [
            field for field in event.fields if not (event.syscall and field.is_data_loc)
        ]  # the kernel's from 6.19 on
        fields = [*own, *COMMON_FIELDS]
        self.names = [field.name for field in [*own * 6, *fields]] + [*GENERIC, *STRANGE]
        self.strings = [field.name for field in fields if field.is_string] + ["COMM", "comm"]
        self.numbers = [field.name for field in fields if field.name not in self.strings] + ["CPU", "common_cpu"]
        self.mistakes = 1.0
        """How likely a term is made at random, not from parts that fit each other."""

    def sound_term(self) -> str:
        """A term that is valid for the event."""
        pick = self.random.choice
        names, operators, values = pick(
            (
                (self.numbers, NUMBER_OPERATORS, SOUND_NUMBERS),
                (self.numbers, ("==", "!=", "&"), SOUND_CPULISTS),
                (self.strings, ("==", "!=", "~"), SOUND_STRINGS),
            )
        )
        return f"{pick(names)}{pick(GAPS)}{pick(operators)}{pick(GAPS)}{pick(values)}"

    def term(self) -> str:
        """FIELD OPERATOR VALUE, mostly."""
        if self.random.random() >= self.mistakes:
            return self.sound_term()
        pick = self.random.choice
        values = pick((NUMBERS, NUMBERS, STRINGS, STRINGS, CPULISTS, ("", "(1)", "pid", "ret")))
        return f"{pick(self.names)}{pick(SUFFIXES)}{pick(GAPS)}{pick(OPERATORS)}{pick(GAPS)}{pick(values)}"

    def expression(self, depth: int) -> str:
        """Terms joined by operators and parentheses."""
        pick = self.random.choice
        if depth == 0 or self.random.random() < 0.4:
            text = self.term()
        else:
            joints = JOINTS if self.random.random() < self.mistakes else (" && ", "||")
            text = pick(joints).join(self.expression(depth - 1) for _ in range(self.random.randint(1, 3)))
        shape = pick(SHAPES + BROKEN_SHAPES if self.random.random() < self.mistakes else SHAPES)
        return shape.format(text)

    def damaged(self, text: str) -> str:
        """The text with a few bytes changed, added or removed."""
        letters = list(text)
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randrange(len(letters) + 1)
            letters[at : at + self.random.randint(0, 2)] = self.random.choice((self.random.choice(SPRINKLED), ""))
        return "".join(letters)

    def filter(self) -> bytes:
        """Any filter."""
        self.mistakes = self.random.choice((0.0, 0.02, 0.1, 0.3, 0.6, 1.0))
        text = self.expression(self.random.randint(0, 3))
        if self.random.random() < self.mistakes / 2:
            text = self.damaged(text)
        return text.encode("latin-1")


def corpus(seed: int, event: EventClass, count: int) -> Iterator[bytes]:
    """So many filters for the event. None of them hits the one case that makes the kernel warn (see kernel_warns)."""
    maker = Corpus(Random(f"{seed} {event.name}"), event)
    while count:
        text = maker.filter()
        if not may_make_the_kernel_warn(text):
            count -= 1
            yield text


def may_make_the_kernel_warn(text: bytes) -> bool:
    """`a || b &&`: 6.18 reads before its array and prints a WARN. Left out, with all that looks like it."""
    stripped = text.decode("latin-1").rstrip().rstrip("! \t\n\xa0")
    return stripped.endswith("&") and "||" in stripped
