"""Dead letters, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct, json
from sqlalchemy import Select, func, select

from hub.queries.pages import Page, PageRequest, fetch, follows
from hub.store.tables import dead_letter

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from hub.queries.pages import Key


class DeadLetterFilter(Struct, frozen=True, kw_only=True):
    """Which dead letters to list; empty means all."""

    states: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    product: str | None = None
    step: str | None = None
    rule: str | None = None
    source: str | None = None


class DeadLetterRow(NamedTuple):
    """A refused record, without its bytes. ``dataset`` and ``run`` are node ids."""

    id: str
    stage: str
    state: str
    failure_class: str
    rule: str
    product: str | None
    step: str | None
    dataset: str | None
    source: str | None
    run: str | None
    contract: str | None
    encoding: str
    origin: str
    event_time: int | None
    recorded_at: int
    resolved_at: int | None
    discarded_for: str | None
    replays: int
    incident_id: str | None
    position: int
    reasons_json: bytes

    @property
    def sort_key(self) -> Key:
        """Dead letters are listed by the journal position that last changed them."""
        return (self.position, self.id)

    @property
    def reasons(self) -> list[str]:
        """Every rule that the record broke, in words."""
        return json.decode(self.reasons_json, type=list[str])


_LETTERS = select(
    *(dead_letter.c[name] for name in DeadLetterRow._fields[:-1]),
    dead_letter.c.reasons.label("reasons_json"),
)
_ORDER = (dead_letter.c.position, dead_letter.c.id)


def list_dead_letters(
    connection: Connection, request: PageRequest, chosen: DeadLetterFilter
) -> Page[DeadLetterRow]:
    """Return a page of dead letters, the last changed first."""
    statement = _only(_LETTERS, chosen).order_by(*(column.desc() for column in _ORDER))
    if request.after is not None:
        statement = statement.where(follows(_ORDER, request.after, descending=True))
    return fetch(connection, statement, request, DeadLetterRow._make)


def count_dead_letters(connection: Connection, chosen: DeadLetterFilter) -> int:
    """Return how many dead letters ``list_dead_letters`` goes through."""
    statement = _only(select(func.count()).select_from(dead_letter), chosen)
    counted: int = connection.execute(statement).scalar_one()
    return counted


def ids_of_dead_letters(
    connection: Connection, chosen: DeadLetterFilter, *, limit: int
) -> list[str]:
    """Return the ids of those that were chosen, the first that came in first."""
    order = (dead_letter.c.entry_position, dead_letter.c.id)
    statement = _only(select(dead_letter.c.id), chosen).order_by(*order).limit(limit)
    return list(connection.scalars(statement))


def dead_letters_by_id(connection: Connection, ids: Collection[str]) -> dict[str, DeadLetterRow]:
    """Return those of ``ids`` that exist."""
    found = connection.execute(_LETTERS.where(dead_letter.c.id.in_(ids)))
    return {row[0]: DeadLetterRow._make(row) for row in found}


def dead_letters_since(connection: Connection, position: int, *, limit: int) -> list[DeadLetterRow]:
    """Return the open dead letters that came after a journal position, in that order."""
    statement = _LETTERS.where(dead_letter.c.state == "open", dead_letter.c.position > position)
    found = connection.execute(statement.order_by(*_ORDER).limit(limit))
    return [DeadLetterRow._make(row) for row in found]


def payloads_of(
    connection: Connection, ids: Collection[str], *, most_bytes: int
) -> dict[str, bytes]:
    """Return what came in, byte for byte, up to a length."""
    payload = func.substr(dead_letter.c.payload, 1, most_bytes)
    found = connection.execute(select(dead_letter.c.id, payload).where(dead_letter.c.id.in_(ids)))
    return {key: bytes(start) for key, start in found}


def _only(statement: Select[Any], chosen: DeadLetterFilter) -> Select[Any]:
    lists = (
        (dead_letter.c.state, chosen.states),
        (dead_letter.c.stage, chosen.stages),
        (dead_letter.c.failure_class, chosen.classes),
    )
    for column, values in lists:
        if values:
            statement = statement.where(column.in_(values))
    singles = (
        (dead_letter.c.product, chosen.product),
        (dead_letter.c.step, chosen.step),
        (dead_letter.c.rule, chosen.rule),
        (dead_letter.c.source, chosen.source),
    )
    for column, value in singles:
        if value is not None:
            statement = statement.where(column == value)
    return statement
