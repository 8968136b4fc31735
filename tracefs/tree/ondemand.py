# SPDX-License-Identifier: GPL-2.0-only
"""Directory entries that are made when they are looked up: events/ has thousands, and most are never asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from tracefs.tree.node import Node


class OnDemand(Mapping[str, Node]):
    """The entries are the keys of `names` (as they are when asked for); `make` gets one that is among them."""

    def __init__(self, names: Sequence[Mapping[str, object]], make: Callable[[str], Node]) -> None:
        self._names, self._make = names, make

    def __getitem__(self, name: str) -> Node:
        if not any(name in names for names in self._names):
            raise KeyError(name)
        return self._make(name)

    def __iter__(self) -> Iterator[str]:
        return iter([name for names in self._names for name in list(names)])

    def __len__(self) -> int:
        return sum(len(names) for names in self._names)
