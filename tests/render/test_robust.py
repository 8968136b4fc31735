# SPDX-License-Identifier: GPL-2.0-only
"""No bytes in a buffer crash the renderer: whoever can write to the mapping can put anything there."""

from __future__ import annotations

import runpy
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringbuf import RingBuffer
from tracefs.events import REGISTRY
from tracefs.render import Iterator, Options, Pipe, Reader, Renderer
from tracefs.render.options import FLAGS

ROOT = Path(__file__).resolve().parents[2]
RENDERER = Renderer()
"""Without names: hypothesis runs many examples per fixture."""
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g", "-O1")

records = st.builds(
    lambda kind, rest: struct.pack("<H", kind) + rest,
    st.one_of(st.sampled_from(sorted(REGISTRY.by_id)), st.integers(0, 0xFFFF)),
    st.binary(max_size=120),
)
layouts = st.builds(
    Options,
    tracer=st.sampled_from(["nop", "syscall"]),
    clock=st.sampled_from(["local", "counter"]),
    **{name: st.booleans() for name in FLAGS},
)


@given(record=records, options=layouts, ts=st.integers(0, 2**64 - 1), cpu=st.integers(0, 4095))
@settings(max_examples=1000, deadline=None)
def test_any_record_becomes_text(record: bytes, options: Options, ts: int, cpu: int) -> None:
    assert RENDERER.line(record, ts, cpu, options)


@given(data=st.lists(records, min_size=1, max_size=30), options=layouts, size=st.integers(1, 300))
@settings(max_examples=200, deadline=None)
def test_any_records_read_the_same_in_any_pieces(data: list[bytes], options: Options, size: int) -> None:
    with RingBuffer.create(cpus=2, size=1 << 14) as buffer:
        for number, record in enumerate(data):
            buffer.write(number % 2, record)
        reader = Reader(buffer)
        whole, pieces = Iterator(RENDERER, reader, options), Iterator(RENDERER, reader, options)
        expected = whole.read(1 << 20)
        assert b"".join(iter(lambda: pieces.read(size), b"")) == expected
        assert reader.entries() == len(data)
        pipe = Pipe(RENDERER, reader, options)
        assert b"".join(iter(lambda: pipe.read(size), b""))
        assert reader.entries() == 0
        for lines in (whole, pieces, pipe):
            lines.close()


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver and the renderer's C with ASan and UBSan."""
    build = runpy.run_path(str(ROOT / "tracefs/render/build.py"))
    binary = tmp_path_factory.mktemp("render") / "fuzz_driver"
    command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-mcx16", *SANITIZE, f"-I{ROOT}", "-o", str(binary)]
    sources = ["tests/render/fuzz_driver.c", *build["SOURCES"], *build["OTHER_ROOMS"]]
    subprocess.run([*command, *sources, "-lpthread"], cwd=ROOT, check=True)
    return binary


@pytest.mark.parametrize("seed", range(4))
def test_damaged_records_under_sanitizers(sanitized: Path, seed: int) -> None:
    done = subprocess.run([sanitized, str(seed), "50000"], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("ok ")
    assert int(done.stdout.split()[1]) > 40_000
