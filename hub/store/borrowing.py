"""Borrowing what a store knows, for another one in which it is seen what would come of more.

What grows with the platform is borrowed, whole or as far as it is about some jobs and datasets; of
what grows with its runs only the newest of those; of the journal nothing but when it was recorded:
its entries are read where they are.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, func, or_, select, union

from hub.domain.catalog import MOST_RUNS
from hub.domain.entries import EntryKind
from hub.domain.incidents.book import REMEMBERED_MICROS
from hub.domain.incidents.incident import IncidentState
from hub.domain.openlineage.facets import DBT_NODE
from hub.store import dialect, inference_dues, tables, tracking
from hub.store.blocks import Block, Packer, Part, parts_of
from hub.store.dead_letters import OPEN
from hub.store.dialect import among
from hub.store.incident_book import open_signals
from hub.store.journal import Journal
from hub.store.opening import Store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import ColumnElement, Connection, Row, Select, Table

    from hub.domain.catalog import Slo
    from hub.domain.entries import Entry
    from hub.domain.names import RunName
    from hub.store.database import Database

# Who decides on incidents may be behind the others, and takes up what it finds.
_ROUTE: Final = "route"
_AT_ONCE: Final = 2_000
# Of a job, or a dataset: more than an SLO looks at, for not all of them count.
_NEWEST: Final = MOST_RUNS + 100
_MAX_ANCESTORS: Final = 8
# Of those that are over, what a new one may be like.
_PAST_INCIDENTS: Final = 2_000

_WHOLE: Final = (
    *(tables.namespace, tables.dataset, tables.job, tables.edge, tables.owner, tables.producer),
    *(tables.symlink, tables.symlink_told, tables.lifecycle, tables.job_alias),
    *(tables.identity_ruling, tables.hidden_thing, tables.tagging),
    # Whoever infers looks at all jobs that one run starts.
    *(tables.contract, tables.slo_state, tables.job_parent),
)
_OF_JOB: Final = (
    *(tables.declaration, tables.inference, tables.job_dependency),
    *(tables.column_dependency, tables.column_edge),
)
_OF_DATASET: Final = (tables.field, tables.schema_version, tables.data_source, tables.column_node)
_OF_FACET: Final = (tables.facet, tables.facet_content)
_OF_RUN: Final = (
    *(tables.run, tables.run_event, tables.lost_run),
    *(tables.quality_assertion, tables.dataset_metric),
)
_OF_SLO: Final = (tables.slo_change, tables.slo_count)
_OF_INCIDENT: Final = (tables.incident_signal, tables.incident_entry, tables.notification)


class Around(NamedTuple):
    """What is borrowed around: jobs and datasets by the store's ids, runs, SLOs."""

    jobs: frozenset[int]
    datasets: frozenset[int]
    runs: frozenset[RunName]
    slos: tuple[Slo, ...]


class Borrowed(NamedTuple):
    """A store that knows what another one did when that was at a position of its journal."""

    store: Store
    position: int


def borrow(
    connection: Connection, origin: Store, database: Database, around: Around, *, now: int
) -> Borrowed:
    """Fill an empty database with what a snapshot of another store knows around some things.

    What is in the journal, and no stage has come to, is left out.
    """
    stages = tracking.positions(connection)
    until = max(stages.values(), default=0)
    with database.write() as target:
        copying = _Copying(connection, target)
        for table in _WHOLE:
            copying.copy(table)
        copying.things(around)
        copying.runs(around)
        copying.incidents(now)
        copying.letters()
        copying.slos(around.slos)
        copying.copy(tables.silence, tables.silence.c.ends_at > now)
        copying.copy(tables.store_meta, tables.store_meta.c.name == inference_dues.NAMING_NAME)
        copying.places(until)
        copying.put(
            tables.tracking,
            (
                {"consumer": name, "position": at if name == _ROUTE else until}
                for name, at in stages.items()
            ),
        )
    return Borrowed(Store(database, _JournalBehind(database, origin, until)), until)


class _JournalBehind(Journal):
    """A journal that goes on where another one was: what is up to there is read from that one."""

    def __init__(self, database: Database, origin: Store, until: int) -> None:
        super().__init__(database)
        self._origin = origin
        self._until = until

    def read_blocks(self, connection: Connection, *, after: int, limit: int) -> list[Entry]:
        """As in the journal."""
        if after >= self._until:
            return super().read_blocks(connection, after=after, limit=limit)
        with self._origin.database.read() as behind:
            found = self._origin.journal.read_blocks(behind, after=after, limit=limit)
        return [each for each in found if each.position <= self._until]

    def read_at(self, connection: Connection, positions: Iterable[int]) -> list[Entry]:
        """As in the journal."""
        wanted = list(positions)
        new = [each for each in wanted if each > self._until]
        found = super().read_at(connection, new)
        if len(new) < len(wanted):
            with self._origin.database.read() as behind:
                old = [each for each in wanted if each <= self._until]
                found += self._origin.journal.read_at(behind, old)
        entries = {each.position: each for each in found}
        return [entries[each] for each in wanted]


class _Copying(NamedTuple):
    """From which snapshot to which store; a row that is there already stays."""

    source: Connection
    target: Connection

    def copy(self, table: Table, *conditions: ColumnElement[bool]) -> None:
        """Copy the rows that meet all conditions."""
        self.copy_rows(table, select(table).where(*conditions))

    def copy_rows(
        self, table: Table, statement: Select[Any], given: dict[str, Any] | None = None
    ) -> None:
        """Copy the rows that a statement selects of a table."""
        rows = self.source.execute(statement, given, execution_options={"yield_per": _AT_ONCE})
        for some in rows.partitions():
            self.put(table, (row._asdict() for row in some))

    def put(self, table: Table, rows: Iterable[dict[str, Any]]) -> None:
        """Put rows into the store."""
        found = [*rows]
        if found:
            adding = dialect.insert(self.target, table).on_conflict_do_nothing()
            self.target.execute(adding, found)

    def things(self, around: Around) -> None:
        """Copy what is known of the jobs, and of the datasets, and of what the jobs touch."""
        touched = select(tables.edge.c.dataset_id).where(among(tables.edge.c.job_id, around.jobs))
        datasets = {*around.datasets, *self.source.scalars(touched)}
        for table in _OF_JOB:
            self.copy(table, among(table.c.job_id, around.jobs))
        for table in _OF_DATASET:
            self.copy(table, among(table.c.dataset_id, datasets))
        named = select(tables.column_dependency.c.source_id, tables.column_dependency.c.target_id)
        nodes = {*chain.from_iterable(self.target.execute(named))}
        self.copy(tables.column_node, among(tables.column_node.c.id, nodes))
        # Which jobs are one shows only where all are there that a producer calls alike.
        for table in _OF_FACET:
            self.copy(table, table.c.owner_kind == "job", table.c.name == DBT_NODE)
        for kind, ids in (("job", around.jobs), ("dataset", datasets)):
            for table in _OF_FACET:
                self.copy(table, table.c.owner_kind == kind, among(table.c.owner_id, ids))
            self.copy(
                tables.tag, tables.tag.c.entity_kind == kind, among(tables.tag.c.entity_id, ids)
            )
        spans = self.target.scalars(select(tables.facet_content.c.span_id)).all()
        self.copy(tables.facet_span, among(tables.facet_span.c.id, spans))

    def runs(self, around: Around) -> None:
        """Copy the newest runs of the jobs and on the datasets, with those around them."""
        touched = select(tables.edge.c.dataset_id).where(among(tables.edge.c.job_id, around.jobs))
        found = self._named(around.runs)
        for key in around.jobs:
            found.update(self.source.scalars(_RUNS_OF, {"job": key}))
        for key in {*around.datasets, *self.source.scalars(touched)}:
            self.copy_rows(tables.dataset_version, _VERSIONS_OF, {"dataset": key})
            found.update(self.source.scalars(_WRITERS_OF, {"dataset": key}))
            for statement in _MEASURED_IN:
                found.update(self.source.scalars(statement, {"dataset": key}))
        keys = self._with_families(found)
        for table in _OF_RUN:
            self.copy(table, among(table.c.id if table is tables.run else table.c.run_id, keys))
        self._sets()

    def _named(self, names: Collection[RunName]) -> set[int]:
        columns = tables.run.c
        found: set[int] = set()
        ids = sorted({each.run_id for each in names})
        for start in range(0, len(ids), _AT_ONCE):
            some = columns.run_id.in_(ids[start : start + _AT_ONCE])
            found.update(self.source.scalars(select(columns.id).where(some)))
        return found

    def _with_families(self, keys: set[int]) -> set[int]:
        """Return runs with those around them."""
        columns = tables.run.c
        found, new = set(keys), keys
        for _level in range(_MAX_ANCESTORS):
            around = select(columns.parent_id, columns.root_id).where(among(columns.id, new))
            outer = {*chain.from_iterable(self.source.execute(around))}
            new = {each for each in outer if each is not None} - found
            if not new:
                break
            found |= new
        return found

    def _sets(self) -> None:
        """Copy the sets that what was copied has."""
        holders = (tables.run, tables.declaration, tables.inference)
        named = union(
            *(
                select(each.c[name])
                for each in holders
                for name in ("input_set_id", "output_set_id", "column_set_id")
            )
        )
        sets = {each for each in self.target.scalars(named) if each is not None}
        self.copy(tables.io_set, among(tables.io_set.c.id, sets))
        self.copy(tables.io_set_member, among(tables.io_set_member.c.set_id, sets))

    def incidents(self, now: int) -> None:
        """Copy the open incidents with all of theirs, and those that are over as route recalls."""
        columns, signals = tables.incident.c, tables.signal.c
        is_open = columns.state != IncidentState.RESOLVED.value
        recalled = or_(is_open, columns.resolved_at > now - REMEMBERED_MICROS)
        self.copy(tables.incident, recalled)
        past = select(tables.incident).order_by(columns.opened_at.desc(), columns.id.desc())
        self.copy_rows(tables.incident, past.limit(_PAST_INCIDENTS))
        theirs = select(columns.id).where(recalled)
        for table in _OF_INCIDENT:
            self.copy(table, table.c.incident_id.in_(theirs))
        members = select(tables.incident_signal.c.signal_id).where(
            tables.incident_signal.c.incident_id.in_(theirs)
        )
        self.copy(tables.signal, or_(signals.cleared_at.is_(None), signals.id.in_(members)))

    def letters(self) -> None:
        """Copy a dead letter for each open signal of such, for as long as which it is open."""
        columns = tables.dead_letter.c
        for each in open_signals(self.source):
            if each.rule is not None:
                is_of = and_(columns.product == each.product, columns.step == each.step)
                letters = select(tables.dead_letter).where(
                    is_of, columns.state == OPEN, columns.rule == each.rule
                )
                self.copy_rows(tables.dead_letter, letters.limit(1))

    def slos(self, slos: Collection[Slo]) -> None:
        """Copy how SLOs have stood."""
        names = [each.name for each in slos]
        for table in _OF_SLO:
            self.copy(table, table.c.name.in_(names))

    def places(self, until: int) -> None:
        """Copy when the entries that runs name were recorded, and the last one."""
        if not until:
            return
        positions = [*self.target.scalars(select(tables.run_event.c.position)), until]
        wanted = dialect.table_of_ids(positions)
        other = tables.journal_block.alias()
        first = select(func.max(other.c.first_position)).where(
            other.c.first_position <= wanted.c.id
        )
        starts = select(first.scalar_subquery()).select_from(wanted)
        columns = tables.journal_block.c
        rows = self.source.execute(
            select(
                columns.first_position, columns.last_position, columns.recorded_at, columns.parts
            ).where(columns.first_position.in_(starts))
        )
        packer = Packer(level=1)
        emptied = (_emptied(packer, row, until)._asdict() for row in rows)
        self.put(tables.journal_block, emptied)


def _emptied(packer: Packer, row: Row[*tuple[Any, ...]], until: int) -> Block:
    """Return a block up to a position, of entries without their bodies as of archived ones."""
    left = until - row.first_position + 1
    parts: list[Part] = []
    for part in parts_of(row):
        if left > 0:
            parts.append(part._replace(size=min(part.size, left)))
            left -= part.size
    entries = [(EntryKind.ARCHIVED, b"")] * sum(part.size for part in parts)
    return packer.pack(row.first_position, entries, parts)


_RUNS_OF: Final = (
    select(tables.run.c.id)
    .where(tables.run.c.job_id == bindparam("job", type_=BigInteger))
    .order_by(tables.run.c.anchor_at.desc().nulls_last())
    .limit(_NEWEST)
)
_VERSIONS_OF: Final = (
    select(tables.dataset_version)
    .where(tables.dataset_version.c.dataset_id == bindparam("dataset", type_=BigInteger))
    .order_by(tables.dataset_version.c.written_at.desc().nulls_last())
    .limit(_NEWEST)
)
_WRITERS_OF: Final = _VERSIONS_OF.with_only_columns(tables.dataset_version.c.run_id)
_MEASURED_IN: Final = tuple(
    select(table.c.run_id)
    .where(table.c.dataset_id == bindparam("dataset", type_=BigInteger))
    .order_by(table.c.event_time.desc())
    .limit(_NEWEST)
    for table in (tables.dataset_metric, tables.quality_assertion)
)
