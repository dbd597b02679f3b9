"""What the lane asks of its child process, and how the child answers."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

# The child's exit code when it has written a Failure to stderr, as JSON.
REFUSED = 9
# Where in the spool's schema the child's Answer is, and in each field's metadata its Column.
ANSWER = b"hub.answer"
COLUMN = b"hub.column"


class Request(Struct, frozen=True, kw_only=True):
    """One extraction. It goes over stdin: a connection string holds secrets.

    ``name`` is what people call the source, ``query`` what is read of it. ``after`` is the cursor's
    value, as text, from which on (itself included) rows are read. ``expected`` maps fields to the
    logical types of the contract.
    """

    connection: str
    name: str
    query: str
    expected: dict[str, str]
    cursor: str | None = None
    after: str | None = None
    batch_rows: int
    max_text_bytes: int
    memory_bytes: int


class Kind(StrEnum):
    """What a column holds, as the source's own catalogue has it."""

    INTEGER = "integer"
    # A double, a single, and a decimal of fixed scale.
    DOUBLE = "double"
    SINGLE = "single"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    # A date and time on some wall's clock, and one that is the same everywhere.
    LOCAL_TIME = "local-time"
    INSTANT = "instant"
    TEXT = "text"
    BINARY = "binary"


class Column(Struct, frozen=True, kw_only=True):
    """A column as the source's catalogue describes it; ``declared`` in the catalogue's own words.

    It comes as text, unless ``is_native``. Where it is tagged, a text that starts with ``~`` is a
    double's own value, and a text that did so itself starts with two of them.
    """

    name: str
    kind: Kind
    declared: str
    precision: int = 0
    scale: int = 0
    is_tagged: bool = False
    is_native: bool = False


class Answer(Struct, frozen=True):
    """What the source says of rows that are not read again: how many lie before ``after``."""

    below: int = 0


class FailureKind(StrEnum):
    """Who is to blame."""

    DATA = "data"
    OPTIONS = "options"
    SOURCE = "source"
    MEMORY = "memory"


class Failure(Struct, frozen=True):
    """Why an extraction failed."""

    kind: FailureKind
    message: str
    fix: str | None = None
