"""Which jobs wait for which, in force at a moment.

A job's runs say anew what they wait for, so what they said last is in force: of a dependency that
was said from one time to another it is known that it held in between, and, of what was said before,
whatever was said at the last of those times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import case, func, or_, select

from hub.domain.dependencies import DOWN, UP
from hub.queries.datasets import MAX_LISTED
from hub.store.dialect import among
from hub.store.tables import job_dependency

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Select

    from hub.graph.identities import Things
    from hub.queries.moments import Moment


_Key: TypeAlias = tuple[str, int, str, str, str]


class DependencyRow(NamedTuple):
    """That a job waits for another one (side "up"), or that the other waits for it ("down").

    ``other`` is the store's id; rules that nobody has said are empty. Both instants are event time.
    """

    side: str
    other: int
    kind: str
    sequence_rule: str
    status_rule: str
    first_said: int
    last_said: int


def dependencies_of(
    connection: Connection, things: Things, ids: Sequence[int], moment: Moment
) -> dict[int, list[DependencyRow]]:
    """Return what each job waits for and what waits for it, as any of them say, in order of ids."""
    wanted = {each: key for key in ids for each in things.ids([key])}
    found: dict[int, dict[_Key, DependencyRow]] = {key: {} for key in ids}
    for job, *said in connection.execute(_in_force(wanted, moment)):
        row = DependencyRow(*said)
        turned = row._replace(side=DOWN if row.side == UP else UP, other=job)
        for at, seen in ((job, row), (row.other, turned)):
            key, other = wanted.get(at), things.key(seen.other)
            if key is not None and other != things.key(key):
                _add(found[key], seen._replace(other=other))
    return {
        key: [rows[place] for place in sorted(rows)][:MAX_LISTED] for key, rows in found.items()
    }


def _add(held: dict[_Key, DependencyRow], row: DependencyRow) -> None:
    """Add what is said; both jobs may say the same."""
    before = held.setdefault(row[:5], row)
    held[row[:5]] = row._replace(
        first_said=min(row.first_said, before.first_said),
        last_said=max(row.last_said, before.last_said),
    )


def _in_force(wanted: Collection[int], moment: Moment) -> Select[Any]:
    """Select what was in force of all that is said by jobs which tell of one of those wanted."""
    columns = job_dependency.c
    tellers = select(columns.job_id).where(
        or_(among(columns.job_id, wanted), among(columns.other_id, wanted))
    )
    bounds = [at for at in (moment.as_of, moment.known_at) if at is not None]
    last = columns.last_seen
    said = case((last > min(bounds), min(bounds)), else_=last) if bounds else last
    seen = (
        select(
            *job_dependency.primary_key.columns,
            columns.first_seen,
            said.label("last_said"),
            func.max(said).over(partition_by=columns.job_id).label("newest"),
        )
        .where(columns.job_id.in_(tellers), moment.sees(job_dependency))
        .subquery()
    )
    shown = [each for each in seen.c if each.name != "newest"]
    return select(*shown).where(
        seen.c.last_said == seen.c.newest,
        or_(among(seen.c.job_id, wanted), among(seen.c.other_id, wanted)),
    )
