"""Registers the notifier ``cloudevents``. What sends loads when one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.notifier import Notifier

hub_api_version = 1


@hookimpl
def hub_notifiers() -> Mapping[str, Callable[[], Notifier]]:
    return {"cloudevents": _cloudevents}


def _cloudevents() -> Notifier:
    from hub_notify_cloudevents.cloudevents import CloudEvents

    return CloudEvents()
