"""What ``project`` derives from OpenLineage events alone; ``hub fingerprint`` covers these.

Estate-sized tables (namespace … column_edge) grow with the platform; event-sized ones (run,
run_event, dataset_version, quality_assertion, dataset_metric) grow with its runs. Facets of runs
and of a run's inputs and outputs are read back from the journal by ``run_event.position``; only
what the hub interprets has rows here.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Table, UniqueConstraint

from hub.store.tables.base import blob, instant, key, metadata, number, ref, text

namespace = Table(
    "namespace",
    metadata,
    key("id"),
    text("name"),
    UniqueConstraint("name"),
)

dataset = Table(
    "dataset",
    metadata,
    key("id"),
    ref("namespace_id"),
    text("name"),
    instant("first_seen"),
    instant("last_seen"),
    UniqueConstraint("namespace_id", "name"),
)

job = Table(
    "job",
    metadata,
    key("id"),
    ref("namespace_id"),
    text("name"),
    text("processing_type", nullable=True),
    text("integration", nullable=True),
    text("job_type", nullable=True),
    # Null while the job is known only as some run's parent.
    instant("first_seen", nullable=True),
    instant("last_seen", nullable=True),
    UniqueConstraint("namespace_id", "name"),
)

run = Table(
    "run",
    metadata,
    key("id"),
    ref("job_id"),
    text("run_id"),
    # Null while the run is known only as another run's parent.
    text("state", nullable=True),
    number("attempt"),
    instant("started_at", nullable=True),
    instant("ended_at", nullable=True),
    instant("first_event_at", nullable=True),
    instant("last_event_at", nullable=True),
    instant("nominal_start_at", nullable=True),
    instant("nominal_end_at", nullable=True),
    ref("parent_id", nullable=True),
    ref("root_id", nullable=True),
    ref("input_set_id", nullable=True),
    ref("output_set_id", nullable=True),
    ref("column_set_id", nullable=True),
    text("producer", nullable=True),
    text("error_message", nullable=True),
    UniqueConstraint("job_id", "run_id"),
    Index(None, "job_id", "ended_at"),
    Index(None, "first_event_at", "id"),
    Index(None, "parent_id"),
    Index(None, "run_id"),
)

# The order keys from which a run's state is folded again when a late event comes.
run_event = Table(
    "run_event",
    metadata,
    ref("run_id", primary_key=True),
    instant("event_time", primary_key=True),
    blob("digest", primary_key=True),
    text("event_type", nullable=True),
    number("position"),
    sqlite_with_rowid=False,
)

# Hash-consed sets of dataset ids (a run's inputs or outputs) or of column_edge ids.
io_set = Table(
    "io_set",
    metadata,
    key("id"),
    blob("digest"),
    UniqueConstraint("digest"),
)

io_set_member = Table(
    "io_set_member",
    metadata,
    ref("set_id", primary_key=True),
    ref("member_id", primary_key=True),
    sqlite_with_rowid=False,
)

# One row per validity interval of "job reads dataset" (side "in") or "job writes dataset"
# (side "out"). ``opened_at`` of the first interval equals ``first_seen``.
edge = Table(
    "edge",
    metadata,
    ref("job_id", primary_key=True),
    text("side", primary_key=True),
    ref("dataset_id", primary_key=True),
    instant("opened_at", primary_key=True),
    instant("closed_at", nullable=True),
    instant("first_seen"),
    instant("last_seen"),
    text("origin"),
    # Grows with every change to lineage, so that an index can ask what is new.
    number("revision"),
    Index(None, "revision"),
    Index(None, "dataset_id"),
    sqlite_with_rowid=False,
)

# A field that lineage or a schema has named. The empty name stands for the dataset as a whole
# (the target of a dataset-wide dependency such as a filter or a join key).
column_node = Table(
    "column_node",
    metadata,
    key("id"),
    ref("dataset_id"),
    text("name"),
    UniqueConstraint("dataset_id", "name"),
)

# One row per (job, source field, target field, way of dependence) and validity interval.
column_edge = Table(
    "column_edge",
    metadata,
    key("id"),
    ref("job_id"),
    ref("source_id"),
    ref("target_id"),
    text("kind"),
    text("subtype"),
    Column("masking", Boolean, nullable=False),
    instant("opened_at"),
    instant("closed_at", nullable=True),
    instant("first_seen"),
    instant("last_seen"),
    text("origin"),
    number("revision"),
    UniqueConstraint(
        "job_id", "source_id", "target_id", "kind", "subtype", "masking", "opened_at"
    ),
    Index(None, "revision"),
    Index(None, "target_id"),
    Index(None, "source_id"),
)

# Facets in force, each the winner by (event_time, rank, digest). ``owner_kind`` is one of
# "dataset", "job", "run", "input", "output"; ``dataset_id`` is 0 except for inputs and outputs,
# where ``owner_id`` is the run. ``body`` is the facet's JSON as received; null where the facet was
# deleted by its producer, or where typed rows hold all that is read of it.
facet = Table(
    "facet",
    metadata,
    text("owner_kind", primary_key=True),
    ref("owner_id", primary_key=True),
    ref("dataset_id", primary_key=True),
    text("name", primary_key=True),
    instant("event_time"),
    number("rank"),
    blob("digest"),
    Column("deleted", Boolean, nullable=False),
    blob("body", nullable=True),
    sqlite_with_rowid=False,
)

field = Table(
    "field",
    metadata,
    ref("dataset_id", primary_key=True),
    text("name", primary_key=True),
    number("ordinal"),
    text("type", nullable=True),
    text("description", nullable=True),
    sqlite_with_rowid=False,
)

schema_version = Table(
    "schema_version",
    metadata,
    ref("dataset_id", primary_key=True),
    blob("digest", primary_key=True),
    instant("first_seen"),
    instant("last_seen"),
    # JSON: [{"name", "type", "description"}…], nested fields flattened with ".".
    blob("fields"),
    sqlite_with_rowid=False,
)

# One row per (dataset, run that wrote it).
dataset_version = Table(
    "dataset_version",
    metadata,
    ref("dataset_id", primary_key=True),
    ref("run_id", primary_key=True),
    instant("written_at"),
    text("version", nullable=True),
    number("rows", nullable=True),
    number("bytes", nullable=True),
    number("files", nullable=True),
    blob("schema_digest", nullable=True),
    Index(None, "dataset_id", "written_at"),
    sqlite_with_rowid=False,
)

owner = Table(
    "owner",
    metadata,
    text("entity_kind", primary_key=True),
    ref("entity_id", primary_key=True),
    text("name", primary_key=True),
    text("type", primary_key=True),
    sqlite_with_rowid=False,
)

tag = Table(
    "tag",
    metadata,
    text("entity_kind", primary_key=True),
    ref("entity_id", primary_key=True),
    text("field", primary_key=True),
    text("name", primary_key=True),
    text("value", nullable=True),
    text("source", nullable=True),
    sqlite_with_rowid=False,
)

symlink = Table(
    "symlink",
    metadata,
    ref("dataset_id", primary_key=True),
    text("namespace", primary_key=True),
    text("name", primary_key=True),
    text("type", nullable=True),
    sqlite_with_rowid=False,
)

quality_assertion = Table(
    "quality_assertion",
    metadata,
    ref("run_id", primary_key=True),
    ref("dataset_id", primary_key=True),
    number("ordinal", primary_key=True),
    text("assertion"),
    text("field", nullable=True),
    Column("success", Boolean, nullable=False),
    text("severity", nullable=True),
    text("name", nullable=True),
    text("expected", nullable=True),
    text("actual", nullable=True),
    instant("event_time"),
    Index(None, "dataset_id", "event_time"),
    sqlite_with_rowid=False,
)

# Measures of a dataset as one run saw it: side "in", "out", or "quality" (dataQualityMetrics).
dataset_metric = Table(
    "dataset_metric",
    metadata,
    ref("run_id", primary_key=True),
    ref("dataset_id", primary_key=True),
    text("side", primary_key=True),
    number("rows", nullable=True),
    number("bytes", nullable=True),
    number("files", nullable=True),
    instant("updated_at", nullable=True),
    Column("null_ratio", Float, nullable=True),
    instant("event_time"),
    Index(None, "dataset_id", "event_time"),
    sqlite_with_rowid=False,
)
