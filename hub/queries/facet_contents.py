"""What the facets of datasets and jobs contain: in force, or at a moment of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import Select, and_, bindparam, case, func, select

from hub.domain.openlineage.events import DIGEST_BYTES
from hub.domain.openlineage.facets import TO_AND_FRO
from hub.queries.marquez.versions import was_written
from hub.queries.selections import IDS, made_once
from hub.store.dialect import among
from hub.store.tables import dataset_version, facet, facet_saying, facet_version, is_in_force

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from hub.queries.moments import Moment

Entity: TypeAlias = Literal["dataset", "job"]


class FacetRow(NamedTuple):
    """A facet's content; ``said_at`` is when it was last said (event time).

    ``body`` is its JSON as received; null where it was too large to be kept. One that
    ``is_partial`` gives way to any other.
    """

    said_at: int
    size: int
    body: bytes | None
    is_partial: bool = False


def facets_of(
    connection: Connection,
    ids: Collection[int],
    *,
    entity: Entity,
    moment: Moment,
    names: frozenset[str] | None = None,
) -> dict[int, dict[str, FacetRow]]:
    """Return the facets of each dataset or job by key; those taken back are left out."""
    if names is None or not names.isdisjoint(TO_AND_FRO):
        moment.needs_sayings()
    given = {"ids": ids, "entity": entity, "names": names}
    return _grouped(connection.execute(_contents(moment, named=names is not None), given))


def dropped_of(
    connection: Connection, ids: Collection[int], *, entity: Entity, moment: Moment
) -> dict[int, dict[str, FacetRow]]:
    """Return the facets of each dataset or job that were too large to be kept."""
    statement = _contents(moment, named=False).where(facet_version.c.body.is_(None))
    return _grouped(connection.execute(statement, {"ids": ids, "entity": entity}))


@made_once
def _contents(moment: Moment, *, named: bool) -> Select[Any]:
    """Select contents by ``ids`` and ``entity``, and where it is ``named`` by ``names``."""
    version = facet_version.c
    chosen = _in_force() if moment.is_now else _at(moment, named=named)
    return (
        chosen.with_only_columns(
            version.owner_id,
            version.name,
            _last_said(moment),
            version.bytes,
            version.body,
            version.partial,
        )
        .where(*_is_asked_for(named=named), version.deleted.is_(False))
        .order_by(version.owner_id, version.name)
    )


def _is_asked_for(*, named: bool) -> Iterator[ColumnElement[bool]]:
    version = facet_version.c
    yield version.owner_kind == bindparam("entity")
    yield among(version.owner_id, IDS)
    if named:
        yield version.name.in_(bindparam("names", expanding=True))


def _grouped(rows: Iterable[Sequence[Any]]) -> dict[int, dict[str, FacetRow]]:
    found: dict[int, dict[str, FacetRow]] = {}
    for key, name, *content in rows:
        found.setdefault(key, {})[name] = FacetRow(*content)
    return found


def _in_force() -> Select[Any]:
    return select().select_from(facet_version).join(facet, is_in_force(facet_version))


def _at(moment: Moment, *, named: bool) -> Select[Any]:
    """Select, of all contents of a facet, the one that was said last by then."""
    version = facet_version.c
    key = [version.owner_kind, version.owner_id, version.name]
    order = (_last_said(moment).desc(), version.rank.desc(), version.digest.desc())
    by_word = func.row_number().over(partition_by=key, order_by=(version.partial, *order))
    rank = by_word.label("place")
    candidates = select(*key, version.digest, rank)
    chosen = candidates.where(*_is_asked_for(named=named), moment.sees(facet_version)).subquery()
    is_it = [version[each.name] == each for each in chosen.c if each.name != "place"]
    return select().select_from(facet_version).join(chosen, and_(*is_it)).where(chosen.c.place == 1)


def _last_said(moment: Moment) -> ColumnElement[int]:
    """Select when a content had last been said by then.

    Besides its first saying and its last, only the days are kept on which it was said, of facets
    that people change to and fro. And runs keep the schema of what they wrote, so one that came
    back counts as said by the last of them.
    """
    said = moment.last_said(facet_version)
    if moment.is_now:
        return said
    version = facet_version.c
    that_day = _said_on_a_day(moment)
    written_at = _written_as(moment)
    return case(
        (said >= version.last_seen, said),
        (that_day > said, that_day),
        (written_at > said, written_at),
        else_=said,
    )


def _said_on_a_day(moment: Moment) -> ColumnElement[int]:
    """Select when a content had last been said by then, on the last day on which it had been."""
    told = facet_saying.c
    is_it = (told[each.name] == each for each in facet_version.primary_key)
    return (
        select(moment.last_said(facet_saying))
        .where(*is_it, moment.sees(facet_saying))
        .order_by(told.day.desc())
        .limit(1)
        .correlate(facet_version)
        .scalar_subquery()
    )


def _written_as(moment: Moment) -> ColumnElement[int]:
    """Select when a run had last written a dataset by then, if its schema was that content."""
    version, wrote = facet_version.c, dataset_version.c
    newest = (
        select()
        .where(
            version.owner_kind == "dataset",
            version.name == "schema",
            wrote.dataset_id == version.owner_id,
            wrote.schema_order.is_not(None),
            wrote.written_at.is_not(None),
            was_written(dataset_version, moment),
        )
        .order_by(wrote.written_at.desc(), wrote.run_id.desc())
        .limit(1)
        .correlate(facet_version)
    )
    # An order ends with the digest of the content that it is of.
    digest = func.substr(wrote.schema_order, func.length(wrote.schema_order) - DIGEST_BYTES + 1)
    is_its = version.digest == newest.with_only_columns(digest).scalar_subquery()
    return case((is_its, newest.with_only_columns(wrote.written_at).scalar_subquery()))
