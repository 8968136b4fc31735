# SPDX-License-Identifier: GPL-2.0-only
"""``python -m ringbuf.bench [--json]``: nanoseconds per 56-byte event, one writer and two on one CPU's buffer."""

from __future__ import annotations

import argparse
import json

from ringbuf._ringbuf import ffi, lib
from ringbuf.buffer import CLOCKS, RingBuffer

EVENT_BYTES = 56
SIZE = 1408 << 10  # the kernel's default buffer per CPU
EVENTS = 1_000_000  # long enough for two writers to run at the same time for most of it
ROUNDS = 10


def measure(writers: int, clock: str, events: int, rounds: int) -> float:
    """Least nanoseconds of wall clock per event, of some rounds, all writers together."""
    with RingBuffer.create(1, SIZE, clock=clock) as buffer:
        rb = ffi.cast("struct rb *", buffer.handle)
        took = [lib.rb_bench_write(rb, 0, EVENT_BYTES, events // writers, writers) for _ in range(rounds)]
    return float(min(took)) / (events // writers * writers)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m ringbuf.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--clock", choices=CLOCKS, default="local")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    args = parser.parse_args()
    figures: dict[str, object] = {"event_bytes": EVENT_BYTES, "clock": args.clock, "events": args.events}
    for writers in (1, 2):
        figures[f"ns_per_event_{writers}"] = round(measure(writers, args.clock, args.events, args.rounds), 1)
    if args.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:>16}: {value}")


if __name__ == "__main__":
    main()
