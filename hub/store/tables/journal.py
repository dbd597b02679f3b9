"""The journal, its key index, consumers' positions and commands' outcomes.

``journal_block`` holds runs of consecutive entries, compressed together. ``journal_key`` maps a
dedup key to the position that its first arrival got; the bucket comes first so that inserts land
at the end of the B-tree instead of all over it.
"""

from __future__ import annotations

from sqlalchemy import Index, Table

from hub.store.tables.base import blob, instant, metadata, number, text

journal_block = Table(
    "journal_block",
    metadata,
    number("first_position", primary_key=True),
    number("last_position"),
    instant("recorded_at"),
    number("raw_bytes"),
    # Which of its entries need not wait behind a backlog: their places in it, with MessagePack.
    # Before the body, which SQLite would have to walk through to what follows it.
    blob("overtaking", nullable=True),
    blob("body"),
    # Of a block that compaction has made of several: what they were, packed as ``body`` is.
    blob("parts", nullable=True),
)

journal_key = Table(
    "journal_key",
    metadata,
    number("bucket", primary_key=True),
    blob("digest", primary_key=True),
    number("position"),
    sqlite_with_rowid=False,
)

# What retention has moved out of ``journal_block``: a folder in the archive each, with the digest
# of its file. Ranges may overlap, as a block is emptied of more whenever less of it is needed.
journal_archive = Table(
    "journal_archive",
    metadata,
    text("name", primary_key=True),
    number("first_position"),
    number("last_position"),
    number("entries"),
    text("digest"),
    Index(None, "last_position"),
)

store_meta = Table(
    "store_meta",
    metadata,
    text("name", primary_key=True),
    blob("value"),
    sqlite_with_rowid=False,
)

tracking = Table(
    "tracking",
    metadata,
    text("consumer", primary_key=True),
    number("position"),
    sqlite_with_rowid=False,
)

command_outcome = Table(
    "command_outcome",
    metadata,
    number("position", primary_key=True),
    text("code"),
    text("message", nullable=True),
    text("subject", nullable=True),
)
