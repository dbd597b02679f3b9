"""Events as they are in the journal, in the order of their event times.

The journal's dedup keys are kept by the hour of event time, so they lead to the events of any
span without an index of their own. Within an hour events are sorted when they are read; an hour
that holds very many is read in the order of arrival.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import func, select

from hub.domain.entries import EntryKind
from hub.domain.openlineage.events import parse_time
from hub.queries.moments import NOW, Moment
from hub.store.tables import journal_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Select

    from hub.queries.marquez.lists import Slice
    from hub.store.journal import Journal

# The width of a bucket of dedup keys in microseconds of event time (hub.flow.ingest.bodies).
_HOUR: Final = 3_600_000_000
_SORTED_AT_MOST: Final = 5_000
_READ_AT_ONCE: Final = 1_000


class Between(NamedTuple):
    """Which events: from ``after`` on, before ``before`` (event time), of one job's namespace.

    Only those that had happened by the moment, and were known.
    """

    after: int = 0
    before: int | None = None
    namespace: str | None = None
    moment: Moment = NOW

    def has(self, at: int) -> bool:
        """Whether an event time is between them."""
        is_before = self.before is None or at < self.before
        return self.after <= at and is_before and self.moment.has(at)


class JournaledEvent(NamedTuple):
    """An event, scrubbed of secrets but otherwise as it was received."""

    event_time: int
    position: int
    body: bytes


class _Job(Struct):
    namespace: str | None = None


class _Peek(Struct, rename="camel"):
    event_time: str = ""
    job: _Job | None = None


_decoder: Final = msgspec.json.Decoder(_Peek)


def slice_events(
    connection: Connection,
    journal: Journal,
    between: Between,
    wanted: Slice,
    *,
    newest_first: bool = True,
) -> list[JournaledEvent]:
    """Return events, by event time."""
    found: list[JournaledEvent] = []
    skipped = 0
    for bucket, count in _hours(connection, between, newest_first=newest_first):
        if len(found) >= wanted.limit:
            break
        is_whole = between.namespace is None and _is_whole(bucket, between)
        start = max(0, wanted.offset - skipped)
        if is_whole and count <= start:
            skipped += count
            continue
        rest = wanted.limit - len(found)
        if is_whole and count > _SORTED_AT_MOST:
            positions = (
                _positions(bucket, between, newest_first=newest_first).limit(rest).offset(start)
            )
            found += _read(connection, journal, connection.scalars(positions).all(), between)
            skipped += start
        else:
            positions = _positions(bucket, between, newest_first=newest_first)
            keys = connection.scalars(positions).all()
            events = sorted(_read(connection, journal, keys, between), reverse=newest_first)
            found += events[start : start + rest]
            skipped += min(len(events), start)
    return found


def count_events(connection: Connection, journal: Journal, between: Between) -> int:
    """Return how many events ``slice_events`` goes through."""
    total = 0
    for bucket, count in _hours(connection, between, newest_first=True):
        if between.namespace is None and _is_whole(bucket, between):
            total += count
        else:
            keys = connection.scalars(_positions(bucket, between, newest_first=True)).all()
            total += sum(1 for _ in _read(connection, journal, keys, between))
    return total


def _hours(
    connection: Connection, between: Between, *, newest_first: bool
) -> list[tuple[int, int]]:
    """Return the hours that hold any of the events, with how many each holds in all."""
    bucket = journal_key.c.bucket
    # What has no event time that could be used, or is no event, is in bucket 0.
    statement = select(bucket, func.count()).where(
        bucket > 0,
        bucket >= between.after // _HOUR,
        between.moment.knows(journal_key.c.position),
    )
    for end in (between.before, between.moment.as_of):
        if end is not None:
            statement = statement.where(bucket <= end // _HOUR)
    order = bucket.desc() if newest_first else bucket
    return [(key, n) for key, n in connection.execute(statement.group_by(bucket).order_by(order))]


def _is_whole(bucket: int, between: Between) -> bool:
    return between.has(bucket * _HOUR) and between.has((bucket + 1) * _HOUR - 1)


def _positions(bucket: int, between: Between, *, newest_first: bool) -> Select[Any]:
    """Select where in the journal the entries of an hour are."""
    position = journal_key.c.position
    order = position.desc() if newest_first else position
    is_wanted = journal_key.c.bucket == bucket, between.moment.knows(position)
    return select(position).where(*is_wanted).order_by(order)


def _read(
    connection: Connection, journal: Journal, positions: Sequence[int], between: Between
) -> Iterator[JournaledEvent]:
    for start in range(0, len(positions), _READ_AT_ONCE):
        for entry in journal.read_at(connection, positions[start : start + _READ_AT_ONCE]):
            if entry.kind is EntryKind.EVENT:
                event = _event(entry.position, entry.body, between)
                if event is not None:
                    yield event


def _event(position: int, body: bytes, between: Between) -> JournaledEvent | None:
    try:
        peek = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    when = parse_time(peek.event_time)
    if when is None or not between.has(when.at):
        return None
    if between.namespace is not None and (
        peek.job is None or peek.job.namespace != between.namespace
    ):
        return None
    return JournaledEvent(when.at, position, body)
