"""Which jobs wait for which, in force at a moment.

A job's runs say anew what they wait for, so what they said last is in force: of a dependency that
was said from one time to another it is known that it held in between, and, of what was said before,
whatever was said at the last of those times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import case, func, or_, select

from hub.domain.openlineage.dependencies import DOWN, UP
from hub.queries.datasets import MAX_LISTED
from hub.queries.happenings import DependencyChange, Happening, HappeningKind, before
from hub.store.dialect import among
from hub.store.tables import job_dependency

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Select

    from hub.graph.identities import Things
    from hub.queries.moments import Moment
    from hub.queries.pages import PageRequest
    from hub.queries.selections import Grouped


_Key: TypeAlias = tuple[str, int, str, str, str]


class DependencyRow(NamedTuple):
    """That a job waits for another one (side "up"), or that the other waits for it ("down").

    ``other`` is the store's id; rules that nobody has said are empty. Both instants are event time.
    It is in force unless whoever says so has said others later, and not this one.
    """

    side: str
    other: int
    kind: str
    sequence_rule: str
    status_rule: str
    first_said: int
    last_said: int
    is_in_force: bool


def dependencies_of(
    connection: Connection, things: Things, ids: Sequence[int], moment: Moment
) -> dict[int, list[DependencyRow]]:
    """Return what each job waits for and what waits for it, as any of them say, in order of ids."""
    found = _ever_said(connection, things, ids, moment)
    return {
        key: [rows[place] for place in sorted(rows) if rows[place].is_in_force][:MAX_LISTED]
        for key, rows in found.items()
    }


def dependency_changes(
    connection: Connection,
    things: Things,
    ids: Sequence[int],
    request: PageRequest,
    moment: Moment,
) -> Grouped[Happening]:
    """Return when dependencies of jobs were first said, and those not in force any more last."""
    changes = {}
    for key, rows in _ever_said(connection, things, ids, moment).items():
        happenings = []
        for row in rows.values():
            said = DependencyChange(row.other, row.side, row.kind)
            ties = (row.other, row.side, row.kind, row.sequence_rule, row.status_rule)
            happenings.append(Happening(row.first_said, HappeningKind.DEPENDENCY_ADDED, ties, said))
            if not row.is_in_force:
                happenings.append(
                    Happening(row.last_said, HappeningKind.DEPENDENCY_DROPPED, ties, said)
                )
        changes[key] = before(happenings, request)
    return changes


def _ever_said(
    connection: Connection, things: Things, ids: Sequence[int], moment: Moment
) -> dict[int, dict[_Key, DependencyRow]]:
    """Return every dependency of each job that had been said by then, by either end."""
    wanted = {each: key for key in ids for each in things.ids([key])}
    found: dict[int, dict[_Key, DependencyRow]] = {key: {} for key in ids}
    for job, *said, newest in connection.execute(_all_said(wanted, moment)):
        row = DependencyRow._make((*said, said[-1] == newest))
        turned = row._replace(side=DOWN if row.side == UP else UP, other=job)
        for at, seen in ((job, row), (row.other, turned)):
            key, other = wanted.get(at), things.key(seen.other)
            if key is not None and other != things.key(key):
                _add(found[key], seen._replace(other=other))
    return found


def _add(held: dict[_Key, DependencyRow], row: DependencyRow) -> None:
    """Add what is said; both jobs may say the same."""
    known = held.setdefault(row[:5], row)
    held[row[:5]] = row._replace(
        first_said=min(row.first_said, known.first_said),
        last_said=max(row.last_said, known.last_said),
        is_in_force=row.is_in_force or known.is_in_force,
    )


def _all_said(wanted: Collection[int], moment: Moment) -> Select[Any]:
    """Select what is said of those wanted, with when its teller last said anything of the kind."""
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
    return select(seen).where(or_(among(seen.c.job_id, wanted), among(seen.c.other_id, wanted)))
