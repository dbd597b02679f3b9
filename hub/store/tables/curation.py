"""What people have said of things, by the things' names: see ``hub.domain.curation``.

``position`` is of the journal entry that said it last.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table

from hub.store.tables.base import blob, instant, metadata, number, text

namespace_note = Table(
    "namespace_note",
    metadata,
    text("namespace", primary_key=True),
    text("owner"),
    text("description", nullable=True),
    instant("noted_at"),
    instant("changed_at"),
    number("position"),
)

source_note = Table(
    "source_note",
    metadata,
    text("source", primary_key=True),
    text("type"),
    text("connection_url"),
    text("description", nullable=True),
    instant("noted_at"),
    instant("changed_at"),
    number("position"),
)

tag_note = Table(
    "tag_note",
    metadata,
    text("tag", primary_key=True),
    text("description", nullable=True),
    number("position"),
)

# A tag that somebody has put on a thing, or (``removed``) taken off. ``field`` is empty where the
# whole thing is meant. ``digest`` is of what the tag is on and of the tag: together these names are
# longer than a key may be.
tagging = Table(
    "tagging",
    metadata,
    blob("digest", primary_key=True),
    text("kind"),
    text("namespace"),
    text("name"),
    text("field"),
    text("tag"),
    Column("removed", Boolean, nullable=False),
    number("position"),
    Index(None, "name"),
)

# Each time that a tag was put on a thing or taken off by hand, by the position of who said so.
tagging_history = Table(
    "tagging_history",
    metadata,
    number("position", primary_key=True),
    text("kind"),
    text("namespace"),
    text("name"),
    text("field"),
    text("tag"),
    Column("removed", Boolean, nullable=False),
    text("actor"),
    instant("said_at"),
    Index(None, "name"),
)

# What is out of sight: ``name`` is empty where it is the namespace itself. An event behind
# ``position`` that names the thing takes the row away. ``digest`` is of the three names.
hidden_thing = Table(
    "hidden_thing",
    metadata,
    blob("digest", primary_key=True),
    text("kind"),
    text("namespace"),
    text("name"),
    number("position"),
    Index(None, "name"),
)
