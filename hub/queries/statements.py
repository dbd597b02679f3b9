"""Which jobs are statements of others: queries that an application tells of as jobs of their own.

A job's sort goes by what is known of it now. That a run of the application had started one of it
is asked of the past where the moment is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, exists, func, or_, select

from hub.domain.openlineage.facets import SPARK
from hub.store.tables import job, job_parent, producer, run

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause, ScalarSelect

# As ``jobType`` has it: Spark's, dbt's, and those of tasks that ask a warehouse.
_TYPES: Final = ("QUERY", "RDD_JOB", "SQL", "SQL_JOB")


def is_statement() -> ColumnElement[bool]:
    """Return the condition that a row of ``job_parent`` is of a statement and its application.

    What has statements is none itself, so what each is folded into is never folded.
    """
    below, above = job.alias(), job.alias()
    return exists().where(is_statement_of(below, above)).correlate(job_parent)


def is_statement_of(below: FromClause, above: FromClause) -> ColumnElement[bool]:
    """Return the same condition on a row of ``job_parent`` and the two jobs that it is of."""
    return and_(
        below.c.id == job_parent.c.job_id,
        above.c.id == job_parent.c.parent_id,
        below.c.id != above.c.id,
        # As a CASE: PostgreSQL takes what has a type of some for rare, and goes job by job.
        case((below.c.job_type.is_not(None), _is_of_type(below)), else_=_is_of_old_spark(below)),
        or_(above.c.job_type.is_(None), ~_is_of_type(above)),
    )


def _is_of_type(table: FromClause) -> ColumnElement[bool]:
    return func.upper(table.c.job_type).in_(_TYPES)


def _is_of_old_spark(table: FromClause) -> ColumnElement[bool]:
    started = job_parent.alias()
    starts_none = ~exists().where(started.c.parent_id == table.c.id)
    # Before it sent ``jobType``, Spark told of queries alone.
    return and_(_last_producer(table).contains(SPARK), starts_none)


def _last_producer(table: FromClause) -> ScalarSelect[Any]:
    return (
        select(producer.c.name)
        .join_from(run, producer, producer.c.id == run.c.producer_id)
        .where(run.c.job_id == table.c.id, run.c.anchor_at.is_not(None))
        .order_by(run.c.anchor_at.desc(), run.c.id.desc())
        .limit(1)
        .correlate(table)
        .scalar_subquery()
    )
