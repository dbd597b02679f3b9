"""The stage itself: for each run that ended and lacks lineage, what its job's SQL says.

What is inferred is a decision: appended, replayed by a rebuild, never inferred again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from hub.domain.decisions import LineageInferred, encode_decision
from hub.domain.entries import Entry, EntryKind, NewEntry
from hub.domain.errors import HubError
from hub.domain.events import EventType, RunEvent, read_event
from hub.domain.inference import (
    BY_THE_RUN,
    NEARBY,
    Inference,
    InferredField,
    Known,
    confidence_of,
    dialect_of,
    is_database,
    resolve,
)
from hub.domain.names import DatasetName, JobName, RunName
from hub.store import tracking
from hub.store.unsaid_lineage import Unsaid, fields_of, unsaid_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.spi.sql_reader import SqlReader
    from hub.store.opening import Store

_log = structlog.get_logger(__name__)

_BATCH: Final = 500
_PROJECT: Final = "project"
_MAX_REMEMBERED: Final = 50_000


class Infer:
    """Reads the SQL of runs without lineage; of one job the same thing is said once."""

    name = "infer"

    def __init__(
        self, store: Store, readers: Mapping[str, SqlReader], *, clock: Callable[[], int]
    ) -> None:
        """Prepare the stage; of several readers the first that knows anything of a text counts."""
        self._store = store
        self._readers = readers
        self._clock = clock
        self._said: dict[JobName, bytes] = {}

    def step(self) -> bool:
        """Look at the next runs that are projected; tell whether there were any entries."""
        try:
            return self._step()
        except BaseException:
            self._said.clear()
            raise

    def _step(self) -> bool:
        with self._store.database.read() as connection:
            position = tracking.position(connection, self.name)
            limit = min(_BATCH, tracking.position(connection, _PROJECT) - position)
            if limit <= 0:
                return False
            entries = self._store.journal.read(connection, after=position, limit=limit)
            if not entries:
                return False
            found = self._infer(connection, _ended(entries)) if self._readers else []
        now = self._clock()
        new = [
            NewEntry(
                EntryKind.DECISION, encode_decision(LineageInferred(at=now, inference=inference))
            )
            for inference in found
        ]
        with self._store.database.write() as connection:
            tracking.advance(connection, self.name, expected=position, to=entries[-1].position)
            self._store.journal.append(new, recorded_at=now, connection=connection)
        return True

    def _infer(self, connection: Connection, ended: Mapping[RunName, int]) -> list[Inference]:
        found = []
        if len(self._said) > _MAX_REMEMBERED:
            self._said.clear()
        for unsaid in unsaid_of(connection, ended):
            inference = self._read(connection, unsaid, ended[unsaid.run])
            if inference is not None and self._said.get(inference.job) != inference.digest:
                self._said[inference.job] = inference.digest
                found.append(inference)
        return found

    def _read(self, connection: Connection, unsaid: Unsaid, at: int) -> Inference | None:
        for name, reader in self._readers.items():
            try:
                found = _read(connection, name, reader, unsaid, at)
            except HubError as error:
                _log.warning("sql_not_read", reader=name, job=unsaid.run.job, error=str(error))
                continue
            if found is not None:
                return found
        return None


def _ended(entries: Sequence[Entry]) -> dict[RunName, int]:
    """Return the runs that completed, and when."""
    ended: dict[RunName, int] = {}
    for entry in entries:
        if entry.kind is EntryKind.EVENT and b"COMPLETE" in entry.body:
            event = read_event(entry.body)
            if isinstance(event, RunEvent) and event.event_type is EventType.COMPLETE:
                ended[event.run] = max(event.event_time, ended.get(event.run, event.event_time))
    return ended


def _read(
    connection: Connection, name: str, reader: SqlReader, unsaid: Unsaid, at: int
) -> Inference | None:
    job, own = unsaid.run.job, (*unsaid.inputs, *unsaid.outputs)
    spaces = dict.fromkeys(each.namespace for each in (*own, *unsaid.nearby))
    dialect = dialect_of(unsaid.sql.dialect, (*spaces, job.namespace))
    tables = reader.tables(unsaid.sql.query, dialect)
    if tables is None:
        return None
    known = [Known(each, BY_THE_RUN) for each in own]
    known += [Known(each, NEARBY) for each in unsaid.nearby if each not in own]
    databases = [each for each in (*spaces, job.namespace) if is_database(each)]
    named = (*tables.inputs, *tables.outputs)
    meant = resolve(named, known, databases[0] if databases else None)
    if not meant:
        return None
    inputs = () if unsaid.inputs else _names(tables.inputs, meant)
    outputs = () if unsaid.outputs else _names(tables.outputs, meant)
    fields: tuple[InferredField, ...] = ()
    if not unsaid.has_fields:
        fields = _fields(connection, reader, unsaid, dialect, meant)
    if not (inputs or outputs or fields):
        return None
    return Inference(
        job=job,
        event_time=at,
        inputs=inputs,
        outputs=outputs,
        fields=fields,
        reader=name,
        confidence=confidence_of(meant),
    )


def _names(tables: Sequence[str], meant: Mapping[str, Known]) -> tuple[DatasetName, ...]:
    return tuple(dict.fromkeys(meant[table].name for table in tables))


def _fields(
    connection: Connection,
    reader: SqlReader,
    unsaid: Unsaid,
    dialect: str | None,
    meant: Mapping[str, Known],
) -> tuple[InferredField, ...]:
    schemas = fields_of(connection, {each.name for each in meant.values()})
    by_table = {table: schemas.get(each.name, []) for table, each in meant.items()}
    columns = reader.columns(unsaid.sql.query, dialect, by_table)
    found = (
        InferredField(
            meant[each.source].name, each.source_field, meant[each.target].name, each.target_field
        )
        for each in columns
        if each.source_field in by_table[each.source] and each.target_field in by_table[each.target]
    )
    return tuple(dict.fromkeys(found))
