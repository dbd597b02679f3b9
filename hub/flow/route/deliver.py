"""The deliverer: sends what is in the outbox, and writes into the journal what came of it.

An attempt is made ready, claimed in the store, and then made: one call into a notifier, which ends
before its claim does (ADR 50). After a crash in between it is made again, under the same dedup key,
and says that it may be a repeat. What fails by a defect of our own is tried as often as what fails
by the receiver's. Whom to tell instead of one that cannot be told is for the stage to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeGuard, TypeVar

import structlog

from hub.domain.catalog import Catalog, Receiver
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import (
    HubError,
    InfrastructureError,
    InvalidInput,
    InvariantBroken,
    PluginFailed,
    Refused,
    StoreUnavailable,
    Unreachable,
)
from hub.domain.failures.failure import excerpt
from hub.domain.incidents.decisions import (
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
    encode_decision,
)
from hub.domain.incidents.pages import completed
from hub.domain.incidents.telling import ENDINGS
from hub.flow.route.measures import count_failure
from hub.spi.notifier import Notification
from hub.store import outbox

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.spi.notifier import Notifier
    from hub.store.opening import Store
    from hub.store.outbox import Waiting

_log = structlog.get_logger(__name__)

SECOND: Final = 1_000_000
MAX_ATTEMPTS: Final = 8
# An end is worth more attempts: nobody is kept waiting, and whoever misses it takes it for open.
MAX_ATTEMPTS_AT_ENDINGS: Final = 64
_MAX_BACK_OFF: Final = 60 * SECOND
# From when it was due on; then somebody else is told.
_PATIENCE: Final = 240 * SECOND
_PATIENCE_AT_ENDINGS: Final = 3_600 * SECOND
# What has waited for longer before its first attempt is tried again once.
_LEAST_ATTEMPTS: Final = 2
# An older claim is nobody's any more: longer than a call into a notifier lasts (30 s, in the host),
# with what it takes to note what came of it, and by how much clocks of machines differ.
LEASE: Final = 45 * SECOND
_MAX_RECEIPT: Final = 4_096

# Sends what is ready, and returns the receipt.
_Send: TypeAlias = Callable[[], str | None]
_Result = TypeVar("_Result")


class _Patience(NamedTuple):
    """How often, and until when, it is worth trying."""

    attempts: int
    until: int

    def is_spent(self, attempts: int, now: int) -> bool:
        is_late = attempts >= _LEAST_ATTEMPTS and now >= self.until
        return is_late or attempts >= self.attempts


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
        """Return what is to be sent next; see ``hub.store.outbox.first_waiting``.

        What is being sent from here is for one of ``besides``.
        """
        now = self._clock()
        abandoned_before = now - LEASE
        if self._store.database.is_sqlite:
            # Only one process serves an embedded store: an older claim is that of one that has
            # ended.
            abandoned_before = max(abandoned_before, self._started_at)
        with self._store.database.read() as connection:
            return outbox.first_waiting(
                connection,
                now=now,
                abandoned_before=abandoned_before,
                besides=besides,
                only_untroubled=only_untroubled,
            )

    def deliver(self, waiting: Waiting) -> None:
        """Make one ready, claim it and send it, unless another process has claimed it meanwhile."""
        planned = waiting.planned
        ready = _unless_it_fails(lambda: self._made_ready(waiting))
        with self._store.database.write() as connection:
            is_ours = outbox.claim(
                connection, planned.id, attempts=waiting.attempts, at=self._clock()
            )
        if not is_ours:
            return
        if isinstance(ready, HubError):
            self._failed(waiting, ready, is_in_doubt=False)
            return
        receipt = _unless_it_fails(ready)
        if isinstance(receipt, HubError):
            self._failed(waiting, receipt, is_in_doubt=_may_have_arrived(receipt))
            return
        if not _can_be_kept(receipt):
            _log.warning("receipt_not_kept", id=planned.id)
            receipt = None
        sent = NotificationSent(
            at=self._clock(),
            id=planned.id,
            incident=planned.incident,
            receiver=planned.receiver,
            attempts=waiting.attempts + 1,
            receipt=receipt,
        )
        self._settle(sent)

    def _made_ready(self, waiting: Waiting) -> _Send:
        """Do all that takes time before a notification is sent."""
        planned = waiting.planned
        most = MAX_ATTEMPTS_AT_ENDINGS if planned.reason in ENDINGS else MAX_ATTEMPTS
        if waiting.attempts >= most:
            raise InvariantBroken(f"each of {waiting.attempts} attempts was cut off")
        receiver = self._catalog().receivers.get(planned.receiver)
        if receiver is None:
            message = f"receiver {planned.receiver} is not declared"
            raise InvalidInput(message, fix="add it to receivers.yaml")
        with self._store.database.read() as connection:
            if self._is_needless(connection, planned):
                raise Refused("it has not heard that anything is broken")
            earlier = outbox.last_receipt(connection, planned.incident, planned.receiver)
        notification = Notification(
            id=planned.id,
            dedup_key=planned.dedup_key,
            reason=planned.reason,
            receiver=planned.receiver,
            summary=planned.summary,
            severity=planned.severity,
            is_repeat=waiting.claimed_at is not None,
            body=completed(planned.body, self._details(planned)),
            earlier=earlier,
        )
        options = self._fill_secrets(dict(receiver.options))
        notifier = self._notifier(receiver)
        return lambda: notifier.send(notification, options)

    def _is_needless(self, connection: Connection, planned: NotificationPlanned) -> bool:
        """Whether it tells a receiver of the end of what it has never heard of."""
        if planned.reason not in ENDINGS or planned.instead_of is not None:
            return False
        return not outbox.may_know(connection, planned.incident, planned.receiver)

    def _details(self, planned: NotificationPlanned) -> Mapping[str, Any]:
        try:
            return self._complete(planned)
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the page must leave
            _log.exception("page_not_completed", id=planned.id)
            return {}

    def _failed(self, waiting: Waiting, error: HubError, *, is_in_doubt: bool) -> None:
        now, planned, attempts = self._clock(), waiting.planned, waiting.attempts + 1
        # If not by this one, by an attempt before.
        may_have_arrived = is_in_doubt or waiting.claimed_at is not None
        # Others said it: it is read by people, and kept by a store that takes not all texts.
        reason = excerpt(error.message)
        may_help = isinstance(error, InfrastructureError | InvariantBroken)
        patience = self._patience_with(planned)
        if may_help and not patience.is_spent(attempts, now):
            _log.warning("notification_postponed", id=planned.id, error=reason)
            with self._store.database.write() as connection:
                outbox.postpone(
                    connection,
                    planned.id,
                    attempts=attempts,
                    error=reason,
                    due_at=_next_at(error, attempts, now, patience.until),
                    may_have_arrived=may_have_arrived,
                )
            return
        _log.error("notification_failed", id=planned.id, error=reason)
        failed = NotificationFailed(
            at=now,
            id=planned.id,
            incident=planned.incident,
            receiver=planned.receiver,
            attempts=attempts,
            error=reason,
            may_have_arrived=may_have_arrived,
        )
        self._settle(failed)
        count_failure(planned.receiver, error)

    def _patience_with(self, planned: NotificationPlanned) -> _Patience:
        """Return how long it is worth trying; a hub that was not there has not tried."""
        begun_at = max(planned.due_at, self._started_at)
        if planned.reason in ENDINGS:
            with self._store.database.read() as connection:
                is_alone = not outbox.has_page_behind(connection, planned)
            if is_alone:
                return _Patience(MAX_ATTEMPTS_AT_ENDINGS, begun_at + _PATIENCE_AT_ENDINGS)
        return _Patience(MAX_ATTEMPTS, begun_at + _PATIENCE)

    def _settle(self, came_of_it: NotificationSent | NotificationFailed) -> None:
        new = NewEntry(EntryKind.DECISION, encode_decision(came_of_it))
        with self._store.database.write() as connection:
            # In this order, as a rebuild does: appending first, then the outbox.
            self._store.journal.append([new], recorded_at=self._clock(), connection=connection)
            outbox.settle(connection, came_of_it.id, attempts=came_of_it.attempts)


def _next_at(error: HubError, attempts: int, now: int, until: int) -> int:
    """Return when to try again: as late as the receiver asks, if there is patience for that."""
    back_off = min(_MAX_BACK_OFF, SECOND << min(attempts - 1, 6))
    asked = error.retry_after_seconds * SECOND if isinstance(error, InfrastructureError) else 0
    return max(now + back_off, min(now + asked, until))


def _unless_it_fails(call: Callable[[], _Result]) -> _Result | HubError:
    """Return what a call returns, or why it failed; a store that is away is nobody's failure."""
    try:
        return call()
    except StoreUnavailable:
        raise
    except HubError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever it is, somebody must be told in the end
        _log.exception("notification_defect")
        return InvariantBroken(f"a defect of the hub: {type(error).__name__}: {error}")


def _can_be_kept(receipt: object) -> TypeGuard[str | None]:
    """Whether the journal and every store can keep what a plugin returns, or a server has said."""
    if not isinstance(receipt, str):
        return receipt is None
    is_text = "\0" not in receipt and receipt.encode(errors="ignore").decode() == receipt
    return is_text and len(receipt) <= _MAX_RECEIPT


def _may_have_arrived(error: HubError) -> bool:
    if isinstance(error, Unreachable):
        return error.may_have_arrived
    return isinstance(error, PluginFailed | InvariantBroken)
