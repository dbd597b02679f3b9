"""Schema formats: how a message's bytes become a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class SchemaFormat(Protocol):
    """A binary schema language such as Avro.

    Duties: ``decoder`` compiles once; the function that it returns raises ``DataError`` with a
    reason for bytes that are not exactly one record (trailing bytes included), and nothing else.
    """

    def decoder(self, schema: str) -> Callable[[bytes], dict[str, Any]]:
        """Return a function from a payload to a record, for a schema in its text form."""

    def encoder(self, schema: str) -> Callable[[dict[str, Any]], bytes]:
        """Return the inverse, for tests and generators."""
