"""The deliverer: sends what is in the outbox, and writes into the journal what came of it.

An attempt is claimed in the store before it is made. After a crash in between it is made again,
under the same dedup key, and says that it may be a repeat. Whom to tell instead of a receiver that
cannot be reached is for the stage to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import structlog

from hub.domain.catalog import Catalog, Receiver
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import HubError, InfrastructureError, InvalidInput, PluginFailed, Unreachable
from hub.domain.incidents.decisions import (
    Decision,
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
    encode_decision,
)
from hub.domain.incidents.pages import completed
from hub.flow.backlog import told_until
from hub.spi.notifier import Notification
from hub.store import outbox
from hub.store.outbox import CUT_OFF, Abandoned

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.spi.notifier import Notifier
    from hub.store.opening import Store
    from hub.store.outbox import Waiting

_log = structlog.get_logger(__name__)

SECOND: Final = 1_000_000
MAX_ATTEMPTS: Final = 8
_MAX_BACK_OFF: Final = 60 * SECOND
# No call into a notifier lasts longer: an older claim on a shared store is nobody's any more.
_LEASE: Final = 45 * SECOND


class Deliverer:
    """Sends notifications that are due: as a stage one after the other.

    Safe to use from several threads, as couriers do.
    """

    name = "deliver"

    def __init__(
        self,
        store: Store,
        catalog: Callable[[], Catalog],
        *,
        clock: Callable[[], int],
        notifier: Callable[[Receiver], Notifier],
        fill_secrets: Callable[[dict[str, object]], dict[str, object]] = dict,
        complete: Callable[[NotificationPlanned], Mapping[str, Any]] = lambda _planned: {},
    ) -> None:
        """Prepare it.

        ``notifier`` returns the guarded plugin of a receiver; ``fill_secrets`` puts secrets into
        its options, just before they are used; ``complete`` returns what a page says beyond what
        was planned.
        """
        self._store = store
        self._catalog = catalog
        self._clock = clock
        self._notifier = notifier
        self._fill_secrets = fill_secrets
        self._complete = complete
        self._started_at = clock()
        self._known_head: int | None = None
        # Attempts that nothing is noted of yet, with when they began. Where that fails, as when the
        # store is away, they are made again.
        self._unsettled: dict[str, int] = {}

    def step(self) -> bool:
        """Send the first that is due; tell whether there was any."""
        first = self.next_waiting()
        if first is None:
            return False
        self.deliver(first)
        return True

    def next_waiting(
        self, *, besides: Collection[str] = (), only_untroubled: bool = False
    ) -> Waiting | None:
        """Return what is to be sent next; see ``hub.store.outbox.first_waiting``."""
        now = self._clock()
        with self._store.database.read() as connection:
            return outbox.first_waiting(
                connection,
                now=now,
                abandoned=self._abandoned(connection, now),
                besides=besides,
                only_untroubled=only_untroubled,
            )

    def deliver(self, waiting: Waiting) -> None:
        """Claim one and send it, unless another process has claimed it meanwhile."""
        planned = waiting.planned
        with self._store.database.write() as connection:
            is_ours = outbox.claim(
                connection, planned.id, attempts=waiting.attempts, at=self._clock()
            )
        if is_ours:
            self._unsettled[planned.id] = self._clock()
            self._attempt(planned, waiting.attempts + 1, is_repeat=waiting.claimed_at is not None)
            del self._unsettled[planned.id]

    def _attempt(self, planned: NotificationPlanned, attempts: int, *, is_repeat: bool) -> None:
        try:
            receipt = self._send(planned, is_repeat=is_repeat)
        except HubError as error:
            self._failed(planned, attempts, error)
        else:
            sent = NotificationSent(
                at=self._clock(),
                id=planned.id,
                incident=planned.incident,
                receiver=planned.receiver,
                attempts=attempts,
                receipt=receipt,
            )
            self._append([sent])

    def _abandoned(self, connection: Connection, now: int) -> Abandoned:
        if not self._store.database.is_sqlite:
            return Abandoned(before=now - _LEASE)
        # Only one process serves an embedded store: an older claim is that of one that has ended.
        # What it has noted before that must be projected first.
        if self._known_head is None:
            self._known_head = self._store.journal.head(connection)
        has_caught_up = told_until(connection) >= self._known_head
        left = [key for key, at in self._unsettled.copy().items() if at < now - _LEASE]
        return Abandoned(self._started_at if has_caught_up else CUT_OFF + 1, left)

    def _send(self, planned: NotificationPlanned, *, is_repeat: bool) -> str | None:
        receiver = self._catalog().receivers.get(planned.receiver)
        if receiver is None:
            message = f"receiver {planned.receiver} is not declared"
            raise InvalidInput(message, fix="add it to receivers.yaml")
        with self._store.database.read() as connection:
            earlier = outbox.last_receipt(connection, planned.incident, planned.receiver)
        notification = Notification(
            id=planned.id,
            dedup_key=planned.dedup_key,
            reason=planned.reason,
            receiver=planned.receiver,
            summary=planned.summary,
            severity=planned.severity,
            is_repeat=is_repeat,
            body=completed(planned.body, self._complete(planned)),
            earlier=earlier,
        )
        options = self._fill_secrets(dict(receiver.options))
        return self._notifier(receiver).send(notification, options)

    def _failed(self, planned: NotificationPlanned, attempts: int, error: HubError) -> None:
        now = self._clock()
        if isinstance(error, InfrastructureError) and attempts < MAX_ATTEMPTS:
            back_off = min(_MAX_BACK_OFF, SECOND << (attempts - 1))
            due_at = now + max(back_off, error.retry_after_seconds * SECOND)
            _log.warning("notification_postponed", id=planned.id, error=error.message)
            with self._store.database.write() as connection:
                outbox.postpone(
                    connection,
                    planned.id,
                    error=error.message,
                    due_at=due_at,
                    may_have_arrived=_may_have_arrived(error),
                )
            return
        _log.error("notification_failed", id=planned.id, error=error.message)
        failed = NotificationFailed(
            at=now,
            id=planned.id,
            incident=planned.incident,
            receiver=planned.receiver,
            attempts=attempts,
            error=error.message,
        )
        self._append([failed])

    def _append(self, decisions: list[Decision]) -> None:
        new = [NewEntry(EntryKind.DECISION, encode_decision(each)) for each in decisions]
        self._store.journal.append(new, recorded_at=self._clock())


def _may_have_arrived(error: HubError) -> bool:
    if isinstance(error, Unreachable):
        return error.may_have_arrived
    return isinstance(error, PluginFailed)
