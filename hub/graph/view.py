"""A graph as it is seen: adjacencies read as one, of which only what counts is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hub.domain.lineage.surety import ORIGINS
from hub.graph.adjacency import ranges
from hub.graph.same import ALONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hub.graph.adjacency import Adjacency, Offsets, Side
    from hub.graph.edges import Flags, Nodes, SpellIds, Spells
    from hub.graph.same import Same


class Sight(NamedTuple):
    """What of a graph counts: at which time, on two clocks, and how it came to be known.

    ``as_of`` is event time; without it, what has not been closed counts. ``known_at`` is a
    journal position; without it, all that is known counts. ``origins`` are those that count.
    """

    as_of: int | None = None
    known_at: int | None = None
    origins: tuple[str, ...] = ORIGINS


NOW = Sight()


class Layer(NamedTuple):
    """An adjacency, of which spells may have been replaced by those of another layer."""

    adjacency: Adjacency
    is_alive: Flags | None = None


class Scan(NamedTuple):
    """Edges that were followed: from ``nodes``, each with as many as ``lengths`` says, to ``far``.

    Of those, ``is_kept`` tells which count; None stands for all. ``far`` and ``rows``, the edges'
    places in ``side``, are of them alone.
    """

    spells: Spells
    side: Side
    nodes: Nodes
    lengths: Offsets
    is_kept: Flags | None
    rows: NDArray[np.int64]
    far: Nodes

    @property
    def near(self) -> Nodes:
        """Where each of the edges that count was followed from."""
        near = self.nodes.repeat(self.lengths)
        return near if self.is_kept is None else near.compress(self.is_kept)

    @property
    def origin(self) -> NDArray[np.uint8]:
        """How each of the edges that count came to be known; a place in ``ORIGINS``."""
        return self.spells.origin.take(self.side.spell.take(self.rows))


class View:
    """What counts of a graph, for one walk by one thread.

    Nodes that are the ``same`` are one: what stands for them has the edges of all. An edge between
    two of them is none.
    """

    def __init__(self, layers: Sequence[Layer], sight: Sight, same: Same = ALONE) -> None:
        self.size = max(same.size, *(each.adjacency.size for each in layers))
        self.sight = sight
        self._same = same
        self._layers = [(each.adjacency, _InForce(each, sight)) for each in layers]

    def scan(self, nodes: Nodes, *, is_upstream: bool) -> list[Scan]:
        """Follow the edges of ``nodes``."""
        nodes = self._same.all_of(nodes)
        found = []
        for adjacency, in_force in self._layers:
            side = adjacency.upstream if is_upstream else adjacency.downstream
            scan = _follow(adjacency.spells, side, nodes, in_force)
            if scan is not None:
                found.append(_as_one(scan, self._same) if self._same else scan)
        return found

    def of_jobs(self, jobs: Sequence[int]) -> tuple[Nodes, Nodes]:
        """Return the sources and targets of the edges that jobs make."""
        sources, targets = [], []
        for adjacency, in_force in self._layers:
            side = adjacency.downstream
            own = np.flatnonzero(np.isin(adjacency.spells.job, jobs).take(side.spell))
            own = own.compress(in_force.of(side.spell.take(own)))
            sources.append(np.searchsorted(side.offsets, own, side="right") - 1)
            targets.append(side.far.take(own))
        near, far = np.concatenate(sources).astype(np.int32), np.concatenate(targets)
        is_between = _is_between(near, far, self._same)
        near, far = (self._same.of(each.compress(is_between)) for each in (near, far))
        return near, far


def _follow(spells: Spells, side: Side, nodes: Nodes, in_force: _InForce) -> Scan | None:
    begins, ends = side.begin_and_end(nodes, is_open=in_force.is_all)
    lengths = ends - begins
    rows = ranges(begins, lengths)
    if not len(rows):
        return None
    is_kept = None
    if not in_force.is_all:
        is_kept = in_force.of(side.spell.take(rows))
        rows = rows.compress(is_kept)
    return Scan(spells, side, nodes, lengths, is_kept, rows, side.far.take(rows))


def _as_one(scan: Scan, same: Same) -> Scan:
    """Return a scan between what stands for its nodes."""
    is_between = _is_between(scan.near, scan.far, same)
    nodes, far = same.of(scan.nodes), same.of(scan.far)
    if is_between.all():
        return scan._replace(nodes=nodes, far=far)
    is_kept = is_between
    if scan.is_kept is not None:
        is_kept = scan.is_kept.copy()
        is_kept[is_kept] = is_between
    rows, far = scan.rows.compress(is_between), far.compress(is_between)
    return scan._replace(nodes=nodes, is_kept=is_kept, rows=rows, far=far)


def _is_between(near: Nodes, far: Nodes, same: Same) -> Flags:
    """Tell which edges join two nodes that are not the same, or were told of one node alone."""
    is_between: Flags = (near == far) | (same.of(near) != same.of(far))
    return is_between


class _InForce:
    """Which spells of a layer count.

    A small walk asks for a few of them; a large one had better look each of them up once.
    """

    def __init__(self, layer: Layer, sight: Sight) -> None:
        self._spells = spells = layer.adjacency.spells
        self._is_alive = layer.is_alive
        self._moment = sight
        self._unasked = len(spells.job)
        self._counts: Flags | None = None
        is_now = sight.as_of is None and sight.known_at is None
        is_any_origin = set(ORIGINS) <= set(sight.origins)
        # Of the edges that are open, all count.
        self.is_all = is_now and is_any_origin and layer.is_alive is None

    def of(self, spells: SpellIds) -> Flags:
        """Return which of ``spells`` count."""
        self._unasked -= len(spells)
        if self._unasked >= 0:
            return self._find(spells)
        if self._counts is None:
            self._counts = self._find(np.arange(len(self._spells.job), dtype=np.uint32))
        return self._counts.take(spells)

    def _find(self, ids: SpellIds) -> Flags:
        spells, sight = self._spells, self._moment
        closed = len(spells.closed_at)
        counts: Flags = ids >= closed
        if sight.as_of is not None:
            if closed:
                counts |= spells.closed_at.take(ids, mode="clip") > sight.as_of
            counts &= spells.opened_at.take(ids) <= sight.as_of
        if sight.known_at is not None:
            counts &= spells.known_from.take(ids) <= sight.known_at
            if len(spells.known_until):
                counts &= spells.known_until.take(ids) > sight.known_at
        if not set(ORIGINS) <= set(sight.origins):
            is_wanted = np.array([name in sight.origins for name in ORIGINS])
            counts &= is_wanted.take(spells.origin.take(ids))
        if self._is_alive is not None:
            counts &= self._is_alive.take(ids)
        return counts
