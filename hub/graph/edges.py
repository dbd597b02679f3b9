"""Edges as rows, before they are sorted into an adjacency: who follows whom, and when.

Many edges have the rest in common: the job that makes them, the event times from which and until
which they hold, how they came to be known, and during which journal positions. That is a spell; it
is kept once, and an edge has its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hub.store.lineage_rows import FOREVER, Bounds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from hub.store.lineage_rows import Integers

    Nodes = NDArray[np.int32]
    SpellIds = NDArray[np.uint32]
    Flags = NDArray[np.bool_]


class Spells(NamedTuple):
    """Parallel columns. Those that have been closed come first: ``closed_at`` is of them alone.

    ``origin`` is a place in ``ORIGINS``. ``known_until`` is empty where nothing is superseded.
    """

    job: NDArray[np.int32]
    origin: NDArray[np.uint8]
    opened_at: NDArray[np.int64]
    closed_at: NDArray[np.int64]
    known_from: NDArray[np.unsignedinteger]
    known_until: NDArray[np.int64]

    def in_full(self) -> Integers:
        """Return a row of job, origin, opening, closing and knowledge for each spell."""
        ends = np.full((2, len(self.job)), FOREVER)
        ends[0, : len(self.closed_at)] = self.closed_at
        ends[1, : len(self.known_until)] = self.known_until
        known = self.known_from, ends[1]
        return np.stack((self.job, self.origin, self.opened_at, ends[0], *known), axis=1)


class EdgeRows(NamedTuple):
    """Parallel columns: edges, with all there is to say of each."""

    job: Integers
    source: Integers
    target: Integers
    bounds: Bounds


class Edges(NamedTuple):
    """Parallel columns of edges; ``spell`` are places in ``spells``."""

    source: Nodes
    target: Nodes
    spell: SpellIds
    spells: Spells

    def take(self, is_kept: Flags) -> Edges:
        """Return some of the edges, in the same order."""
        source, target = self.source.compress(is_kept), self.target.compress(is_kept)
        return Edges(source, target, self.spell.compress(is_kept), self.spells)

    def plus(self, more: Edges) -> Edges:
        """Return these edges and more; spells without edges are forgotten."""
        rows = np.concatenate((self.spells.in_full(), more.spells.in_full()))
        spell = np.concatenate((self.spell, more.spell + np.uint32(len(self.spells.job))))
        is_used = np.zeros(len(rows), dtype=np.bool_)
        is_used[spell] = True
        spells, places = _tabulate(rows.compress(is_used, axis=0))
        place = places[is_used.cumsum()[spell] - 1]
        source = np.concatenate((self.source, more.source))
        return Edges(source, np.concatenate((self.target, more.target)), place, spells)


def gather(chunks: Iterable[EdgeRows]) -> Edges:
    """Sum up rows, read chunk by chunk: all of them at once would take much room.

    Neighbours mostly share a spell, as the tables are in the order of jobs. So equal neighbours
    are put together first, and only what is left is compared with one another.
    """
    nothing = np.empty(0, dtype=np.int32)
    sources, targets, lengths = [nothing], [nothing], [nothing]
    said = [np.empty((0, 6), dtype=np.int64)]
    for rows in chunks:
        cells = np.stack((rows.job, *rows.bounds), axis=1)
        begins = np.flatnonzero(_changes(cells))
        said.append(cells[begins])
        lengths.append(np.diff(begins, append=len(cells)).astype(np.int32))
        sources.append(rows.source.astype(np.int32))
        targets.append(rows.target.astype(np.int32))
    spells, places = _tabulate(np.concatenate(said))
    spell = places.repeat(np.concatenate(lengths))
    return Edges(np.concatenate(sources), np.concatenate(targets), spell, spells)


def _tabulate(rows: Integers) -> tuple[Spells, SpellIds]:
    """Return the distinct ``rows`` (see ``Spells.in_full``), and the place of each among them."""
    job, origin, opened_at, closed_at, known_from, known_until = rows.T
    order = np.lexsort((known_until, known_from, opened_at, origin, job, closed_at))
    is_new = _changes(rows[order])
    places = np.empty(len(rows), dtype=np.uint32)
    places[order] = is_new.cumsum() - 1
    distinct = rows[order].compress(is_new, axis=0)
    job, origin, opened_at, closed_at, known_from, known_until = distinct.T.copy()
    is_superseded = (known_until != FOREVER).any()
    spells = Spells(
        job.astype(np.int32),
        origin.astype(np.uint8),
        opened_at,
        closed_at[: np.searchsorted(closed_at, FOREVER)].copy(),
        known_from.astype(np.min_scalar_type(int(known_from.max(initial=0)))),
        known_until if is_superseded else known_until[:0].copy(),
    )
    return spells, places


def _changes(rows: Integers) -> Flags:
    """Tell of each row whether it differs from the one before."""
    changes = np.ones(len(rows), dtype=np.bool_)
    (rows[1:] != rows[:-1]).any(axis=1, out=changes[1:])
    return changes
