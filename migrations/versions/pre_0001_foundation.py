"""The tables of the first release, as the tables of hub.store were when it was made.

A test compares the outcome with them, and prints what is missing here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "pre_0001_df531261"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    journal()
    things()
    runs()
    edges()
    columns()
    facets()
    measures()
    contracts_and_dead_letters()
    curation()
    incidents()
    search()


def journal() -> None:
    op.create_table(
        "journal_block",
        sa.Column("first_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("raw_bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("overtaking", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("parts", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("first_position", name="pk_journal_block"),
    )
    op.create_table(
        "journal_key",
        sa.Column("bucket", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("bucket", "digest", name="pk_journal_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "journal_archive",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_journal_archive"),
    )
    op.create_index("ix_journal_archive_last_position", "journal_archive", ["last_position"])
    op.create_table(
        "store_meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_store_meta"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tracking",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_tracking"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "command_outcome",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_command_outcome"),
    )


def things() -> None:
    op.create_table(
        "namespace",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_namespace"),
        sa.UniqueConstraint("name", name="uq_namespace_name"),
    )
    op.create_table(
        "dataset",
        sa.Column("id", ID, nullable=False),
        sa.Column("namespace_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_seen", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("first_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dataset"),
        sa.UniqueConstraint("namespace_id", "name", name="uq_dataset_namespace_id_name"),
    )
    op.create_table(
        "job",
        sa.Column("id", ID, nullable=False),
        sa.Column("namespace_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("processing_type", sa.Text(), nullable=True),
        sa.Column("integration", sa.Text(), nullable=True),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("first_seen", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_seen", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("first_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("namespace_id", "name", name="uq_job_namespace_id_name"),
    )


def runs() -> None:
    op.create_table(
        "producer",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_producer"),
        sa.UniqueConstraint("name", name="uq_producer_name"),
    )
    op.create_table(
        "run",
        sa.Column("id", ID, nullable=False),
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("ended_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("first_event_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_event_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("anchor_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("nominal_start_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("nominal_end_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("parent_id", ID, autoincrement=False, nullable=True),
        sa.Column("root_id", ID, autoincrement=False, nullable=True),
        sa.Column("input_set_id", ID, autoincrement=False, nullable=True),
        sa.Column("output_set_id", ID, autoincrement=False, nullable=True),
        sa.Column("column_set_id", ID, autoincrement=False, nullable=True),
        sa.Column("producer_id", ID, autoincrement=False, nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("nominal_order", sa.LargeBinary(), nullable=True),
        sa.Column("parent_order", sa.LargeBinary(), nullable=True),
        sa.Column("error_order", sa.LargeBinary(), nullable=True),
        sa.Column("said", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("faults", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("begun", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
        sa.UniqueConstraint("run_id", "job_id", name="uq_run_run_id_job_id"),
    )
    op.create_index("ix_run_first_event_at_id", "run", ["first_event_at", "id"])
    op.create_index("ix_run_job_id_anchor_at", "run", ["job_id", "anchor_at"])
    op.create_index(
        "ix_run_parent_id_job_id_first_event_at",
        "run",
        ["parent_id", "job_id", "first_event_at"],
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    is_far = sa.text("root_id != parent_id")
    op.create_index(
        "ix_run_root_id", "run", ["root_id"], sqlite_where=is_far, postgresql_where=is_far
    )
    op.create_index(
        "ix_run_running",
        "run",
        ["last_event_at"],
        sqlite_where=sa.text("state = 'RUNNING'"),
        postgresql_where=sa.text("state = 'RUNNING'"),
    )
    op.create_index(
        "ix_run_faulty",
        "run",
        ["producer_id", "id"],
        sqlite_where=sa.text("faults <> 0"),
        postgresql_where=sa.text("faults <> 0"),
    )
    op.create_table(
        "producer_tally",
        sa.Column("producer_id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("runs", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("producer_id", "kind", name="pk_producer_tally"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_event",
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("event_time", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("event_type", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "event_time", "digest", name="pk_run_event"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_parent",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("parent_id", ID, autoincrement=False, nullable=False),
        sa.Column("root_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "parent_id", "root_id", name="pk_job_parent"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_job_parent_parent_id", "job_parent", ["parent_id"])
    op.create_index("ix_job_parent_root_id", "job_parent", ["root_id"])
    op.create_table(
        "job_dependency",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("other_id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sequence_rule", sa.Text(), nullable=False),
        sa.Column("status_rule", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "job_id",
            "side",
            "other_id",
            "kind",
            "sequence_rule",
            "status_rule",
            name="pk_job_dependency",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_job_dependency_other_id", "job_dependency", ["other_id"])
    op.create_table(
        "declaration",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("event_time", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("input_set_id", ID, autoincrement=False, nullable=True),
        sa.Column("output_set_id", ID, autoincrement=False, nullable=True),
        sa.Column("column_set_id", ID, autoincrement=False, nullable=True),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("can_omit", sa.Boolean(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("producer_id", ID, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("job_id", "event_time", "digest", name="pk_declaration"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inference",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("event_time", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("input_set_id", ID, autoincrement=False, nullable=True),
        sa.Column("output_set_id", ID, autoincrement=False, nullable=True),
        sa.Column("column_set_id", ID, autoincrement=False, nullable=True),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "event_time", "digest", name="pk_inference"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sql_reading",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=True),
        sa.Column("reader", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("line", sa.BigInteger(), nullable=True),
        sa.Column("column", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("job_id", name="pk_sql_reading"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inference_due",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("thing_id", ID, autoincrement=False, nullable=False),
        sa.Column("times", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kind", "thing_id", name="pk_inference_due"),
        sqlite_with_rowid=False,
    )


def edges() -> None:
    op.create_table(
        "io_set",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_io_set"),
        sa.UniqueConstraint("digest", name="uq_io_set_digest"),
    )
    op.create_table(
        "io_set_member",
        sa.Column("set_id", ID, autoincrement=False, nullable=False),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("set_id", "member_id", name="pk_io_set_member"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "edge",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("first_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "job_id", "side", "dataset_id", "origin", "ordinal", name="pk_edge"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_edge_dataset_id", "edge", ["dataset_id"])
    op.create_index("ix_edge_revision", "edge", ["revision"])
    op.create_table(
        "edge_history",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("known_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("known_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint(
            "job_id",
            "side",
            "dataset_id",
            "origin",
            "ordinal",
            "known_until",
            name="pk_edge_history",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_edge_history_known_until", "edge_history", ["known_until"])
    op.create_index(
        "ix_edge_history_dataset_id_known_until", "edge_history", ["dataset_id", "known_until"]
    )


def columns() -> None:
    op.create_table(
        "column_node",
        sa.Column("id", ID, nullable=False),
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_column_node"),
        sa.UniqueConstraint("dataset_id", "name", name="uq_column_node_dataset_id_name"),
    )
    op.create_table(
        "column_dependency",
        sa.Column("id", ID, nullable=False),
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("source_id", ID, autoincrement=False, nullable=False),
        sa.Column("target_id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subtype", sa.Text(), nullable=False),
        sa.Column("masking", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_column_dependency"),
        sa.UniqueConstraint(
            "job_id",
            "source_id",
            "target_id",
            "kind",
            "subtype",
            "masking",
            "description",
            name="uq_column_dependency",
        ),
    )
    op.create_table(
        "column_edge",
        sa.Column("dependency_id", ID, autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("source_id", ID, autoincrement=False, nullable=False),
        sa.Column("target_id", ID, autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("first_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("dependency_id", "origin", "ordinal", name="pk_column_edge"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_column_edge_job_id", "column_edge", ["job_id"])
    op.create_index("ix_column_edge_revision", "column_edge", ["revision"])
    op.create_index("ix_column_edge_source_id", "column_edge", ["source_id"])
    op.create_index("ix_column_edge_target_id", "column_edge", ["target_id"])
    op.create_table(
        "column_edge_history",
        sa.Column("dependency_id", ID, autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("known_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("source_id", ID, autoincrement=False, nullable=False),
        sa.Column("target_id", ID, autoincrement=False, nullable=False),
        sa.Column("known_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint(
            "dependency_id", "origin", "ordinal", "known_until", name="pk_column_edge_history"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_column_edge_history_known_until", "column_edge_history", ["known_until"])
    op.create_index("ix_column_edge_history_target_id", "column_edge_history", ["target_id"])


def facets() -> None:
    op.create_table(
        "facet",
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner_kind", "owner_id", "name", name="pk_facet"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "facet_content",
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("span_id", ID, autoincrement=False, nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint(
            "owner_kind", "owner_id", "name", "digest", name="pk_facet_content"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "facet_span",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("first_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rank", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_facet_span"),
    )
    op.create_table(
        "facet_saying",
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "owner_kind", "owner_id", "name", "digest", "day", name="pk_facet_saying"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "field",
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("dataset_id", "name", name="pk_field"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "schema_version",
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_seen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "digest", name="pk_schema_version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "owner",
        sa.Column("entity_kind", sa.Text(), nullable=False),
        sa.Column("entity_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity_kind", "entity_id", "name", "type", name="pk_owner"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tag",
        sa.Column("entity_kind", sa.Text(), nullable=False),
        sa.Column("entity_id", ID, autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("entity_kind", "entity_id", "field", "name", name="pk_tag"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "symlink",
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("dataset_id", "namespace", "name", name="pk_symlink"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lifecycle",
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "change", "namespace", "name", name="pk_lifecycle"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_lifecycle_name", "lifecycle", ["name"], unique=False)
    op.create_table(
        "symlink_told",
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "namespace", "name", name="pk_symlink_told"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_symlink_told_name", "symlink_told", ["name"], unique=False)
    op.create_table(
        "job_alias",
        sa.Column("job_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "name", name="pk_job_alias"),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "data_source",
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_data_source"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_data_source_name", "data_source", ["name"], unique=False)


def measures() -> None:
    op.create_table(
        "dataset_version",
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("written_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("schema_digest", sa.LargeBinary(), nullable=True),
        sa.Column("change", sa.Text(), nullable=True),
        sa.Column("version_order", sa.LargeBinary(), nullable=True),
        sa.Column("schema_order", sa.LargeBinary(), nullable=True),
        sa.Column("change_order", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("dataset_id", "run_id", name="pk_dataset_version"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_dataset_version_dataset_id_written_at", "dataset_version", ["dataset_id", "written_at"]
    )
    op.create_table(
        "quality_assertion",
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("assertion", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("expected", sa.Text(), nullable=True),
        sa.Column("actual", sa.Text(), nullable=True),
        sa.Column("event_time", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rank", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "dataset_id", "ordinal", name="pk_quality_assertion"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_quality_assertion_dataset_id_event_time",
        "quality_assertion",
        ["dataset_id", "event_time"],
    )
    op.create_table(
        "dataset_metric",
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("dataset_id", ID, autoincrement=False, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("bytes", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("files", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("null_ratio", sa.Float(), nullable=True),
        sa.Column("event_time", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rank", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "dataset_id", "side", name="pk_dataset_metric"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_dataset_metric_dataset_id_event_time", "dataset_metric", ["dataset_id", "event_time"]
    )


def contracts_and_dead_letters() -> None:
    op.create_table(
        "contract",
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("contract_id", "version", name="pk_contract"),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure_class", sa.Text(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("dataset", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("run", sa.Text(), nullable=True),
        sa.Column("contract", sa.Text(), nullable=True),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("entry_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_time", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("discarded_for", sa.Text(), nullable=True),
        sa.Column("replays", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dead_letter"),
    )
    op.create_index("ix_dead_letter_product_state", "dead_letter", ["product", "state"])
    op.create_index("ix_dead_letter_state_position", "dead_letter", ["state", "position"])


def incidents() -> None:
    op.create_table(
        "signal",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=True),
        sa.Column("run", sa.Text(), nullable=True),
        sa.Column("slo", sa.Text(), nullable=True),
        sa.Column("failure_class", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("onset_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("raised_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("healed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signal"),
    )
    op.create_index("ix_signal_cleared_at", "signal", ["cleared_at"])
    op.create_index("ix_signal_subject_onset_at", "signal", ["subject", "onset_at"])
    op.create_table(
        "incident_signal",
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "signal_id", name="pk_incident_signal"),
    )
    op.create_index("ix_incident_signal_signal_id", "incident_signal", ["signal_id"])
    op.create_table(
        "incident",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure_class", sa.Text(), nullable=False),
        sa.Column("owner_name", sa.Text(), nullable=True),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=True),
        sa.Column("explanation", sa.LargeBinary(), nullable=False),
        sa.Column("onset_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("notify_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("telling", sa.LargeBinary(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("healed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("flapping", sa.LargeBinary(), nullable=True),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("job", sa.Text(), nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("notified_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("acted_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("mitigated_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("amended_onset_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("first_owner", sa.Text(), nullable=True),
        sa.Column("handovers", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held_for", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
    )
    op.create_index("ix_incident_state_position", "incident", ["state", "position"])
    op.create_index("ix_incident_opened_at_id", "incident", ["opened_at", "id"])
    for name in ("root", "job", "signature"):
        op.create_index(f"ix_incident_{name}_opened_at", "incident", [name, "opened_at"])
    op.create_table(
        "silence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("matchers", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ends_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expired_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_silence"),
    )
    op.create_index("ix_silence_ends_at", "silence", ["ends_at"])
    op.create_table(
        "correction",
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("producer_name", sa.Text(), nullable=False),
        sa.Column("failure_class", sa.Text(), nullable=False),
        sa.Column("ruled_class", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("exception", sa.Text(), nullable=False),
        sa.Column("producer", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name="pk_correction"),
    )
    op.create_index(
        "ix_correction_signature_producer_name", "correction", ["signature", "producer_name"]
    )
    op.create_index("ix_correction_position", "correction", ["position"])
    op.create_table(
        "rule_ruling",
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("proposal", name="pk_rule_ruling"),
    )
    op.create_table(
        "incident_entry",
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "position", "ordinal", name="pk_incident_entry"),
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("due_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sent_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
    )
    op.create_index("ix_notification_incident_id", "notification", ["incident_id"])
    op.create_index("ix_notification_state_due_at", "notification", ["state", "due_at"])
    op.create_table(
        "lost_run",
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("heard_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lost_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_lost_run"),
    )
    op.create_table(
        "slo_change",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("is_bad", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", "at", name="pk_slo_change"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "slo_count",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("measured", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("of", sa.Text(), nullable=False),
        sa.Column("good", sa.Float(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "measured", "position", name="pk_slo_count"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "slo_state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("objective", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_slo_state"),
    )


def curation() -> None:
    op.create_table(
        "hidden_thing",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_hidden_thing"),
    )
    op.create_index("ix_hidden_thing_name", "hidden_thing", ["name"], unique=False)
    op.create_table(
        "identity_ruling",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("alias_namespace", sa.Text(), nullable=False),
        sa.Column("alias_name", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("apart", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_identity_ruling"),
    )
    op.create_table(
        "ruling_history",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("alias_namespace", sa.Text(), nullable=False),
        sa.Column("alias_name", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("apart", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_ruling_history"),
    )
    op.create_index("ix_ruling_history_alias_name", "ruling_history", ["alias_name"], unique=False)
    op.create_index("ix_ruling_history_name", "ruling_history", ["name"], unique=False)
    op.create_table(
        "namespace_note",
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("noted_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("namespace", name="pk_namespace_note"),
    )
    op.create_table(
        "source_note",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("connection_url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("noted_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_source_note"),
    )
    op.create_table(
        "tag_note",
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tag", name="pk_tag_note"),
    )
    op.create_table(
        "tagging",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_tagging"),
    )
    op.create_index("ix_tagging_name", "tagging", ["name"], unique=False)
    op.create_table(
        "tagging_history",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_tagging_history"),
    )
    op.create_index("ix_tagging_history_name", "tagging_history", ["name"], unique=False)


GRAM_INDEX = {
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
        """
        CREATE INDEX ix_search_gram ON search_text USING gin (hub_grams(text))
        WITH (fastupdate = off)
        """,
    ),
}


def search() -> None:
    op.create_table(
        "search_text",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_text"),
        sa.UniqueConstraint("digest", name="uq_search_text_digest"),
    )
    for statement in GRAM_INDEX[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "search_posting",
        sa.Column("text_id", ID, autoincrement=False, nullable=False),
        sa.Column("thing_id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("text_id", "thing_id", "kind", "part", name="pk_search_posting"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_search_posting_kind_thing_id", "search_posting", ["kind", "thing_id"], unique=False
    )
