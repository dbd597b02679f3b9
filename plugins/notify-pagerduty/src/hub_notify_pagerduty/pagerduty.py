"""Sending an event, and what PagerDuty's answer means."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from hub.domain.errors import HubError, InvalidInput
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
from hub_notify_pagerduty.event import encode_change, encode_event

_log = logging.getLogger(__name__)

_HOSTS: Final = {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}
_PATH: Final = "/v2/enqueue"
_CHANGE_PATH: Final = "/v2/change/enqueue"
# The page has left by then; for what explains it nobody waits long.
_CHANGE_SECONDS: Final = 3.0
_KEY: Final = re.compile(r"[0-9A-Za-z]{32}")


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """``routing_key`` is a service's integration key; ``url`` takes the place of the region's.

    ``change_events``: what changed before an incident began is sent as a change event too.
    """

    routing_key: str
    region: str = "us"
    url: str | None = None
    timeout_seconds: float = MAX_SECONDS
    change_events: bool = False

    @property
    def base(self) -> str:
        """The address without a path."""
        return (self.url or _HOSTS[self.region]).rstrip("/")


class PagerDuty:
    """Sends events. ``clock`` returns seconds since 1970, to read when to try again."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def check(self, receiver: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Refuse options that cannot be used; return where it sends."""
        return (address_of(_read(receiver, options).base),)

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Send one event, and return once PagerDuty has taken it.

        What changed is sent after it, and costs no page: sent again, the page would be a repeat.
        """
        receiver = notification.receiver
        chosen = _read(receiver, options)
        event = encode_event(notification, chosen.routing_key)
        self._post(receiver, chosen, _PATH, event, chosen.timeout_seconds)
        change = encode_change(notification, chosen.routing_key) if chosen.change_events else None
        if change is not None:
            wait = min(_CHANGE_SECONDS, chosen.timeout_seconds)
            try:
                self._post(receiver, chosen, _CHANGE_PATH, change, wait)
            except HubError as error:
                _log.warning("%s was not told what changed: %s", receiver, error.message)

    def _post(
        self, receiver: str, chosen: Options, path: str, body: bytes, timeout_seconds: float
    ) -> None:
        headers = {"User-Agent": "hub-notify-pagerduty"}
        exchange(
            request_of(chosen.base + path, body, headers, timeout_seconds=timeout_seconds),
            receiver,
            masked=lambda text: mask(text, [chosen.routing_key]),
            now=self._clock(),
        )


def _read(receiver: str, options: Mapping[str, Any]) -> Options:
    chosen = read_options(receiver, options, Options, "hub-notify-pagerduty")
    check_timeout(receiver, chosen.timeout_seconds)
    if not _KEY.fullmatch(chosen.routing_key):
        message = f"receiver {receiver}: routing_key is none of PagerDuty's: 32 letters and digits"
        fix = "copy the Integration Key of an Events API V2 integration of the service"
        raise InvalidInput(message, fix=fix)
    if chosen.region not in _HOSTS:
        message = f"receiver {receiver}: there is no such region"
        raise InvalidInput(message, fix=f"region is one of {', '.join(_HOSTS)}")
    if chosen.url is not None:
        check_url(receiver, chosen.url)
    return chosen
