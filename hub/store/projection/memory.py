"""What the writer remembers of the store, so that a batch reads little of it.

The writer is the only one that writes the lineage tables, and its position moves with them in one
transaction: so what it remembers holds until that transaction fails, and must then be forgotten.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec import Struct, field
from sqlalchemy import Connection, Table, func, select

from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.openlineage.runs import Order, RunEventKey
from hub.store.projection.batch import Span

_MAX_REMEMBERED: Final = 200_000
# Those that are wide, by their names.
_MAX_OF: Final = {"runs": 20_000, "siblings": 20_000}
_NONE_KNOWN: Final = 1 << 63
# Of a run that is started over and over, and never ends.
MAX_KEYS_OF_RUN: Final = 100


class Seen(Struct):
    """A dataset or job: its id, and when it was named."""

    id: int
    span: Span


class Content(Struct, frozen=True, gc=False):
    """One content of a facet: when it was said first and last, and since which position.

    ``span_id`` is that of its row in ``facet_span``; one that is new has none. One that
    ``is_partial`` gives way to any other.
    """

    digest: bytes
    first_at: int
    last_at: int
    rank: int
    position: int
    span_id: int | None = None
    is_partial: bool = False

    @property
    def order(self) -> tuple[bool, Order]:
        """What it competes by with other contents of the facet."""
        return not self.is_partial, Order(self.last_at, self.rank, self.digest)

    def widened(self, other: Content) -> Content:
        """Return the same content as both say it."""
        later = other if (other.last_at, other.rank) > (self.last_at, self.rank) else self
        return Content(
            self.digest,
            min(self.first_at, other.first_at),
            later.last_at,
            later.rank,
            min(self.position, other.position),
            self.span_id,
            self.is_partial,
        )


class RunRow(Struct, frozen=True, gc=False):
    """A row of ``run``: the same columns in the same order, but the producer's name for its id.

    ``run_id`` is packed, as it is stored.
    """

    id: int
    job_id: int
    run_id: str | bytes
    state: str | None = None
    attempt: int = 0
    started_at: int | None = None
    ended_at: int | None = None
    first_event_at: int | None = None
    last_event_at: int | None = None
    anchor_at: int | None = None
    nominal_start_at: int | None = None
    nominal_end_at: int | None = None
    parent_id: int | None = None
    root_id: int | None = None
    input_set_id: int | None = None
    output_set_id: int | None = None
    column_set_id: int | None = None
    producer: str | None = None
    error_message: str | None = None
    nominal_order: bytes | None = None
    parent_order: bytes | None = None
    error_order: bytes | None = None
    said: int = 0
    faults: int = 0
    begun: bytes | None = None


class OpenRun(Struct, frozen=True, gc=False):
    """A run that has not ended, and those of its events that tell of a start or an end.

    ``is_measured``: the store may have measures or tests of what it read and wrote.
    """

    row: RunRow
    keys: tuple[RunEventKey, ...]
    is_measured: bool


class Settled(NamedTuple):
    """A side of a job on which recent runs all name the same, and nothing else has been open.

    A run of which the group began at ``since`` or later and that names just the members of that set
    again moves no interval: only when its edges were last seen, which for all of them was at
    ``last_at`` or later.
    """

    set_id: int
    since: int
    last_at: int


class Siblings(Struct):
    """When groups of siblings began, by job, parent and day.

    All groups are here whose parent's id is above ``known_after``; of others, some may be.
    """

    began: dict[tuple[int, int, int], int] = field(default_factory=dict)
    known_after: int = _NONE_KNOWN

    def __len__(self) -> int:
        """Return of how many groups it is known."""
        return len(self.began)

    def begin(self, last_id: int) -> None:
        """Know all groups of parents that come after the last run there is, unless some are."""
        self.known_after = min(self.known_after, last_id)

    def clear(self) -> None:
        """Forget them all."""
        self.began.clear()
        self.known_after = _NONE_KNOWN


# By job, dataset and the digest of what it says of columns.
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
    # In force, by owner kind and id, then by facet key.
    facets: dict[tuple[str, int], dict[str, Content]] = field(default_factory=dict)
    # By dataset and digest.
    schemas: dict[tuple[int, bytes], Span] = field(default_factory=dict)
    sets: dict[frozenset[int], int] = field(default_factory=dict)
    members: dict[int, frozenset[int]] = field(default_factory=dict)
    column_nodes: dict[tuple[int, str], int] = field(default_factory=dict)
    column_sets: dict[ColumnSetKey, frozenset[int]] = field(default_factory=dict)
    column_ends: dict[int, ColumnEnds] = field(default_factory=dict)
    # Of jobs: one, that of a run's parent, that of its root.
    families: set[tuple[int, int, int]] = field(default_factory=set)
    producers: dict[str, int] = field(default_factory=dict)
    # By name, those that only others have named among them.
    runs: dict[RunName, OpenRun] = field(default_factory=dict)
    # By side and job.
    settled: dict[tuple[str, int], Settled] = field(default_factory=dict)
    siblings: Siblings = field(default_factory=Siblings)
    last_ids: dict[str, int] = field(default_factory=dict)

    def same_set(self, members: frozenset[int]) -> frozenset[int]:
        """Return a set as it is remembered: what is one object takes no time to compare."""
        key = self.sets.get(members)
        return members if key is None else self.members.get(key, members)

    def trim(self) -> None:
        """Drop whatever has grown too large."""
        for name in self.__struct_fields__:
            held = getattr(self, name)
            if len(held) > _MAX_OF.get(name, _MAX_REMEMBERED):
                held.clear()


class Writing(NamedTuple):
    """A batch being written: where to, and with what is remembered."""

    connection: Connection
    memory: Memory

    def new_id(self, table: Table) -> int:
        """Return an id that no row of the table has had."""
        new = self.memory.last_ids[table.name] = self.last_id(table) + 1
        return new

    def last_id(self, table: Table) -> int:
        """Return the highest id that a row of the table has."""
        last_ids = self.memory.last_ids
        if table.name not in last_ids:
            highest = select(func.coalesce(func.max(table.c.id), 0))
            last_ids[table.name] = self.connection.scalar(highest) or 0
        return last_ids[table.name]
