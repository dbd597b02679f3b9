"""Namespaces, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from hub.queries.pages import Page, PageRequest, fetch, follows
from hub.queries.selections import by_key
from hub.store.tables import dataset, job, namespace

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Table

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


def list_namespaces(connection: Connection, request: PageRequest) -> Page[NamespaceRow]:
    """Return a page of namespaces, by name."""
    statement = _NAMESPACES.order_by(namespace.c.name)
    if request.after is not None:
        statement = statement.where(follows((namespace.c.name,), request.after))
    return fetch(connection, statement, request, NamespaceRow._make)


def find_namespaces(connection: Connection, names: Collection[str]) -> list[NamespaceRow]:
    """Return those of ``names`` that exist."""
    found = connection.execute(_NAMESPACES.where(namespace.c.name.in_(names)))
    return [NamespaceRow._make(row) for row in found]


def count_namespaces(connection: Connection) -> int:
    """Return how many namespaces there are."""
    return connection.execute(select(func.count()).select_from(namespace)).scalar_one()


def contents_of(connection: Connection, namespaces: Collection[int]) -> dict[int, Contents]:
    """Return how many datasets and jobs each namespace holds."""
    datasets = _count(connection, dataset, namespaces)
    jobs = _count(connection, job, namespaces)
    return {key: Contents(datasets.get(key, 0), jobs.get(key, 0)) for key in namespaces}


def _count(connection: Connection, table: Table, namespaces: Collection[int]) -> dict[int, int]:
    statement = (
        select(table.c.namespace_id, func.count())
        .where(table.c.namespace_id.in_(namespaces))
        .group_by(table.c.namespace_id)
    )
    return by_key(connection.execute(statement))
