"""Names by the store's ids, in compact form: one string of bytes, and where each name begins.

A closure names thousands of nodes; asking the store for them would take longer than the walk.
Until a rebuild, names never change and ids only grow: what is new has greater ids. So do a storm's
signals name thousands of datasets, which are found the other way round, by hashes.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from hub.domain.names import NodeId, NodeKind, dataset_id, encoded
from hub.store import lineage_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from hub.store.lineage_rows import NameRows

    Ids = NDArray[np.integer]
    ReadNames = Callable[..., NameRows]

# Names that were asked for lately are kept as objects too: some tens of megabytes. Past it, all
# are forgotten, and those in use are soon known again.
_MAX_REMEMBERED: Final = 200_000

# What something without a name is in; and the id of what there is not.
_NOTHING = 0

# So many names are objects at once while all are hashed.
_CHUNK: Final = 10_000

_READERS: Final[Mapping[NodeKind, ReadNames]] = {
    NodeKind.DATASET: lineage_rows.read_dataset_names,
    NodeKind.JOB: lineage_rows.read_job_names,
    NodeKind.FIELD: lineage_rows.read_field_names,
}


class _Names:
    """Names of one kind of thing. Immutable."""

    def __init__(self) -> None:
        self._text = b""
        # The name of id n is in the text from ends[n - 1] until ends[n].
        self._ends: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
        self._owners: NDArray[np.int32] = np.full(1, _NOTHING, dtype=np.int32)

    @property
    def last(self) -> int:
        """The greatest id."""
        return len(self._owners) - 1

    def plus(self, rows: Iterable[tuple[int, int, str]]) -> _Names:
        """Return these names and those of rows (id, owner, name), in the order of ids."""
        ids, owners, texts = [], [], []
        for key, owner, name in rows:
            ids.append(key)
            owners.append(owner)
            texts.append(name.encode(errors="surrogatepass"))
        if not ids:
            return self
        more = _Names()
        places = np.array(ids) - (self.last + 1)
        lengths = np.zeros(places[-1] + 1, dtype=np.int64)
        lengths[places] = [len(text) for text in texts]
        owner_of = np.full(places[-1] + 1, _NOTHING, dtype=np.int32)
        owner_of[places] = owners
        more._text = self._text + b"".join(texts)
        more._ends = np.concatenate((self._ends, self._ends[-1] + lengths.cumsum()))
        more._owners = np.concatenate((self._owners, owner_of))
        return more

    def of(self, ids: Ids) -> tuple[list[int], list[str]]:
        """Return what each of ``ids`` is in, a namespace or a dataset, and its name.

        What has no name is in nothing.
        """
        known = np.where(ids <= self.last, ids, 0)
        begins = self._ends.take(np.maximum(known - 1, 0)).tolist()
        ends = self._ends.take(known).tolist()
        text = self._text
        names = [
            text[begin:end].decode(errors="surrogatepass")
            for begin, end in zip(begins, ends, strict=True)
        ]
        return self._owners.take(known).tolist(), names


class IdsByName:
    """Ids by what something is called, as sorted hashes: twelve bytes each. Immutable.

    ``digest`` gives the hash; what it gives alike is told apart by name.
    """

    def __init__(self, digest: Callable[[str], int] = hash) -> None:
        self._digest = digest
        self._hashes: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._ids: NDArray[np.int32] = np.empty(0, dtype=np.int32)

    def plus(self, ids: Ids, names: Iterable[str]) -> IdsByName:
        """Return these ids and others."""
        hashes = self._hashed(names)
        order = hashes.argsort()
        hashes, ids = hashes.take(order), ids.take(order)
        places = self._hashes.searchsorted(hashes)
        more = IdsByName(self._digest)
        more._hashes = np.insert(self._hashes, places, hashes)
        more._ids = np.insert(self._ids, places, ids)
        return more

    def find(self, names: Sequence[str], call: Callable[[Ids], list[str]]) -> NDArray[np.int64]:
        """Return the ids of names, 0 for what is not known; ``call`` says what ids are called."""
        hashes = self._hashed(names)
        # In order they are found several times as fast as here and there.
        places = hashes.argsort()
        hashes = hashes.take(places)
        begins = self._hashes.searchsorted(hashes)
        ends = self._hashes.searchsorted(hashes, side="right")
        found = np.full(len(names), _NOTHING, dtype=np.int64)
        while len(left := np.flatnonzero((begins < ends) & (found.take(places) == _NOTHING))):
            ids, wanted = self._ids.take(begins.take(left)), places.take(left)
            called = zip(wanted.tolist(), call(ids), strict=True)
            found[wanted] = ids * [names[place] == name for place, name in called]
            begins += 1
        return found

    def _hashed(self, names: Iterable[str]) -> NDArray[np.int64]:
        return np.fromiter(map(self._digest, names), dtype=np.int64)


class NameBook:
    """What nodes are called, read when somebody asks. Safe to use from any thread."""

    def __init__(self) -> None:
        self._reading = threading.Lock()
        self._namespaces: dict[int, str] = {}
        # What the node ids of their datasets begin with.
        self._heads: dict[int, str] = {}
        self._names = dict.fromkeys(_READERS, _Names())
        self._asked: dict[NodeKind, dict[int, NodeId]] = {kind: {} for kind in _READERS}
        # The ids of datasets by node id, with the last one.
        self._datasets = (0, IdsByName())

    def find(self, connection: Connection, kind: NodeKind, ids: Ids) -> list[NodeId | None]:
        """Return what datasets, jobs or fields are called; None for what is not known.

        The field without a name stands for its dataset as a whole, and is called as that is.
        """
        asked = self._asked[kind]
        wanted = ids.tolist()
        missing = ids[[key not in asked for key in wanted]]
        if len(missing):
            found = self._find(connection, kind, missing)
            if len(asked) + len(found) > _MAX_REMEMBERED:
                asked = self._asked[kind] = {key: asked[key] for key in wanted if key in asked}
            asked.update(
                (key, name) for key, name in zip(missing.tolist(), found, strict=True) if name
            )
        return [asked.get(key) for key in wanted]

    def call_datasets(self, connection: Connection, ids: Ids) -> list[str]:
        """Return the node ids of datasets; nothing for what is not known."""
        return self._call(self._up_to(connection, NodeKind.DATASET, int(ids.max(initial=0))), ids)

    def find_datasets(
        self, connection: Connection, names: Sequence[str], *, last: int
    ) -> NDArray[np.int64]:
        """Return the ids of datasets, by node id; 0 where none up to the ``last`` is called so."""
        found = self._look_up(names)
        if last > self._datasets[0] and not found.all():
            self._hash_up_to(connection, last)
            found = self._look_up(names)
        return np.where(found <= last, found, _NOTHING)

    def _look_up(self, names: Sequence[str]) -> NDArray[np.int64]:
        _last, by_name = self._datasets
        known = self._names[NodeKind.DATASET]
        return by_name.find(names, lambda ids: self._call(known, ids))

    def _hash_up_to(self, connection: Connection, last: int) -> None:
        self._up_to(connection, NodeKind.DATASET, last)
        with self._reading:
            names, (done, by_name) = self._names[NodeKind.DATASET], self._datasets
            ids = np.arange(done + 1, names.last + 1, dtype=np.int32)
            chunks = (ids[at : at + _CHUNK] for at in range(0, len(ids), _CHUNK))
            called = (name for chunk in chunks for name in self._call(names, chunk))
            self._datasets = (names.last, by_name.plus(ids, called))

    def _call(self, names: _Names, datasets: Ids) -> list[str]:
        heads = self._heads
        return [
            heads[owner] + encoded(name) if owner else ""
            for owner, name in zip(*names.of(datasets), strict=True)
        ]

    def _find(self, connection: Connection, kind: NodeKind, ids: Ids) -> list[NodeId | None]:
        owners, names = self._up_to(connection, kind, int(ids.max(initial=0))).of(ids)
        if kind is not NodeKind.FIELD:
            spaces = self._namespaces
            return [
                NodeId(kind, (spaces[owner], name)) if owner else None
                for owner, name in zip(owners, names, strict=True)
            ]
        wholes = self.find(connection, NodeKind.DATASET, np.array(owners, dtype=np.int64))
        return [
            NodeId(kind, (*whole.parts, name)) if whole and name else whole
            for whole, name in zip(wholes, names, strict=True)
        ]

    def _up_to(self, connection: Connection, kind: NodeKind, last: int) -> _Names:
        if last > self._names[kind].last:
            with self._reading:
                names = self._names[kind]
                more = _READERS[kind](connection, after=names.last)
                names = names.plus(more)
                newest = max(self._namespaces, default=0)
                spaces = lineage_rows.read_namespaces(connection, after=newest)
                heads = {key: dataset_id((space, "")) for key, space in spaces.items()}
                self._namespaces = self._namespaces | spaces
                self._heads = self._heads | heads
                self._names = self._names | {kind: names}
        return self._names[kind]
