"""Requests as nearly all of them are: one operation as JSON, by POST.

Whatever is unlike that in any way is left to Strawberry's reading of requests, with all that has
been received so far.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
from starlette.types import Message, Receive, Scope

MAX_BODY_BYTES: Final = 1 << 20


class Post(msgspec.Struct, frozen=True, rename="camel"):
    """What is asked."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    # Nothing is known that could be said in them.
    extensions: None = None


class Received(NamedTuple):
    """A request's body: read, if it could be, and still to be received."""

    post: Post | None
    again: Receive


_DECODER: Final = msgspec.json.Decoder(Post)


async def read_post(scope: Scope, receive: Receive) -> Received:
    """Read a request."""
    if not _is_plain(scope):
        return Received(None, receive)
    messages: list[Message] = []
    size, is_whole = 0, False
    while size <= MAX_BODY_BYTES and not is_whole:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
    again = _replayed(messages, receive)
    if size > MAX_BODY_BYTES or messages[-1]["type"] != "http.request":
        return Received(None, again)
    return Received(_decoded(b"".join(each.get("body", b"") for each in messages)), again)


def _is_plain(scope: Scope) -> bool:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    is_post: bool = scope["method"] == "POST"
    return is_post and kind == b"application/json"


def _decoded(body: bytes) -> Post | None:
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def receive_again() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return receive_again
