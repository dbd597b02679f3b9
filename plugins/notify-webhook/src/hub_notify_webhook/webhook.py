"""Posting a notification: one signed request, and what its answer means.

The request goes through httpx's transport alone: its client would follow redirects and proxies of
the environment, keep cookies, and log the URL, which may hold a secret.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final
from urllib.parse import quote

import httpx

from hub.domain.errors import InvalidInput, Unreachable
from hub.domain.failures import excerpt
from hub.spi.notifier import Notification
from hub_notify_webhook.options import Options, read_options
from hub_notify_webhook.payload import encode_payload

_TRY_AGAIN: Final = (408, 425, 429)
_SERVER_ERROR: Final = 500
# A gateway says these of a server behind it, which may have taken the request.
_OF_A_GATEWAY: Final = (502, 504)
# Connecting, the handshake and sending: with twice the longest wait for an answer (its head, and
# the words of a refusal) they stay below the hub's own limit for a call, 30 s.
_CONNECT_SECONDS: Final = 3.0
_MAX_RETRY_AFTER_SECONDS: Final = 300
_WORDS_READ: Final = 2048


class Webhook:
    """Posts notifications. ``clock`` returns seconds since 1970, for the signature."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Post one notification, and return once the receiver has answered with success."""
        chosen = read_options(notification.receiver, options)
        request = self._request(notification, chosen)
        try:
            with httpx.HTTPTransport(verify=_tls(), trust_env=False) as transport:
                answer = transport.handle_request(request)
                if not answer.is_success:
                    raise _refusal(notification, chosen, answer, self._clock())
        except httpx.TransportError as error:
            raise _unreachable(notification, error) from None

    def _request(self, notification: Notification, chosen: Options) -> httpx.Request:
        body = encode_payload(notification)
        headers = httpx.Headers(chosen.headers)
        headers["Content-Type"] = "application/json"
        headers["Accept-Encoding"] = "identity"
        headers["Connection"] = "close"
        headers["Idempotency-Key"] = quote(notification.id)
        headers["Hub-Dedup-Key"] = quote(notification.dedup_key)
        headers.setdefault("User-Agent", "hub-notify-webhook")
        if chosen.secret is not None:
            timestamp = str(int(self._clock()))
            headers["Hub-Timestamp"] = timestamp
            headers["Hub-Signature"] = f"sha256={signature(chosen.secret, timestamp, body)}"
        wait = min(_CONNECT_SECONDS, chosen.timeout_seconds)
        timeout = httpx.Timeout(chosen.timeout_seconds, connect=wait, write=wait)
        request = httpx.Request(
            "POST",
            chosen.url,
            headers=headers,
            content=body,
            extensions={"timeout": timeout.as_dict()},
        )
        if request.url.userinfo and "Authorization" not in headers:
            basic = httpx.BasicAuth(request.url.username, request.url.password)
            request = next(basic.auth_flow(request))
        return request


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of ``TIMESTAMP.BODY`` under ``secret``, in hexadecimal."""
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@cache
def _tls() -> ssl.SSLContext:
    """Make the context once: it reads every authority's certificate (``SSL_CERT_FILE`` counts)."""
    return httpx.create_ssl_context()


def _unreachable(notification: Notification, error: httpx.TransportError) -> Unreachable:
    """Name the kind of failure only: its text is the network's, and may hold anything."""
    failed = Unreachable(
        f"receiver {notification.receiver} did not answer: {type(error).__name__}",
        fix="check that it runs, and its url",
    )
    # Only while connecting is it certain that nothing was sent.
    failed.may_have_arrived = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
    return failed


def _refusal(
    notification: Notification, chosen: Options, answer: httpx.Response, now: float
) -> InvalidInput | Unreachable:
    status = answer.status_code
    message = f"receiver {notification.receiver} answered {status}"
    if status in _TRY_AGAIN or status >= _SERVER_ERROR:
        pressed = Unreachable(message, fix="it is tried again; check the receiver")
        pressed.retry_after_seconds = _retry_after(answer.headers.get("Retry-After"), now)
        pressed.may_have_arrived = status in _OF_A_GATEWAY
        return pressed
    if answer.has_redirect_location:
        fix = "redirects are not followed: set the url that it leads to"
        return InvalidInput(message, fix=fix)
    words = excerpt(chosen.mask(_words(answer)))
    if words:
        message = f"{message}: {words}"
    return InvalidInput(message, fix="check the receiver's url, headers and secret")


def _words(answer: httpx.Response) -> str:
    """Return how an answer's body begins: what comes at once, not all that may follow."""
    try:
        return next(answer.iter_raw(), b"")[:_WORDS_READ].decode(errors="replace")
    except httpx.TransportError:
        return ""


def _retry_after(value: str | None, now: float) -> int:
    """Read Retry-After (RFC 9110, section 10.2.3): seconds, or a date; 1 where it is neither."""
    if value is None:
        return 1
    if value.isascii() and value.isdigit():
        seconds = int(value[:9])
    else:
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return 1
        aware = until if until.tzinfo else until.replace(tzinfo=UTC)
        seconds = int((aware - datetime.fromtimestamp(now, UTC)).total_seconds())
    return max(1, min(seconds, _MAX_RETRY_AFTER_SECONDS))
