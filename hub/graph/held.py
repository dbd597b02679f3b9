"""All edges of one level, as far as the store has told, brought up to date piece by piece.

Most edges lie in a base that is sorted once. Edges of jobs that have changed since are in a small
overlay, and count no more in the base; once the overlay has grown, both are made into a new base.
What has been superseded is a third part, read when somebody first asks what the hub knew at a
position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hub.graph.adjacency import Adjacency
from hub.graph.edges import gather
from hub.graph.same import ALONE
from hub.graph.view import Layer, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hub.graph.edges import EdgeRows, Edges, Flags, Nodes
    from hub.graph.same import Same
    from hub.graph.view import Sight

    # Rows of what is new since a revision.
    Read = Callable[[int], Iterable[EdgeRows]]

# An overlay of more edges, or of a larger part of the base, is merged.
_LEAST = 4_000
_MOST = 1 / 16


class Source(NamedTuple):
    """Where a level's edges are read from: those of jobs that have changed, and the history."""

    edges: Read
    history: Read


class Held(NamedTuple):
    """Edges as of a revision. Immutable; safe to read from any thread."""

    revision: int
    base: Layer
    overlay: Adjacency | None = None
    history: Adjacency | None = None

    def seen(self, sight: Sight, same: Same = ALONE) -> View:
        """Return what counts; what was known at a position needs the history."""
        layers = [self.base]
        if self.overlay is not None:
            layers.append(Layer(self.overlay))
        if sight.known_at is not None:
            assert self.history is not None  # noqa: S101 - whoever asks has had it read
            layers.append(Layer(self.history))
        return View(layers, sight, same)

    def has_edges(self, nodes: Nodes, *, is_upstream: bool) -> Flags:
        """Return which of ``nodes`` have any edge in a direction, whether it counts or not."""
        found = np.zeros(len(nodes), dtype=np.bool_)
        for part in (self.base.adjacency, self.overlay, self.history):
            if part is not None:
                side = part.upstream if is_upstream else part.downstream
                inside = np.flatnonzero(nodes >= 0)
                begins, ends = side.begin_and_end(nodes.take(inside), is_open=False)
                found[inside] |= begins < ends
        return found

    def nbytes(self) -> int:
        """Return how much memory all of it takes."""
        parts = [self.base.adjacency, self.overlay, self.history]
        alive = self.base.is_alive
        own = alive.nbytes if alive is not None else 0
        return own + sum(each.nbytes() for each in parts if each is not None)


def load(source: Source, revision: int) -> Held:
    """Read all edges."""
    return Held(revision, Layer(Adjacency(gather(source.edges(0)))))


def refresh(held: Held, source: Source, revision: int) -> Held:
    """Read what is new."""
    changed = gather(source.edges(held.revision))
    jobs = changed.spells.job
    base, was_alive = held.base
    is_alive = ~np.isin(base.spells.job, jobs)
    if was_alive is not None:
        is_alive &= was_alive
    if held.overlay is not None:
        changed = _without(held.overlay, ~np.isin(held.overlay.spells.job, jobs)).plus(changed)
    history = held.history
    if history is not None:
        superseded = gather(source.history(held.revision))
        if len(superseded.source):
            history = Adjacency(history.edges().plus(superseded))
    if len(changed.source) > max(_LEAST, _MOST * base.count):
        base = Adjacency(_without(base, is_alive).plus(changed))
        return Held(revision, Layer(base), None, history)
    return Held(revision, Layer(base, is_alive), Adjacency(changed), history)


def add_history(held: Held, source: Source) -> Held:
    """Read what has been superseded, as of the revision of ``held``."""
    return held._replace(history=Adjacency(gather(source.history(0))))


def _without(adjacency: Adjacency, is_alive: Flags) -> Edges:
    """Return the edges of spells that are alive."""
    edges = adjacency.edges()
    return edges.take(is_alive.take(edges.spell))
