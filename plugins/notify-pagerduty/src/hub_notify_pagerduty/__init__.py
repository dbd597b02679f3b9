"""Registers the notifier ``pagerduty``. The HTTP client loads when one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.notifier import Notifier

hub_api_version = 1


@hookimpl
def hub_notifiers() -> Mapping[str, Callable[[], Notifier]]:
    return {"pagerduty": _pagerduty}


def _pagerduty() -> Notifier:
    from hub_notify_pagerduty.pagerduty import PagerDuty

    return PagerDuty()
