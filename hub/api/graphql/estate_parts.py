"""What datasets, jobs and runs consist of, where it leads no further."""

from __future__ import annotations

from itertools import chain

import strawberry

from hub.api.graphql.enums import Provenance
from hub.api.graphql.scalars import Instant, Long, maybe_instant, maybe_long
from hub.domain.identity.things import Link, Name
from hub.graph.identities import Known
from hub.queries.dataset_details import AssertionRow, FieldRow, SchemaVersionRow
from hub.queries.labels import OwnerRow, SymlinkRow, TagRow


@strawberry.type(description="A field of a dataset; nested ones are joined with '.'.")
class Field:
    name: str
    type: str | None
    description: str | None


@strawberry.type(description="Who owns a dataset or job, as its producer says.")
class Ownership:
    name: str
    type: str | None


@strawberry.type(description="A label; field is null where the whole dataset or job has it.")
class Tag:
    name: str
    value: str | None
    field: str | None
    source: str | None


@strawberry.type(description="Another name of a dataset.")
class Symlink:
    namespace: str
    name: str
    type: str | None


@strawberry.type(description="Another name of a dataset or a job, and who says so.")
class Alias:
    namespace: str
    name: str
    provenance: Provenance
    reason: str
    since: Instant | None = strawberry.field(
        description="When that was first said: event time, or the hub's clock where a person did."
    )
    approved_by: str | None = strawberry.field(description="Who, where a person did.")


@strawberry.type(description="A schema that a dataset has had.")
class SchemaVersion:
    digest: str
    first_seen: Instant
    last_seen: Instant
    fields: list[Field]


@strawberry.type(description="The newest outcome of a data-quality test.")
class QualityAssertion:
    assertion: str
    name: str | None
    field: str | None
    success: bool
    severity: str | None
    expected: str | None
    actual: str | None
    event_time: Instant


@strawberry.type(description="How much there was of something, where it was said.")
class Size:
    rows: Long | None
    bytes: Long | None
    files: Long | None


def make_aliases(known: Known | None) -> list[Alias]:
    """Return the names of a thing but for the one that is shown, each with its surest link."""
    if known is None:
        return []
    shown, names, links = known.thing
    said: dict[Name, Link] = {}
    # The surest come first; rather one by which a name gives way than one by which it stands.
    for name, link in chain(((x.alias, x) for x in links), ((x.name, x) for x in links)):
        said.setdefault(name, link)
    return [
        Alias(
            namespace=name[0],
            name=name[1],
            provenance=Provenance(said[name].provenance),
            reason=said[name].reason,
            since=maybe_instant(said[name].since),
            approved_by=said[name].approved_by,
        )
        for name in names
        if name != shown
    ]


def make_field(row: FieldRow) -> Field:
    """Return a field."""
    return Field(name=row.name, type=row.type, description=row.description)


def make_ownership(row: OwnerRow) -> Ownership:
    """Return an owner."""
    return Ownership(name=row.name, type=row.type or None)


def make_tag(row: TagRow) -> Tag:
    """Return a tag."""
    return Tag(name=row.name, value=row.value, field=row.field or None, source=row.source)


def make_symlink(row: SymlinkRow) -> Symlink:
    """Return another name."""
    return Symlink(namespace=row.namespace, name=row.name, type=row.type)


def make_schema_version(row: SchemaVersionRow) -> SchemaVersion:
    """Return a schema."""
    return SchemaVersion(
        digest=row.digest.hex(),
        first_seen=Instant(row.first_seen),
        last_seen=Instant(row.last_seen),
        fields=[make_field(each) for each in row.fields],
    )


def make_assertion(row: AssertionRow) -> QualityAssertion:
    """Return the outcome of a test."""
    return QualityAssertion(
        assertion=row.assertion,
        name=row.name,
        field=row.field,
        success=row.success,
        severity=row.severity,
        expected=row.expected,
        actual=row.actual,
        event_time=Instant(row.event_time),
    )


def make_size(rows: int | None, size: int | None, files: int | None) -> Size:
    """Return a size in rows, bytes and files."""
    return Size(rows=maybe_long(rows), bytes=maybe_long(size), files=maybe_long(files))
