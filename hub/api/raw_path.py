"""Paths as they came over the wire: names in them hold slashes, which clients encode."""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.types import Scope


def raw_path_of(scope: Scope) -> bytes:
    """Return the path of a request before anything was decoded."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw


def segments_of(raw_path: bytes) -> list[str]:
    """Return the decoded segments of a path as it came over the wire."""
    path = raw_path.partition(b"?")[0].decode("latin-1").removeprefix("/")
    return [unquote(segment, errors="replace") for segment in path.split("/")]
