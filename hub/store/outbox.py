"""The outbox: notifications that are planned and not settled yet.

A claim is committed before anything is sent. One that is found again later, without word of how
it ended, was cut off by a crash: what it was to send may have arrived. What came of an attempt is
noted in the journal, and on its claim in the same transaction: until that is projected, nobody
takes it for cut off (ADR 50).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import exists, or_, select, update

from hub.domain.errors import InvariantBroken
from hub.domain.incidents.decisions import NotificationPlanned, decode_decision
from hub.domain.incidents.telling import ENDINGS
from hub.store.operations import CUT_OFF, FAILED, PENDING, SENT
from hub.store.tables import notification

if TYPE_CHECKING:
    from sqlalchemy import Connection, Update

# When an attempt counts as claimed of which the journal tells how it ended: never is it too old.
_NOTED: Final = 1 << 62


class Waiting(NamedTuple):
    """A notification to send. ``claimed_at`` is set when an earlier attempt never ended."""

    planned: NotificationPlanned
    attempts: int
    claimed_at: int | None


def first_waiting(
    connection: Connection,
    *,
    now: int,
    abandoned_before: int,
    besides: Collection[str] = (),
    only_untroubled: bool = False,
) -> Waiting | None:
    """Return the notification that is due and was planned first, for none of ``besides``.

    Where something waits that was tried in vain, its receiver comes after the others, and not at
    all where ``only_untroubled``: it may hang.
    Of one incident a receiver is told everything in order, lest the end come before the beginning.
    A claim that is not older than ``abandoned_before`` is somebody's work.
    """
    columns, earlier, tried = notification.c, notification.alias().c, notification.alias().c
    is_free = or_(columns.claimed_at.is_(None), columns.claimed_at < abandoned_before)
    is_next = ~exists().where(
        earlier.incident_id == columns.incident_id,
        earlier.receiver == columns.receiver,
        earlier.state == PENDING,
        earlier.position < columns.position,
    )
    in_vain = select(tried.receiver).where(tried.state == PENDING, tried.attempts > 0)
    statement = select(columns.payload, columns.attempts, columns.claimed_at).where(
        columns.state == PENDING,
        columns.due_at <= now,
        columns.receiver.not_in(besides),
        is_free,
        is_next,
    )
    if only_untroubled:
        statement = statement.where(columns.receiver.not_in(in_vain))
    order = (columns.receiver.in_(in_vain), columns.attempts, columns.position)
    row = connection.execute(statement.order_by(*order).limit(1)).first()
    return row and Waiting(_planned(row.payload), row.attempts, row.claimed_at)


def has_page_behind(connection: Connection, planned: NotificationPlanned) -> bool:
    """Whether something that asks a receiver to act waits until it is told of an incident's end."""
    columns = notification.c
    statement = select(columns.id).where(
        columns.incident_id == planned.incident,
        columns.receiver == planned.receiver,
        columns.state == PENDING,
        columns.reason.not_in(ENDINGS),
    )
    return connection.scalar(statement.limit(1)) is not None


def claim(connection: Connection, notification_id: str, *, attempts: int, at: int) -> bool:
    """Count an attempt before it is made; False when another deliverer has done so meanwhile."""
    claim = _at_attempt(notification_id, attempts).values(attempts=attempts + 1, claimed_at=at)
    return connection.execute(claim).rowcount == 1


def postpone(
    connection: Connection,
    notification_id: str,
    *,
    attempts: int,
    error: str,
    due_at: int,
    may_have_arrived: bool,
) -> None:
    """Note that an attempt has failed, and when the next one is due; not of an attempt overtaken.

    Where this one or one before may have arrived all the same, the claim stays, as one that was cut
    off long ago.
    """
    claimed_at = CUT_OFF if may_have_arrived else None
    connection.execute(
        _at_attempt(notification_id, attempts).values(
            claimed_at=claimed_at, last_error=error, due_at=due_at
        )
    )


def settle(connection: Connection, notification_id: str, *, attempts: int) -> None:
    """Note that the journal tells what came of an attempt: none is to follow."""
    connection.execute(_at_attempt(notification_id, attempts).values(claimed_at=_NOTED))


def _at_attempt(notification_id: str, attempts: int) -> Update:
    columns = notification.c
    return update(notification).where(
        columns.id == notification_id, columns.state == PENDING, columns.attempts == attempts
    )


def next_due_at(connection: Connection, *, after: int) -> int | None:
    """Return when the next pending notification is due that is not due yet."""
    return connection.scalar(
        select(notification.c.due_at)
        .where(notification.c.state == PENDING, notification.c.due_at > after)
        .order_by(notification.c.due_at)
        .limit(1)
    )


def find_planned(connection: Connection, notification_id: str) -> NotificationPlanned:
    """Return a notification as it was planned."""
    statement = select(notification.c.payload).where(notification.c.id == notification_id)
    return _planned(connection.execute(statement).scalar_one())


def was_told(connection: Connection, incident: str, receiver: str) -> bool:
    """Whether a receiver has ever accepted a notification of an incident."""
    columns = notification.c
    statement = select(columns.id).where(
        columns.incident_id == incident, columns.receiver == receiver, columns.state == SENT
    )
    return connection.scalar(statement.limit(1)) is not None


def may_know(connection: Connection, incident: str, receiver: str) -> bool:
    """Whether a notification of an incident has reached a receiver, or may have."""
    columns = notification.c
    is_in_doubt = (columns.state == FAILED) & columns.claimed_at.is_not(None)
    statement = select(columns.id).where(
        columns.incident_id == incident,
        columns.receiver == receiver,
        (columns.state == SENT) | is_in_doubt,
    )
    return connection.scalar(statement.limit(1)) is not None


def last_receipt(connection: Connection, incident: str, receiver: str) -> str | None:
    """Return what a receiver's notifier returned last of an incident."""
    columns = notification.c
    statement = select(columns.receipt).where(
        columns.incident_id == incident,
        columns.receiver == receiver,
        columns.receipt.is_not(None),
    )
    receipt: str | None = connection.scalar(statement.order_by(columns.position.desc()).limit(1))
    return receipt


def _planned(payload: bytes) -> NotificationPlanned:
    decision = decode_decision(payload)
    if not isinstance(decision, NotificationPlanned):
        raise InvariantBroken(f"the outbox holds a {type(decision).__name__}")
    return decision
