"""The search index: the texts that things can be found by, and which things have each.

It is made from the other tables alone, and holds their surrogate keys: see ``hub.store.search``.
Grams are indexed by what each database has of its own, FTS5's trigrams or an inverted index over
an array; neither is a table to the hub.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Index, Table, UniqueConstraint, event

from hub.domain.search import SearchKind, SearchPart
from hub.store.tables.base import Word, blob, key, metadata, ref, text, word

# There is a row for every field of every dataset.
_KIND: Final = Word(SearchKind.DATASET, SearchKind.JOB, SearchKind.FIELD)
_PART: Final = Word(SearchPart.NAME, SearchPart.TAG, SearchPart.OWNER, SearchPart.DESCRIPTION)


# Each text once, in its normal form (``hub.domain.search``).
search_text = Table(
    "search_text",
    metadata,
    key("id"),
    blob("digest"),
    text("text"),
    UniqueConstraint("digest"),
)

# ``thing_id`` is of a dataset, a job or a column_node; ``part`` is what of it the text is.
search_posting = Table(
    "search_posting",
    metadata,
    ref("text_id", primary_key=True),
    ref("thing_id", primary_key=True),
    word("kind", _KIND, primary_key=True),
    word("part", _PART, primary_key=True),
    Index(None, "kind", "thing_id"),
    sqlite_with_rowid=False,
)

# What makes the index of grams, after ``search_text`` and before anything is in it.
GRAM_INDEX: Final[dict[str, tuple[str, ...]]] = {
    "sqlite": (
        """
        CREATE VIRTUAL TABLE search_gram USING fts5 (
            text, content='search_text', content_rowid='id',
            tokenize='trigram', detail='none', columnsize=0
        )
        """,
        """
        CREATE TRIGGER search_text_added AFTER INSERT ON search_text BEGIN
            INSERT INTO search_gram (rowid, text) VALUES (new.id, new.text);
        END
        """,
        """
        CREATE TRIGGER search_text_removed AFTER DELETE ON search_text BEGIN
            INSERT INTO search_gram (search_gram, rowid, text)
            VALUES ('delete', old.id, old.text);
        END
        """,
    ),
    "postgresql": (
        """
        CREATE OR REPLACE FUNCTION hub_grams(whole text) RETURNS text[]
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT array_agg(DISTINCT substr(whole, i, 3))
            FROM generate_series(1, length(whole) - 2) AS i
        $$
        """,
        # What waits in a pending list would be gone through by every search.
        """
        CREATE INDEX ix_search_gram ON search_text USING gin (hub_grams(text))
        WITH (fastupdate = off)
        """,
    ),
}


def _make_gram_index(_table: Table, connection: Any, **_options: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event
    for statement in GRAM_INDEX[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def _drop_gram_index(_table: Table, connection: Any, **_options: Any) -> None:  # noqa: ANN401 - as above
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TABLE search_gram")


event.listen(search_text, "after_create", _make_gram_index)
event.listen(search_text, "before_drop", _drop_gram_index)
