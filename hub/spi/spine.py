"""Spines: durable, ordered logs of domain events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Sequence


class Message(Struct, frozen=True, kw_only=True):
    """One message. ``sequence`` is dense per stream, from 1; ``published_at`` is µs UTC."""

    stream: str
    sequence: int
    id: str
    payload: bytes
    published_at: int
    headers: dict[str, str] = field(default_factory=dict)


class NewMessage(Struct, frozen=True, kw_only=True):
    """A message to publish; a repeated ``id`` in one stream is dropped."""

    id: str
    payload: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Spine(Protocol):
    """A log of named streams.

    Duties: ``append`` is atomic and durable when it returns, and idempotent by message id;
    sequences become visible in order.
    """

    def open(self, location: str) -> None:
        """Open or create the spine at ``location`` (a path or URL)."""

    def append(self, stream: str, messages: Sequence[NewMessage], *, published_at: int) -> int:
        """Append, and return the last sequence of the stream."""

    def read(self, stream: str, *, after: int, limit: int) -> list[Message]:
        """Return messages with a sequence greater than ``after``, in order."""

    def lag(self, stream: str, *, after: int) -> int:
        """Return how many messages follow ``after``."""

    def close(self) -> None:
        """Release files and connections."""
