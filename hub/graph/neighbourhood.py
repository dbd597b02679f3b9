"""What lies around a dataset, for the search for causes and of what a failure touches.

Lineage that was observed and lineage that is declared count alike: a step that has never
succeeded has no edges yet, and is the one most likely to fail.

What has been followed once is remembered, as numbers: datasets and jobs as in the index, and below
zero what no event has named so far.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from hub.graph.closure import DEFAULT_DEPTH, DEFAULT_LIMIT
from hub.graph.view import NOW
from hub.graph.walk import Reach, walk_datasets

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.graph.identities import Identities
    from hub.graph.index import DatasetGraph, LineageIndex
    from hub.graph.view import View

_DOWNSTREAM: Final = Reach(is_upstream=False, depth=DEFAULT_DEPTH, limit=DEFAULT_LIMIT)

_Nodes: TypeAlias = dict[int, tuple[int, ...]]


class Neighbourhood:
    """Lineage by node id, as one connection sees it; the Lineage of ``incidents.causes``."""

    def __init__(self, connection: Connection, index: LineageIndex, catalog: Catalog) -> None:
        self._connection = connection
        self._index = index
        self._catalog = catalog
        self._nodes: dict[str, int] = {}
        self._names: dict[int, tuple[str, ...]] = {}
        self._unnamed = count(-1, -1)
        # The nodes directly behind a node: of a dataset jobs, of a job datasets.
        self._upstream: _Nodes = {}
        self._downstream: _Nodes = {}

    def upstream(
        self, datasets: Sequence[str], hops: int, *, reads: Sequence[str] = ()
    ) -> Iterator[tuple[str, int]]:
        """Yield what ``datasets`` are made from, with the distance, the nearest first."""
        declared = self._catalog.made_from
        return self._walk((datasets, reads), hops, declared, is_upstream=True)

    def made_from(self, datasets: Sequence[str], hops: int) -> Iterator[tuple[str, int]]:
        """Yield what is made from ``datasets``, with the distance, the nearest first."""
        return self._walk((datasets, ()), hops, self._catalog.makes, is_upstream=False)

    def downstream(self, datasets: Sequence[str]) -> list[str]:
        """Return all that is made from ``datasets``, as far as a closure's limits go."""
        frontier = {self._node(name): None for name in datasets}
        seen, found = set(frontier), list[int]()
        while frontier:
            # What was observed is a whole closure; only what is declared leads further.
            observed = [node for node in self._closure(frontier) if node not in seen]
            self._name(observed)
            declared = self._declared((*frontier, *observed), self._catalog.makes)
            seen.update(observed)
            frontier = dict.fromkeys(node for node in declared if node not in seen)
            self._name(frontier)
            seen.update(frontier)
            found += (*observed, *frontier)
        return [name for node in found for name in self._names[node]]

    def names_of(self, node: str) -> tuple[str, ...]:
        """Return all that a dataset or a job is called, as it was given and then otherwise."""
        return self.identities.called(node)

    @property
    def names(self) -> object:
        """Another object whenever something has got, or lost, another name."""
        return self.identities

    @cached_property
    def view(self) -> View:
        """What is observed, as it is now: a dataset is the node of its number."""
        return self._graph.seen(NOW)

    def declared(self) -> list[tuple[str, str]]:
        """Return each dataset that a step declared reads, with one that it writes; node ids."""
        makes = self._catalog.makes
        return [(read, made) for read, targets in makes.items() for made in targets]

    def number(self, names: Collection[str]) -> list[int]:
        """Return the numbers of datasets; those below zero are of such as no event has named."""
        fresh = [*dict.fromkeys(name for name in names if name not in self._nodes)]
        if fresh:
            found = self._graph.find(self._connection, fresh)
            self._nodes.update(zip(fresh, found, strict=True))
            for name in (name for name, node in zip(fresh, found, strict=True) if not node):
                node = self._nodes[name] = next(self._unnamed)
                self._names[node] = (name,)
        return [self._nodes[name] for name in names]

    @cached_property
    def identities(self) -> Identities:
        """Which names are one thing."""
        return self._index.identities(self._connection)

    @cached_property
    def _graph(self) -> DatasetGraph:
        """The graph of the connection's snapshot: it stays as it is for as long."""
        return self._index.datasets(self._connection)

    def _walk(
        self,
        starts: tuple[Sequence[str], Sequence[str]],
        hops: int,
        declared: Mapping[str, Sequence[str]],
        *,
        is_upstream: bool,
    ) -> Iterator[tuple[str, int]]:
        frontier = [self._node(name) for name in starts[0]]
        seen = set(frontier)
        for hop in range(1, hops + 1):
            near = dict.fromkeys(self._node(name) for name in starts[1] if hop == 1)
            near.update(dict.fromkeys(self._declared(frontier, declared)))
            near.update(dict.fromkeys(self._beyond(frontier, is_upstream=is_upstream)))
            frontier = [node for node in near if node not in seen]
            seen.update(frontier)
            self._name(frontier)
            for node in frontier:
                for name in self._called(node):
                    yield name, hop

    def _declared(
        self, datasets: Iterable[int], declared: Mapping[str, Sequence[str]]
    ) -> Iterator[int]:
        """Yield what is declared to be directly behind some."""
        if not declared:
            return
        for node in datasets:
            for name in self._called(node):
                yield from map(self._node, declared.get(name, ()))

    def _beyond(self, datasets: Collection[int], *, is_upstream: bool) -> Iterator[int]:
        """Yield the datasets directly behind some, over jobs."""
        known = self._upstream if is_upstream else self._downstream
        self._follow(datasets, known, is_upstream=is_upstream)
        jobs = dict.fromkeys(job for dataset in datasets for job in known[dataset])
        self._follow(jobs, known, is_upstream=is_upstream)
        return (dataset for job in jobs for dataset in known[job])

    def _follow(self, nodes: Iterable[int], known: _Nodes, *, is_upstream: bool) -> None:
        """Remember what is directly behind nodes."""
        fresh = [node for node in nodes if node not in known]
        if not fresh:
            return
        found: dict[int, list[int]] = {node: [] for node in fresh}
        inside = np.array([node for node in fresh if node >= 0], dtype=np.int32)
        for scan in self.view.scan(inside, is_upstream=is_upstream):
            for near, far in zip(scan.near.tolist(), scan.far.tolist(), strict=True):
                found[near].append(far)
        known.update((node, tuple(dict.fromkeys(far))) for node, far in found.items())

    def _closure(self, nodes: Iterable[int]) -> list[int]:
        """Return the datasets downstream of some, the nearest first."""
        inside = np.array([node for node in nodes if node >= 0], dtype=np.int64)
        if not len(inside):
            return []
        reached = walk_datasets(self.view, inside, _DOWNSTREAM)
        is_new = (reached.nodes % 2 == 0) & (reached.hops > 0)
        found: list[int] = reached.nodes.compress(is_new).tolist()
        return found

    def _node(self, name: str) -> int:
        """Return the number of a dataset."""
        node = self._nodes.get(name)
        return self.number((name,))[0] if node is None else node

    def _name(self, nodes: Iterable[int]) -> None:
        """Remember what nodes are called."""
        fresh = [node for node in nodes if node not in self._names]
        if not fresh:
            return
        found = self._graph.call(self._connection, np.array(fresh, dtype=np.int64))
        for node, called in zip(fresh, found, strict=True):
            self._names[node] = called
            for name in called:
                self._nodes[name] = node

    def _called(self, node: int) -> tuple[str, ...]:
        """Return the node ids of a dataset, one for each of its names."""
        if node not in self._names:
            self._name([node])
        return self._names[node]
