"""What lies around a dataset, for the search for causes and of what a failure touches.

Lineage that was observed and lineage that is declared count alike: a step that has never
succeeded has no edges yet, and is the one most likely to fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from hub.domain.names import DatasetName, NodeKind, dataset_id, parse_node_id
from hub.graph.closure import Direction, Extent, closure_within

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.graph.index import DatasetGraph, LineageIndex


class Neighbourhood:
    """Lineage by node id, as one connection sees it; the Lineage of ``hub.domain.causes``."""

    def __init__(self, connection: Connection, index: LineageIndex, catalog: Catalog) -> None:
        self._connection = connection
        self._index = index
        self._catalog = catalog
        self._found: dict[tuple[str, Extent], list[str]] = {}

    @cached_property
    def _declared(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """What each dataset is made from, and what is made from it, by the steps declared."""
        made_from: dict[str, list[str]] = {}
        makes: dict[str, list[str]] = {}
        for step in self._catalog.steps:
            target = dataset_id(self._catalog.dataset(step.writes))
            for read in step.reads:
                source = dataset_id(self._catalog.dataset(read))
                made_from.setdefault(target, []).append(source)
                makes.setdefault(source, []).append(target)
        return made_from, makes

    @cached_property
    def _graph(self) -> DatasetGraph:
        """The graph of the connection's snapshot: it stays as it is for as long."""
        return self._index.datasets(self._connection)

    def upstream(self, datasets: Sequence[str], hops: int) -> Iterator[tuple[str, int]]:
        """Yield what ``datasets`` are made from, with the distance, the nearest first."""
        made_from, _makes = self._declared
        return self._walk(datasets, hops, made_from, Direction.UPSTREAM)

    def made_from(self, datasets: Sequence[str], hops: int) -> Iterator[tuple[str, int]]:
        """Yield what is made from ``datasets``, with the distance, the nearest first."""
        _made_from, makes = self._declared
        return self._walk(datasets, hops, makes, Direction.DOWNSTREAM)

    def _walk(
        self,
        datasets: Sequence[str],
        hops: int,
        declared: Mapping[str, Sequence[str]],
        direction: Direction,
    ) -> Iterator[tuple[str, int]]:
        extent = Extent(direction=direction, depth=1)
        seen = set(datasets)
        frontier = list(datasets)
        for hop in range(1, hops + 1):
            found = [
                near
                for name in frontier
                for near in (*declared.get(name, ()), *self._closure(name, extent))
            ]
            frontier = [near for near in dict.fromkeys(found) if near not in seen]
            seen.update(frontier)
            yield from ((near, hop) for near in frontier)

    def downstream(self, datasets: Sequence[str]) -> Iterator[str]:
        """Yield all that is made from ``datasets``, as far as a closure's limits go."""
        _made_from, makes = self._declared
        seen = set(datasets)
        frontier = list(datasets)
        while frontier:
            name = frontier.pop(0)
            declared = makes.get(name, [])
            observed = self._closure(name, Extent(direction=Direction.DOWNSTREAM))
            for near in (*declared, *observed):
                if near not in seen:
                    seen.add(near)
                    yield near
            # What was observed is a whole closure; only what is declared leads further.
            frontier.extend(near for near in declared if near not in observed)

    def _closure(self, name: str, extent: Extent) -> list[str]:
        found = self._found.get((name, extent))
        if found is None:
            found = self._found[name, extent] = self._find(name, extent)
        return found

    def _find(self, name: str, extent: Extent) -> list[str]:
        closure = closure_within(self._connection, self._graph, parse_node_id(name), extent)
        if closure is None:
            return []
        return [
            dataset_id(DatasetName(*other))
            for node in closure.nodes
            if node.id.kind is NodeKind.DATASET and node.hops
            for other in self._graph.identities.datasets.names_of(node.id.dataset)
        ]
