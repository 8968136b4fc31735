# SPDX-License-Identifier: GPL-2.0-only
"""Directory entries that are made when they are looked up: events/ has thousands, and most are never asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tracefs.tree.node import Node


class OnDemand(Mapping[str, Node]):
    """`names` are asked anew each time; `make` gets a name that is among them."""

    def __init__(self, names: Callable[[], Mapping[str, object]], make: Callable[[str], Node]) -> None:
        self._names, self._make = names, make

    def __getitem__(self, name: str) -> Node:
        if name not in self._names():
            raise KeyError(name)
        return self._make(name)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._names()))

    def __len__(self) -> int:
        return len(self._names())
