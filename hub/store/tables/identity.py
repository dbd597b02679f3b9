"""Which names mean one thing: what events say of it, and what people have said.

``lifecycle``, ``job_alias`` and ``symlink_told`` follow from events alone; rulings from commands.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table

from hub.store.tables.base import blob, instant, metadata, number, ref, text

# That a dataset was created (change CREATE; the other name is empty), or renamed from another name
# (RENAME): each with the last event that says so.
lifecycle = Table(
    "lifecycle",
    metadata,
    ref("dataset_id", primary_key=True),
    text("change", primary_key=True),
    text("namespace", primary_key=True),
    text("name", primary_key=True),
    instant("said_at"),
    Index(None, "name"),
    sqlite_with_rowid=False,
)

# What a job's producer calls it in all of its modes, in the job's own namespace.
job_alias = Table(
    "job_alias",
    metadata,
    ref("job_id", primary_key=True),
    text("name", primary_key=True),
    sqlite_with_rowid=False,
)

# Every name that was ever a symlink of a dataset, whatever is said of it since.
symlink_told = Table(
    "symlink_told",
    metadata,
    ref("dataset_id", primary_key=True),
    text("namespace", primary_key=True),
    text("name", primary_key=True),
    Index(None, "name"),
    sqlite_with_rowid=False,
)

# What an operator says of two names: that one is an alias of the other, or that the two are
# ``apart``. ``digest`` is of the kind and of both names, the lesser first: there is one row for two
# names, and the last word about them holds.
identity_ruling = Table(
    "identity_ruling",
    metadata,
    blob("digest", primary_key=True),
    text("kind"),
    text("alias_namespace"),
    text("alias_name"),
    text("namespace"),
    text("name"),
    Column("apart", Boolean, nullable=False),
    text("reason"),
    text("actor"),
    instant("said_at"),
    number("position"),
)

# Each time that an operator said something else of two names than before. What was ``withdrawn`` is
# that they are one, or that they are ``apart``.
ruling_history = Table(
    "ruling_history",
    metadata,
    number("position", primary_key=True),
    text("kind"),
    text("alias_namespace"),
    text("alias_name"),
    text("namespace"),
    text("name"),
    Column("apart", Boolean, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    text("actor"),
    instant("said_at"),
    Index(None, "alias_name"),
    Index(None, "name"),
)
