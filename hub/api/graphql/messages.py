"""What a client may say over ``graphql-transport-ws``, as that protocol describes it."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct


class _Init(Struct, tag="connection_init", tag_field="type"):
    payload: dict[str, Any] | None = None


class _Ping(Struct, tag="ping", tag_field="type"):
    payload: dict[str, Any] | None = None


class _Pong(Struct, tag="pong", tag_field="type"):
    payload: dict[str, Any] | None = None


class _Operation(Struct, rename="camel"):
    query: Annotated[str, Meta(min_length=1)]
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


class _Subscribe(Struct, tag="subscribe", tag_field="type"):
    id: str
    payload: _Operation


class _Complete(Struct, tag="complete", tag_field="type"):
    id: str


_decoder = msgspec.json.Decoder(_Init | _Ping | _Pong | _Subscribe | _Complete)


def read_message(text: str | bytes) -> object:
    """Return a message; what is none raises as the standard library does where JSON is broken."""
    try:
        _decoder.decode(text)
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise json.JSONDecodeError(str(error), "", 0) from error
