"""Which of many datasets are made from which, found out at once: for a storm of failures.

Walked from each failing dataset, the same lineage would be followed hundreds of times, and most of
it leads to nothing that is broken. So all of it is followed once, first down from what is broken
and then back up from what is asked about; what lies on no way between two of them is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from hub.graph.adjacency import ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hub.graph.neighbourhood import Neighbourhood

_Pairs: TypeAlias = "tuple[NDArray[Any], NDArray[Any]]"
_NO_PAIRS: Final = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))

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
        self._nodes = edges.nodes
        self._broken = _by_node(broken, self._nodes)
        self._steps = edges.between([*self._broken], [*self._nodes.values()], 2 * hops)

    def upstream(
        self, datasets: Sequence[str], hops: int, *, reads: Sequence[str] = ()
    ) -> Iterable[tuple[str, int]]:
        """Yield what of ``broken`` datasets are made from, with the distance, the nearest first."""
        found = self._walk(datasets, reads, hops, self._upstream)
        return self._around.upstream(datasets, hops, reads=reads) if found is None else found

    def made_from(self, datasets: Sequence[str], hops: int) -> Iterable[tuple[str, int]]:
        """Yield what is made from some of ``broken``, with the distance, the nearest first."""
        found = self._walk(datasets, (), hops, self._downstream)
        return self._around.made_from(datasets, hops) if found is None else found

    def downstream(self, datasets: Sequence[str]) -> Iterable[str]:
        """Yield all that is made from ``datasets``, as far as a closure's limits go."""
        return self._around.downstream(datasets)

    def names_of(self, node: str) -> tuple[str, ...]:
        """Return all that a dataset or a job is called, as it was given and then otherwise."""
        return self._around.names_of(node)

    @property
    def names(self) -> object:
        """Another object whenever something has got, or lost, another name."""
        return self._around.names

    @cached_property
    def _upstream(self) -> _Hops:
        to_jobs, from_jobs = self._steps
        return _Hops(_joined(to_jobs, from_jobs), self._broken)

    @cached_property
    def _downstream(self) -> _Hops:
        from_jobs, to_jobs = (turned[::-1] for turned in self._steps)
        return _Hops(_joined(to_jobs, from_jobs), _by_node(self._nodes, self._nodes))

    def _walk(
        self, datasets: Sequence[str], reads: Sequence[str], hops: int, over: _Hops
    ) -> list[tuple[str, int]] | None:
        """Return what is looked for up to ``hops`` away; None where that was not foreseen."""
        nodes, near, wanted, on_ways = self._nodes, over.near, over.wanted, over.on_ways
        try:
            begin = [nodes[name] for name in datasets]
            # Most of what runs read leads to nothing that is looked for.
            further = [node for name in reads if (node := nodes[name]) in on_ways]
        except KeyError:
            return None
        if hops > self._hops:
            return None
        for node in begin:
            further += near.get(node, ())
        seen, found = set(begin), list[tuple[str, int]]()
        for hop in range(1, hops + 1):
            frontier, further = further, []
            for node in frontier:
                if node not in seen:
                    seen.add(node)
                    further += near.get(node, ())
                    for name in wanted.get(node, ()):
                        found.append((name, hop))
        return found


class _Hops:
    """What is one hop from each dataset, over a job, where that leads to what is ``wanted``.

    Of that the names are known. Nothing else is ``on_ways``.
    """

    def __init__(self, pairs: _Pairs, wanted: dict[int, list[str]]) -> None:
        self.wanted = wanted
        self.near: dict[int, list[int]] = {}
        for near, far in zip(*(nodes.tolist() for nodes in pairs), strict=True):
            self.near.setdefault(near, []).append(far)
        self.on_ways = {*self.near, *wanted}


class _Edges:
    """What is observed and what is declared, as edges alike between numbered nodes.

    Behind the nodes of the graph come the datasets that no event has named, and each declared step
    as a job. ``nodes`` are those of the names that were given.
    """

    def __init__(self, around: Neighbourhood, names: Sequence[str]) -> None:
        self._view = around.view
        flows = around.declared()
        ends = [name for flow in flows for name in flow]
        numbers = np.array(around.number([*names, *ends]), dtype=np.int64)
        # A dataset that no run has named is past all that has edges.
        past = max(self._view.size, 1 + int(numbers.max(initial=0)))
        first = past - int(numbers.min(initial=0))
        self._size = first + len(flows)
        numbers = np.where(numbers < 0, first + numbers, numbers)
        self.nodes = dict(zip(names, numbers.tolist(), strict=False))
        jobs, declared = np.arange(first, self._size), numbers[len(names) :]
        self._reads = np.concatenate((declared[::2], jobs))
        self._makes = np.concatenate((jobs, declared[1::2]))

    def between(self, begin: Sequence[int], end: Sequence[int], most: int) -> tuple[_Pairs, _Pairs]:
        """Return the edges on ways of ``most`` steps down of ``begin`` to ``end``, each turned.

        First those from datasets to jobs, then those from jobs to datasets.
        """
        down = self._steps(np.array(begin, dtype=np.int64), most)
        up = np.full_like(down, _FAR)
        found: tuple[list[_Pairs], list[_Pairs]] = [_NO_PAIRS], [_NO_PAIRS]
        up[np.array(end, dtype=np.int64)] = 0
        for step in range(most):
            for near, far in self._follow(np.flatnonzero(up == step), is_upstream=True):
                is_on_way = down.take(far) + step < most
                kept = far.compress(is_on_way)
                found[step % 2].append((near.compress(is_on_way), kept))
                up[kept.compress(up.take(kept) == _FAR)] = step + 1
        to_jobs, from_jobs = map(_together, found)
        return to_jobs, from_jobs

    def _steps(self, begin: NDArray[np.int64], most: int) -> NDArray[np.int8]:
        """Return how many steps down of ``begin`` each node is."""
        steps = np.full(self._size, _FAR, dtype=np.int8)
        steps[begin] = 0
        for step in range(most):
            for _near, far in self._follow(np.flatnonzero(steps == step), is_upstream=False):
                steps[far.compress(steps.take(far) == _FAR)] = step + 1
        return steps

    def _follow(self, nodes: NDArray[np.int64], *, is_upstream: bool) -> Iterator[_Pairs]:
        """Yield the edges behind ``nodes``: where each was followed from, and where it leads."""
        inside = nodes.compress(nodes < self._view.size).astype(np.int32)
        for scan in self._view.scan(inside, is_upstream=is_upstream):
            yield scan.near, scan.far
        if len(self._reads):
            ends = (self._reads, self._makes)
            near, far = reversed(ends) if is_upstream else ends
            is_near = np.isin(near, nodes)
            yield near.compress(is_near), far.compress(is_near)


def _together(pairs: Iterable[_Pairs]) -> _Pairs:
    near, far = map(np.concatenate, zip(*pairs, strict=True))
    return near, far


def _joined(to_jobs: _Pairs, from_jobs: _Pairs) -> _Pairs:
    """Return which datasets are beyond the jobs that others lead to."""
    datasets, jobs = to_jobs
    order = from_jobs[0].argsort(kind="stable")
    over, beyond = (nodes.take(order) for nodes in from_jobs)
    begins = over.searchsorted(jobs)
    lengths = over.searchsorted(jobs, side="right") - begins
    return datasets.repeat(lengths), beyond.take(ranges(begins, lengths))


def _by_node(names: Iterable[str], nodes: dict[str, int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for name in dict.fromkeys(names):
        found.setdefault(nodes[name], []).append(name)
    return found
