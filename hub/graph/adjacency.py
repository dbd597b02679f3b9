"""Edges in compressed sparse rows: who follows whom, in both directions.

Nodes are dense integers. In each direction edges are sorted by the node that they are followed
from, so that following a node's edges reads consecutive memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hub.graph.edges import Edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hub.graph.edges import Flags, Nodes, SpellIds, Spells

    Offsets = NDArray[np.int32] | NDArray[np.int64]


class Side(NamedTuple):
    """One direction: the edges of node n are ``far[offsets[n]:offsets[n + 1]]``.

    The last ``closed[n]`` of them have been closed; empty where none of any node has. A node past
    the last has no edges.
    """

    offsets: Offsets
    far: Nodes
    spell: SpellIds
    closed: NDArray[np.unsignedinteger]

    def begin_and_end(self, nodes: Nodes, *, is_open: bool) -> tuple[Offsets, Offsets]:
        """Return where the edges of each of ``nodes`` begin and end, or those that are open."""
        begins, ends = (each.take(nodes, mode="clip") for each in (self.offsets, self.offsets[1:]))
        if is_open and len(self.closed):
            ends -= self.closed.take(nodes, mode="clip")
        return begins, ends


class Adjacency:
    """Immutable; safe to read from any thread."""

    def __init__(self, edges: Edges) -> None:
        self.spells: Spells = edges.spells
        self.count = len(edges.source)
        ends = (int(column.max(initial=0)) for column in (edges.source, edges.target))
        self.size = max(ends) + 1
        is_closed = edges.spell < len(edges.spells.closed_at)
        self.downstream = _sort(edges.source, edges.target, edges.spell, is_closed, self.size)
        self.upstream = _sort(edges.target, edges.source, edges.spell, is_closed, self.size)

    def edges(self) -> Edges:
        """Return the edges, in the order of their sources."""
        side = self.downstream
        nodes = np.arange(self.size, dtype=np.int32)
        return Edges(nodes.repeat(np.diff(side.offsets)), side.far, side.spell, self.spells)

    def nbytes(self) -> int:
        """Return how much memory all of it takes."""
        arrays = (*self.downstream, *self.upstream, *self.spells)
        return sum(array.nbytes for array in arrays)


def ranges(begins: Offsets, lengths: Offsets) -> NDArray[np.int64]:
    """Return ``begins[n] … begins[n] + lengths[n] - 1`` of every n, one after another."""
    ends = lengths.cumsum()
    rows: NDArray[np.int64] = (begins - ends + lengths).repeat(lengths)
    rows += np.arange(len(rows))
    return rows


def distinct(nodes: Nodes) -> Nodes:
    """Return ``nodes`` sorted, each once."""
    if len(nodes) < 2:  # noqa: PLR2004 - nothing to compare
        return nodes
    ordered = nodes.copy()
    ordered.sort()
    is_new = np.empty(len(ordered), dtype=np.bool_)
    is_new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    return ordered.compress(is_new)


def without(nodes: Nodes, others: Nodes) -> Nodes:
    """Return those of ``nodes`` that are not among ``others``; both are sorted."""
    if not len(others):
        return nodes
    places = np.searchsorted(others, nodes)
    return nodes.compress(others.take(places, mode="clip") != nodes)


def _sort(near: Nodes, far: Nodes, spell: SpellIds, is_closed: Flags, size: int) -> Side:
    closed = np.empty(0, dtype=np.uint8)
    if is_closed.any():
        order = np.lexsort((is_closed, near))
        counted = np.bincount(near.compress(is_closed), minlength=size + 1)
        closed = counted.astype(np.min_scalar_type(counted.max()))
    else:
        order = np.argsort(near, kind="stable")
    counts = np.bincount(near, minlength=size)
    offsets = np.concatenate((np.zeros(1, dtype=np.int64), counts.cumsum()))
    is_large = len(near) > np.iinfo(np.int32).max
    offsets = offsets if is_large else offsets.astype(np.int32)
    return Side(offsets, far[order], spell[order], closed)
