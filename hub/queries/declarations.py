"""Who declares what of jobs: what each source says, as it holds at a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select

from hub.domain.lineage.intervals import DECLARED_OMISSIONS, Naming, fold_intervals
from hub.domain.names import DatasetName
from hub.domain.openlineage.conformance import source_of
from hub.queries.datasets import MAX_LISTED, datasets_by_id
from hub.store.dialect import among
from hub.store.tables import declaration, io_set_member, producer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from hub.graph.identities import Identities, Things
    from hub.queries.moments import Moment

_SIDES: Final = ("input_set_id", "output_set_id")


class Declared(NamedTuple):
    """What one source declares of a job; ``source`` is empty where it does not say who it is."""

    source: str
    last_said: int
    reads: list[DatasetName]
    writes: list[DatasetName]


def declarations_of(
    connection: Connection, known: Identities, ids: Collection[int], moment: Moment
) -> dict[int, list[Declared]]:
    """Return what is declared of jobs, by source; those that declare nothing are left out."""
    statement = (
        select(declaration, producer.c.name.label("producer"))
        .outerjoin(producer, producer.c.id == declaration.c.producer_id)
        .where(
            among(declaration.c.job_id, known.jobs.ids(ids)),
            moment.within(declaration.c.event_time),
            moment.knows(declaration.c.position),
        )
    )
    rows = connection.execute(statement).all()
    members = _members(connection, {getattr(row, side) for row in rows for side in _SIDES})
    said: dict[tuple[int, str], dict[int, list[Row[tuple[object, ...]]]]] = {}
    for row in rows:
        by_name = said.setdefault((known.jobs.key(row.job_id), source_of(row.producer)), {})
        by_name.setdefault(row.job_id, []).append(row)
    sides = {
        key: [_holding(by_name.values(), side, members) for side in _SIDES]
        for key, by_name in said.items()
    }
    names = _names(
        connection,
        known.datasets,
        {each for found in sides.values() for side in found for each in side},
    )
    found: dict[int, list[Declared]] = {key: [] for key in ids}
    for (key, source), holding in sorted(sides.items()):
        last = max(row.event_time for rows in said[key, source].values() for row in rows)
        listed = [sorted({names[each] for each in side})[:MAX_LISTED] for side in holding]
        if any(listed):
            found[key].append(Declared(source, last, *listed))
    return found


def _holding(
    said: Iterable[Sequence[Row[tuple[object, ...]]]],
    side: str,
    members: Mapping[int | None, frozenset[int]],
) -> set[int]:
    """Return what of a side holds by the end of what one source says of each of a job's names."""
    return {
        member
        for rows in said
        for member, intervals in fold_intervals(
            list(_namings(rows, side, members)), omissions=DECLARED_OMISSIONS
        ).items()
        if intervals[-1].closed_at is None
    }


def _namings(
    rows: Iterable[Row[tuple[object, ...]]], side: str, members: Mapping[int | None, frozenset[int]]
) -> Iterator[Naming]:
    for row in rows:
        at, named = row.event_time, members[getattr(row, side)]
        yield Naming(*(at, at, row.digest.hex(), row.can_omit, named), is_whole=row.is_whole)


def _members(
    connection: Connection, sets: Collection[int | None]
) -> dict[int | None, frozenset[int]]:
    ids = [each for each in sets if each is not None]
    found: dict[int | None, set[int]] = {each: set() for each in (None, *ids)}
    for key, member in connection.execute(
        select(io_set_member).where(among(io_set_member.c.set_id, ids))
    ):
        found[key].add(member)
    return {key: frozenset(each) for key, each in found.items()}


def _names(connection: Connection, things: Things, ids: Collection[int]) -> dict[int, DatasetName]:
    rows = datasets_by_id(connection, {things.key(each) for each in ids})
    shown = {key: DatasetName(*things.shown(row.key)) for key, row in rows.items()}
    return {each: shown[things.key(each)] for each in ids}
