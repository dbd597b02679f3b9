"""Registers the notifier ``email``. The mail client loads when one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.notifier import Notifier

hub_api_version = 1


@hookimpl
def hub_notifiers() -> Mapping[str, Callable[[], Notifier]]:
    return {"email": _email}


def _email() -> Notifier:
    from hub_notify_email.mailer import Email

    return Email()
