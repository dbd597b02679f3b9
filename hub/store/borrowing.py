"""Borrowing what a store knows, for another one in which it is seen what would come of more.

What grows with the platform is borrowed as far as it is about some jobs and datasets, or lies near
them (``hub.store.nearby``); of what grows with its runs only the newest of those; of the journal
nothing but when it was recorded: its entries are read where they are. So they are by a store that
begins where another one was at an earlier time, whose rows are projected from them anew.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, func, or_, select, union

from hub.domain.catalog import MOST_RUNS
from hub.domain.entries import EntryKind
from hub.domain.incidents.book import REMEMBERED_MICROS
from hub.domain.incidents.incident import IncidentState
from hub.domain.names import NodeKind
from hub.domain.openlineage.events import EventType
from hub.domain.openlineage.facets import DBT_NODE
from hub.store import dialect, incident_book, inference_dues, tables, tracking
from hub.store.blocks import Block, Packer, Part, parts_of
from hub.store.dead_letters import OPEN
from hub.store.dialect import among
from hub.store.incident_book import open_signals
from hub.store.journal import Journal
from hub.store.nearby import Things, things_named, things_nearby, with_touched
from hub.store.opening import Store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import ColumnElement, Connection, Row, Select, Table

    from hub.domain.catalog import Slo
    from hub.domain.entries import Entry
    from hub.domain.names import RunName
    from hub.store.database import Database
    from hub.store.nearby import Ties

# Who decides on incidents may be behind the others, and takes up what it finds.
_ROUTE: Final = "route"
_AT_ONCE: Final = 2_000
# Of a job, or a dataset, that an SLO is about: more than it looks at, for not all of them count.
_JUDGED: Final = MOST_RUNS + 100
# Of any other: more than whoever judges a run looks at, with as many again that passed.
_NEWEST: Final = 40
_MAX_ANCESTORS: Final = 8
_KINDS: Final = (NodeKind.JOB.value, NodeKind.DATASET.value)
# For longer than that a signal does not wait to be decided on.
_JUST_BEFORE: Final = 60_000_000
# Of those that are over, what a new one may be like.
_PAST_INCIDENTS: Final = 2_000

# What people say, and what is declared: little beside what producers tell.
_WHOLE: Final = (
    *(tables.namespace, tables.producer, tables.identity_ruling, tables.hidden_thing),
    *(tables.tagging, tables.contract, tables.slo_state),
)
_OF_JOBS_NEARBY: Final = (tables.edge, tables.job_alias)
_OF_DATASETS_NEARBY: Final = (tables.symlink, tables.symlink_told, tables.lifecycle)
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
    """What is borrowed around: jobs and datasets by the store's ids, runs, SLOs.

    ``judged`` are those of the jobs and datasets that the SLOs are about.
    """

    jobs: frozenset[int]
    datasets: frozenset[int]
    judged: Things
    runs: frozenset[RunName]
    slos: tuple[Slo, ...]
    ties: Ties


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
        copying.incidents(now)
        own = with_touched(connection, Things(around.jobs, around.datasets), around.ties)
        broken = things_named(connection, incident_book.nodes_told_of(target))
        copying.nearby(things_nearby(connection, own.plus(broken), around.ties))
        copying.things(own)
        copying.runs(own, around)
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


def begin_behind(origin: Store, database: Database, position: int) -> Store:
    """Return an empty database as a store whose journal goes on after a position of another's."""
    with origin.database.read() as source, database.write() as target:
        copying = _Copying(source, target)
        copying.copy(tables.store_meta, tables.store_meta.c.name == inference_dues.NAMING_NAME)
        copying.blocks(tables.journal_block.c.first_position <= position, position)
    return Store(database, _JournalBehind(database, origin, position))


def take_as_judged(connection: Connection, position: int, *, now: int) -> None:
    """Let what is projected up to a position count as judged, and its SQL as read.

    What was raised just before, and belongs to no incident yet, is still to be decided on.
    """
    columns = tables.signal.c
    waiting = connection.scalar(
        select(func.min(columns.position)).where(
            columns.cleared_at.is_(None),
            columns.raised_at > now - _JUST_BEFORE,
            columns.id.not_in(select(tables.incident_signal.c.signal_id)),
        )
    )
    stages = dict.fromkeys(("evaluate", "failures", "infer"), position)
    stages[_ROUTE] = position if waiting is None else waiting - 1
    rows = [{"consumer": name, "position": at} for name, at in stages.items()]
    connection.execute(tables.tracking.insert(), rows)
    inference_dues.forget(connection)


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

    def nearby(self, near: Things) -> None:
        """Copy what is called how, and which job reads and writes what."""
        for table in _OF_JOBS_NEARBY:
            self.copy(table, among(table.c.job_id, near.jobs))
        for table in _OF_DATASETS_NEARBY:
            self.copy(table, among(table.c.dataset_id, near.datasets))
        for table, kind, ids in zip((tables.job, tables.dataset), _KINDS, near, strict=True):
            self.copy(table, among(table.c.id, ids))
            owned = among(tables.owner.c.entity_id, ids)
            self.copy(tables.owner, tables.owner.c.entity_kind == kind, owned)
        parents = tables.job_parent.c
        self.copy(tables.job_parent, or_(*(among(c, near.jobs) for c in parents[:2])))
        # Which jobs are one shows only where all are there that a producer calls alike.
        for table in _OF_FACET:
            is_it = table.c.owner_kind == "job", table.c.name == DBT_NODE
            self.copy(table, *is_it, among(table.c.owner_id, near.jobs))

    def things(self, own: Things) -> None:
        """Copy what is known of jobs, and of datasets."""
        for table in _OF_JOB:
            self.copy(table, among(table.c.job_id, own.jobs))
        for table in _OF_DATASET:
            self.copy(table, among(table.c.dataset_id, own.datasets))
        named = select(tables.column_dependency.c.source_id, tables.column_dependency.c.target_id)
        nodes = {*chain.from_iterable(self.target.execute(named))}
        self.copy(tables.column_node, among(tables.column_node.c.id, nodes))
        for kind, ids in zip(_KINDS, own, strict=True):
            for table in _OF_FACET:
                self.copy(table, table.c.owner_kind == kind, among(table.c.owner_id, ids))
            self.copy(
                tables.tag, tables.tag.c.entity_kind == kind, among(tables.tag.c.entity_id, ids)
            )
        spans = self.target.scalars(select(tables.facet_content.c.span_id)).all()
        self.copy(tables.facet_span, among(tables.facet_span.c.id, spans))

    def runs(self, own: Things, around: Around) -> None:
        """Copy the newest runs of jobs and on datasets, with those around them."""
        found = self._named(around.runs)
        for key in own.jobs:
            given = {"job": key, "limit": _JUDGED if key in around.judged.jobs else _NEWEST}
            for statement in (_RUNS_OF, _PASSED_OF):
                found.update(self.source.scalars(statement, given))
        for key in own.datasets:
            limit = _JUDGED if key in around.judged.datasets else _NEWEST
            given = {"dataset": key, "limit": limit}
            self.copy_rows(tables.dataset_version, _VERSIONS_OF, given)
            for statement in (_WRITERS_OF, *_MEASURED_IN):
                found.update(self.source.scalars(statement, given))
        keys = self._with_families(found)
        for table in _OF_RUN:
            self.copy(table, among(table.c.id if table is tables.run else table.c.run_id, keys))
        self.copy(tables.job, among(tables.job.c.id, {*self.target.scalars(_JOBS_OF_RUNS)}))
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
        self.blocks(tables.journal_block.c.first_position.in_(starts), until)

    def blocks(self, which: ColumnElement[bool], until: int) -> None:
        """Copy when the entries of some blocks were recorded, up to a position."""
        columns = tables.journal_block.c
        wanted = columns.first_position, columns.last_position, columns.recorded_at, columns.parts
        statement = select(*wanted).where(which)
        rows = self.source.execute(statement, execution_options={"yield_per": _AT_ONCE})
        packer = Packer(level=1)
        for some in rows.partitions():
            emptied = (_emptied(packer, row, until)._asdict() for row in some)
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


_JOBS_OF_RUNS: Final = select(tables.run.c.job_id).distinct()
_LIMIT: Final = bindparam("limit", type_=BigInteger)
_RUNS_OF: Final = (
    select(tables.run.c.id)
    .where(tables.run.c.job_id == bindparam("job", type_=BigInteger))
    .order_by(tables.run.c.anchor_at.desc().nulls_last())
    .limit(_LIMIT)
)
_PASSED_OF: Final = _RUNS_OF.where(tables.run.c.state == EventType.COMPLETE.value)
_VERSIONS_OF: Final = (
    select(tables.dataset_version)
    .where(tables.dataset_version.c.dataset_id == bindparam("dataset", type_=BigInteger))
    .order_by(tables.dataset_version.c.written_at.desc().nulls_last())
    .limit(_LIMIT)
)
_WRITERS_OF: Final = _VERSIONS_OF.with_only_columns(tables.dataset_version.c.run_id)
_MEASURED_IN: Final = tuple(
    select(table.c.run_id)
    .where(table.c.dataset_id == bindparam("dataset", type_=BigInteger))
    .order_by(table.c.event_time.desc())
    .limit(_LIMIT)
    for table in (tables.dataset_metric, tables.quality_assertion)
)
