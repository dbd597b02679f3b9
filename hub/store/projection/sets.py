"""Sets of ids, each stored once: what a run reads, what it writes, which columns it makes."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Final, NamedTuple

from hub.domain.names import DatasetName, JobName
from hub.domain.openlineage.events import DIGEST_BYTES
from hub.store.projection.batch import Usage
from hub.store.projection.columns import column_set_key
from hub.store.projection.containers import Uses
from hub.store.projection.memory import Memory, Writing
from hub.store.projection.rows import insert_rows, matching, select_in
from hub.store.tables import io_set, io_set_member

_FIND_SETS: Final = matching("digest, id", "io_set", ("digest",))
_FIND_MEMBERS: Final = matching("set_id, member_id", "io_set_member", ("set_id",))

_NOTHING: Final[frozenset[int]] = frozenset()


class Named(NamedTuple):
    """What is named at once, by id: what is read, what is written, which columns are made."""

    inputs: frozenset[int]
    outputs: frozenset[int]
    columns: frozenset[int]


def name_by_id(
    usages: Iterable[Usage],
    datasets: Mapping[DatasetName, int],
    jobs: Mapping[JobName, int],
    memory: Memory,
) -> dict[Usage, Named]:
    """Return what each usage names, by the ids of datasets and jobs and of what is remembered."""
    known: dict[Uses, frozenset[int]] = {}

    def ids_of(uses: Uses) -> frozenset[int]:
        if uses not in known:
            ids = frozenset(datasets[each.dataset] for each in uses.named)
            known[uses] = memory.same_set(ids)
        return known[uses]

    def columns_of(usage: Usage) -> Iterator[frozenset[int]]:
        job_id = jobs[usage.job]
        for output, said in usage.outputs.columns:
            yield memory.column_sets[column_set_key(job_id, datasets[output], said)]

    return {
        usage: Named(
            *(ids_of(usage.inputs), ids_of(usage.outputs)),
            memory.same_set(_NOTHING.union(*columns_of(usage))),
        )
        for usage in usages
    }


def ensure_sets(
    writing: Writing, wanted: Collection[frozenset[int]]
) -> dict[frozenset[int], int | None]:
    """Return the id of every set; None stands for the empty one."""
    known, members_of = writing.memory.sets, writing.memory.members
    missing = {_digest(members): members for members in wanted if members and members not in known}
    keys = [(digest,) for digest in missing]
    for digest, key in select_in(writing.connection, _FIND_SETS, keys):
        known[missing.pop(bytes(digest))] = key
    sets, rows = [], []
    for digest, members in missing.items():
        known[members] = writing.new_id(io_set)
        sets.append((known[members], digest))
        rows += [(known[members], member) for member in members]
    insert_rows(writing.connection, io_set, sets)
    insert_rows(writing.connection, io_set_member, rows)
    ids: dict[frozenset[int], int | None] = {_NOTHING: None}
    for members in filter(None, wanted):
        ids[members] = known[members]
        members_of.setdefault(known[members], members)
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
