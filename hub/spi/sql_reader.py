"""SQL readers: which tables and fields a text of SQL reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class SqlTables(Struct, frozen=True):
    """Tables by the names that the text has for them, parts joined with ``.``; each once."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class SqlColumn(Struct, frozen=True):
    """That a field of an output takes its value from a field of an input."""

    source: str
    source_field: str
    target: str
    target_field: str


class SqlComplaint(Struct, frozen=True):
    """Why a text cannot be read, and where: lines and columns count from 1."""

    message: str
    line: int | None = None
    column: int | None = None


class SqlReader(Protocol):
    """Reads SQL that somebody else runs.

    Duties: pure (no IO, no clock); the same answer for the same text; never guess: None, or
    nothing, where the text cannot be read. The text is a stranger's: bound the work.
    """

    def tables(self, sql: str, dialect: str | None) -> SqlTables | None:
        """Return what the statements of a text read and write.

        ``dialect`` is a database's common name in lower case (``postgres``, ``snowflake``); a
        reader that does not know it reads the text as standard SQL.
        """

    def complaint(self, sql: str, dialect: str | None) -> SqlComplaint | None:
        """Return why a text cannot be read for certain; None where it can, whatever it names."""

    def columns(
        self, sql: str, dialect: str | None, fields: Mapping[str, Sequence[str]]
    ) -> Sequence[SqlColumn]:
        """Return how fields are made; ``fields`` has those of each table of ``tables``."""
