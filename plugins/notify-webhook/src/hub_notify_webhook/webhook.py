"""Posting a notification: one signed request."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from hub.spi.notifier import Notification
from hub.spi.posting import address_of, exchange, request_of
from hub_notify_webhook.options import Options, read_options
from hub_notify_webhook.payload import encode_payload


class Webhook:
    """Posts notifications. ``clock`` returns seconds since 1970, for the signature."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def check(self, receiver: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Refuse options that cannot be used; return where it sends."""
        return (address_of(read_options(receiver, options).url),)

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Post one notification, and return once the receiver has answered with success."""
        chosen = read_options(notification.receiver, options)
        request = self._request(notification, chosen)
        exchange(request, notification.receiver, masked=chosen.mask, now=self._clock())

    def _request(self, notification: Notification, chosen: Options) -> httpx.Request:
        body = encode_payload(notification)
        headers = httpx.Headers(chosen.headers)
        headers["Content-Type"] = "application/json"
        headers["Idempotency-Key"] = quote(notification.id)
        headers["Hub-Dedup-Key"] = quote(notification.dedup_key)
        headers.setdefault("User-Agent", "hub-notify-webhook")
        if chosen.secret is not None:
            timestamp = str(int(self._clock()))
            headers["Hub-Timestamp"] = timestamp
            headers["Hub-Signature"] = f"sha256={signature(chosen.secret, timestamp, body)}"
        request = request_of(chosen.url, body, headers, timeout_seconds=chosen.timeout_seconds)
        if request.url.userinfo and "Authorization" not in headers:
            basic = httpx.BasicAuth(request.url.username, request.url.password)
            request = next(basic.auth_flow(request))
        return request


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of ``TIMESTAMP.BODY`` under ``secret``, in hexadecimal."""
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
