# SPDX-License-Identifier: GPL-2.0-only
"""Man pages of all commands, and completions for bash, zsh and fish, from the parsers: share.py DIRECTORY. Used by
scripts/wheel."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import shtab
from argparse_manpage.manpage import Manpage

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tracefs import cli  # noqa: E402

PLACES = {
    "bash": "bash-completion/completions/tracefs",
    "zsh": "zsh/site-functions/_tracefs",
}
FISH = "fish/vendor_completions.d/tracefs.fish"


def main() -> None:
    share = Path(sys.argv[1])
    parser = cli.parser()
    commands = next(each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    for shell, place in PLACES.items():
        write(share / place, shtab.complete(parser, shell))
    write(share / FISH, fish(commands))
    write(share / "man/man1/tracefs.1", page(parser, "tracefs"))
    for name, each in commands.choices.items():
        write(share / f"man/man1/tracefs-{name}.1", page(each, f"tracefs-{name}"))


def page(parser: argparse.ArgumentParser, name: str) -> str:
    parser.prog = name.replace("-", " ", 1)
    data = {"prog": name, "version": "", "manual_section": 1, "project_name": "tracefs", "manual_title": "tracefs"}
    return str(Manpage(parser, _data=data))


def fish(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> str:
    """shtab has none for fish."""
    helps = {each.dest: each.help or "" for each in commands._choices_actions}
    lines = []
    for name, parser in commands.choices.items():
        lines.append(f"complete -c tracefs -n __fish_use_subcommand -f -a {name} -d {quoted(helps.get(name, ''))}")
        for action in parser._actions:
            words = "".join(
                f" -l {each[2:]}" if each.startswith("--") else f" -s {each[1:]}" for each in action.option_strings
            )
            if words:
                words += " -r" if action.nargs != 0 else ""
                lines.append(
                    f"complete -c tracefs -n '__fish_seen_subcommand_from {name}'{words} -d {quoted(action.help or '')}"
                )
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    return "'" + text.replace("%%", "%").replace("\\", "\\\\").replace("'", "\\'") + "'"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    main()
