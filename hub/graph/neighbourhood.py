"""What lies around a dataset, for the search for causes and of what a failure touches.

Lineage that was observed and lineage that is declared count alike: a step that has never
succeeded has no edges yet, and is the one most likely to fail.

What has been followed once is remembered, as numbers: datasets and jobs as in the index, and below
zero what no event has named so far.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from hub.domain.incidents.causes import Downstream
from hub.domain.incidents.incident import MAX_NAMED
from hub.domain.names import dataset_id
from hub.graph.view import NOW
from hub.graph.walk import Reach, walk_datasets

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.graph.identities import Identities
    from hub.graph.index import DatasetGraph, LineageIndex
    from hub.graph.view import View

# All there is: that is no more than the graph in memory.
_DOWNSTREAM: Final = Reach(is_upstream=False, depth=sys.maxsize, limit=sys.maxsize)
# So many walks are remembered: the causes of a storm are asked about again as it goes on.
_REMEMBERED: Final = 32
_SEVERAL: Final = 2

_Nodes: TypeAlias = dict[int, tuple[int, ...]]
_Numbers: TypeAlias = "NDArray[np.int64]"


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
        self._known_below: dict[tuple[int, ...], _Numbers] = {}

    def upstream(
        self, datasets: Sequence[str], hops: int, *, reads: Sequence[str] = ()
    ) -> Iterator[tuple[str, int]]:
        """Yield what ``datasets`` are made from, with the distance, the nearest first."""
        declared = self._catalog.made_from
        return self._walk((datasets, reads), hops, declared, is_upstream=True)

    def made_from(self, datasets: Sequence[str], hops: int) -> Iterator[tuple[str, int]]:
        """Yield what is made from ``datasets``, with the distance, the nearest first."""
        return self._walk((datasets, ()), hops, self._catalog.makes, is_upstream=False)

    def downstream(self, datasets: Sequence[str], known: Sequence[str] = ()) -> Downstream:
        """Return what is ``known``, and all that is made from ``datasets``."""
        given = dict(zip(self.number(known), known, strict=True))
        nodes = _each_once(_numbers(given), self._below(datasets))
        is_declared = _are_in(nodes, _numbers(self._products))
        declared = nodes.compress(is_declared).tolist()
        named = nodes
        if len(nodes) > MAX_NAMED:
            # What is declared is what promises, and people, are about.
            named = nodes.take(np.argsort(~is_declared, kind="stable")[:MAX_NAMED])
        return Downstream(
            tuple(self._named(named.tolist(), given)),
            len(nodes) - len(named),
            tuple(dict.fromkeys(each for node in declared for each in self._products[node])),
        )

    def beside(self, names: Sequence[str], datasets: Sequence[str]) -> frozenset[str]:
        """Return those of ``names`` that are neither ``datasets`` nor made from them."""
        inside = np.concatenate((self._below(datasets), _numbers(self.number(datasets))))
        is_inside = _are_in(_numbers(self.number(names)), inside).tolist()
        return frozenset(n for n, known in zip(names, is_inside, strict=True) if not known)

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

    def _below(self, datasets: Sequence[str]) -> _Numbers:
        """Return all that is made from datasets, the nearest first."""
        starts = tuple(dict.fromkeys(self.number(datasets)))
        found = self._known_below.get(starts)
        if found is None:
            if len(self._known_below) == _REMEMBERED:
                del self._known_below[next(iter(self._known_below))]
            found = self._known_below[starts] = self._find_below(_numbers(starts))
        return found

    def _find_below(self, starts: _Numbers) -> _Numbers:
        reads, makes = self._flows
        seen = frontier = starts
        while len(frontier):
            # What was observed is a whole closure; only what is declared leads further.
            seen = _each_once(seen, self._closure(frontier))
            made = makes.compress(_are_in(reads, seen))
            count = len(seen)
            seen = _each_once(seen, _distinct(made))
            frontier = seen[count:]
        return seen[len(starts) :]

    def _closure(self, nodes: _Numbers) -> _Numbers:
        """Return the datasets downstream of some, the nearest first."""
        inside = nodes.compress(nodes >= 0)
        if not len(inside):
            return inside
        reached = walk_datasets(self.view, inside, _DOWNSTREAM)
        is_new = (reached.nodes % 2 == 0) & (reached.hops > 0)
        return reached.nodes.compress(is_new).astype(np.int64)

    @cached_property
    def _flows(self) -> tuple[_Numbers, _Numbers]:
        """What the steps declared read, and what they make of each of it."""
        numbers = _numbers(self.number([name for flow in self.declared() for name in flow]))
        return numbers[::2], numbers[1::2]

    @cached_property
    def _products(self) -> dict[int, list[str]]:
        """The data products that each declared dataset is part of."""
        declared = self._catalog.products_by_dataset
        found: dict[int, list[str]] = {}
        numbers = self.number([*map(dataset_id, declared)])
        for node, product in zip(numbers, declared.values(), strict=True):
            found.setdefault(node, []).append(product.name)
        return found

    def _named(self, nodes: list[int], given: Mapping[int, str]) -> Iterator[str]:
        """Yield one name of each of nodes: the declared one, else that which was given."""
        self._name(nodes)
        names, declared = self._names, self._products
        for node in nodes:
            if node in given and node not in declared:
                yield given[node]
            # The index may know what this connection's snapshot does not know yet.
            elif called := names[node]:
                yield called[0]

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
            self._names[node] = called if len(called) < _SEVERAL else self._declared_first(called)
            for name in called:
                self._nodes[name] = node

    def _declared_first(self, called: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(called, key=lambda name: self._catalog.product_at(name) is None))

    def _called(self, node: int) -> tuple[str, ...]:
        """Return the node ids of a dataset, one for each of its names."""
        if node not in self._names:
            self._name([node])
        return self._names[node]


def _numbers(nodes: Collection[int]) -> _Numbers:
    return np.fromiter(nodes, dtype=np.int64, count=len(nodes))


def _distinct(nodes: _Numbers) -> _Numbers:
    return _numbers(dict.fromkeys(nodes.tolist()))


def _are_in(nodes: _Numbers, others: _Numbers) -> NDArray[np.bool_]:
    return np.isin(nodes, others, kind="table")


def _each_once(known: _Numbers, further: _Numbers) -> _Numbers:
    """Return two lists, each without doubles, as one that has none."""
    ends = [int(end) for each in (known, further) if len(each) for end in (each.min(), each.max())]
    # Numbers below zero count from the end.
    is_known = np.zeros(max(0, 1 + max(ends, default=0)) - min(0, *ends, 0), dtype=np.bool_)
    is_known[known] = True
    return np.concatenate((known, further.compress(~is_known[further])))
