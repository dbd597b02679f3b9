"""Asking a Marquez: answers are bounded, requests are repeated where that may help.

Requests go through httpx's transport alone: its client would follow redirects and proxies of the
environment, and log the URL.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from functools import cache
from typing import Final

import httpx

from hub.domain.errors import DataError, NotAuthorised, TooLarge, Unreachable
from hub.domain.failures.failure import excerpt
from hub.spi.bridge import Reply
from hub_bridge_marquez.options import Options

# The largest event that the hub takes, and some more; pages of events are made smaller to fit.
MAX_ANSWER_BYTES: Final = 64 << 20
# Marquez's own queries take so long where much is in it; a guard's call has 900 seconds in all.
_TIMEOUT: Final = httpx.Timeout(120.0, connect=5.0, write=30.0)
_PAUSES: Final = (0.5, 2.0, 8.0)
_TRY_AGAIN: Final = frozenset({408, 425, 429, 502, 503, 504})
_REFUSED: Final = frozenset({401, 403})


class Wire:
    """One Marquez. ``sleep`` waits between attempts, in seconds."""

    def __init__(self, options: Options, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._options = options
        self._sleep = sleep
        self._transport = httpx.HTTPTransport(verify=_tls(), trust_env=False)
        self._headers = httpx.Headers({"User-Agent": "hub-bridge-marquez"})
        url = httpx.URL(options.url)
        if options.key is not None:
            self._headers["Authorization"] = f"Bearer {options.key}"
        elif url.userinfo:
            basic = httpx.BasicAuth(url.username, url.password)
            signed = next(basic.auth_flow(httpx.Request("GET", url)))
            self._headers["Authorization"] = signed.headers["Authorization"]
        self._root = str(url.copy_with(userinfo=b"", query=None, fragment=None)).rstrip("/")

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, after: int | None = None
    ) -> Reply:
        """Return the answer to a request; it is what ``hub.spi.bridge.HubApi`` is for the hub.

        Raises:
            Unreachable: nobody answers, or only that it cannot now.
            NotAuthorised: it wants another key.
            TooLarge: the answer is.

        """
        del after  # a Marquez has written what it has answered
        for pause in _PAUSES:
            try:
                reply = self.ask_once(method, path, body)
            except Unreachable:
                self._sleep(pause)
                continue
            return reply
        return self.ask_once(method, path, body)

    def ask_once(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """As :meth:`ask`, but without trying again."""
        headers = self._headers.copy()
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = httpx.Request(
            method,
            self._root + path,
            headers=headers,
            content=body,
            extensions={"timeout": _TIMEOUT.as_dict()},
        )
        try:
            answer = self._transport.handle_request(request)
            try:
                content = _bounded(answer)
            finally:
                answer.close()
        except (httpx.TransportError, httpx.DecodingError) as error:
            message = f"the Marquez at {self._root} did not answer: {_why(error)}"
            raise Unreachable(message, fix="check that it runs, and its address") from None
        if answer.status_code in _REFUSED:
            message = f"the Marquez at {self._root} answers {answer.status_code}"
            raise NotAuthorised(message, fix="give its key with --key")
        if answer.status_code in _TRY_AGAIN:
            raise Unreachable(f"the Marquez at {self._root} answers {answer.status_code}")
        return Reply(answer.status_code, content, moved_to=answer.headers.get("Location"))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def words(self, reply: Reply) -> str:
        """Return what an answer says, short and without secrets."""
        said = excerpt(self._options.mask(reply.body[:2048].decode(errors="replace")))
        return f"it answers {reply.status}: {said}" if said else f"it answers {reply.status}"


@cache
def _tls() -> ssl.SSLContext:
    """Make the context once: it reads every authority's certificate (``SSL_CERT_FILE`` counts)."""
    return httpx.create_ssl_context()


def _why(error: BaseException) -> str:
    """Return what kind of failure it is, with this system's word for it where it has one.

    What else the error says is the network's, and may hold anything.
    """
    kind, cause = type(error).__name__, error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
        if isinstance(cause, OSError) and cause.strerror:
            return f"{kind}: {cause.strerror}"
    return kind


def _bounded(answer: httpx.Response) -> bytes:
    pieces, size = [], 0
    for piece in answer.iter_bytes():
        size += len(piece)
        if size > MAX_ANSWER_BYTES:
            message = f"an answer is larger than {MAX_ANSWER_BYTES:,} bytes"
            raise TooLarge(message, fix="read events from the database: --from-database")
        pieces.append(piece)
    return b"".join(pieces)


def unreadable(what: str, error: Exception) -> DataError:
    """Return the error for an answer that is not what was asked for."""
    return DataError(f"{what} cannot be read: {error}", fix="check that there is a Marquez")
