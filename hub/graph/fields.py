"""Closures between fields, where a dependency on a whole dataset counts for each of its fields.

A dataset as a whole is a node like a field. An edge to it means all of its fields (a filter
decides about every value); an edge from it means any of them. So a walk that comes upon a field
also follows what the dataset as a whole follows, and a walk that comes upon a whole goes on with
each of its fields.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from hub.graph.adjacency import distinct
from hub.graph.walk import Reach, Reached, Walk, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hub.graph.edges import Flags, Nodes
    from hub.graph.held import Held
    from hub.graph.same import Same
    from hub.graph.view import View
    from hub.graph.walk import Pairs
    from hub.store.lineage_rows import FieldRows

# Stands for no node at all.
NOTHING = -1
# Stands for the job that a walk began at; the store's ids begin at 1.
THE_JOB = 0


class Fields:
    """Which dataset each field belongs to. Immutable; nodes are the store's ids of fields."""

    def __init__(self, rows: FieldRows, known: Fields | None = None) -> None:
        """Begin with the fields of ``known``, and add rows."""
        self.size: int = int(rows.id.max(initial=known.size - 1 if known else 0)) + 1
        self.is_whole: Flags = np.zeros(self.size, dtype=np.bool_)
        # Zero for an id that no field has.
        self.dataset: NDArray[np.int32] = np.zeros(self.size, dtype=np.int32)
        self.told_at: NDArray[np.int64] = np.zeros(self.size, dtype=np.int64)
        if known is not None:
            self.is_whole[: known.size] = known.is_whole
            self.dataset[: known.size] = known.dataset
            self.told_at[: known.size] = known.told_at
        self.is_whole[rows.id] = rows.is_whole
        self.dataset[rows.id] = rows.dataset
        self.told_at[rows.id] = rows.first_position
        self.list_by_dataset(np.flatnonzero(self.dataset))

    def as_one(self, datasets: Same, fields: Same) -> Fields:
        """Return these fields with those that are the same as one, and their datasets too."""
        one = copy(self)
        nodes = np.arange(self.size, dtype=np.int32)
        stands = fields.of(nodes)
        one.dataset = datasets.of(self.dataset)
        one.told_at = self.told_at.copy()
        np.minimum.at(one.told_at, stands, self.told_at)
        one.list_by_dataset(np.flatnonzero((stands == nodes) & (self.dataset != 0)))
        return one

    def list_by_dataset(self, fields: NDArray[np.int64]) -> None:
        """List these fields alone, by their datasets."""
        datasets = self.dataset[fields]
        self._by_dataset = fields[np.argsort(datasets, kind="stable")].astype(np.int32)
        count = int(datasets.max(initial=0)) + 1
        self._offsets = np.zeros(count + 1, dtype=np.int32)
        np.cumsum(np.bincount(datasets, minlength=count), out=self._offsets[1:])
        self._wholes = np.full(count, NOTHING, dtype=np.int32)
        wholes = fields.compress(self.is_whole[fields])
        self._wholes[self.dataset[wholes]] = wholes
        # Of which fields the whole leads any further: downstream, and upstream.
        has_whole = self._wholes.take(self.dataset) != NOTHING
        self._is_led = has_whole & ~self.is_whole, has_whole & ~self.is_whole
        # Whether any is, and whether any edge leads to a whole: where not, none is looked for.
        self._any_led = self._any_opened = (True, True)

    def among(self, held: Held) -> Fields:
        """Return these fields, of which only the wholes with any of these edges lead further.

        Few wholes have edges, and a walk need not look for those of all others.
        """
        found = copy(self)
        down, up = (
            held.has_edges(self._wholes, is_upstream=up).take(self.dataset) & ~self.is_whole
            for up in (False, True)
        )
        found._is_led = down, up  # noqa: SLF001 - of a copy
        found._any_led = bool(down.any()), bool(up.any())  # noqa: SLF001
        # What is led to downstream has edges upstream.
        opened_down, opened_up = (
            bool(held.has_edges(self._wholes, is_upstream=not up).any()) for up in (False, True)
        )
        found._any_opened = opened_down, opened_up  # noqa: SLF001
        return found

    def of_dataset(self, dataset: int) -> Nodes:
        """Return the fields of a dataset, with the node for the whole of it if there is one."""
        if dataset >= len(self._wholes):
            return self._by_dataset[:0]
        return self._by_dataset[self._offsets[dataset] : self._offsets[dataset + 1]]

    def whole_of(self, fields: Nodes) -> Nodes:
        """Return, for each field, the node for the whole of its dataset; -1 where there is none."""
        return self._wholes.take(self.dataset.take(fields))

    def are_led(self, fields: Nodes, *, is_upstream: bool) -> Flags | None:
        """Tell of which fields the whole may have edges in a direction; None where of none has.

        A whole has no other.
        """
        return self._is_led[is_upstream].take(fields) if self._any_led[is_upstream] else None

    def wholes_among(self, nodes: Nodes, *, is_upstream: bool) -> Nodes:
        """Return those of ``nodes``, which edges in a direction have led to, that are wholes."""
        if not self._any_opened[is_upstream]:
            return nodes[:0]
        return nodes.compress(self.is_whole.take(nodes))

    def members(self, whole: int) -> Nodes:
        """Return the fields of the dataset that ``whole`` stands for."""
        found = self.of_dataset(int(self.dataset[whole]))
        return found.compress(found != whole)

    def known(self, fields: Nodes, position: int | None) -> Nodes:
        """Return those of ``fields`` that the journal had told of by a position."""
        if position is None:
            return fields
        return fields.compress(self.told_at.take(fields) <= position)


class FieldWalk(Walk):
    """A walk that treats a dataset as the sum of its fields."""

    def __init__(self, view: View, fields: Fields, reach: Reach) -> None:
        super().__init__(view, reach, fields.size)
        self._fields = fields
        # The wholes that an edge led to, and whose fields have therefore been added.
        self._opened: set[int] = set()
        self._parts: list[Pairs] = []

    def behind(self, frontier: Nodes) -> Nodes:
        """Return the fields directly behind ``frontier``, and the wholes that count for them."""
        found = self.scan(frontier)
        return self.completed(self.unseen(joined([found, *self._members(found)])))

    def completed(self, fields: Nodes) -> Nodes:
        """Return ``fields`` with the wholes of their datasets that lead any further."""
        is_led = self._fields.are_led(fields, is_upstream=self._reach.is_upstream)
        if is_led is None or not np.count_nonzero(is_led):
            return fields
        led = fields.compress(is_led)
        wholes = self._fields.whole_of(led)
        scans = self.peek(distinct(wholes))
        if not scans:
            return fields
        leading = distinct(joined([scan.near for scan in scans]))
        leads = np.isin(wholes, leading)
        self._join(led.compress(leads), wholes.compress(leads))
        return distinct(joined([fields, self.unseen(leading)]))

    def finish(self, frontier: Nodes) -> Reached:
        """Sum up, with the pairs of wholes and fields that are both in the answer."""
        reached = super().finish(frontier)
        if not self._parts:
            return reached
        parts = np.concatenate(self._parts)
        is_inside = self._seen.have(parts).all(axis=1)
        return reached._replace(parts=parts.compress(is_inside, axis=0))

    def _members(self, found: Nodes) -> list[Nodes]:
        """Return the fields of the wholes in ``found``, once for each whole."""
        wholes = set(self._fields.wholes_among(found, is_upstream=self._reach.is_upstream).tolist())
        members: list[Nodes] = []
        if not wholes:
            return members
        for whole in sorted(wholes - self._opened):
            fields = self._fields.known(self._fields.members(whole), self._view.sight.known_at)
            self._join(np.full_like(fields, whole), fields)
            members.append(fields)
        self._opened |= wholes
        return members

    def _join(self, near: Nodes, far: Nodes) -> None:
        """Note that the walk went from ``near`` to ``far`` inside a dataset."""
        pair = (far, near) if self._reach.is_upstream else (near, far)
        self._parts.append(np.stack(pair, axis=1))


def walk_fields(view: View, fields: Fields, start: Nodes, reach: Reach) -> Reached:
    """Walk from field to field; ``start`` is hop 0."""
    start = fields.known(start, view.sight.known_at)
    with FieldWalk(view, fields, reach) as walk:
        frontier = walk.keep(walk.completed(start), 0)
        for hop in range(1, reach.depth + 1):
            if walk.is_full or not len(frontier):
                break
            frontier = walk.step(frontier, hop)
        reached = walk.finish(frontier)
        left_out = walk.unseen(start)
        if len(left_out):
            reached = reached._replace(hidden=distinct(joined([reached.hidden, left_out])))
        return reached


def walk_job_fields(view: View, fields: Fields, jobs: Sequence[int], reach: Reach) -> Reached:
    """Walk from a job, as node ``THE_JOB``: the fields that it reads or makes are hop 1.

    ``jobs`` are all ids of it.
    """
    sources, targets = view.of_jobs(jobs)
    start = distinct(sources if reach.is_upstream else targets)
    the_job = np.full_like(start, THE_JOB)
    alone = Reached(
        nodes=np.array([THE_JOB], dtype=np.int32),
        hops=np.zeros(1, dtype=np.int32),
        hidden=start,
        trails=(),
        parts=np.stack((start, the_job) if reach.is_upstream else (the_job, start), axis=1),
        parts_cut=np.stack((the_job, start), axis=1),
    )
    if not reach.depth:
        return alone
    less = reach._replace(depth=reach.depth - 1, limit=reach.limit - 1)
    rest = walk_fields(view, fields, start, less)
    return rest._replace(
        nodes=np.concatenate((alone.nodes, rest.nodes)),
        hops=np.concatenate((alone.hops, rest.hops + 1)),
        parts=np.concatenate((alone.parts, rest.parts)),
    )
