"""Writing dead letters: as they come in, and what came of replaying them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Select, bindparam, func, select, update

from hub.domain.deadletters import NewDeadLetter, ReplayOutcome
from hub.domain.failures.failure import letter_class
from hub.store import dialect
from hub.store.tables import dead_letter

OPEN: Final = "open"
RESOLVED: Final = "resolved"
DISCARDED: Final = "discarded"

_PER_STATEMENT: Final = 500


class Chosen(Struct, frozen=True, kw_only=True):
    """Which dead letters: by id, or by all that is given here; nothing given means all."""

    ids: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    product: str | None = None
    step: str | None = None
    rule: str | None = None
    stage: str | None = None
    source: str | None = None


class StoredLetter(Struct, frozen=True):
    """A dead letter as the store has it; ``entry_position`` is that of its own journal entry.

    Times are microseconds UTC; ``replays`` counts how often it was tried again.
    """

    id: str
    state: str
    replays: int
    failure_class: str
    recorded_at: int
    resolved_at: int | None
    incident: str | None
    entry_position: int
    discarded_for: str | None
    letter: NewDeadLetter


def put_letters(connection: Connection, letters: Iterable[tuple[int, int, NewDeadLetter]]) -> None:
    """Add letters, each with its journal position and the time when it was recorded.

    A letter that is there already stays as it is.
    """
    rows = (_row(position, at, letter) for position, at, letter in letters)
    while some := list(islice(rows, _PER_STATEMENT)):
        statement = dialect.insert(connection, dead_letter).on_conflict_do_nothing()
        connection.execute(statement, some)


def settle_letters(
    connection: Connection, outcomes: Iterable[ReplayOutcome], *, position: int, at: int
) -> None:
    """Take note of a replay: those that passed are resolved, the others have today's reasons.

    The rule stays the one by which a letter was first refused: incidents group by it.
    """
    is_it = dead_letter.c.id == bindparam("letter")
    counted = update(dead_letter).values(replays=dead_letter.c.replays + 1, position=position)
    resolved = counted.where(is_it).values(state=RESOLVED, resolved_at=at)
    refused = counted.where(is_it, dead_letter.c.state == OPEN).values(
        reasons=bindparam("new_reasons")
    )
    passed, failed = [], []
    for each in outcomes:
        if each.resolved:
            passed.append({"letter": each.letter})
        else:
            reasons = msgspec.json.encode(each.reasons)
            failed.append({"letter": each.letter, "new_reasons": reasons})
    if passed:
        connection.execute(resolved, passed)
    if failed:
        connection.execute(refused, failed)


def discard_letters(
    connection: Connection, letters: Iterable[str], *, reason: str, position: int, at: int
) -> None:
    """Mark those that are still open: they stay, with the reason, and come back by nothing."""
    columns = dead_letter.c
    marked = (
        update(dead_letter)
        .where(columns.id == bindparam("letter"), columns.state == OPEN)
        .values(state=DISCARDED, discarded_for=reason, resolved_at=at, position=position)
    )
    if given := [{"letter": each} for each in letters]:
        connection.execute(marked, given)


def find_letters(connection: Connection, chosen: Chosen) -> list[StoredLetter]:
    """Return the letters that were chosen, in the order in which they came in."""
    columns = dead_letter.c
    statement = _only(select(dead_letter), chosen).order_by(columns.entry_position, columns.id)
    return list(_read(connection, statement))


def newest_letters(connection: Connection, chosen: Chosen, limit: int) -> list[StoredLetter]:
    """Return those of the chosen letters that changed last, the newest first."""
    columns = dead_letter.c
    order = columns.position.desc(), columns.id
    statement = _only(select(dead_letter), chosen).order_by(*order).limit(limit)
    return list(_read(connection, statement))


def count_letters(connection: Connection, chosen: Chosen) -> int:
    """Return how many letters were chosen."""
    counted = _only(select(func.count()).select_from(dead_letter), chosen)
    count: int = connection.execute(counted).scalar_one()
    return count


def _row(position: int, at: int, letter: NewDeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "stage": letter.stage,
        "state": OPEN,
        "failure_class": letter_class(letter.rule).value,
        "reasons": msgspec.json.encode(letter.reasons),
        "rule": letter.rule,
        "product": letter.product or None,
        "step": letter.step or None,
        "dataset": letter.dataset,
        "source": letter.source,
        "run": letter.run,
        "contract": letter.contract,
        "encoding": letter.encoding,
        "payload": letter.payload,
        "origin": letter.origin,
        "entry_position": position,
        "event_time": letter.event_time,
        "recorded_at": at,
        "resolved_at": None,
        "discarded_for": None,
        "replays": 0,
        "incident_id": None,
        "position": position,
    }


def _only(statement: Select[Any], chosen: Chosen) -> Select[Any]:
    if chosen.ids:
        statement = statement.where(dead_letter.c.id.in_(chosen.ids))
    if chosen.states:
        statement = statement.where(dead_letter.c.state.in_(chosen.states))
    for name in ("product", "step", "rule", "stage", "source"):
        if (value := getattr(chosen, name)) is not None:
            statement = statement.where(dead_letter.c[name] == value)
    return statement


def _read(connection: Connection, statement: Select[Any]) -> Iterator[StoredLetter]:
    for row in connection.execute(statement):
        letter = NewDeadLetter(
            stage=row.stage,
            product=row.product or "",
            step=row.step or "",
            encoding=row.encoding,
            payload=row.payload,
            rule=row.rule,
            reasons=msgspec.json.decode(row.reasons, type=tuple[str, ...]),
            dataset=row.dataset,
            source=row.source,
            run=row.run,
            contract=row.contract,
            event_time=row.event_time,
            origin=row.origin,
        )
        yield StoredLetter(
            row.id,
            row.state,
            row.replays,
            row.failure_class,
            row.recorded_at,
            row.resolved_at,
            row.incident_id,
            row.entry_position,
            row.discarded_for,
            letter,
        )
