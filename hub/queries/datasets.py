"""Datasets by name, in pages, and by the store's ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, bindparam, exists, func, or_, select

from hub.domain.names import DatasetName
from hub.graph.identities import NOTHING
from hub.queries.moments import NOW
from hub.queries.names import fetch_by_name
from hub.queries.pages import Page, PageRequest
from hub.queries.selections import IDS, Grouped, group, made_once
from hub.store.dialect import among, besides, table_of_names
from hub.store.tables import dataset, edge, io_set_member, namespace

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, FromClause, Select

    from hub.graph.identities import Things
    from hub.queries.moments import Moment
    from hub.queries.pages import Key

# What a job or a run reads or writes is cut here: a list, not a page.
MAX_LISTED = 1_000


class DatasetRow(NamedTuple):
    """A dataset. ``id`` is the store's; ``first_seen`` and ``last_seen`` are event time.

    They are null while the dataset is known by inference alone.
    """

    id: int
    namespace: str
    name: str
    first_seen: int | None
    last_seen: int | None

    @property
    def key(self) -> DatasetName:
        """The dataset's natural key."""
        return DatasetName(self.namespace, self.name)

    @property
    def sort_key(self) -> Key:
        """Datasets are listed by namespace and name."""
        return (self.namespace, self.name)


_COLUMNS = (
    dataset.c.id,
    namespace.c.name.label("namespace"),
    dataset.c.name,
    dataset.c.first_seen,
    dataset.c.last_seen,
)
_DATASETS = select(*_COLUMNS).join(namespace, namespace.c.id == dataset.c.namespace_id)
_ORDER = (namespace.c.name, dataset.c.name)
_BY_ID: Final = _DATASETS.where(among(dataset.c.id, IDS))
_OF_SETS: Final = (
    select(io_set_member.c.set_id, *_COLUMNS)
    .select_from(io_set_member)
    .join(dataset, dataset.c.id == io_set_member.c.member_id)
    .join(namespace, namespace.c.id == dataset.c.namespace_id)
    .where(among(io_set_member.c.set_id, IDS))
    .order_by(*_ORDER)
)


def is_there(moment: Moment = NOW) -> ColumnElement[bool]:
    """Return the condition that a dataset is known: by events, or by what is inferred still."""
    if moment.is_now:
        return _IS_THERE
    return and_(moment.knows(dataset.c.first_position), _named(moment.edges(), moment))


def _named(edges: FromClause, moment: Moment) -> ColumnElement[bool]:
    lasted = edges.c.closed_at.is_(None) | (edges.c.closed_at > edges.c.opened_at)
    had_opened = moment.within(edges.c.opened_at)
    is_inferred = exists().where(edges.c.dataset_id == dataset.c.id, lasted, had_opened)
    first_seen = dataset.c.first_seen
    return or_(and_(first_seen.is_not(None), moment.within(first_seen)), is_inferred)


# Made once, as they are asked all the time.
_IS_THERE: Final = _named(edge, NOW)
_ALL_NOW: Final = _DATASETS.where(_IS_THERE)


def list_datasets(
    connection: Connection,
    request: PageRequest,
    *,
    in_namespace: str | None = None,
    moment: Moment = NOW,
    things: Things = NOTHING,
) -> Page[DatasetRow]:
    """Return a page of datasets, by namespace and name.

    Each of ``things`` is one dataset, whatever its names.
    """
    statement = _ALL_NOW if moment.is_now else _DATASETS.where(is_there(moment))
    if things.further:
        statement = statement.where(besides(dataset.c.id, things.further))
    if in_namespace is not None:
        statement = statement.where(namespace.c.name == in_namespace)
    return fetch_by_name(connection, statement, dataset, request, DatasetRow._make)


def count_datasets(
    connection: Connection,
    *,
    in_namespace: str | None = None,
    moment: Moment = NOW,
    things: Things = NOTHING,
) -> int:
    """Return how many datasets ``list_datasets`` goes through."""
    conditions = is_there(moment), besides(dataset.c.id, things.further)
    statement = select(func.count()).select_from(dataset).where(*conditions)
    if in_namespace is not None:
        statement = statement.join(namespace, namespace.c.id == dataset.c.namespace_id)
        statement = statement.where(namespace.c.name == in_namespace)
    return connection.execute(statement).scalar_one()


def find_datasets(
    connection: Connection, names: Collection[DatasetName], *, moment: Moment = NOW
) -> dict[DatasetName, DatasetRow]:
    """Return those of ``names`` that exist."""
    wanted = table_of_names(names)
    is_wanted = (wanted.c.namespace == namespace.c.name) & (wanted.c.name == dataset.c.name)
    statement = _DATASETS.join(wanted, is_wanted).where(is_there(moment))
    found = [DatasetRow(*row) for row in connection.execute(statement)]
    return {row.key: row for row in found}


def datasets_by_id(connection: Connection, ids: Collection[int]) -> dict[int, DatasetRow]:
    """Return datasets by the store's ids."""
    found = connection.execute(_BY_ID, {"ids": ids})
    return {row[0]: DatasetRow(*row) for row in found}


def datasets_of_jobs(
    connection: Connection, jobs: Collection[int], *, side: str, moment: Moment = NOW
) -> Grouped[DatasetRow]:
    """Return what each job reads (side "in") or writes ("out"), by namespace and name."""
    found = connection.execute(_of_jobs(moment), {"ids": jobs, "side": side})
    return _cut(group(found, DatasetRow))


@made_once
def _of_jobs(moment: Moment) -> Select[Any]:
    edges = moment.edges()
    return (
        select(edges.c.job_id, *_COLUMNS)
        .select_from(edges)
        .join(dataset, dataset.c.id == edges.c.dataset_id)
        .join(namespace, namespace.c.id == dataset.c.namespace_id)
        .where(among(edges.c.job_id, IDS), edges.c.side == bindparam("side"), moment.holds(edges))
        .distinct()
        .order_by(*_ORDER)
    )


def datasets_of_sets(connection: Connection, sets: Collection[int]) -> Grouped[DatasetRow]:
    """Return the members of the sets that runs name as their inputs and outputs."""
    return _cut(group(connection.execute(_OF_SETS, {"ids": sets}), DatasetRow))


def _cut(found: Grouped[DatasetRow]) -> Grouped[DatasetRow]:
    return {parent: rows[:MAX_LISTED] for parent, rows in found.items()}
