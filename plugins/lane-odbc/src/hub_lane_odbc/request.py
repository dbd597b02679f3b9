"""What the lane asks of its child process, and how the child says that it failed."""

from __future__ import annotations

from msgspec import Struct

# The child's exit code when it has written an error to stderr, as JSON.
REFUSED = 9


class Request(Struct, frozen=True):
    """One extraction. It goes over stdin: a connection string holds secrets.

    ``expected`` maps fields to the logical types of the contract.
    """

    connection: str
    query: str
    table: str | None
    expected: dict[str, str]
    batch_rows: int
    max_text_bytes: int
    memory_bytes: int


class Failure(Struct, frozen=True):
    """Why an extraction failed; ``is_data`` says that the data is to blame, not the source."""

    type: str
    message: str
    is_data: bool = False
