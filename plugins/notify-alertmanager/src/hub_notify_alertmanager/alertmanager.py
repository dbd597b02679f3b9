"""Posting alerts to an Alertmanager."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import httpx
import msgspec
from msgspec import Struct, field

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
from hub_notify_alertmanager.firing import encode_labels, firing_of, labels_of

_PATH: Final = "/api/v2/alerts"
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_VISIBLE: Final = re.compile(r"[\x21-\x7e]*")


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """``token`` is a bearer's, for a proxy that asks; ``labels`` are added to every alert."""

    url: str
    token: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    timeout_seconds: float = MAX_SECONDS

    def mask(self, text: str) -> str:
        """Return ``text`` without what the options keep secret."""
        return mask(text, self._secrets())

    def _secrets(self) -> Iterator[str]:
        url = httpx.URL(self.url)
        yield from (self.token or "", url.username, url.password, *url.path.split("/"))


class Alertmanager:
    """Posts alerts. ``clock`` returns seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def check(self, receiver: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Refuse options that cannot be used; return where it sends."""
        return (address_of(_read(receiver, options).url),)

    def send(self, notification: Notification, options: Mapping[str, Any]) -> str:
        """Post the alert of a notification; return its labels, by which it is known."""
        chosen = _read(notification.receiver, options)
        url = httpx.URL(chosen.url)
        headers = {"User-Agent": "hub-notify-alertmanager"}
        if chosen.token is not None:
            headers["Authorization"] = f"Bearer {chosen.token}"
        now = self._clock()
        body = msgspec.json.encode(firing_of(notification, chosen.labels, now))
        target = str(url.copy_with(path=url.path.rstrip("/") + _PATH))
        request = request_of(target, body, headers, timeout_seconds=chosen.timeout_seconds)
        if url.userinfo and chosen.token is None:
            basic = httpx.BasicAuth(url.username, url.password)
            request = next(basic.auth_flow(request))
        exchange(request, notification.receiver, masked=chosen.mask, now=now)
        return encode_labels(labels_of(notification, chosen.labels))


def _read(receiver: str, options: Mapping[str, Any]) -> Options:
    chosen = read_options(receiver, options, Options, "hub-notify-alertmanager")
    check_timeout(receiver, chosen.timeout_seconds)
    check_url(receiver, chosen.url)
    for name in chosen.labels:
        if not _LABEL.fullmatch(name):
            message = f"receiver {receiver}: {name!r} is no name of a label"
            raise InvalidInput(message, fix="use letters, digits and _, with no digit first")
    if chosen.token is not None and not (chosen.token and _VISIBLE.fullmatch(chosen.token)):
        message = f"receiver {receiver}: token cannot be sent"
        raise InvalidInput(message, fix="use visible ASCII characters on one line")
    return chosen
