"""Registers the notifier ``console``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.notifier import Notifier

hub_api_version = 1


@hookimpl
def hub_notifiers() -> Mapping[str, Callable[[], Notifier]]:
    return {"console": _console}


def _console() -> Notifier:
    from hub_notify_console.console import Console

    return Console()
