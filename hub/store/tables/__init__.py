"""The tables, as SQLAlchemy Core. Private to ``hub.store``: import-linter protects them.

Conventions. ``*_at`` and ``event_time`` columns are signed 64-bit microseconds since 1970-01-01
UTC. ``event_time`` is what a producer claims, ``received_at`` and ``recorded_at`` are the hub's
clock; no column mixes them. ``digest`` columns are 16-byte BLAKE2b. Integer ``id`` columns are
assigned in the order of arrival and therefore never leave the store: outside, natural keys name
things.
"""

from hub.store.tables.base import metadata
from hub.store.tables.curation import (
    hidden_thing,
    namespace_note,
    source_note,
    tag_note,
    tagging,
)
from hub.store.tables.journal import (
    command_outcome,
    journal_block,
    journal_key,
    store_meta,
    tracking,
)
from hub.store.tables.lineage import (
    column_dependency,
    column_edge,
    column_edge_history,
    column_node,
    data_source,
    dataset,
    dataset_metric,
    dataset_version,
    declaration,
    edge,
    edge_history,
    facet,
    facet_version,
    field,
    io_set,
    io_set_member,
    job,
    namespace,
    owner,
    quality_assertion,
    run,
    run_event,
    schema_version,
    symlink,
    tag,
)
from hub.store.tables.operations import (
    contract,
    dead_letter,
    incident,
    incident_entry,
    incident_signal,
    notification,
    signal,
    slo_state,
)

__all__ = [
    "column_dependency",
    "column_edge",
    "column_edge_history",
    "column_node",
    "command_outcome",
    "contract",
    "data_source",
    "dataset",
    "dataset_metric",
    "dataset_version",
    "dead_letter",
    "declaration",
    "edge",
    "edge_history",
    "facet",
    "facet_version",
    "field",
    "hidden_thing",
    "incident",
    "incident_entry",
    "incident_signal",
    "io_set",
    "io_set_member",
    "job",
    "journal_block",
    "journal_key",
    "metadata",
    "namespace",
    "namespace_note",
    "notification",
    "owner",
    "quality_assertion",
    "run",
    "run_event",
    "schema_version",
    "signal",
    "slo_state",
    "source_note",
    "store_meta",
    "symlink",
    "tag",
    "tag_note",
    "tagging",
    "tracking",
]
