"""Parts: runs of one job inside one run, and which of them are attempts at one (ADR 64)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, func, or_, select

from hub.domain.openlineage.events import EventType
from hub.store.natural_keys import find_job
from hub.store.tables import run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.names import RunName

# So many parts are counted: what fails among more is known by then to be one of many.
_MOST: Final = 100
_RUN: Final = select(
    run.c.id,
    run.c.job_id,
    run.c.parent_id,
    run.c.started_at,
    run.c.nominal_start_at,
).where(run.c.job_id == bindparam("job"), run.c.run_id == bindparam("run"))
_BESIDE: Final = (
    run.c.parent_id == bindparam("parent"),
    run.c.job_id == bindparam("job"),
    run.c.id != bindparam("failed"),
)
_HAS_PASSED: Final = run.c.state == EventType.COMPLETE.value
_PASSED: Final = select(func.count()).select_from(
    select(run.c.id).where(*_BESIDE, _HAS_PASSED).limit(_MOST).subquery()
)
# Which went on while another one failed, or passed before a third one began.
_OTHER_PART: Final = (
    select(run.c.id)
    .where(
        *_BESIDE,
        run.c.id != bindparam("passed"),
        run.c.started_at < bindparam("begun"),
        or_(
            _HAS_PASSED,
            (run.c.started_at < bindparam("failed_at"))
            & (func.coalesce(run.c.ended_at, bindparam("failed_at")) > bindparam("failed_from")),
        ),
    )
    .limit(1)
)


class _Part(NamedTuple):
    key: int
    job: int
    parent: int | None
    begun_at: int | None
    nominal_at: int | None


def may_be_tried_again(
    connection: Connection, failed: RunName, passed: RunName, failed_at: int
) -> bool:
    """Whether a run may be another attempt at one that failed, of the same job in the same run."""
    one, other = _found(connection, failed), _found(connection, passed)
    if one is None or other is None or (other.begun_at or 0) < failed_at:
        return False
    nominal = {one.nominal_at, other.nominal_at} - {None}
    if len(nominal) > 1:
        return False
    given = {
        "parent": one.parent,
        "job": one.job,
        "failed": one.key,
        "passed": other.key,
        "begun": other.begun_at,
        "failed_at": failed_at,
        "failed_from": failed_at if one.begun_at is None else one.begun_at,
    }
    return connection.scalar(_OTHER_PART, given) is None


def are_as_many(connection: Connection, passed: RunName, failed: RunName) -> bool:
    """Whether as many runs have passed beside one that did as there were beside one that failed."""
    one, other = _found(connection, failed), _found(connection, passed)
    if one is None or other is None or other.parent is None:
        return True
    beside = _passed_beside(connection, one)
    return not beside or _passed_beside(connection, other) >= min(beside, _MOST - 1)


def _passed_beside(connection: Connection, part: _Part) -> int:
    given = {"parent": part.parent, "job": part.job, "failed": part.key}
    return connection.scalar(_PASSED, given) or 0


def _found(connection: Connection, name: RunName) -> _Part | None:
    job = find_job(connection, name.job)
    row = connection.execute(_RUN, {"job": job, "run": name.run_id}).first()
    return None if row is None else _Part(*row)
