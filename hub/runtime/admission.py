"""What of a slice may enter the lake: decoded, checked against the contract, placed.

The rest goes to the dead letters with every reason, unless nearly all of a slice breaks one rule:
then the source has changed its shape, and the slice is refused as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeAlias

import msgspec
import pyarrow as pa
from msgspec import Struct

from hub.domain.contracts import Violation
from hub.domain.deadletters import JSON, RAW, SAMPLE, UNDECODABLE
from hub.domain.errors import ContractViolation, DataError, InvalidInput, InvariantBroken
from hub.runtime.contract_masks import split_table
from hub.runtime.letters import letter, place, place_of, report, rule_name
from hub.runtime.rows import as_json, newest, placed, table_of
from hub.runtime.work import Work
from hub.spi.lane import Slice
from hub.spi.spine import Message

Decode: TypeAlias = Callable[[Sequence[bytes]], list[dict[str, Any] | str]]

# A slice in which this share of at least so many rows breaks one rule is refused as a whole.
_WHOLESALE = 0.95
_WHOLESALE_ROWS = 20
_SAMPLE_ROWS = 3


class Batch(Struct):
    """Rows that were read, each with its place; ``payloads`` where they came as messages."""

    table: pa.Table
    sequences: list[int]
    payloads: list[bytes] | None = None


class Refusal(Struct):
    """One record that may not enter, with all that is wrong with it."""

    payload: bytes
    encoding: str
    sequence: int
    violations: list[Violation]
    event_time: int | None = None


def admit(work: Work, piece: Slice, decode: Decode | None) -> pa.Table:
    """Return the rows of a slice that keep their contract, having reported the others.

    Raises:
        ContractViolation: the slice as a whole has lost its shape; a sample was reported.

    """
    refusals = [
        Refusal(item.payload, RAW, item.sequence, [Violation(UNDECODABLE, "", item.reason)])
        for item in piece.refused
    ]
    batch = _read(work, piece, decode, refusals)
    rows = batch.table.num_rows + len(refusals)
    work.tally.rows_in += rows
    _demand_fields(work, piece, batch.table)
    good = _demand_values(work, piece, batch, refusals)
    _refuse_wholesale(work, piece, rows, refusals)
    if good.num_rows + len(refusals) != rows:
        message = f"{piece.origin}: {rows} rows came in, {good.num_rows} + {len(refusals)} went on"
        raise InvariantBroken(message)
    work.tally.rows_refused += len(refusals)
    report(
        work,
        [
            letter(
                work,
                refusal.payload,
                refusal.violations,
                encoding=refusal.encoding,
                at=place(piece.origin, refusal.sequence),
                event_time=refusal.event_time,
            )
            for refusal in refusals
        ],
    )
    return good


def _read(work: Work, piece: Slice, decode: Decode | None, refusals: list[Refusal]) -> Batch:
    if piece.table is not None:
        first = piece.first_sequence
        return Batch(piece.table, list(range(first, first + piece.table.num_rows)))
    messages = piece.messages or []
    if messages and decode is None:
        message = f"step {work.step.job_name} reads messages and names no format"
        raise InvalidInput(message, fix="add for example `format: avro` to the step")
    outcomes = decode([each.payload for each in messages]) if decode else []
    kept: list[Message] = []
    records: list[dict[str, Any]] = []
    for each, outcome in zip(messages, outcomes, strict=True):
        if isinstance(outcome, str):
            refusals.append(_refused(work, each, [Violation(UNDECODABLE, "", outcome)]))
        else:
            kept.append(each)
            records.append(outcome)
    return _tabulated(work, kept, records, refusals)


def _tabulated(
    work: Work, messages: list[Message], records: list[dict[str, Any]], refusals: list[Refusal]
) -> Batch:
    """Return records as a batch; those whose types keep a field from being one column go first."""
    try:
        table = table_of(records)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        check = work.contract.checker() if work.contract else lambda _record: []
        found = [check(record) for record in records]
        if not any(found):
            message = f"the records of step {work.step.job_name} fit into no table: {error}"
            raise DataError(message, fix="give every field of the schema one type") from error
        refusals += [
            _refused(work, message, violations)
            for message, violations in zip(messages, found, strict=True)
            if violations
        ]
        good = [index for index, violations in enumerate(found) if not violations]
        return _tabulated(work, [messages[i] for i in good], [records[i] for i in good], refusals)
    return Batch(table, [each.sequence for each in messages], [each.payload for each in messages])


def _refused(work: Work, message: Message, violations: list[Violation]) -> Refusal:
    encoding = work.step.format or RAW
    return Refusal(message.payload, encoding, message.sequence, violations, message.published_at)


def _demand_fields(work: Work, piece: Slice, table: pa.Table) -> None:
    """Refuse a slice that lacks a field which its contract requires."""
    if work.contract is None or not table.column_names:
        return
    if missing := work.contract.missing_fields(table.column_names):
        _refuse_slice(work, piece, table.num_rows, missing, table.slice(0, _SAMPLE_ROWS))


def _demand_values(work: Work, piece: Slice, batch: Batch, refusals: list[Refusal]) -> pa.Table:
    origins = pa.repeat(pa.scalar(piece.origin), batch.table.num_rows)
    table = _with_absent_fields(work, batch.table)
    table = placed(table, origins, pa.array(batch.sequences, pa.int64()))
    if work.contract is None or table.num_rows == 0:
        return table
    good, broken = split_table(work.contract, table)
    for index, violations in broken:
        row = table.slice(index, 1)
        payload = batch.payloads[index] if batch.payloads else as_json(row.to_pylist()[0])
        encoding = JSON if batch.payloads is None else work.step.format or RAW
        refusals.append(
            Refusal(
                payload,
                encoding,
                batch.sequences[index],
                violations,
                newest(row, work.step.event_time),
            )
        )
    return good


def _with_absent_fields(work: Work, table: pa.Table) -> pa.Table:
    """Return the table with the optional fields that none of its rows has, as untyped nulls.

    A lake takes a column that goes for a renamed one; one that the contract makes optional may be
    absent from a whole slice.
    """
    fields = work.contract.fields if work.contract and table.column_names else ()
    for rule in fields:
        if rule.name not in table.column_names:
            table = table.append_column(rule.name, pa.nulls(table.num_rows))
    return table


def _refuse_wholesale(work: Work, piece: Slice, rows: int, refusals: Sequence[Refusal]) -> None:
    """Refuse a slice nearly all of whose rows break one rule."""
    if rows < _WHOLESALE_ROWS or len(refusals) < rows * _WHOLESALE:
        return
    counts = Counter(rule for each in refusals for rule in set(map(rule_name, each.violations)))
    (rule, count) = counts.most_common(1)[0]
    if count < rows * _WHOLESALE:
        return
    violations = next(
        [violation]
        for each in refusals
        for violation in each.violations
        if rule_name(violation) == rule
    )
    sample = [each.payload for each in refusals[:_SAMPLE_ROWS]]
    _refuse_slice(work, piece, rows, violations, sample)


def _refuse_slice(
    work: Work,
    piece: Slice,
    rows: int,
    violations: list[Violation],
    sample: pa.Table | list[bytes],
) -> NoReturn:
    work.tally.rows_refused += rows
    records = sample if isinstance(sample, list) else sample.to_pylist()
    payload = msgspec.json.encode({"rows": rows, "sample": records}, enc_hook=str)
    report(work, [letter(work, payload, violations, encoding=SAMPLE, at=place_of(piece))])
    reasons = "; ".join(violation.message for violation in violations)
    contract = f" {work.contract.id} {work.contract.version}" if work.contract else ""
    raise ContractViolation(
        f"{piece.origin or work.step.job_name}: {rows} rows do not have the shape that contract"
        f"{contract} demands: {reasons}",
        fix="publish a version of the contract that says so, or bring the source back",
    )
