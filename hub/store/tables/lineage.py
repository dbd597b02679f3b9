"""What ``project`` derives from OpenLineage events alone; ``hub fingerprint`` covers these.

Estate-sized tables (namespace … column_edge) grow with the platform; event-sized ones (run,
run_event, dataset_version, quality_assertion, dataset_metric) grow with its runs. Facets of runs
and of a run's inputs and outputs are read back from the journal by ``run_event.position``; only
what the hub interprets has rows here.

Where several events say something of one thing, the greatest by (event_time, rank, digest) holds,
whatever came last. ``*_order`` columns keep that key packed into bytes, beside the value it won
for; ``rank`` and ``digest`` columns keep it in parts. ``first_position`` is the journal position of
the first event that told of something: what the hub knew by a position has no greater one.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Float,
    FromClause,
    Index,
    Table,
    UniqueConstraint,
    and_,
    select,
)
from sqlalchemy import text as sql

from hub.domain.openlineage.events import EventType
from hub.store.tables.base import (
    Word,
    blob,
    instant,
    key,
    metadata,
    number,
    packed,
    ref,
    run_id,
    text,
    word,
)

_RUNNING = sql("state = 'RUNNING'")
_IS_FAULTY = sql("faults <> 0")
_HAS_PARENT = sql("parent_id IS NOT NULL")

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
    # Null while the dataset is known only by inference.
    instant("first_seen", nullable=True),
    instant("last_seen", nullable=True),
    number("first_position"),
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
    number("first_position"),
    UniqueConstraint("namespace_id", "name"),
)

run = Table(
    "run",
    metadata,
    key("id"),
    ref("job_id"),
    run_id("run_id"),
    # Null while the run is known only as another run's parent.
    text("state", nullable=True),
    number("attempt"),
    instant("started_at", nullable=True),
    instant("ended_at", nullable=True),
    instant("first_event_at", nullable=True),
    instant("last_event_at", nullable=True),
    # ``ended_at``, or ``last_event_at`` while the run has not ended.
    instant("anchor_at", nullable=True),
    instant("nominal_start_at", nullable=True),
    instant("nominal_end_at", nullable=True),
    ref("parent_id", nullable=True),
    ref("root_id", nullable=True),
    ref("input_set_id", nullable=True),
    ref("output_set_id", nullable=True),
    ref("column_set_id", nullable=True),
    ref("producer_id", nullable=True),
    text("error_message", nullable=True),
    blob("nominal_order", nullable=True),
    blob("parent_order", nullable=True),
    blob("error_order", nullable=True),
    # Sums of what its events said, and of what is wrong with it: see
    # ``hub.domain.openlineage.conformance``.
    number("said"),
    number("faults"),
    # When what a stream reads, writes and makes was first named: see
    # ``hub.store.projection.beginnings``.
    blob("begun", nullable=True),
    # In this order it serves those who know the run id alone, too.
    UniqueConstraint("run_id", "job_id"),
    Index(None, "job_id", "anchor_at"),
    Index(None, "first_event_at", "id"),
    # Of a parent's runs, those of one job that began on one day are siblings.
    # Runs without a parent have no siblings.
    Index(
        None,
        *("parent_id", "job_id", "first_event_at"),
        sqlite_where=_HAS_PARENT,
        postgresql_where=_HAS_PARENT,
    ),
    # Runs that may be lost are looked for when a process starts.
    Index(
        "ix_run_running",
        "last_event_at",
        sqlite_where=_RUNNING,
        postgresql_where=_RUNNING,
    ),
    Index(
        "ix_run_faulty",
        "producer_id",
        "id",
        sqlite_where=_IS_FAULTY,
        postgresql_where=_IS_FAULTY,
    ),
)
# For runs that name a root which is not their parent.
_is_far = run.c.root_id != run.c.parent_id
Index(None, run.c.root_id, sqlite_where=_is_far, postgresql_where=_is_far)

# What sent events, of which a store sees few and each of them often.
producer = Table(
    "producer",
    metadata,
    key("id"),
    text("name"),
    UniqueConstraint("name"),
)

# How many runs of a producer there are of a kind: RUNS, those that have ENDED, those with a fault.
producer_tally = Table(
    "producer_tally",
    metadata,
    ref("producer_id", primary_key=True),
    text("kind", primary_key=True),
    number("runs"),
    sqlite_with_rowid=False,
)

EVENT_TYPES: Final = Word(
    *(EventType.START, EventType.RUNNING, EventType.COMPLETE),
    *(EventType.ABORT, EventType.FAIL, EventType.OTHER),
)

# The order keys from which a run's state is folded again when a late event comes.
run_event = Table(
    "run_event",
    metadata,
    ref("run_id", primary_key=True),
    instant("event_time", primary_key=True),
    blob("digest", primary_key=True),
    word("event_type", EVENT_TYPES),
    number("position"),
    sqlite_with_rowid=False,
)

# Which jobs' runs started runs of a job, and which jobs' runs were the outermost ones around.
job_parent = Table(
    "job_parent",
    metadata,
    ref("job_id", primary_key=True),
    ref("parent_id", primary_key=True),
    ref("root_id", primary_key=True),
    Index(None, "parent_id"),
    Index(None, "root_id"),
    sqlite_with_rowid=False,
)

# Which jobs wait for which, as runs of ``job_id`` say: for ``other_id`` (side "up"), or that one
# for it ("down"); with when they said so first and last (event time). What is not said is empty.
job_dependency = Table(
    "job_dependency",
    metadata,
    ref("job_id", primary_key=True),
    text("side", primary_key=True),
    ref("other_id", primary_key=True),
    text("kind", primary_key=True),
    text("sequence_rule", primary_key=True),
    text("status_rule", primary_key=True),
    instant("first_seen"),
    instant("last_seen"),
    number("first_position"),
    Index(None, "other_id"),
    sqlite_with_rowid=False,
)

# What a JobEvent declares a job to read and write, one row per event. Without ``can_omit``, what
# another's event says of the job: it need not be all, so what it leaves out does not count. What
# ``is_whole`` leaves out counts on sides, too, on which it names nothing. Each counts for its
# producer alone.
declaration = Table(
    "declaration",
    metadata,
    ref("job_id", primary_key=True),
    instant("event_time", primary_key=True),
    blob("digest", primary_key=True),
    ref("input_set_id", nullable=True),
    ref("output_set_id", nullable=True),
    ref("column_set_id", nullable=True),
    number("position"),
    Column("can_omit", Boolean, nullable=False),
    Column("is_whole", Boolean, nullable=False),
    ref("producer_id", nullable=True),
    sqlite_with_rowid=False,
)

# What a job's SQL was found to say where its producer does not, one row for each time from which on
# it says so. The job's next inference replaces all of them.
inference = Table(
    "inference",
    metadata,
    ref("job_id", primary_key=True),
    instant("event_time", primary_key=True),
    blob("digest", primary_key=True),
    ref("input_set_id", nullable=True),
    ref("output_set_id", nullable=True),
    ref("column_set_id", nullable=True),
    number("position"),
    text("reader"),
    Column("confidence", Float, nullable=False),
    sqlite_with_rowid=False,
)

# What became of the SQL in force of a job that lacks lineage, when it was last read. It is no
# decision: after a rebuild all is read again.
sql_reading = Table(
    "sql_reading",
    metadata,
    ref("job_id", primary_key=True),
    text("outcome"),
    text("dialect", nullable=True),
    text("reader", nullable=True),
    text("message", nullable=True),
    number("line", nullable=True),
    number("column", nullable=True),
    sqlite_with_rowid=False,
)

# What has changed since jobs' SQL was read: of a "job" the text or what its producer says, so that
# it is to be read again; what is "near" a job, so that its relatives' is too; the "fields" of a
# dataset, so that theirs is who use it; the "names" that it has besides, which are near all who use
# it. ``times`` counts the changes, so that none is lost that comes while the SQL is being read.
inference_due = Table(
    "inference_due",
    metadata,
    text("kind", primary_key=True),
    ref("thing_id", primary_key=True),
    number("times"),
    sqlite_with_rowid=False,
)

# Hash-consed sets of dataset ids (a run's inputs or outputs) or of column_dependency ids.
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
# (side "out"), numbered from 0 in the order of time. ``origin`` is OBSERVED (by runs), DECLARED
# (by JobEvents) or INFERRED (from SQL); an edge may have intervals of each. ``first_seen`` and
# ``last_seen`` are of the edge, over all its intervals: the first event of the first run that named
# it, the last event of the last.
edge = Table(
    "edge",
    metadata,
    ref("job_id", primary_key=True),
    text("side", primary_key=True),
    ref("dataset_id", primary_key=True),
    text("origin", primary_key=True),
    number("ordinal", primary_key=True),
    instant("opened_at"),
    instant("closed_at", nullable=True),
    instant("first_seen"),
    instant("last_seen"),
    # The journal position from which on the hub has known these bounds, so that an index can ask
    # what is new. Whenever an interval vanishes, another one of the same edge changes.
    number("revision"),
    Index(None, "revision"),
    Index(None, "dataset_id"),
    sqlite_with_rowid=False,
)

# What intervals of ``edge`` were taken to be before the hub knew better: from position
# ``known_from`` until before ``known_until``.
edge_history = Table(
    "edge_history",
    metadata,
    ref("job_id", primary_key=True),
    text("side", primary_key=True),
    ref("dataset_id", primary_key=True),
    text("origin", primary_key=True),
    number("ordinal", primary_key=True),
    number("known_until", primary_key=True),
    number("known_from"),
    instant("opened_at"),
    instant("closed_at", nullable=True),
    Index(None, "known_until"),
    Index(None, "dataset_id", "known_until"),
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
    number("first_position"),
    UniqueConstraint("dataset_id", "name"),
)

# That a job makes one field out of another, and how: what a run's column set has as members.
# ``kind`` and ``subtype`` are OpenLineage's transformation type and subtype; they and
# ``description`` are "" where not said.
column_dependency = Table(
    "column_dependency",
    metadata,
    key("id"),
    ref("job_id"),
    ref("source_id"),
    ref("target_id"),
    text("kind"),
    text("subtype"),
    Column("masking", Boolean, nullable=False),
    text("description"),
    UniqueConstraint(
        *("job_id", "source_id", "target_id", "kind", "subtype", "masking", "description"),
        name="uq_column_dependency",  # the convention's name is too long for PostgreSQL
    ),
)

# One row per validity interval of a column dependency, as in ``edge``. Job, source and target
# repeat the dependency's, so that an index reads one table.
column_edge = Table(
    "column_edge",
    metadata,
    ref("dependency_id", primary_key=True),
    text("origin", primary_key=True),
    number("ordinal", primary_key=True),
    ref("job_id"),
    ref("source_id"),
    ref("target_id"),
    instant("opened_at"),
    instant("closed_at", nullable=True),
    instant("first_seen"),
    instant("last_seen"),
    number("revision"),
    Index(None, "revision"),
    Index(None, "job_id"),
    Index(None, "target_id"),
    Index(None, "source_id"),
    sqlite_with_rowid=False,
)

# As ``edge_history``, of ``column_edge``.
column_edge_history = Table(
    "column_edge_history",
    metadata,
    ref("dependency_id", primary_key=True),
    text("origin", primary_key=True),
    number("ordinal", primary_key=True),
    number("known_until", primary_key=True),
    ref("job_id"),
    ref("source_id"),
    ref("target_id"),
    number("known_from"),
    instant("opened_at"),
    instant("closed_at", nullable=True),
    Index(None, "known_until"),
    Index(None, "target_id"),
    sqlite_with_rowid=False,
)

# Which content of each facet of a dataset or job is in force: of those in ``facet_version`` the
# greatest by (not partial, last_seen, rank, digest). ``owner_kind`` is "dataset" or "job".
facet = Table(
    "facet",
    metadata,
    text("owner_kind", primary_key=True),
    ref("owner_id", primary_key=True),
    text("name", primary_key=True),
    blob("digest"),
    sqlite_with_rowid=False,
)

# Every content that a facet has had, one row each, whatever the order in which it was said.
# ``bytes`` is its length. ``body`` is its JSON as received; null where its producer took it back
# (``deleted``), or where it is too large. ``partial``: a schema that a reader said.
facet_content = Table(
    "facet_content",
    metadata,
    text("owner_kind", primary_key=True),
    ref("owner_id", primary_key=True),
    text("name", primary_key=True),
    blob("digest", primary_key=True),
    ref("span_id"),
    Column("deleted", Boolean, nullable=False),
    Column("partial", Boolean, nullable=False),
    number("bytes"),
    packed("body", nullable=True),
    sqlite_with_rowid=False,
)

# When a content of a facet was said. ``rank`` is that of the event that said it last. Each saying
# changes this and nothing else of a content, so it is a table of small rows with a short key.
facet_span = Table(
    "facet_span",
    metadata,
    key("id"),
    instant("first_seen"),
    instant("last_seen"),
    number("rank"),
    number("first_position"),
)

# Joins a content with when it was said.
is_span = facet_span.c.id == facet_content.c.span_id

# What facets have contained, and when it was said: both, as most readers ask for them. To be joined
# outright: SQLite reads all of it first where it is the right side of an outer join.
facet_version = (
    select(
        *(facet_content.c[each.name] for each in facet_content.primary_key),
        *(each for each in facet_span.c if each.name != "id"),
        *(facet_content.c[name] for name in ("deleted", "partial", "bytes", "body")),
    )
    .join(facet_span, is_span)
    .subquery("facet_version")
)

# On which days (event time, counted since 1970) a content of a facet was said, of the facets that
# people change to and fro: so one that went away and came back is not shown in between.
facet_saying = Table(
    "facet_saying",
    metadata,
    text("owner_kind", primary_key=True),
    ref("owner_id", primary_key=True),
    text("name", primary_key=True),
    blob("digest", primary_key=True),
    number("day", primary_key=True),
    instant("first_seen"),
    instant("last_seen"),
    number("first_position"),
    sqlite_with_rowid=False,
)


def is_in_force(contents: FromClause) -> ColumnElement[bool]:
    """Return what joins a facet with its content in force, of ``facet_content`` or of versions."""
    return and_(*(contents.c[each.name] == each for each in facet.columns))


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
    number("first_position"),
    Column("partial", Boolean, nullable=False),
    # JSON: [{"name", "type", "description"}…], nested fields flattened with ".".
    blob("fields"),
    sqlite_with_rowid=False,
)

# One row per (dataset, run that has it among its outputs). ``written_at`` is when the run
# completed; null until it does, and where by ``change`` it brought no data (``DROP``).
# Rows, bytes and files are in ``dataset_metric``, side "out".
dataset_version = Table(
    "dataset_version",
    metadata,
    ref("dataset_id", primary_key=True),
    ref("run_id", primary_key=True),
    instant("written_at", nullable=True),
    text("version", nullable=True),
    blob("schema_digest", nullable=True),
    text("change", nullable=True),
    blob("version_order", nullable=True),
    blob("schema_order", nullable=True),
    blob("change_order", nullable=True),
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

# Where a dataset says that it is kept: its dataSource facet.
data_source = Table(
    "data_source",
    metadata,
    ref("dataset_id", primary_key=True),
    text("name"),
    text("uri", nullable=True),
    Index(None, "name"),
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
    number("rank"),
    blob("digest"),
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
    number("rank"),
    blob("digest"),
    Index(None, "dataset_id", "event_time"),
    sqlite_with_rowid=False,
)
