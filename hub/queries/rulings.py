"""What operators say of two names: the list, and whether what they are about to say has sense."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from hub.domain.commands import WithdrawRuling
from hub.domain.errors import InvalidInput, NotFound
from hub.domain.names import NodeKind
from hub.queries.nodes import resolve_node
from hub.queries.pages import Page, fetch, follows
from hub.store import natural_keys
from hub.store.identity import find_ruling
from hub.store.tables import identity_ruling

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.commands import OnNames
    from hub.domain.identity.things import Name
    from hub.domain.names import NodeId
    from hub.graph.identities import Identities
    from hub.queries.pages import Key, PageRequest

_KINDS = (NodeKind.DATASET, NodeKind.JOB)


class RulingRow(NamedTuple):
    """What an operator says: that two names are one, or that they are apart.

    ``said_at`` is the hub's clock, microseconds UTC; ``position`` the command's in the journal.
    """

    kind: str
    alias_namespace: str
    alias_name: str
    namespace: str
    name: str
    apart: bool
    reason: str
    actor: str
    said_at: int
    position: int

    @property
    def alias(self) -> Name:
        """The other name."""
        return self.alias_namespace, self.alias_name

    @property
    def shown(self) -> Name:
        """The name that is to be shown."""
        return self.namespace, self.name

    @property
    def sort_key(self) -> Key:
        """Rulings are listed in the order in which they were said."""
        return (self.position,)


def list_rulings(connection: Connection, request: PageRequest) -> Page[RulingRow]:
    """Return a page of what operators say now, in the order in which they said it."""
    columns = [identity_ruling.c[name] for name in RulingRow._fields]
    statement = select(*columns).order_by(identity_ruling.c.position)
    if request.after is not None:
        statement = statement.where(follows([identity_ruling.c.position], request.after))
    return fetch(connection, statement, request, RulingRow._make)


def count_rulings(connection: Connection) -> int:
    """Return how many rulings there are."""
    return connection.execute(select(func.count()).select_from(identity_ruling)).scalar_one()


def make_ruling(
    connection: Connection,
    known: Identities,
    make: type[OnNames],
    names: tuple[str, str],
    *,
    reason: str = "",
    actor: str = "somebody",
    client_key: str | None = None,
) -> OnNames:
    """Return the command that says something of two names, as people write them.

    Raises:
        InvalidInput: they are one name, or not both datasets or both jobs.
        NotFound: nothing is known under one of them, or there is nothing to withdraw.

    """
    first, second = (resolve_node(connection, text, known) for text in names)
    for node in (first, second):
        if node.kind not in _KINDS:
            raise InvalidInput(f"{node} is no dataset and no job")
    if first.kind is not second.kind:
        raise InvalidInput(f"{first} and {second} are not of one kind")
    if first == second:
        raise InvalidInput(f"{first} is one name, not two")
    command = make(
        kind=first.kind,
        first=(first.parts[0], first.parts[1]),
        second=(second.parts[0], second.parts[1]),
        reason=reason,
        actor=actor,
        client_key=client_key,
    )
    if isinstance(command, WithdrawRuling):
        _demand_ruling(connection, command, first, second)
    else:
        for node in (first, second):
            _demand(connection, known, node)
    return command


def _demand_ruling(connection: Connection, command: OnNames, first: NodeId, second: NodeId) -> None:
    if command.client_key is None and not find_ruling(
        connection, command.kind, command.first, command.second
    ):
        message = f"no operator has said anything of {first} and {second}"
        raise NotFound(message, fix="`hub alias ls` lists what operators have said")


def _demand(connection: Connection, known: Identities, node: NodeId) -> None:
    if known.find(node) is not None:
        return
    found = (
        natural_keys.find_job(connection, node.job)
        if node.kind is NodeKind.JOB
        else natural_keys.find_dataset(connection, node.dataset)
    )
    if found is None:
        raise NotFound(f"nothing is known under {node}", fix="name what events have named")
