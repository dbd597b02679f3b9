"""Which nodes of a graph are one: a walk goes to all of them, and comes back with one.

The edges stay as they were told. So names can be joined and parted at any time, and nothing has to
be read or sorted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hub.graph.adjacency import ranges

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from hub.graph.edges import Nodes


class Same:
    """Groups of nodes, each with one that stands for all. Immutable."""

    def __init__(self, groups: Collection[tuple[int, Collection[int]]]) -> None:
        """Take pairs of the node that stands for a group, and all nodes of the group."""
        self._others = {one: sorted({*nodes} - {one}) for one, nodes in groups}
        ends = ((one, *others) for one, others in self._others.items())
        self.size = 1 + max((max(each) for each in ends), default=-1)
        self._one: Nodes = np.arange(self.size, dtype=np.int32)
        lengths = np.zeros(self.size, dtype=np.int64)
        for one, others in self._others.items():
            self._one[others] = one
            lengths[one] = len(others)
        self._begins: NDArray[np.int64] = lengths.cumsum() - lengths
        self._lengths = lengths
        flat = [node for one in sorted(self._others) for node in self._others[one]]
        self._flat: Nodes = np.array(flat, dtype=np.int32)

    def __bool__(self) -> bool:
        """Whether any two nodes are one."""
        return bool(len(self._flat))

    def of(self, nodes: Nodes) -> Nodes:
        """Return what stands for each of ``nodes``; below 0 is no node."""
        if not len(self._flat):
            return nodes
        known = (nodes >= 0) & (nodes < self.size)
        return np.where(known, self._one.take(nodes, mode="clip"), nodes).astype(np.int32)

    def all_of(self, nodes: Nodes) -> Nodes:
        """Return ``nodes``, which stand for groups, and whatever else is in those."""
        if not len(self._flat):
            return nodes
        known = nodes.compress((nodes >= 0) & (nodes < self.size))
        grouped = known.compress(self._lengths.take(known) > 0)
        if not len(grouped):
            return nodes
        rows = ranges(self._begins.take(grouped), self._lengths.take(grouped))
        return np.concatenate((nodes, self._flat.take(rows)))

    def others(self, one: int) -> Iterable[int]:
        """Return what else is in the group that ``one`` stands for."""
        return self._others.get(one, ())


ALONE = Same(())
