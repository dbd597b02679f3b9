"""Runs and the runs that they started, directly and further down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select, union

from hub.domain.openlineage.runs import RunState
from hub.queries.moments import NOW
from hub.queries.runs import runs_by_id
from hub.queries.selections import Grouped
from hub.store.dialect import table_of_ids
from hub.store.tables import run

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from hub.queries.moments import Moment
    from hub.queries.runs import RunRow

# Producers make a run of every statement; what is beyond this of all runs asked for is not seen.
_MAX_DESCENDANTS: Final = 20_000
# Of one run.
_MAX_LISTED: Final = 100


class _Descendant(NamedTuple):
    ancestor_id: int
    id: int
    job_id: int
    state: str | None
    anchor_at: int | None


def failed_descendants_of(
    connection: Connection, runs: Collection[int], *, moment: Moment = NOW
) -> Grouped[RunRow]:
    """Return the runs under each run that failed and whose job has not passed under it since.

    Newest first, the first hundred of each.
    """
    last: dict[tuple[int, int], _Descendant] = {}
    for each in _descendants(connection, runs, moment):
        key = each.ancestor_id, each.job_id
        if key not in last or _place(last[key]) < _place(each):
            last[key] = each
    failed = [each for each in last.values() if each.state == RunState.FAIL]
    rows = runs_by_id(connection, {each.id for each in failed})
    found: Grouped[RunRow] = {}
    for each in sorted(failed, key=_place, reverse=True):
        of_one = found.setdefault(each.ancestor_id, [])
        if len(of_one) < _MAX_LISTED:
            of_one.append(rows[each.id])
    return found


def _place(each: _Descendant) -> tuple[int, int]:
    return each.anchor_at or 0, each.id


def _descendants(
    connection: Connection, runs: Collection[int], moment: Moment
) -> list[_Descendant]:
    wanted = table_of_ids(runs)
    top = wanted.c.id.label("ancestor_id")
    children = select(top, run.c.id).join(run, run.c.parent_id == wanted.c.id)
    # A run may name its root without its parent ever being heard of.
    is_far = (run.c.root_id == wanted.c.id) & (run.c.root_id != run.c.parent_id)
    named = union(children, select(top, run.c.id).join(run, is_far)).subquery()
    family = select(named).cte("family", recursive=True)
    further = select(family.c.ancestor_id, run.c.id).join(run, run.c.parent_id == family.c.id)
    family = family.union(further)
    statement = (
        select(family.c.ancestor_id, run.c.id, run.c.job_id, run.c.state, run.c.anchor_at)
        .join(run, run.c.id == family.c.id)
        .where(run.c.state.is_not(None), moment.within(run.c.anchor_at), moment.knows_run(run.c.id))
        .limit(_MAX_DESCENDANTS)
    )
    return [_Descendant(*row) for row in connection.execute(statement)]
