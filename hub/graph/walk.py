"""Closures: everything up or down of a node, hop by hop, in force at one sight.

Both levels walk alike and differ in what a hop is. Between datasets a hop leads over a job, which
is a node of the answer too. Between fields a hop is one edge; a dependency on a dataset as a whole
(a filter, a join key) counts for each of its fields.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np

from hub.graph.adjacency import distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hub.graph.edges import Flags, Nodes
    from hub.graph.view import Scan, View

    Pairs = NDArray[np.int32]

# Up to this part of all nodes, sorting some is quicker than marking them among all.
_FEW = 1 / 48
_NO_PAIRS = np.empty((0, 2), dtype=np.int32)
_NO_NODES = np.empty(0, dtype=np.int32)
# As many walks as a byte can tell apart.
_MOST_MARKS: Final = 255


class Reach(NamedTuple):
    """How far a walk goes: ``depth`` counts hops, ``limit`` bounds the nodes of the answer."""

    is_upstream: bool
    depth: int
    limit: int


class Reached(NamedTuple):
    """A closure in numbers.

    ``hops`` runs parallel to ``nodes``. ``hidden`` are the nodes one hop further that depth or
    limit left out. ``trails`` tell of the edges. ``parts`` are pairs (source, target) that join a
    dataset as a whole with its fields, or a job with its own; ``parts_cut`` as ``Trail.cut``.
    ``is_full`` where it was the limit that ended the walk.
    """

    nodes: Nodes
    hops: NDArray[np.int32]
    hidden: Nodes
    trails: tuple[Trail, ...]
    parts: Pairs = _NO_PAIRS
    parts_cut: Pairs = _NO_PAIRS
    is_full: bool = False

    def links(self) -> Links:
        """Return all that holds between the nodes; an edge may be there several times."""
        return _concatenated([trail.links() for trail in self.trails])

    def cut(self) -> Pairs:
        """Return pairs of a node and a neighbour of it that was left out."""
        return np.concatenate([self.parts_cut, *(trail.cut() for trail in self.trails)])


class Links(NamedTuple):
    """Parallel columns of edges; ``origin`` are places in ``ORIGINS``."""

    source: Nodes
    target: Nodes
    origin: NDArray[np.uint8]


class Trail(NamedTuple):
    """What a walk in one direction has followed, and which of it led to nodes that were kept.

    None stands for all.
    """

    scans: tuple[tuple[Scan, Flags | None], ...]
    is_upstream: bool

    def links(self) -> Links:
        """Return the edges between nodes that were kept."""
        found = []
        for scan, is_inside in self.scans:
            near, far, origin = scan.near, scan.far, scan.origin
            if is_inside is not None:
                near, far = near.compress(is_inside), far.compress(is_inside)
                origin = origin.compress(is_inside)
            ends = (far, near) if self.is_upstream else (near, far)
            found.append(Links(*ends, origin))
        return _concatenated(found)

    def cut(self) -> Pairs:
        """Return the edges that lead from a node that was kept to one that was not."""
        pairs = [_NO_PAIRS]
        for scan, is_inside in self.scans:
            if is_inside is not None:
                ends = scan.near.compress(~is_inside), scan.far.compress(~is_inside)
                pairs.append(np.stack(ends, axis=1))
        return np.concatenate(pairs)


class _Marks:
    """Which nodes a walk has seen: those that bear its number."""

    def __init__(self, size: int) -> None:
        self.of_nodes = np.zeros(size, dtype=np.uint8)
        self.number = 0

    def begin(self) -> None:
        """Take the next number; none of the nodes bears it."""
        self.number += 1
        if self.number > _MOST_MARKS:
            self.of_nodes[:] = 0
            self.number = 1

    def put(self, nodes: Nodes) -> None:
        self.of_nodes[nodes] = self.number

    def have(self, nodes: Nodes) -> Flags:
        """Return which of ``nodes`` have been seen."""
        found: Flags = self.of_nodes.take(nodes) == self.number
        return found

    def lack(self, nodes: Nodes) -> Flags:
        """Return which of ``nodes`` have not been seen."""
        found: Flags = self.of_nodes.take(nodes) != self.number
        return found


class _Lender(threading.local):
    """Lends the same marks to a thread's walks, one after another.

    A small walk in a large graph would spend most of its time on getting new ones.
    """

    def __init__(self) -> None:
        self._marks: list[_Marks] = []

    def borrow(self, size: int) -> _Marks:
        fits = self._marks and len(self._marks[-1].of_nodes) >= size
        marks = self._marks.pop() if fits else _Marks(size)
        marks.begin()
        return marks

    def give_back(self, marks: _Marks) -> None:
        self._marks = [marks]


_LENDER: Final = _Lender()


class Walk:
    """One walk in one direction: what has been seen, kept and scanned so far."""

    def __init__(self, view: View, reach: Reach, size: int) -> None:
        self._view = view
        self._reach = reach
        self._size = max(size, view.size)
        self._seen = _LENDER.borrow(self._size)
        self._kept: list[Nodes] = []
        self._hops: list[int] = []
        self._scanned: list[Scan] = []
        self._room = reach.limit
        self.is_full = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Let another walk have the marks."""
        _LENDER.give_back(self._seen)

    def keep(self, nodes: Nodes, hop: int) -> Nodes:
        """Add nodes to the answer, as many as the limit allows; return those."""
        self.is_full = len(nodes) > self._room
        kept = nodes[: self._room]
        self._room -= len(kept)
        self._seen.put(kept)
        self._kept.append(kept)
        self._hops.append(hop)
        return kept

    def step(self, frontier: Nodes, hop: int) -> Nodes:
        """Add what lies directly behind ``frontier``; return it."""
        return self.keep(self.behind(frontier), hop)

    def behind(self, frontier: Nodes) -> Nodes:
        """Return the nodes directly behind ``frontier`` that are not in the answer."""
        return self.unseen(self.scan(frontier))

    def scan(self, nodes: Nodes) -> Nodes:
        """Follow the edges in force behind ``nodes``, and remember them; return where they lead."""
        scans = self._view.scan(nodes, is_upstream=self._reach.is_upstream)
        self._scanned += scans
        return joined([scan.far for scan in scans])

    def peek(self, nodes: Nodes) -> list[Scan]:
        """Follow the edges in force behind ``nodes``."""
        return self._view.scan(nodes, is_upstream=self._reach.is_upstream)

    def unseen(self, nodes: Nodes) -> Nodes:
        """Return those of ``nodes`` that are not in the answer: sorted, each once."""
        fresh = nodes.compress(self._seen.lack(nodes))
        if len(fresh) < _FEW * self._size:
            return distinct(fresh)
        marks = np.zeros(self._size, dtype=np.bool_)
        marks[fresh] = True
        return np.flatnonzero(marks).astype(np.int32)

    def finish(self, frontier: Nodes) -> Reached:
        """Look one hop past the last ``frontier``, and sum up."""
        # Whatever an earlier hop led to was kept, unless there was no more room.
        first_cut = 0 if self.is_full else len(self._scanned)
        hidden = self.behind(frontier)
        if self.is_full:
            hidden = self.unseen(joined([scan.far for scan in self._scanned]))
        scans = [
            (scan, self._seen.have(scan.far) if number >= first_cut else None)
            for number, scan in enumerate(self._scanned)
        ]
        lengths = [len(kept) for kept in self._kept]
        return Reached(
            nodes=np.concatenate(self._kept),
            hops=np.array(self._hops, dtype=np.int32).repeat(lengths),
            hidden=hidden,
            trails=(Trail(tuple(scans), self._reach.is_upstream),),
            is_full=self.is_full,
        )


def walk_datasets(view: View, start: int | NDArray[np.int64], reach: Reach) -> Reached:
    """Walk between datasets over jobs, from one or several; from a job, its datasets are hop 1.

    Datasets are even nodes and jobs odd ones.
    """
    begin = distinct(np.atleast_1d(np.asarray(start, dtype=np.int32)))
    with Walk(view, reach, int(begin[-1]) + 1) as walk:
        frontier = walk.keep(begin, 0)
        is_job = bool(begin[0] % 2)
        for hop in range(1, reach.depth + 1):
            if hop > 1 or not is_job:
                frontier = walk.step(frontier, hop)
            if not walk.is_full:
                frontier = walk.step(frontier, hop)
            if walk.is_full or not len(frontier):
                break
        reached = walk.finish(frontier)
        if not len(reached.hidden):
            return reached
        jobs = reached.hidden.compress(reached.hidden % 2 == 1)
        behind = walk.unseen(joined([scan.far for scan in walk.peek(jobs)]))
    return reached._replace(hidden=distinct(joined([reached.hidden, behind])))


def merge(one: Reached, other: Reached) -> Reached:
    """Join what was reached upstream and downstream of one start, the nearest first."""
    nodes = np.concatenate((one.nodes, other.nodes))
    hops = np.concatenate((one.hops, other.hops))
    order = np.lexsort((hops, nodes))
    first = order.compress(np.diff(nodes[order], prepend=-1) != 0)
    first = first[np.argsort(hops[first], kind="stable")]
    hidden = distinct(np.concatenate((one.hidden, other.hidden)))
    return Reached(
        nodes=nodes[first],
        hops=hops[first],
        hidden=hidden.compress(~np.isin(hidden, nodes)),
        trails=(*one.trails, *other.trails),
        parts=np.concatenate((one.parts, other.parts)),
        parts_cut=np.concatenate((one.parts_cut, other.parts_cut)),
        is_full=one.is_full or other.is_full,
    )


def joined(found: list[Nodes]) -> Nodes:
    """Return several lists of nodes as one."""
    if len(found) == 1:
        return found[0]
    return np.concatenate([_NO_NODES, *found])


def _concatenated(found: list[Links]) -> Links:
    return Links(
        source=joined([links.source for links in found]),
        target=joined([links.target for links in found]),
        origin=np.concatenate([np.empty(0, dtype=np.uint8), *(links.origin for links in found)]),
    )
