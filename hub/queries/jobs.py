"""Jobs by name, in pages, and by the store's ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from hub.domain.names import JobName
from hub.queries.moments import NOW
from hub.queries.names import fetch_by_name
from hub.queries.pages import Page, PageRequest
from hub.store.dialect import among, table_of_names
from hub.store.tables import job, namespace

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from hub.queries.moments import Moment
    from hub.queries.pages import Key


class JobRow(NamedTuple):
    """A job. ``id`` is the store's; ``first_seen`` and ``last_seen`` are event time.

    They are null while the job is known only as some run's parent.
    """

    id: int
    namespace: str
    name: str
    processing_type: str | None
    integration: str | None
    job_type: str | None
    first_seen: int | None
    last_seen: int | None

    @property
    def key(self) -> JobName:
        """The job's natural key."""
        return JobName(self.namespace, self.name)

    @property
    def sort_key(self) -> Key:
        """Jobs are listed by namespace and name."""
        return (self.namespace, self.name)


_JOBS = select(
    job.c.id,
    namespace.c.name.label("namespace"),
    job.c.name,
    job.c.processing_type,
    job.c.integration,
    job.c.job_type,
    job.c.first_seen,
    job.c.last_seen,
).join(namespace, namespace.c.id == job.c.namespace_id)


def list_jobs(
    connection: Connection,
    request: PageRequest,
    *,
    in_namespace: str | None = None,
    containing: str | None = None,
    moment: Moment = NOW,
) -> Page[JobRow]:
    """Return a page of jobs, by namespace and name; ``containing`` is a part of the name."""
    statement = _JOBS.where(moment.sees(job))
    if in_namespace is not None:
        statement = statement.where(namespace.c.name == in_namespace)
    if containing is not None:
        statement = statement.where(job.c.name.icontains(containing, autoescape=True))
    return fetch_by_name(connection, statement, job, request, JobRow._make)


def count_jobs(
    connection: Connection, *, in_namespace: str | None = None, moment: Moment = NOW
) -> int:
    """Return how many jobs ``list_jobs`` goes through."""
    statement = select(func.count()).select_from(job).where(moment.sees(job))
    if in_namespace is not None:
        statement = statement.join(namespace, namespace.c.id == job.c.namespace_id)
        statement = statement.where(namespace.c.name == in_namespace)
    return connection.execute(statement).scalar_one()


def find_jobs(
    connection: Connection, names: Collection[JobName], *, moment: Moment = NOW
) -> dict[JobName, JobRow]:
    """Return those of ``names`` that exist."""
    wanted = table_of_names(names)
    is_wanted = (wanted.c.namespace == namespace.c.name) & (wanted.c.name == job.c.name)
    statement = _JOBS.join(wanted, is_wanted).where(moment.sees(job))
    found = [JobRow(*row) for row in connection.execute(statement)]
    return {row.key: row for row in found}


def jobs_by_id(connection: Connection, ids: Collection[int]) -> dict[int, JobRow]:
    """Return jobs by the store's ids."""
    found = connection.execute(_JOBS.where(among(job.c.id, ids)))
    return {row[0]: JobRow(*row) for row in found}
