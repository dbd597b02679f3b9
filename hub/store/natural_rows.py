"""Every projected table as rows of natural keys, which any two stores can be compared by.

Surrogate ids and revisions depend on the order of arrival; here names stand in their place. A
table's rows are summed up by adding their digests, so that no database has to sort them, and two
kinds of database come to the same sum.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    exists,
    or_,
    select,
)

from hub.domain.deadletters import INTAKE
from hub.domain.lineage.surety import INFERRED
from hub.store.curation import CURATION_TABLES
from hub.store.dead_letters import RESOLVED
from hub.store.identity import IDENTITY_TABLES
from hub.store.operations import OPERATIONS_TABLES
from hub.store.tables import (
    OF_DELIVERER,
    column_dependency,
    column_edge,
    column_edge_history,
    column_node,
    data_source,
    dataset,
    dataset_metric,
    dataset_version,
    dead_letter,
    declaration,
    edge,
    edge_history,
    facet,
    facet_saying,
    facet_version,
    field,
    inference,
    io_set_member,
    job,
    job_alias,
    job_dependency,
    job_parent,
    lifecycle,
    lost_run,
    namespace,
    notification,
    owner,
    producer,
    producer_tally,
    quality_assertion,
    run,
    run_event,
    schema_version,
    search_posting,
    search_text,
    symlink,
    symlink_told,
    tag,
)

_SUM_BYTES: Final = 16
_MODULUS: Final = 1 << (8 * _SUM_BYTES)
_FETCH: Final = 5_000


class NaturalTable(NamedTuple):
    """A table by natural keys. ``is_of_events``: its rows follow from events alone."""

    name: str
    statement: Select[Any]
    is_of_events: bool = True


class TableSum(NamedTuple):
    """How many rows a table has, and what their digests add up to, as hex."""

    rows: int
    digest: str


def read_natural_rows(connection: Connection, table: NaturalTable) -> Iterator[tuple[Any, ...]]:
    """Yield a table's rows, in no order."""
    options = {"yield_per": _FETCH}
    for row in connection.execute(table.statement, execution_options=options):
        yield tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)


def sum_up(connection: Connection, table: NaturalTable) -> TableSum:
    """Return what tells whether two stores have the same rows in a table."""
    rows, total = 0, 0
    for row in read_natural_rows(connection, table):
        digest = blake2b(msgspec.msgpack.encode(row), digest_size=_SUM_BYTES).digest()
        rows, total = rows + 1, (total + int.from_bytes(digest, "big")) % _MODULUS
    return TableSum(rows, total.to_bytes(_SUM_BYTES, "big").hex())


_NAMESPACE = select(namespace.c.id, namespace.c.name.label("namespace"))
_DATASET = select(
    dataset.c.id, namespace.c.name.label("namespace"), dataset.c.name.label("dataset")
).outerjoin(namespace, namespace.c.id == dataset.c.namespace_id)
_JOB = select(job.c.id, namespace.c.name.label("job_namespace"), job.c.name.label("job")).outerjoin(
    namespace, namespace.c.id == job.c.namespace_id
)
_RUN = (
    select(run.c.id, namespace.c.name.label("job_namespace"), job.c.name.label("job"), run.c.run_id)
    .outerjoin(job, job.c.id == run.c.job_id)
    .outerjoin(namespace, namespace.c.id == job.c.namespace_id)
)
_PRODUCER = select(producer.c.id, producer.c.name.label("producer"))
_FIELD = (
    select(
        column_node.c.id,
        namespace.c.name.label("namespace"),
        dataset.c.name.label("dataset"),
        column_node.c.name.label("field"),
    )
    .outerjoin(dataset, dataset.c.id == column_node.c.dataset_id)
    .outerjoin(namespace, namespace.c.id == dataset.c.namespace_id)
)


def _natural(
    table: FromClause, references: Mapping[str, Select[Any]], *, without: Collection[str] = ()
) -> Select[Any]:
    """Select a table's columns in order, with names in place of the ids that refer to things."""
    columns: list[ColumnElement[Any]] = []
    source = table
    for column in table.columns:
        if column.name in references:
            # Outer joins: an id that leads nowhere must show, not hide its row.
            thing = references[column.name].subquery()
            source = source.outerjoin(thing, thing.c.id == column)
            role = column.name.removesuffix("_id")
            columns += [each.label(_label(role, each.name)) for each in list(thing.columns)[1:]]
        elif column.name not in without:
            columns.append(column)
    return select(*columns).select_from(source)


def _label(role: str, name: str) -> str:
    return name if name.startswith(role) else f"{role}_{name}"


def _of_kind(table: FromClause, kind: str, *, without: Collection[str] = ()) -> Select[Any]:
    """Select what is attached to things of one kind, with the thing's name."""
    kind_column, id_column = list(table.columns)[:2]
    thing = _DATASET if kind == "dataset" else _JOB
    return _natural(table, {id_column.name: thing}, without=without).where(kind_column == kind)


def _learned(table: FromClause, *key: str) -> FromClause:
    """Select where in the journal each thing of a table was first told of."""
    return select(*(table.c[name] for name in key), table.c.first_position).subquery()


def _members(
    set_column: Column[Any], key: Sequence[Column[Any]], member: Select[Any]
) -> Select[Any]:
    """Select the members of every row's set, with what names the row within its job."""
    table = set_column.table
    rows = (
        select(table.c.job_id, *key, io_set_member.c.member_id)
        .join(io_set_member, io_set_member.c.set_id == set_column)
        .subquery()
    )
    return _natural(rows, {"job_id": _JOB, "member_id": member})


# Where in the journal something was first told of.
_LEARNED: Final = ("first_position",)
_DATASET_OF: Final = {"dataset_id": _DATASET}
_JOB_OF: Final = {"job_id": _JOB}
_RUN_ON: Final = {"run_id": _RUN, "dataset_id": _DATASET}
_FIELDS_OF: Final = {"job_id": _JOB, "source_id": _FIELD, "target_id": _FIELD}
# Starts with its id, as the others do.
_DEPENDENCY: Final = _natural(column_dependency, _FIELDS_OF)
# What only inferences name is no part of what events say.
_IS_NAMED: Final = dataset.c.first_seen.is_not(None)
_EDGE_OF: Final = {"job_id": _JOB, "dataset_id": _DATASET}
_COLUMN_EDGE_OF: Final = {"dependency_id": _DEPENDENCY, **_FIELDS_OF}
_SETS: Final = ("input_set_id", "output_set_id", "column_set_id")
# By ids; it shows in the edges of the run's job.
_BEGUN: Final = ("begun",)
_SIDES: Final = (("inputs", _DATASET), ("outputs", _DATASET), ("columns", _DEPENDENCY))
_DECLARATION_KEY: Final = (declaration.c.event_time, declaration.c.digest)


def _lineage_tables() -> Iterator[NaturalTable]:
    things = {"namespace_id": _NAMESPACE}
    has_things = or_(
        exists().where(job.c.namespace_id == namespace.c.id),
        exists().where(dataset.c.namespace_id == namespace.c.id, _IS_NAMED),
    )
    yield NaturalTable("namespace", _natural(namespace, {}, without=("id",)).where(has_things))
    datasets = _natural(dataset, things, without=("id", *_LEARNED)).where(_IS_NAMED)
    yield NaturalTable("dataset", datasets)
    yield NaturalTable("job", _natural(job, things, without=("id", *_LEARNED)))
    families = {"job_id": _JOB, "parent_id": _JOB, "root_id": _JOB}
    yield NaturalTable("job_parent", _natural(job_parent, families))
    between = {"job_id": _JOB, "other_id": _JOB}
    told = _natural(job_dependency, between, without=_LEARNED)
    yield NaturalTable("job_dependency", told)
    ancestry = {"job_id": _JOB, "parent_id": _RUN, "root_id": _RUN, "producer_id": _PRODUCER}
    yield NaturalTable("run", _natural(run, ancestry, without=("id", *_SETS, *_BEGUN)))
    tallied = _natural(producer_tally, {"producer_id": _PRODUCER})
    yield NaturalTable("producer_tally", tallied.where(producer_tally.c.runs != 0))
    of_run = {"run_id": _RUN}
    yield NaturalTable("run_event", _natural(run_event, of_run, without=("position",)))
    declared_by = {"job_id": _JOB, "producer_id": _PRODUCER}
    statements = _natural(declaration, declared_by, without=("position", *_SETS))
    yield NaturalTable("declaration", statements)
    for set_id, (side, member) in zip(_SETS, _SIDES, strict=True):
        named = _members(run.c[set_id], (run.c.run_id,), member)
        yield NaturalTable(f"{side} of run", named)
        declared = _members(declaration.c[set_id], _DECLARATION_KEY, member)
        yield NaturalTable(f"{side} of declaration", declared)
    edges = _natural(edge, _EDGE_OF, without=("revision",)).where(edge.c.origin != INFERRED)
    yield NaturalTable("edge", edges)
    nodes = _natural(column_node, _DATASET_OF, without=("id", *_LEARNED))
    yield NaturalTable("column_node", nodes)
    said = exists().where(
        column_edge.c.dependency_id == column_dependency.c.id, column_edge.c.origin != INFERRED
    )
    dependencies = _natural(column_dependency, _FIELDS_OF, without=("id",)).where(said)
    yield NaturalTable("column_dependency", dependencies)
    columns = _natural(column_edge, _COLUMN_EDGE_OF, without=("revision",))
    yield NaturalTable("column_edge", columns.where(column_edge.c.origin != INFERRED))
    for kind in ("dataset", "job"):
        for table in (facet, facet_version, facet_saying, owner, tag):
            rows = _of_kind(table, kind, without=_LEARNED)
            yield NaturalTable(f"{table.name} of {kind}", rows)
    for table in (field, schema_version, symlink, symlink_told, lifecycle, data_source):
        yield NaturalTable(str(table.name), _natural(table, _DATASET_OF, without=_LEARNED))
    yield NaturalTable("job_alias", _natural(job_alias, _JOB_OF))
    for table in (dataset_version, quality_assertion, dataset_metric):
        yield NaturalTable(str(table.name), _natural(table, _RUN_ON))
    # What an operator has released from quarantine by now is among the events.
    is_quarantined = (dead_letter.c.stage == INTAKE) & (dead_letter.c.state != RESOLVED)
    quarantined = select(dead_letter.c.rule, dead_letter.c.reasons, dead_letter.c.payload)
    yield NaturalTable("quarantined event", quarantined.where(is_quarantined))


def _other_tables() -> Iterator[NaturalTable]:
    """Yield what depends on positions and decisions: a rebuild repeats it, a new hub does not."""
    for table, key in ((run_event, {"run_id": _RUN}), (declaration, _JOB_OF)):
        placed = select(*list(table.primary_key.columns), table.c.position).subquery()
        yield NaturalTable(f"position of {table.name}", _natural(placed, key), is_of_events=False)
    for thing in (dataset, job):
        rows = _natural(_learned(thing, "namespace_id", "name"), {"namespace_id": _NAMESPACE})
        yield NaturalTable(f"position of {thing.name}", rows, is_of_events=False)
    for part, name in ((schema_version, "digest"), (column_node, "name")):
        rows = _natural(_learned(part, "dataset_id", name), _DATASET_OF)
        yield NaturalTable(f"position of {part.name}", rows, is_of_events=False)
    learned = _learned(job_dependency, *job_dependency.primary_key.columns.keys())
    rows = _natural(learned, {"job_id": _JOB, "other_id": _JOB})
    yield NaturalTable("position of job_dependency", rows, is_of_events=False)
    inferred = _natural(inference, _JOB_OF, without=_SETS)
    yield NaturalTable("inference", inferred, is_of_events=False)
    for table, references in ((edge, _EDGE_OF), (column_edge, _COLUMN_EDGE_OF)):
        rows = _natural(table, references, without=("revision",))
        rows = rows.where(table.c.origin == INFERRED)
        yield NaturalTable(f"inferred {table.name}", rows, is_of_events=False)
    for contents in (facet_version, facet_saying):
        learned = _learned(contents, *(each.name for each in contents.primary_key))
        for kind in ("dataset", "job"):
            rows = _of_kind(learned, kind)
            name = f"position of {contents.name} of {kind}"
            yield NaturalTable(name, rows, is_of_events=False)
    for table, history, references in (
        (edge, edge_history, _EDGE_OF),
        (column_edge, column_edge_history, _COLUMN_EDGE_OF),
    ):
        bounds = select(*table.primary_key.columns, table.c.revision).subquery()
        own: dict[str, Select[Any]] = {
            name: thing for name, thing in references.items() if name in bounds.c
        }
        yield NaturalTable(f"position of {table.name}", _natural(bounds, own), is_of_events=False)
        yield NaturalTable(str(history.name), _natural(history, references), is_of_events=False)
    for table in (dead_letter, *OPERATIONS_TABLES, *CURATION_TABLES, *IDENTITY_TABLES):
        of_run = {"run_id": _RUN} if table is lost_run else {}
        rows = _natural(table, of_run, without=OF_DELIVERER if table is notification else ())
        yield NaturalTable(str(table.name), rows, is_of_events=False)


def _search_tables() -> Iterator[NaturalTable]:
    texts = select(search_text.c.id, search_text.c.text)
    for kind, thing in (("dataset", _DATASET), ("job", _JOB), ("field", _FIELD)):
        of_kind = search_posting.c.kind == kind
        references = {"text_id": texts, "thing_id": thing}
        rows = _natural(search_posting, references).where(of_kind)
        yield NaturalTable(f"search posting of {kind}", rows, is_of_events=False)


NATURAL_TABLES: Final[tuple[NaturalTable, ...]] = (*_lineage_tables(), *_other_tables())
# Made of the others by a stage of its own, which may be behind.
SEARCH_TABLES: Final[tuple[NaturalTable, ...]] = (*_search_tables(),)
