# SPDX-License-Identifier: GPL-2.0-only
"""The block of memory that C walks: read here by a C program through table.h."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tracefs.syscalls import SYSCALLS
from tracefs.syscalls.types import compile_table, load
from tracefs.syscalls.types.language.model import STYLES

HEADER = Path(__file__).resolve().parent.parent.parent / "tracefs/syscalls/types/block/table.h"
NAMES = {call.nr: call.name for call in SYSCALLS}
# Prints a row: each argument with its kind and, for pointers, the direction and where the length comes from.
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include "table.h"
static const char *const kinds[] = { "hidden", "int", "enum", "flags", "custom", "struct", "pointer", "array", "records",
    "str", "strings", "bytes", "chars" };
static const struct tt_table *table;
static const char *name(uint32_t at) { return at == TT_NONE ? "-" : TT_AT(table, strings, char) + at; }
static void show(uint32_t at)
{
    const struct tt_type *type = TT_AT(table, types, struct tt_type) + at;

    printf("%s:%s", kinds[type->kind], name(type->name));
    if (type->kind == TT_POINTER) {
        printf("(%d ", type->direction);
        show(type->target);
        for (uint32_t i = type->first; i < type->first + type->n; i++) {
            const struct tt_number *n = TT_AT(table, numbers, struct tt_number) + i;
            printf(" %d.%u.%d.%u*%u/%u", n->source, n->width, n->is_signed, n->operand, n->multiply, n->divide);
        }
        printf(")");
    } else if (type->kind == TT_FLAGS) {
        const struct tt_entry *e = TT_AT(table, entries, struct tt_entry) + type->first;
        printf("[%u %s=%llx/%llx]", type->width, name(e->name), (unsigned long long)e->value, (unsigned long long)e->mask);
    } else if (type->kind == TT_STRUCT) {
        printf("[%u members, %u bytes]", type->n, type->size);
    }
}
int main(int argc, char **argv)
{
    static char block[1 << 21];
    FILE *in = fopen(argv[1], "rb");
    size_t size = fread(block, 1, sizeof(block), in);

    table = (const void *)block;
    if (table->size != size)
        return 1;
    for (int i = 2; i < argc; i++) {
        const struct tt_row *row = TT_AT(table, rows, struct tt_row) + atoi(argv[i]);
        const struct tt_arg *args = TT_AT(table, args, struct tt_arg) + row->args;
        printf("%s", name(row->name));
        for (uint32_t k = 0; k < row->n_args; k++) {
            printf(" %u %s=", args[k].index, name(args[k].name));
            show(args[k].type);
        }
        printf(" ->");
        show(row->result);
        printf(" +%u\n", row->n_variants);
    }
    return 0;
}
"""


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_c_reads_in_the_block_what_the_rows_say(tmp_path: Path) -> None:
    (tmp_path / "show.c").write_text(PROGRAM)
    (tmp_path / "block").write_bytes(compile_table(load(), NAMES).block)
    command = ["cc", "-Wall", "-Wextra", "-Werror", f"-I{HEADER.parent}", "-o", "show", "show.c"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    calls = ["0", "257", "20", "43", "5", "3"]
    shown = subprocess.run(
        ["./show", "block", *calls], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=20
    )
    assert shown.stdout.splitlines() == [
        "read 0 fd=int:fd 1 buf=pointer:-(2 bytes:- 4.8.1.0*1/1) 2 count=int:size ->int:long +0",
        "openat 0 dfd=enum:dirfd 1 filename=pointer:-(1 str:-) 2 flags=flags:open_flags[4 O_RDONLY=0/3] "
        "3 mode=hidden:- ->int:fd +1",
        "writev 0 fd=int:fd 1 vec=pointer:-(1 struct:iovec[2 members, 16 bytes] 1.4.1.2*1/1) 2 vlen=int:int ->int:long +0",
        "accept 0 fd=int:fd 1 upeer_sockaddr=pointer:-(2 struct:sockaddr[2 members, 128 bytes] 2.4.1.2*1/1) "
        "2 upeer_addrlen=pointer:-(3 int:int) ->int:fd +0",
        "newfstat 0 fd=int:fd 1 statbuf=pointer:-(2 struct:stat[16 members, 144 bytes]) ->int:int +0",
        "close 0 fd=int:fd ->int:int +0",
    ]


def test_styles_have_the_numbers_that_c_gives_them() -> None:
    enum = HEADER.read_text().split("enum tt_style {")[1].split("};")[0]
    names = [word.strip().lower().removeprefix("tt_") for word in enum.split("*/", 1)[1].split(",") if word.strip()]
    assert tuple(names) == STYLES
