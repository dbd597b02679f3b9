"""Asking Opsgenie, and what its answer means."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from hub.domain.errors import InvalidInput
from hub.spi.notifier import Notification
from hub.spi.posting import (
    MAX_SECONDS,
    address_of,
    check_timeout,
    check_url,
    exchange,
    mask,
    read_options,
    request_of,
)
from hub_notify_opsgenie.requests import requests_of

_HOSTS: Final = {"us": "https://api.opsgenie.com", "eu": "https://api.eu.opsgenie.com"}
_PATH: Final = "/v2/alerts"
_KEY: Final = re.compile(r"[0-9A-Za-z-]{8,64}")
# Three requests at most, within the hub's own limit for a call.
_MAX_SECONDS: Final = MAX_SECONDS / 2


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """``api_key`` is an API integration's; ``responders`` are as Opsgenie wants them."""

    api_key: str
    region: str = "us"
    responders: tuple[dict[str, str], ...] = ()
    url: str | None = None
    timeout_seconds: float = _MAX_SECONDS


class Opsgenie:
    """Creates, acknowledges and closes alerts. ``clock`` returns seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def check(self, receiver: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Refuse options that cannot be used; return where it sends."""
        chosen = _read(receiver, options)
        return (address_of(chosen.url or _HOSTS[chosen.region]),)

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Ask for what a notification means, and return once Opsgenie has taken it."""
        receiver = notification.receiver
        chosen = _read(receiver, options)
        base = (chosen.url or _HOSTS[chosen.region]).rstrip("/") + _PATH
        headers = {
            "Authorization": f"GenieKey {chosen.api_key}",
            "User-Agent": "hub-notify-opsgenie",
        }
        for asked in requests_of(notification, chosen.responders):
            request = request_of(
                base + asked.path,
                msgspec.json.encode(asked.content),
                headers,
                timeout_seconds=chosen.timeout_seconds,
                method=asked.method,
            )
            exchange(
                request,
                receiver,
                masked=lambda text: mask(text, [chosen.api_key]),
                now=self._clock(),
            )


def _read(receiver: str, options: Mapping[str, Any]) -> Options:
    chosen = read_options(receiver, options, Options, "hub-notify-opsgenie")
    check_timeout(receiver, chosen.timeout_seconds)
    if chosen.timeout_seconds > _MAX_SECONDS:
        message = f"receiver {receiver}: timeout_seconds is {chosen.timeout_seconds:g}"
        raise InvalidInput(message, fix=f"choose {_MAX_SECONDS:g} at most")
    if not _KEY.fullmatch(chosen.api_key):
        message = f"receiver {receiver}: api_key is none of Opsgenie's"
        raise InvalidInput(message, fix="copy the API Key of an API integration of the team")
    if chosen.region not in _HOSTS:
        message = f"receiver {receiver}: there is no such region"
        raise InvalidInput(message, fix=f"region is one of {', '.join(_HOSTS)}")
    if chosen.url is not None:
        check_url(receiver, chosen.url)
    return chosen
