"""Silences: which are in force or will be, and which are over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, and_, func, select, true

from hub.domain.duty.matching import Matcher
from hub.domain.duty.silences import SilenceState
from hub.queries.pages import Page, fetch, follows
from hub.store.tables import silence

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from hub.queries.pages import Key, PageRequest


class SilenceRow(NamedTuple):
    """A silence. Instants are microseconds UTC; ``expired_at`` is when it was ended early."""

    id: str
    owner: str
    comment: str
    starts_at: int
    ends_at: int
    expired_at: int | None
    created_by: str
    position: int
    encoded: bytes

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        """What it is about: all must hold."""
        return msgspec.json.decode(self.encoded, type=tuple[Matcher, ...])

    @property
    def sort_key(self) -> Key:
        """Silences are listed by when they end as they were made."""
        return (self.ends_at, self.id)

    def state_at(self, now: int) -> SilenceState:
        """Where it stands at an instant."""
        if self.expired_at is not None or self.ends_at <= now:
            return SilenceState.OVER
        return SilenceState.ACTIVE if self.starts_at <= now else SilenceState.PENDING


_SILENCES = select(
    *(silence.c[name] for name in SilenceRow._fields[:-1]), silence.c.matchers.label("encoded")
)
_ORDER = (silence.c.ends_at, silence.c.id)


def list_silences(
    connection: Connection, request: PageRequest, *, now: int, over: bool
) -> Page[SilenceRow]:
    """Return a page of silences, the first to end first; those that are ``over`` too."""
    statement = _SILENCES.where(_lasting(now, over=over)).order_by(*_ORDER)
    if request.after is not None:
        statement = statement.where(follows(_ORDER, request.after))
    return fetch(connection, statement, request, SilenceRow._make)


def count_silences(connection: Connection, *, now: int, over: bool) -> int:
    """Return how many silences ``list_silences`` goes through."""
    statement = select(func.count()).select_from(silence).where(_lasting(now, over=over))
    counted: int = connection.execute(statement).scalar_one()
    return counted


def silences_by_id(connection: Connection, keys: Collection[str]) -> dict[str, SilenceRow]:
    """Return silences by their ids, whether they are over or not."""
    rows = connection.execute(_SILENCES.where(silence.c.id.in_(keys)))
    return {row.id: SilenceRow._make(row) for row in rows}


def _lasting(now: int, *, over: bool) -> ColumnElement[bool]:
    columns = silence.c
    return true() if over else and_(columns.ends_at > now, columns.expired_at.is_(None))
