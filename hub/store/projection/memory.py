"""What the writer remembers of the store, so that a batch reads little of it.

The writer is the only one that writes the lineage tables, and its position moves with them in one
transaction: so what it remembers holds until that transaction fails, and must then be forgotten.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec import Struct, field
from sqlalchemy import Connection, Table, func, select

from hub.domain.names import DatasetName, JobName
from hub.domain.runs import Order

_MAX_REMEMBERED: Final = 200_000


class Seen(Struct):
    """A dataset or job: its id, and the first and last event time that names it."""

    id: int
    first_at: int | None
    last_at: int | None


# By job, dataset and the columnLineage facet's digest.
ColumnSetKey = tuple[int, int, bytes]


class ColumnEnds(NamedTuple):
    """A column dependency's job, source field and target field, by id."""

    job_id: int
    source_id: int
    target_id: int


class Memory(Struct):
    """Rows by natural key. Every entry may be dropped at any time between batches."""

    namespaces: dict[str, int] = field(default_factory=dict)
    datasets: dict[DatasetName, Seen] = field(default_factory=dict)
    jobs: dict[JobName, Seen] = field(default_factory=dict)
    # By owner kind and id, then by facet key.
    facets: dict[tuple[str, int], dict[str, Order]] = field(default_factory=dict)
    # By dataset and digest: first and last seen.
    schemas: dict[tuple[int, bytes], tuple[int, int]] = field(default_factory=dict)
    sets: dict[bytes, int] = field(default_factory=dict)
    members: dict[int, frozenset[int]] = field(default_factory=dict)
    column_nodes: dict[tuple[int, str], int] = field(default_factory=dict)
    column_sets: dict[ColumnSetKey, frozenset[int]] = field(default_factory=dict)
    column_ends: dict[int, ColumnEnds] = field(default_factory=dict)
    last_ids: dict[str, int] = field(default_factory=dict)

    def trim(self) -> None:
        """Drop whatever has grown too large."""
        for name in self.__struct_fields__:
            held = getattr(self, name)
            if len(held) > _MAX_REMEMBERED:
                held.clear()


class Writing(NamedTuple):
    """A batch being written: where to, and with what is remembered."""

    connection: Connection
    memory: Memory

    def new_id(self, table: Table) -> int:
        """Return an id that no row of the table has had."""
        last_ids = self.memory.last_ids
        if table.name not in last_ids:
            highest = select(func.coalesce(func.max(table.c.id), 0))
            last_ids[table.name] = self.connection.scalar(highest) or 0
        last_ids[table.name] += 1
        return last_ids[table.name]
