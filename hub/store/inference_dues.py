"""Which jobs' SQL is to be read again, as something has changed that its meaning rests on.

The projection marks what changes, in its own transaction; the stage ``infer`` works it off. So the
stage reads no events, and has nothing to do while events repeat what is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, union

from hub.store import dialect
from hub.store.tables import edge, facet, inference_due, job_parent, store_meta

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection, Select

# What an entry is of; see the table.
JOB: Final = "job"
NEAR: Final = "near"
FIELDS: Final = "fields"
NAMES: Final = "names"

_MARK: Final = (
    "INSERT INTO inference_due (kind, thing_id, times) VALUES (?, ?, 1)"
    " ON CONFLICT (kind, thing_id) DO UPDATE SET times = inference_due.times + 1"
)
_OF_KINDS: Final = (
    select(inference_due.c.kind, inference_due.c.thing_id, inference_due.c.times)
    .where(inference_due.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(inference_due.c.kind, inference_due.c.thing_id)
    .limit(bindparam("most"))
)
_DONE: Final = delete(inference_due).where(
    *(column == bindparam(f"its_{column.name}") for column in inference_due.c)
)
_COUNT: Final = select(func.count()).select_from(
    select(inference_due.c.thing_id).limit(bindparam("most")).subquery()
)


# With which rules for names SQL was last read.
NAMING_NAME: Final = "naming of inference"
_NAMING: Final = select(store_meta.c.value).where(store_meta.c.name == NAMING_NAME)
_ALL: Final = select(facet.c.owner_id).where(facet.c.owner_kind == "job", facet.c.name == "sql")


class Due(NamedTuple):
    """A row of ``inference_due``."""

    kind: str
    id: int
    times: int


def mark(connection: Connection, kind: str, ids: Iterable[int]) -> None:
    """Note that something has changed."""
    rows = [(kind, key) for key in sorted(set(ids))]
    if rows:
        connection.exec_driver_sql(dialect.driver_sql(connection, _MARK), rows)


def dues(connection: Connection, kinds: Sequence[str], most: int) -> list[Due]:
    """Return up to ``most`` of what has changed."""
    rows = connection.execute(_OF_KINDS, {"kinds": list(kinds), "most": most})
    return [Due(*row) for row in rows]


def count(connection: Connection, most: int) -> int:
    """Return how much there is to look at, up to ``most``."""
    return connection.scalar(_COUNT, {"most": most}) or 0


def done(connection: Connection, handled: Collection[Due]) -> None:
    """Take out what has been handled, but for what has changed again in the meantime."""
    if handled:
        rows = [{"its_kind": kind, "its_thing_id": key, "its_times": n} for kind, key, n in handled]
        connection.execute(_DONE, rows)


def forget(connection: Connection) -> None:
    """Let nothing be waiting."""
    connection.execute(delete(inference_due))


def is_written_by(connection: Connection, naming: bytes | None) -> bool:
    """Whether SQL was last read with the rules for names whose digest this is; None for none."""
    return connection.scalar(_NAMING) == naming


def write_by(connection: Connection, naming: bytes | None) -> None:
    """Have all SQL read again, with other rules for names."""
    mark(connection, JOB, connection.scalars(_ALL))
    connection.execute(delete(store_meta).where(store_meta.c.name == NAMING_NAME))
    if naming is not None:
        connection.execute(store_meta.insert(), {"name": NAMING_NAME, "value": naming})


def spread(connection: Connection, changes: Collection[Due]) -> None:
    """Mark the jobs with SQL that changes near them, or to fields that they use, may concern.

    What datasets are called besides changes near all jobs that use them.
    """
    near = {each.id for each in changes if each.kind == NEAR}
    fields = {each.id for each in changes if each.kind == FIELDS}
    names = {each.id for each in changes if each.kind == NAMES}
    if names:
        near.update(connection.scalars(_OF_DATASETS, {"datasets": list(names)}))
    if fields:
        mark(connection, JOB, connection.scalars(_USERS, {"datasets": list(fields)}))
    if near:
        mark(connection, JOB, connection.scalars(_RELATIVES, {"jobs": list(near)}))
    done(connection, changes)


def _with_sql(jobs: Select[tuple[int]]) -> Select[tuple[int]]:
    of = jobs.subquery()
    has_sql = exists().where(
        facet.c.owner_kind == "job", facet.c.name == "sql", facet.c.owner_id == of.c.job_id
    )
    return select(of.c.job_id).where(has_sql)


def _relatives() -> Select[tuple[int]]:
    """Return jobs, those whose runs theirs start, and those that are started by the same ones."""
    is_one = job_parent.c.job_id.in_(bindparam("jobs", expanding=True))
    parents = select(job_parent.c.parent_id).where(is_one)
    below = or_(
        is_one,
        job_parent.c.parent_id.in_(parents),
        job_parent.c.parent_id.in_(bindparam("jobs", expanding=True)),
    )
    selves = select(facet.c.owner_id.label("job_id")).where(
        and_(facet.c.owner_kind == "job", facet.c.name == "sql"),
        facet.c.owner_id.in_(bindparam("jobs", expanding=True)),
    )
    return select(union(selves, select(job_parent.c.job_id).where(below)).subquery().c.job_id)


_RELATIVES: Final = _with_sql(_relatives())
_OF_DATASETS: Final = (
    select(edge.c.job_id)
    .where(edge.c.dataset_id.in_(bindparam("datasets", expanding=True)))
    .distinct()
)
_USERS: Final = _with_sql(_OF_DATASETS)
