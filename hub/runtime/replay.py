"""Sending refused records through today's code: today's decoder, contract, gate and lake.

A record is known by its origin and sequence; one that is in the lake already is not written again,
so a replay may be repeated at any point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
from msgspec import Struct

from hub.domain.contracts import Violation
from hub.domain.deadletters import JSON, RAW, UNDECODABLE, NewDeadLetter, ReplayOutcome
from hub.domain.errors import DataError
from hub.domain.failures.failure import Origin
from hub.runtime.decoding import decoder
from hub.runtime.failures import blame
from hub.runtime.gates import objections
from hub.runtime.lanes import lane_context
from hub.runtime.letters import placed_at, rule_name
from hub.runtime.promotion import append, places, replay_writer
from hub.runtime.rows import newest, placed, table_of, without
from hub.runtime.work import Work

Letters: TypeAlias = Mapping[str, NewDeadLetter]
_Read: TypeAlias = Callable[[NewDeadLetter], pa.Table]

# As what a JSON value of a logical type comes back where the lake does not know the field yet.
_TYPES = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
}


class _Passed(Struct):
    """A record that may enter now."""

    letter: str
    table: pa.Table


def replay_records(work: Work, letters: Letters) -> list[ReplayOutcome]:
    """Promote those records that pass today; return what came of each, in order."""
    outcomes: dict[str, ReplayOutcome] = {}
    passed: list[_Passed] = []
    with blame(Origin.LAKE):
        schema = work.lake.schema(work.step.writes)
    read = _reader(work)
    for name, letter in letters.items():
        found = _try(work, letter, read, schema)
        if isinstance(found, list):
            outcomes[name] = _refused(name, found)
        else:
            passed.append(_Passed(name, found))
    against = _promote(work, [each.table for each in passed], schema) if passed else []
    for each in passed:
        is_in = ReplayOutcome(letter=each.letter, resolved=True)
        outcomes[each.letter] = _refused(each.letter, against) if against else is_in
    work.tally.rows_in = len(letters)
    work.tally.rows_refused = sum(not outcome.resolved for outcome in outcomes.values())
    return [outcomes[name] for name in letters]


def _refused(name: str, violations: Sequence[Violation]) -> ReplayOutcome:
    return ReplayOutcome(
        letter=name,
        resolved=False,
        rule=rule_name(violations[0]),
        reasons=tuple(violation.message for violation in violations),
    )


def _try(
    work: Work, letter: NewDeadLetter, read: _Read, schema: pa.Schema | None
) -> pa.Table | list[Violation]:
    """Return the record as a table of one row, or why it is refused again."""
    try:
        table = _fitted(read(letter), schema)
    except DataError as error:
        return [Violation(UNDECODABLE, "", error.message)]
    if work.contract is not None:
        [record] = table.to_pylist()
        if violations := work.contract.checker()(record):
            return violations
    origin, sequence = placed_at(letter.origin)
    return placed(table, pa.array([origin]), pa.array([sequence], pa.int64()))


def _reader(work: Work) -> _Read:
    """Return a function that reads a letter's payload, and raises ``DataError`` where it can't."""
    decode = decoder(work)

    def read(letter: NewDeadLetter) -> pa.Table:
        if letter.encoding == JSON:
            return _typed(work, msgspec.json.decode(letter.payload))
        if letter.encoding == RAW:
            return _reread(work, letter.payload)
        if decode is None or letter.encoding != work.step.format:
            raise DataError(f"step {work.step.job_name} reads no {letter.encoding} any more")
        [outcome] = decode([letter.payload])
        if isinstance(outcome, str):
            raise DataError(outcome)
        return table_of([outcome])

    return read


def _reread(work: Work, payload: bytes) -> pa.Table:
    step = work.step
    if step.lane is None:
        raise DataError(f"step {step.job_name} has no lane any more that could read it")
    lane = work.tools.host.lane(step.lane, step=step.job_name).api
    with lane_context(work) as context:
        table = lane.reread(context, payload)
    if table.num_rows != 1:
        raise DataError(f"it holds {table.num_rows} records, not one")
    return table


def _typed(work: Work, record: dict[str, Any]) -> pa.Table:
    """Return a record that was kept as JSON with the types that its contract names."""
    expected = work.contract.types if work.contract else {}
    kinds = {name: _TYPES.get(expected.get(name, "")) for name in record}
    return pa.table(
        {name: _cast(name, pa.array([value]), kinds[name]) for name, value in record.items()}
    )


def _fitted(table: pa.Table, schema: pa.Schema | None) -> pa.Table:
    """Return a record in the types that the lake has for its fields."""
    known = {part.name: part.type for part in schema} if schema is not None else {}
    return pa.table(
        {name: _cast(name, table[name], known.get(name)) for name in table.column_names}
    )


def _cast(name: str, column: pa.Array, kind: pa.DataType | None) -> pa.Array:
    if kind is None or column.type == kind:
        return column
    try:
        return column.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise DataError(f"field {name} is no {kind}: {error}") from error


def _promote(work: Work, tables: list[pa.Table], schema: pa.Schema | None) -> list[Violation]:
    """Write the records that are not in the lake yet; return what the gate has against that."""
    # Fields that only the dataset has come in as nulls.
    known = [] if schema is None else [schema.empty_table()]
    table = pa.concat_tables([*tables, *known], promote_options="permissive")
    new = without(table, places(work))
    if new.num_rows == 0:
        return []
    if against := objections(work, new):
        return against
    work.tally.saw(newest(new, work.step.event_time))
    append(work, new, {}, writer=replay_writer(work))
    return []
