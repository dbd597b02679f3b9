"""Namespaces, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, func, or_, select, true

from hub.queries.datasets import is_there
from hub.queries.jobs import was_there
from hub.queries.moments import NOW
from hub.queries.pages import Page, PageRequest, fetch, follows
from hub.queries.selections import by_key
from hub.store.tables import dataset, job, namespace

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, Table

    from hub.queries.moments import Moment
    from hub.queries.pages import Key


class NamespaceRow(NamedTuple):
    """A namespace. ``id`` is the store's."""

    id: int
    name: str

    @property
    def sort_key(self) -> Key:
        """Namespaces are listed by name."""
        return (self.name,)


class Contents(NamedTuple):
    """How much a namespace holds."""

    datasets: int
    jobs: int


_NAMESPACES = select(namespace.c.id, namespace.c.name)


def list_namespaces(
    connection: Connection, request: PageRequest, *, moment: Moment = NOW
) -> Page[NamespaceRow]:
    """Return a page of namespaces, by name: of the past, those that held anything by then."""
    statement = _NAMESPACES.where(_is_there(moment)).order_by(namespace.c.name)
    if request.after is not None:
        statement = statement.where(follows((namespace.c.name,), request.after))
    return fetch(connection, statement, request, NamespaceRow._make)


def find_namespaces(
    connection: Connection, names: Collection[str], *, moment: Moment = NOW
) -> list[NamespaceRow]:
    """Return those of ``names`` that exist, or held anything by then."""
    wanted = _NAMESPACES.where(namespace.c.name.in_(names), _is_there(moment))
    found = connection.execute(wanted)
    return [NamespaceRow._make(row) for row in found]


def count_namespaces(connection: Connection, *, moment: Moment = NOW) -> int:
    """Return how many namespaces ``list_namespaces`` goes through."""
    statement = select(func.count()).select_from(namespace).where(_is_there(moment))
    return connection.execute(statement).scalar_one()


def contents_of(
    connection: Connection, namespaces: Collection[int], *, moment: Moment = NOW
) -> dict[int, Contents]:
    """Return how many datasets and jobs each namespace holds, or held."""
    datasets = _count(connection, dataset, namespaces, moment)
    jobs = _count(connection, job, namespaces, moment)
    return {key: Contents(datasets.get(key, 0), jobs.get(key, 0)) for key in namespaces}


def _is_there(moment: Moment) -> ColumnElement[bool]:
    held = (
        exists().where(table.c.namespace_id == namespace.c.id, _was_there(table, moment))
        for table in (dataset, job)
    )
    return true() if moment.is_now else or_(*held)


def _was_there(table: Table, moment: Moment) -> ColumnElement[bool]:
    if moment.is_now:
        return true()
    return is_there(moment) if table is dataset else was_there(moment)


def _count(
    connection: Connection, table: Table, namespaces: Collection[int], moment: Moment
) -> dict[int, int]:
    statement = (
        select(table.c.namespace_id, func.count())
        .where(table.c.namespace_id.in_(namespaces), _was_there(table, moment))
        .group_by(table.c.namespace_id)
    )
    return by_key(connection.execute(statement))
