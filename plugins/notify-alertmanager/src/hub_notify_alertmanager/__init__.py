"""Registers the notifier ``alertmanager``. The HTTP client loads when one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.notifier import Notifier

hub_api_version = 1


@hookimpl
def hub_notifiers() -> Mapping[str, Callable[[], Notifier]]:
    return {"alertmanager": _alertmanager}


def _alertmanager() -> Notifier:
    from hub_notify_alertmanager.alertmanager import Alertmanager

    return Alertmanager()
