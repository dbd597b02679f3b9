"""Published contracts, by id, newest version first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select, true, tuple_

from hub.queries.moments import NOW
from hub.queries.pages import Page, PageRequest, fetch, follows
from hub.store.tables import contract

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection

    from hub.queries.moments import Moment
    from hub.queries.pages import Key


class ContractRow(NamedTuple):
    """One published version of a contract. ``body`` is the document as written."""

    contract_id: str
    version: str
    status: str | None
    name: str | None
    domain: str | None
    product: str | None
    body: str
    published_at: int

    @property
    def sort_key(self) -> Key:
        """Contracts are listed by id, then by version."""
        return (self.contract_id, self.version)


_CONTRACTS = select(*(contract.c[name] for name in ContractRow._fields))
_ORDER = (contract.c.contract_id, contract.c.version)


def list_contracts(
    connection: Connection, request: PageRequest, *, moment: Moment = NOW
) -> Page[ContractRow]:
    """Return a page of the contract versions that were published by then, by id and version."""
    statement = _CONTRACTS.where(_was_published(moment)).order_by(*_ORDER)
    if request.after is not None:
        statement = statement.where(follows(_ORDER, request.after))
    return fetch(connection, statement, request, ContractRow._make)


def count_contracts(connection: Connection, *, moment: Moment = NOW) -> int:
    """Return how many contract versions were published by then."""
    statement = select(func.count()).select_from(contract).where(_was_published(moment))
    return connection.execute(statement).scalar_one()


def find_contract(
    connection: Connection, contract_id: str, version: str | None, *, moment: Moment = NOW
) -> ContractRow | None:
    """Return one version of a contract; without ``version`` the one published last by then."""
    statement = _CONTRACTS.where(contract.c.contract_id == contract_id, _was_published(moment))
    if version is not None:
        statement = statement.where(contract.c.version == version)
    newest = statement.order_by(contract.c.published_at.desc(), contract.c.version.desc())
    found = connection.execute(newest.limit(1)).first()
    return None if found is None else ContractRow._make(found)


def find_contracts(
    connection: Connection, keys: Collection[tuple[str, str]], *, moment: Moment = NOW
) -> dict[tuple[str, str], ContractRow]:
    """Return those versions, each an id and a version, that were published by then."""
    where = tuple_(contract.c.contract_id, contract.c.version).in_(keys)
    found = connection.execute(_CONTRACTS.where(where, _was_published(moment)))
    rows = map(ContractRow._make, found)
    return {(row.contract_id, row.version): row for row in rows}


def contracts_of_products(
    connection: Connection, products: Collection[str], *, moment: Moment = NOW
) -> dict[str, list[ContractRow]]:
    """Return the contract versions of each data product that were published by then."""
    is_of = contract.c.product.in_(products)
    statement = _CONTRACTS.where(is_of, _was_published(moment)).order_by(*_ORDER)
    found: dict[str, list[ContractRow]] = {}
    for row in map(ContractRow._make, connection.execute(statement)):
        found.setdefault(row.product or "", []).append(row)
    return found


def _was_published(moment: Moment) -> ColumnElement[bool]:
    # It is true, and known, from the instant on at which the hub is told of it.
    bounds = [at for at in (moment.as_of, moment.known_at) if at is not None]
    return contract.c.published_at <= min(bounds) if bounds else true()
