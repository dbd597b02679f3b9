"""Sets of ids, each stored once: what a run reads, what it writes, which columns it makes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final

from hub.domain.names import DatasetName
from hub.domain.openlineage.events import DIGEST_BYTES
from hub.store.projection.columns import column_set_key
from hub.store.projection.containers import Uses
from hub.store.projection.memory import ColumnSetKey, Writing
from hub.store.projection.rows import insert_rows, matching, select_in
from hub.store.tables import io_set, io_set_member

_FIND_SETS: Final = matching("digest, id", "io_set", ("digest",))
_FIND_MEMBERS: Final = matching("set_id, member_id", "io_set_member", ("set_id",))

_NOTHING: Final[frozenset[int]] = frozenset()


class NamedIds:
    """What lists of datasets name, by id; a list is looked at once a batch, as most repeat."""

    def __init__(
        self,
        datasets: Mapping[DatasetName, int],
        column_sets: Mapping[ColumnSetKey, frozenset[int]],
    ) -> None:
        """Look into the ids of datasets, and into what is remembered of columns."""
        self._ids = datasets
        self._column_sets = column_sets
        self._datasets: dict[Uses, frozenset[int]] = {}
        self._columns: dict[tuple[int, Uses], frozenset[int]] = {}

    def datasets(self, uses: Uses) -> frozenset[int]:
        """Return the datasets."""
        found = self._datasets.get(uses)
        if found is None:
            found = frozenset(self._ids[each.dataset] for each in uses.named)
            self._datasets[uses] = found
        return found

    def columns(self, job_id: int, uses: Uses) -> frozenset[int]:
        """Return the column dependencies that the facets of outputs say that a job makes."""
        if not uses.columns:
            return _NOTHING
        found = self._columns.get((job_id, uses))
        if found is None:
            sets = (
                self._column_sets[column_set_key(job_id, self._ids[output], said)]
                for output, said in uses.columns
            )
            found = self._columns[job_id, uses] = _NOTHING.union(*sets)
        return found


def ensure_sets(
    writing: Writing, wanted: Iterable[frozenset[int]]
) -> dict[frozenset[int], int | None]:
    """Return the id of every set; None stands for the empty one."""
    digests = {members: _digest(members) for members in wanted if members}
    known, members_of = writing.memory.sets, writing.memory.members
    missing = [(digest,) for digest in digests.values() if digest not in known]
    for digest, key in select_in(writing.connection, _FIND_SETS, missing):
        known[bytes(digest)] = key
    sets, rows = [], []
    for members, digest in digests.items():
        if digest not in known:
            known[digest] = writing.new_id(io_set)
            sets.append((known[digest], digest))
            rows += [(known[digest], member) for member in members]
        members_of[known[digest]] = members
    insert_rows(writing.connection, io_set, sets)
    insert_rows(writing.connection, io_set_member, rows)
    ids: dict[frozenset[int], int | None] = {_NOTHING: None}
    ids.update((members, known[digest]) for members, digest in digests.items())
    return ids


def recall_members(writing: Writing, ids: Iterable[int | None]) -> dict[int | None, frozenset[int]]:
    """Return the members of sets by the sets' ids; None stands for the empty one."""
    known = writing.memory.members
    wanted = {key for key in ids if key is not None}
    found: dict[int, list[int]] = {key: [] for key in wanted if key not in known}
    for key, member in select_in(writing.connection, _FIND_MEMBERS, [(key,) for key in found]):
        found[key].append(member)
    known.update((key, frozenset(members)) for key, members in found.items())
    result: dict[int | None, frozenset[int]] = {None: _NOTHING}
    result.update((key, known[key]) for key in wanted)
    return result


def _digest(members: frozenset[int]) -> bytes:
    return blake2b(array("q", sorted(members)).tobytes(), digest_size=DIGEST_BYTES).digest()
