"""Closures between fields, where a dependency on a whole dataset counts for each of its fields.

A dataset as a whole is a node like a field. An edge to it means all of its fields (a filter
decides about every value); an edge from it means any of them. So a walk that comes upon a field
also follows what the dataset as a whole follows, and a walk that comes upon a whole goes on with
each of its fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hub.graph.walk import Reach, Reached, Walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hub.graph.adjacency import Adjacency, Flags, Nodes
    from hub.store.lineage_rows import FieldRows

# Stands for no node at all.
NOTHING = -1
# Stands for the job that a walk began at; the store's ids begin at 1.
THE_JOB = 0


class Fields:
    """Which dataset each field belongs to. Immutable; nodes are the store's ids of fields."""

    def __init__(self, rows: FieldRows) -> None:
        self.size = int(rows.id.max(initial=0)) + 1
        self.is_whole: Flags = np.zeros(self.size, dtype=np.bool_)
        self.is_whole[rows.id] = rows.is_whole
        self._dataset = np.zeros(self.size, dtype=np.int64)
        self._dataset[rows.id] = rows.dataset
        by_dataset = np.argsort(rows.dataset, kind="stable")
        self._by_dataset = rows.id[by_dataset].astype(np.int32)
        self._datasets = rows.dataset[by_dataset]
        self._wholes = np.full(int(rows.dataset.max(initial=0)) + 1, NOTHING, dtype=np.int32)
        self._wholes[rows.dataset[rows.is_whole]] = rows.id[rows.is_whole]

    def of_dataset(self, dataset: int) -> Nodes:
        """Return the fields of a dataset, with the node for the whole of it if there is one."""
        begin, end = np.searchsorted(self._datasets, (dataset, dataset + 1))
        return self._by_dataset[begin:end]

    def whole_of(self, fields: Nodes) -> Nodes:
        """Return, for each field, the node for the whole of its dataset; -1 where there is none."""
        wholes: Nodes = self._wholes[self._dataset[fields]]
        return wholes

    def members(self, whole: int) -> Nodes:
        """Return the fields of the dataset that ``whole`` stands for."""
        found = self.of_dataset(int(self._dataset[whole]))
        is_field: Flags = found != whole
        return found[is_field]


class FieldWalk(Walk):
    """A walk that treats a dataset as the sum of its fields."""

    def __init__(self, adjacency: Adjacency, fields: Fields, reach: Reach) -> None:
        super().__init__(adjacency, reach, fields.size)
        self._fields = fields
        # The wholes that an edge led to, and whose fields have therefore been added.
        self._opened = np.zeros(len(self._seen), dtype=np.bool_)
        self._parts: list[NDArray[np.int32]] = []

    def behind(self, frontier: Nodes) -> Nodes:
        """Return the fields directly behind ``frontier``, and the wholes that count for them."""
        found = self._far[self.scan(frontier)]
        return self.completed(self.unseen(np.concatenate((found, self._members(found)))))

    def completed(self, fields: Nodes) -> Nodes:
        """Return ``fields`` with the wholes of their datasets that lead any further."""
        wholes = self._fields.whole_of(fields)
        has_whole = (wholes != NOTHING) & (wholes != fields)
        leading = np.unique(self._near[self.peek(np.unique(wholes[has_whole]))])
        leads = has_whole & np.isin(wholes, leading)
        self._join(fields[leads], wholes[leads])
        return np.union1d(fields, self.unseen(leading))

    def finish(self, frontier: Nodes) -> Reached:
        """Sum up, with the pairs of wholes and fields that are both in the answer."""
        reached = super().finish(frontier)
        if not self._parts:
            return reached
        parts = np.concatenate(self._parts)
        inside = self._seen[parts].all(axis=1)
        return reached._replace(parts=np.unique(parts[inside], axis=0))

    def _members(self, found: Nodes) -> Nodes:
        """Return the fields of the wholes in ``found``, once for each whole."""
        wholes = np.unique(found[self._fields.is_whole[found]])
        members = [found[:0]]
        for whole in wholes[~self._opened[wholes]]:
            fields = self._fields.members(whole)
            self._join(np.full_like(fields, whole), fields)
            members.append(fields)
        self._opened[wholes] = True
        return np.concatenate(members)

    def _join(self, near: Nodes, far: Nodes) -> None:
        """Note that the walk went from ``near`` to ``far`` inside a dataset."""
        pair = (far, near) if self._reach.is_upstream else (near, far)
        self._parts.append(np.stack(pair, axis=1))


def walk_fields(adjacency: Adjacency, fields: Fields, start: Nodes, reach: Reach) -> Reached:
    """Walk from field to field; ``start`` is hop 0."""
    walk = FieldWalk(adjacency, fields, reach)
    frontier = walk.keep(walk.completed(start), 0)
    for hop in range(1, reach.depth + 1):
        if walk.is_full or not len(frontier):
            break
        frontier = walk.step(frontier, hop)
    reached = walk.finish(frontier)
    return reached._replace(hidden=np.union1d(reached.hidden, walk.unseen(start)))


def walk_job_fields(adjacency: Adjacency, fields: Fields, job: int, reach: Reach) -> Reached:
    """Walk from a job, as node ``THE_JOB``: the fields that it reads or makes are hop 1."""
    rows = adjacency.in_force(adjacency.of_job(job), reach.as_of)
    edges = adjacency.edges
    start = np.unique((edges.source if reach.is_upstream else edges.target)[rows])
    the_job = np.full_like(start, THE_JOB)
    alone = Reached(
        nodes=np.array([THE_JOB], dtype=np.int32),
        hops=np.zeros(1, dtype=np.int32),
        edges=rows[:0],
        parts=np.stack((start, the_job) if reach.is_upstream else (the_job, start), axis=1),
        hidden=start,
        cut=np.stack((the_job, start), axis=1),
    )
    if not reach.depth:
        return alone
    less = reach._replace(depth=reach.depth - 1, limit=reach.limit - 1)
    rest = walk_fields(adjacency, fields, start, less)
    return rest._replace(
        nodes=np.concatenate((alone.nodes, rest.nodes)),
        hops=np.concatenate((alone.hops, rest.hops + 1)),
        parts=np.concatenate((alone.parts, rest.parts)),
    )
