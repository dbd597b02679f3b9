"""Registers the notifier ``apprise``. The library loads when one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.notifier import Notifier

hub_api_version = 1


@hookimpl
def hub_notifiers() -> Mapping[str, Callable[[], Notifier]]:
    return {"apprise": _apprise}


def _apprise() -> Notifier:
    from hub_notify_apprise.sending import Service

    return Service()
