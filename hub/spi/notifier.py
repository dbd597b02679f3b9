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
    ``is_repeat`` says that it may have arrived before: the hub crashed before it knew, or the
    receiver failed, or fell silent, when it had been sent.
    ``body`` holds the fields of the page (JSON-ready; see docs/pages.md). ``earlier`` is what
    the notifier returned last of this incident to this receiver, if it returned anything.
    """

    id: str
    dedup_key: str
    reason: str
    receiver: str
    summary: str
    severity: str
    is_repeat: bool
    body: Mapping[str, Any]
    earlier: str | None = None


class Notifier(Protocol):
    """Sends notifications.

    Duties: return only when the receiver has accepted; raise ``Unreachable`` when trying again
    may help, ``InvalidInput`` when it cannot (a refused address or payload); never log secrets.
    What was accepted may have been so unknown to the hub, which then sends it again.

    One may have a method ``check(receiver, options)`` too, which sends nothing: it raises
    ``InvalidInput`` where options cannot be used, and returns the addresses (``HOST:PORT``) that
    it would connect to. The hub asks it when files are loaded, and for ``hub doctor``.
    """

    def send(self, notification: Notification, options: Mapping[str, Any]) -> str | None:
        """Deliver one notification; ``options`` are the receiver's, with secrets filled in.

        Returns a receipt where later notifications of the incident can use one, as to change
        what was sent; None keeps the one that there is.
        """
