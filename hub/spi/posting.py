"""Posting to a receiver over HTTP, for notifiers: one request, and what its answer means.

A request goes through httpx's transport alone: its client would follow redirects and proxies of
the environment, keep cookies, and log the URL, which may hold a secret.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, TypeVar

import httpx
import msgspec

from hub.domain.errors import InvalidInput, Unreachable
from hub.domain.failures.failure import excerpt

MAX_SECONDS: Final = 10.0
_TRY_AGAIN: Final = (408, 425, 429)
_SERVER_ERROR: Final = 500
# Connecting, the handshake and sending: with twice the longest wait for an answer (its head, and
# the words of a refusal) they stay below the hub's own limit for a call, 30 s.
_CONNECT_SECONDS: Final = 3.0
_MAX_RETRY_AFTER_SECONDS: Final = 300
_WORDS_READ: Final = 2048
# What is shorter hides nothing, and would black out ordinary words.
_SECRET_LENGTH: Final = 6

Options = TypeVar("Options")


def read_options(
    receiver: str, options: Mapping[str, Any], kind: type[Options], plugin: str
) -> Options:
    """Return the options of a receiver, as ``plugin`` (a distribution) wants them.

    Raises:
        InvalidInput: one is missing, unknown or of another type. No message repeats a value.

    """
    try:
        return msgspec.convert(dict(options), kind)
    except msgspec.ValidationError as error:
        message = f"receiver {receiver}: {error}"
        raise InvalidInput(message, fix=f"the README of {plugin} lists them") from None


def check_timeout(receiver: str, seconds: float) -> None:
    """Refuse a limit for an answer that is none, or longer than the hub waits.

    Raises:
        InvalidInput: it is.

    """
    if not 0 < seconds <= MAX_SECONDS:
        message = f"receiver {receiver}: timeout_seconds is {seconds:g}"
        raise InvalidInput(message, fix=f"choose more than 0, and {MAX_SECONDS:g} at most")


def check_url(receiver: str, text: str) -> None:
    """Refuse what is no HTTP address.

    Raises:
        InvalidInput: it is not.

    """
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        message = f"receiver {receiver} has no usable url"
        raise InvalidInput(message, fix="write http://HOST/PATH or https://HOST/PATH")


def address_of(url: str) -> str:
    """Return ``HOST:PORT`` of an HTTP address."""
    parsed = httpx.URL(url)
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    return f"{host}:{parsed.port or (80 if parsed.scheme == 'http' else 443)}"


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` without any of the secrets in it."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SECRET_LENGTH:
            text = text.replace(secret, "…")
    return text


def request_of(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_seconds: float = MAX_SECONDS,
    method: str = "POST",
) -> httpx.Request:
    """Return the request that posts JSON, or puts it."""
    sent = httpx.Headers(headers)
    sent.setdefault("Content-Type", "application/json")
    sent["Accept-Encoding"] = "identity"
    sent["Connection"] = "close"
    wait = min(_CONNECT_SECONDS, timeout_seconds)
    timeout = httpx.Timeout(timeout_seconds, connect=wait, write=wait)
    return httpx.Request(
        method, url, headers=sent, content=body, extensions={"timeout": timeout.as_dict()}
    )


def exchange(
    request: httpx.Request,
    receiver: str,
    *,
    masked: Callable[[str], str],
    now: float,
    read_bytes: int = 0,
) -> bytes:
    """Send a request, and return once the receiver has answered with success.

    ``masked`` takes secrets out of what a refusal says; ``now`` is seconds since 1970. Returns the
    answer's body where ``read_bytes`` says how much of it may be read.

    Raises:
        Unreachable: trying again may help; it says when, and whether the request may have arrived.
        InvalidInput: it was refused, and would be again.

    """
    try:
        with httpx.HTTPTransport(verify=_tls(), trust_env=False) as transport:
            answer = transport.handle_request(request)
            if not answer.is_success:
                raise _refusal(receiver, answer, masked, now)
            return _content(answer, read_bytes)
    except httpx.TransportError as error:
        raise _unreachable(receiver, error) from None


@cache
def _tls() -> ssl.SSLContext:
    """Make the context once: it reads every authority's certificate (``SSL_CERT_FILE`` counts)."""
    return httpx.create_ssl_context()


def _content(answer: httpx.Response, limit: int) -> bytes:
    content = b""
    if limit:
        for chunk in answer.iter_raw():
            content += chunk
            if len(content) > limit:
                break
    return content[:limit]


def _unreachable(receiver: str, error: httpx.TransportError) -> Unreachable:
    """Name the kind of failure only: its text is the network's, and may hold anything."""
    failed = Unreachable(
        f"receiver {receiver} did not answer: {type(error).__name__}",
        fix="check that it runs, and its url",
    )
    # Only while connecting is it certain that nothing was sent.
    failed.may_have_arrived = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
    return failed


def _refusal(
    receiver: str, answer: httpx.Response, masked: Callable[[str], str], now: float
) -> InvalidInput | Unreachable:
    status = answer.status_code
    message = f"receiver {receiver} answered {status}"
    if status in _TRY_AGAIN or status >= _SERVER_ERROR:
        pressed = Unreachable(message, fix="it is tried again; check the receiver")
        pressed.retry_after_seconds = retry_after(answer.headers.get("Retry-After"), now)
        # A server that fails, or a gateway before it, may do so after what was sent was taken.
        pressed.may_have_arrived = status >= _SERVER_ERROR
        return pressed
    if answer.has_redirect_location:
        fix = "redirects are not followed: set the url that it leads to"
        return InvalidInput(message, fix=fix)
    words = excerpt(masked(_words(answer)))
    if words:
        message = f"{message}: {words}"
    return InvalidInput(message, fix="check the receiver's url, headers and secret")


def _words(answer: httpx.Response) -> str:
    """Return how an answer's body begins: what comes at once, not all that may follow."""
    try:
        return next(answer.iter_raw(), b"")[:_WORDS_READ].decode(errors="replace")
    except httpx.TransportError:
        return ""


def retry_after(value: str | None, now: float) -> int:
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
