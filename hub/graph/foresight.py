"""Which of many datasets are made from which, found out at once: for a storm of failures.

Walked from each failing dataset, the same lineage would be followed hundreds of times, and most of
it leads to nothing that is broken. So all of it is followed once, first down from what is broken
and then back up from what is asked about; what lies on no way between two of them is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hub.graph.neighbourhood import Neighbourhood

# More steps than anybody asks for: not reached.
_FAR: Final = 100


class Foresight:
    """The Lineage of ``hub.domain.incidents.causes`` where only the datasets given are asked for.

    ``upstream`` yields such as are ``broken``, and ``made_from`` such as are broken or ``read``,
    up to ``hops`` away. Whoever asks about other datasets, or further, is given all that there is.
    """

    def __init__(
        self, around: Neighbourhood, broken: Collection[str], read: Collection[str], hops: int
    ) -> None:
        """Follow lineage between datasets, named by node id."""
        self._around = around
        self._hops = hops
        names = list(dict.fromkeys((*broken, *read)))
        edges = _Edges(around, names)
        self._nodes = {name: edges.nodes[name] for name in names}
        self._broken = _by_node(broken, self._nodes)
        self._pairs = edges.between([*self._broken], [*self._nodes.values()], 2 * hops)

    def upstream(
        self, datasets: Sequence[str], hops: int, *, reads: Sequence[str] = ()
    ) -> Iterable[tuple[str, int]]:
        """Yield what of ``broken`` datasets are made from, with the distance, the nearest first."""
        if not self._foresees((*datasets, *reads), hops):
            return self._around.upstream(datasets, hops, reads=reads)
        return self._walk((datasets, reads), hops, self._upstream, self._broken)

    def made_from(self, datasets: Sequence[str], hops: int) -> Iterable[tuple[str, int]]:
        """Yield what is made from some of ``broken``, with the distance, the nearest first."""
        if not self._foresees(datasets, hops):
            return self._around.made_from(datasets, hops)
        return self._walk((datasets, ()), hops, self._downstream, self._known)

    def downstream(self, datasets: Sequence[str]) -> Iterable[str]:
        """Yield all that is made from ``datasets``, as far as a closure's limits go."""
        return self._around.downstream(datasets)

    def names_of(self, node: str) -> tuple[str, ...]:
        """Return all that a dataset or a job is called, as it was given and then otherwise."""
        return self._around.names_of(node)

    @cached_property
    def _known(self) -> dict[int, list[str]]:
        return _by_node(self._nodes, self._nodes)

    @cached_property
    def _upstream(self) -> _OverJobs:
        return _OverJobs(self._pairs, self._broken)

    @cached_property
    def _downstream(self) -> _OverJobs:
        return _OverJobs(((far, near) for near, far in self._pairs), self._known)

    def _foresees(self, datasets: Iterable[str], hops: int) -> bool:
        return hops <= self._hops and all(map(self._nodes.__contains__, datasets))

    def _walk(
        self,
        starts: tuple[Sequence[str], Sequence[str]],
        hops: int,
        near: _OverJobs,
        wanted: dict[int, list[str]],
    ) -> list[tuple[str, int]]:
        nodes, found = self._nodes, list[tuple[str, int]]()
        frontier, further = (list(map(nodes.__getitem__, names)) for names in starts)
        seen, on_ways = set(frontier), near.on_ways
        for hop in range(1, hops + 1):
            for node in frontier:
                further += near[node]
            frontier = []
            for node in further:
                if node in on_ways and node not in seen:
                    seen.add(node)
                    frontier.append(node)
                    if node in wanted:
                        found += [(name, hop) for name in wanted[node]]
            if not frontier:
                break
            further = []
        return found


class _OverJobs(dict[int, list[int]]):
    """What is one hop from each dataset, two edges: found out when it is first asked for."""

    def __init__(self, pairs: Iterable[tuple[int, int]], wanted: Iterable[int]) -> None:
        super().__init__()
        self._beside: dict[int, list[int]] = {}
        for near, far in pairs:
            self._beside.setdefault(near, []).append(far)
        # Whatever else is met, most of what runs read, leads to nothing that is looked for.
        self.on_ways = {*self._beside, *wanted}

    def __missing__(self, dataset: int) -> list[int]:
        beside = self._beside
        jobs = beside.get(dataset, ())
        found = list(dict.fromkeys(node for job in jobs for node in beside.get(job, ())))
        self[dataset] = found
        return found


class _Edges:
    """What is observed and what is declared, as edges alike between numbered nodes.

    Behind the nodes of the graph come the datasets that no event has named, and each declared step
    as a job.
    """

    def __init__(self, around: Neighbourhood, names: Sequence[str]) -> None:
        self._view = around.view
        flows = around.declared()
        ends = [name for flow in flows for name in flow]
        numbers = dict(zip((*names, *ends), around.number((*names, *ends)), strict=True))
        # A dataset that no run has named is past all that has edges.
        past = max(self._view.size, 1 + max(numbers.values(), default=0))
        first = past - min((0, *numbers.values()))
        self._size = first + len(flows)
        self.nodes = {
            name: number if number >= 0 else first + number for name, number in numbers.items()
        }
        jobs = range(first, self._size)
        self._reads = np.array([self.nodes[name] for name in ends[::2]] + [*jobs], dtype=np.int64)
        self._makes = np.array([*jobs] + [self.nodes[name] for name in ends[1::2]], dtype=np.int64)

    def between(self, begin: Sequence[int], end: Sequence[int], most: int) -> list[tuple[int, int]]:
        """Return the edges on ways of ``most`` steps down of ``begin`` to ``end``, each turned."""
        down = self._steps(np.array(begin, dtype=np.int64), most)
        up = np.full_like(down, _FAR)
        pairs: list[tuple[int, int]] = []
        up[np.array(end, dtype=np.int64)] = 0
        for step in range(most):
            for near, far in self._follow(np.flatnonzero(up == step), is_upstream=True):
                is_on_way = down.take(far) + step < most
                kept = far.compress(is_on_way)
                pairs += zip(near.compress(is_on_way).tolist(), kept.tolist(), strict=True)
                up[kept.compress(up.take(kept) == _FAR)] = step + 1
        return pairs

    def _steps(self, begin: NDArray[np.int64], most: int) -> NDArray[np.int8]:
        """Return how many steps down of ``begin`` each node is."""
        steps = np.full(self._size, _FAR, dtype=np.int8)
        steps[begin] = 0
        for step in range(most):
            for _near, far in self._follow(np.flatnonzero(steps == step), is_upstream=False):
                steps[far.compress(steps.take(far) == _FAR)] = step + 1
        return steps

    def _follow(
        self, nodes: NDArray[np.int64], *, is_upstream: bool
    ) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Yield the edges behind ``nodes``: where each was followed from, and where it leads."""
        inside = nodes.compress(nodes < self._view.size).astype(np.int32)
        for scan in self._view.scan(inside, is_upstream=is_upstream):
            yield scan.near, scan.far
        if len(self._reads):
            ends = (self._reads, self._makes)
            near, far = reversed(ends) if is_upstream else ends
            is_near = np.isin(near, nodes)
            yield near.compress(is_near), far.compress(is_near)


def _by_node(names: Iterable[str], nodes: dict[str, int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for name in dict.fromkeys(names):
        found.setdefault(nodes[name], []).append(name)
    return found
