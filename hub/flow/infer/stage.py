"""The stage itself: reads the SQL of jobs that lack lineage, as what it means may have changed.

What is inferred of a job follows from all that is known by now, whatever the order in which that
came; so it is inferred again whenever that changes. It is a decision: appended, and replayed by a
rebuild.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec
import structlog
from msgspec.structs import replace
from prometheus_client import Counter

from hub.domain.catalog import Catalog
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import Conflict, HubError
from hub.domain.identity.naming import Writings
from hub.domain.incidents.decisions import LineageInferred, encode_decision
from hub.domain.lineage.inference import (
    BY_THE_RUN,
    NEARBY,
    Inference,
    InferredField,
    Known,
    SqlOutcome,
    SqlReading,
    Text,
    confidence_of,
    database_of,
    dialect_of,
    in_turn,
    resolve,
)
from hub.domain.names import DatasetName, NodeKind
from hub.store import inference_dues, sql_readings, tracking
from hub.store.unsaid_lineage import Unsaid, fields_of, unsaid_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.identity.naming import NamingRule
    from hub.spi.sql_reader import SqlColumn, SqlReader, SqlTables
    from hub.store.opening import Store

_log = structlog.get_logger(__name__)

# Others wait for the store and the interpreter meanwhile.
_JOBS_A_STEP: Final = 50
_CHANGES_A_STEP: Final = 500
_PROJECT: Final = "project"
_MAX_REMEMBERED: Final = 2_000
# So many tables are named that nobody knows.
_NAMED: Final = 5

_READ: Final = Counter("hub_sql_texts", "Texts of SQL by what became of them", ["outcome"])

_Answer = TypeVar("_Answer")

# Makes a reader by its name. Its library is loaded then, so only when there is SQL to be read.
MakeReader = Callable[[str], "SqlReader"]


class _Tables(NamedTuple):
    """What a text names, and who has read it."""

    reader: str
    named: SqlTables


class _Said(NamedTuple):
    """What a text says that is lacking, and what became of it."""

    inference: Inference | None
    reading: SqlReading


class _Found(NamedTuple):
    """What a job's texts say in turn, and what became of the one in force, if it matters."""

    said: tuple[Inference, ...]
    reading: SqlReading | None


class Infer:
    """Reads the SQL of jobs without lineage, and says what it means where that is not said yet."""

    name = "infer"

    def __init__(
        self,
        store: Store,
        readers: Sequence[str],
        make: MakeReader,
        *,
        clock: Callable[[], int],
        catalog: Callable[[], Catalog] = Catalog,
    ) -> None:
        """Prepare the stage; of several readers the first that knows anything of a text counts.

        Without any, what changes is kept until there is one. ``catalog`` returns the one in force:
        names that its rules write alike are one dataset.
        """
        self._store = store
        self._texts = _Texts(readers, make)
        self._clock = clock
        self._catalog = catalog
        self._rules: tuple[NamingRule, ...] | None = None
        self._writings = Writings((), NodeKind.DATASET)
        self._decided = 0

    def step(self) -> bool:
        """Look again at some jobs' SQL; tell whether there was anything to do."""
        self._follow(self._catalog().naming)
        with self._store.database.read() as connection:
            position = tracking.position(connection, self.name)
            projected = tracking.position(connection, _PROJECT)
            waiting = 0
            if self._texts.readers:
                waiting = inference_dues.count(connection, _CHANGES_A_STEP + 1)
            resets = tracking.resets(connection, _PROJECT)
        if position >= projected and not waiting:
            return False
        if projected < self._decided:
            return False  # What is inferred so far is not all in the store yet.
        is_all = waiting <= _CHANGES_A_STEP
        if waiting:
            self._spread()
            is_all &= self._read(resets)
        if is_all and position < projected:
            with self._store.database.write() as connection:
                tracking.advance(connection, self.name, expected=position, to=projected)
        return True

    def _follow(self, rules: tuple[NamingRule, ...]) -> None:
        """Have all SQL read again where it was last read with other rules for names."""
        if rules == self._rules or not self._texts.readers:
            return
        # Before there were any, there was no digest.
        naming = blake2b(msgspec.json.encode(rules)).digest() if rules else None
        with self._store.database.write() as connection:
            if not inference_dues.is_written_by(connection, naming):
                inference_dues.write_by(connection, naming)
        self._rules, self._writings = rules, Writings(rules, NodeKind.DATASET)

    def _written(self, name: DatasetName) -> DatasetName:
        made, _ = self._writings[name.namespace].write(name.name)
        return DatasetName(*made)

    def _places(self, names: Collection[DatasetName]) -> set[str]:
        return {self._written(each).namespace for each in names}

    def _spread(self) -> None:
        kinds = (inference_dues.NEAR, inference_dues.FIELDS, inference_dues.NAMES)
        with self._store.database.read() as connection:
            if not inference_dues.dues(connection, kinds, 1):
                return
        with self._store.database.write() as connection:
            changes = inference_dues.dues(connection, kinds, _CHANGES_A_STEP)
            inference_dues.spread(connection, changes)

    def _read(self, resets: int) -> bool:
        """Read SQL again; tell whether that was all."""
        with self._store.database.read() as connection:
            jobs = inference_dues.dues(connection, (inference_dues.JOB,), _JOBS_A_STEP)
            unsaid = unsaid_of(connection, [due.id for due in jobs])
            readings: dict[int, SqlReading | None] = {due.id: None for due in jobs}
            found = []
            for each in unsaid:
                said, readings[each.id] = self._infer(connection, each)
                if {(one.event_time, one.digest, one.confidence) for one in said} != each.stored:
                    found.append(LineageInferred(at=0, job=each.job, said=said))
        if jobs:
            now = self._clock()
            decided = (encode_decision(replace(each, at=now)) for each in found)
            new = [NewEntry(EntryKind.DECISION, body) for body in decided]
            with self._store.database.write() as connection:
                if tracking.resets(connection, _PROJECT) != resets:
                    raise Conflict("the projection has been rebuilt in the meantime")
                inference_dues.done(connection, jobs)
                sql_readings.put(connection, readings)
                told = self._store.journal.append(new, recorded_at=now, connection=connection)
            self._decided = max((each.position for each in told), default=self._decided)
        return len(jobs) < _JOBS_A_STEP

    def _infer(self, connection: Connection, job: Unsaid) -> _Found:
        """Return what a job's texts say in turn that its producer does not."""
        found: list[Inference] = []
        if job.is_all_said:
            return _Found((), None)
        says: dict[bytes, _Said] = {}
        reading = None
        for at, text in in_turn(job.texts, job.since):
            if text.digest not in says:
                says[text.digest] = self._said(connection, job, text)
            said, reading = says[text.digest]
            if said is not None and (not found or found[-1].digest != said.digest):
                found.append(replace(said, event_time=at))
        return _Found(tuple(found), reading)

    def _said(self, connection: Connection, job: Unsaid, text: Text) -> _Said:
        own = job.inputs | job.outputs
        near = [
            self._places(names)
            for known in (own, job.nearby)
            for names in (known, _called(job, known))
        ]
        near.append(self._places([DatasetName(job.job.namespace, job.job.name)]))
        dialect = dialect_of(text.dialect, *near)
        read = self._texts.tables(text, dialect)
        if isinstance(read, SqlReading):
            return _Said(None, read)
        named = (*read.named.inputs, *read.named.outputs)
        meant = resolve(named, _known(job, own), database_of(*near), self._written)
        if not meant:
            why = f"what these are is not known for certain: {', '.join(named[:_NAMED])}"
            return _Said(None, SqlReading(SqlOutcome.NAMES_UNKNOWN, dialect, read.reader, why))
        reading = SqlReading(SqlOutcome.READ, dialect, read.reader)
        inputs = () if job.inputs else _names(read.named.inputs, meant)
        outputs = () if job.outputs else _names(read.named.outputs, meant)
        made = {meant[table].name for table in read.named.outputs} - job.made
        fields: tuple[InferredField, ...] = ()
        if made:
            schemas = fields_of(connection, {each.name for each in meant.values()})
            by_table = {table: schemas.get(each.name, []) for table, each in meant.items()}
            columns = self._texts.columns(read.reader, text, dialect, by_table)
            fields = _fields(columns, meant, by_table, made)
        if not (inputs or outputs or fields):
            return _Said(None, reading)
        inference = Inference(
            event_time=0,
            inputs=inputs,
            outputs=outputs,
            fields=fields,
            reader=read.reader,
            confidence=confidence_of(meant),
        )
        return _Said(inference, reading)


class _Texts:
    """What readers make of texts, remembered: it is asked for again when other things change."""

    def __init__(self, readers: Sequence[str], make: MakeReader) -> None:
        self.readers = readers
        self._make = make
        self._made: dict[str, SqlReader] = {}
        self._tables: dict[tuple[object, ...], _Tables | SqlReading] = {}
        self._columns: dict[tuple[object, ...], Sequence[SqlColumn]] = {}

    def tables(self, text: Text, dialect: str | None) -> _Tables | SqlReading:
        """Return what a text names, or why no reader knows anything of it."""
        if text.query is None:
            return SqlReading(SqlOutcome.NOT_KEPT, dialect)
        key = text.digest, dialect
        if key not in self._tables:
            _trim(self._tables)
            self._tables[key] = self._read(text.query, dialect)
            is_read = isinstance(self._tables[key], _Tables)
            _READ.labels("read" if is_read else "not read").inc()
        return self._tables[key]

    def columns(
        self, name: str, text: Text, dialect: str | None, fields: Mapping[str, Sequence[str]]
    ) -> Sequence[SqlColumn]:
        """Return how a text makes fields, as a reader sees it."""
        known = tuple((table, tuple(each)) for table, each in fields.items())
        key = name, text.digest, dialect, known
        if key not in self._columns:
            _trim(self._columns)
            query = text.query or ""
            found = self._ask(name, lambda reader: reader.columns(query, dialect, fields))
            self._columns[key] = found or ()
        return self._columns[key]

    def _read(self, query: str, dialect: str | None) -> _Tables | SqlReading:
        for name in self.readers:
            found = self._ask(name, lambda reader: reader.tables(query, dialect))
            if found is not None:
                return _Tables(name, found)
        for name in self.readers:
            why = self._ask(name, lambda reader: reader.complaint(query, dialect))
            if why is not None:
                where = why.message, why.line, why.column
                return SqlReading(SqlOutcome.NOT_READ, dialect, name, *where)
        return SqlReading(SqlOutcome.NAMES_NOTHING, dialect)

    def _ask(self, name: str, question: Callable[[SqlReader], _Answer]) -> _Answer | None:
        try:
            if name not in self._made:
                self._made[name] = self._make(name)
            return question(self._made[name])
        except HubError as error:
            # One that hangs is not asked again; the next one may be.
            self._made.pop(name, None)
            _log.warning("sql_not_read", reader=name, error=str(error))
            return None


def _known(job: Unsaid, own: Collection[DatasetName]) -> list[Known]:
    found = [
        *(Known(each, BY_THE_RUN) for each in own),
        *(Known(each, NEARBY) for each in job.nearby if each not in own),
    ]
    links = (each._replace(called=link) for each in found for link in job.called.get(each.name, ()))
    return [*found, *links]


def _called(job: Unsaid, names: Collection[DatasetName]) -> list[DatasetName]:
    return [link for name in names for link in job.called.get(name, ())]


def _names(tables: Sequence[str], meant: Mapping[str, Known]) -> tuple[DatasetName, ...]:
    return tuple(sorted({meant[table].name for table in tables}))


def _fields(
    columns: Sequence[SqlColumn],
    meant: Mapping[str, Known],
    by_table: Mapping[str, Sequence[str]],
    made: Collection[DatasetName],
) -> tuple[InferredField, ...]:
    """Return those between fields that are known, of outputs of which nothing is said."""
    found = {
        InferredField(
            meant[each.source].name, each.source_field, meant[each.target].name, each.target_field
        )
        for each in columns
        if each.source_field in by_table.get(each.source, ())
        and each.target_field in by_table.get(each.target, ())
        and meant[each.target].name in made
    }
    return tuple(
        sorted(
            found, key=lambda each: (each.target, each.target_field, each.source, each.source_field)
        )
    )


def _trim(remembered: dict[tuple[object, ...], Any]) -> None:
    if len(remembered) >= _MAX_REMEMBERED:
        remembered.clear()
