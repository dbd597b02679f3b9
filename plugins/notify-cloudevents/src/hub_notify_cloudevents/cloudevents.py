"""Sending an event: one request, or one message that NATS has on its disk before we go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from hub.spi.notifier import Notification
from hub.spi.posting import address_of, exchange, request_of
from hub_notify_cloudevents.event import CONTENT_TYPE, encode_event, event_id
from hub_notify_cloudevents.options import Options, read_options


class CloudEvents:
    """Sends events. ``clock`` returns seconds since 1970, to read when to try again."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def check(self, receiver: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Refuse options that cannot be used; return where it sends."""
        chosen = read_options(receiver, options)
        if chosen.is_nats:
            url = httpx.URL(chosen.url)
            return (f"{url.host}:{url.port or 4222}",)
        return (address_of(chosen.url),)

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Send one event, and return once it has been taken."""
        chosen = read_options(notification.receiver, options)
        body = encode_event(notification, chosen.source)
        if chosen.is_nats:
            # Only who publishes there waits for the client to load.
            from hub_notify_cloudevents.jetstream import publish

            publish(notification.receiver, chosen, body, event_id(notification))
        else:
            self._post(notification.receiver, chosen, body)

    def _post(self, receiver: str, chosen: Options, body: bytes) -> None:
        headers = {"Content-Type": CONTENT_TYPE, "User-Agent": "hub-notify-cloudevents"}
        if chosen.token is not None:
            headers["Authorization"] = f"Bearer {chosen.token}"
        request = request_of(chosen.url, body, headers, timeout_seconds=chosen.timeout_seconds)
        if request.url.userinfo and chosen.token is None:
            basic = httpx.BasicAuth(request.url.username, request.url.password)
            request = next(basic.auth_flow(request))
        exchange(request, receiver, masked=chosen.mask, now=self._clock())
