"""Silences as the store keeps them: made and ended by commands, read by whoever tells people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select, update

from hub.domain.commands import NOT_FOUND, OK, Answer, CreateSilence, OnSilences
from hub.domain.duty.matching import Matcher
from hub.domain.duty.silences import Silence, silence_id
from hub.store import dialect
from hub.store.tables import silence

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from hub.domain.entries import Entry


def write_silence(connection: Connection, command: OnSilences, entry: Entry) -> Answer:
    """Carry out a command on silences, and return what came of it.

    One that is over stays as it ended.
    """
    if isinstance(command, CreateSilence):
        made = made_by(command, entry.position)
        row = {
            "id": made.id,
            "matchers": msgspec.json.encode(made.matchers),
            "owner": made.owner,
            "comment": made.comment,
            "starts_at": made.starts_at,
            "ends_at": made.ends_at,
            "expired_at": None,
            "created_by": command.actor,
            "position": entry.position,
        }
        connection.execute(dialect.insert(connection, silence).on_conflict_do_nothing(), row)
        return Answer(OK, entry.position, subject=made.id)
    if find_silence(connection, command.silence) is None:
        message = f"there is no silence {command.silence}"
        return Answer(NOT_FOUND, entry.position, message)
    columns = silence.c
    connection.execute(
        update(silence)
        .where(
            columns.id == command.silence,
            columns.expired_at.is_(None),
            columns.ends_at > entry.recorded_at,
        )
        .values(expired_at=entry.recorded_at, position=entry.position)
    )
    return Answer(OK, entry.position, subject=command.silence)


def made_by(command: CreateSilence, position: int) -> Silence:
    """Return the silence that the command at a journal position makes."""
    return Silence(
        id=silence_id(position),
        matchers=command.matchers,
        owner=command.owner,
        comment=command.comment,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
    )


def find_silence(connection: Connection, silence_id: str) -> Silence | None:
    """Return a silence, in force or not."""
    row = connection.execute(select(silence).where(silence.c.id == silence_id)).first()
    return None if row is None else _silence(row)


def load_silences(connection: Connection, *, now: int) -> list[Silence]:
    """Return the silences that are in force or will be, as they were made."""
    rows = connection.execute(select(silence).where(silence.c.ends_at > now).order_by(silence.c.id))
    return [_silence(row) for row in rows]


def _silence(row: Row[Any]) -> Silence:
    return Silence(
        id=row.id,
        matchers=msgspec.json.decode(row.matchers, type=tuple[Matcher, ...]),
        owner=row.owner,
        comment=row.comment,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        expired_at=row.expired_at,
    )
