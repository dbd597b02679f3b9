"""Notifiers: how a notification reaches a receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class Notification(Struct, frozen=True, kw_only=True):
    """One message about one incident.

    ``reason`` is ``triggered``, ``changed``, ``repeated``, ``escalated``, ``acknowledged`` or
    ``resolved``; a notifier takes others as it takes ``triggered``. ``dedup_key`` is
    the same for every notification of an incident; ``id`` is unique per notification.
    ``is_repeat`` says that the hub may have sent it before, and crashed before it knew.
    ``body`` holds the fields of the page (JSON-ready; see docs/pages.md).
    """

    id: str
    dedup_key: str
    reason: str
    receiver: str
    summary: str
    severity: str
    is_repeat: bool
    body: Mapping[str, Any]


class Notifier(Protocol):
    """Sends notifications.

    Duties: return only when the receiver has accepted; raise ``Unreachable`` when trying again
    may help, ``InvalidInput`` when it cannot (a refused address or payload); never log secrets.
    """

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Deliver one notification; ``options`` are the receiver's, with secrets filled in."""
