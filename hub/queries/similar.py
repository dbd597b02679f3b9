"""Past incidents that are like one: found by what they share, the most alike first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import literal, select, union_all

from hub.domain.failures.failure import excerpt
from hub.domain.incidents.courses import Outcome
from hub.domain.instants import format_instant
from hub.domain.names import alone
from hub.store.tables import incident, incident_entry

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row, Select

    from hub.domain.names import NamesOf
    from hub.queries.incidents import IncidentRow

SHOWN: Final = 5
# As many of the newest with one trait are looked at; what is older has been told by those.
_LOOKED_AT: Final = 20
# Of a dataset whose every partition has a name, by so many of them.
_NAMES: Final = 100
_REASONS: Final = {
    "signature": (8, "the same error"),
    "root": (4, "the same root"),
    "job": (2, "the same job"),
    "failure_class": (1, "the same class"),
}
_TRAITS: Final = ("signature", "root", "job")


class Similar(NamedTuple):
    """A past incident, why it is like the one asked about, and what is known to have mended it.

    ``score`` is greater the more is shared; ``fix`` is what somebody noted, or else how it ended.
    """

    id: str
    title: str
    state: str
    failure_class: str
    opened_at: int
    resolved_at: int | None
    outcome: str | None
    fix: str | None
    score: int
    reasons: tuple[str, ...]

    @property
    def line(self) -> str:
        """The incident as one line."""
        opened = format_instant(self.opened_at)[:10]
        told = f"{self.id} of {opened} ({', '.join(self.reasons)})"
        was = f", {self.outcome.replace('-', ' ')}" if self.outcome else ""
        return f"{told}{was}: {excerpt(self.fix)}" if self.fix else f"{told}{was}"


def similar_to(
    connection: Connection, incidents: Sequence[IncidentRow], names: NamesOf = alone
) -> Mapping[str, list[Similar]]:
    """Return for each incident the past ones that are most like it, ``SHOWN`` at most.

    They share its error (but for names and numbers), its root or its job, of which ``names`` finds
    all that they are called. Those that turned out to be part of another one are left out. The
    number of statements is the same for any number.
    """
    candidates: dict[str, dict[str, Row[Any]]] = {each.id: {} for each in incidents}
    wanted = {each.id: _traits(each, names) for each in incidents}
    for trait in _TRAITS:
        for row in _sharing(connection, trait, incidents, wanted):
            candidates[row.of][row.id] = row
    ranked = {
        key: sorted((_scored(row, wanted[key]) for row in found.values()), key=_rank, reverse=True)[
            :SHOWN
        ]
        for key, found in candidates.items()
    }
    ends = _ends(connection, {one.id for found in ranked.values() for one in found})
    return {
        key: [one if one.fix else one._replace(fix=ends.get(one.id)) for one in found]
        for key, found in ranked.items()
    }


def _rank(similar: Similar) -> tuple[int, bool, int, str]:
    """Of those as much alike the one that tells what mended it, then the newest."""
    is_told = similar.fix is not None and similar.outcome != Outcome.FALSE_POSITIVE.value
    return similar.score, is_told, similar.opened_at, similar.id


def _traits(of: IncidentRow, names: NamesOf) -> Mapping[str, Sequence[str]]:
    """Return what a past incident may share with one, by trait."""
    return {
        "signature": (of.signature,) if of.signature else (),
        "root": names(of.root)[:_NAMES],
        "job": names(of.job)[:_NAMES] if of.job else (),
        "failure_class": (of.failure_class,),
    }


def _sharing(
    connection: Connection,
    trait: str,
    incidents: Iterable[IncidentRow],
    wanted: Mapping[str, Mapping[str, Sequence[str]]],
) -> Iterable[Row[Any]]:
    selects = [
        _before(incident.c[trait].in_(values), each)
        for each in incidents
        if (values := wanted[each.id][trait])
    ]
    if not selects:
        return ()
    return connection.execute(union_all(*(select(each.subquery()) for each in selects)))


def _before(condition: ColumnElement[bool], of: IncidentRow) -> Select[Any]:
    columns = incident.c
    return (
        select(
            literal(of.id).label("of"),
            columns.id,
            columns.title,
            columns.state,
            columns.failure_class,
            columns.root,
            columns.job,
            columns.signature,
            columns.opened_at,
            columns.resolved_at,
            columns.outcome,
            columns.note,
        )
        .where(condition, columns.opened_at <= of.opened_at, columns.id != of.id)
        .where(columns.merged_into.is_(None))
        .order_by(columns.opened_at.desc())
        .limit(_LOOKED_AT)
    )


def _scored(row: Row[Any], wanted: Mapping[str, Sequence[str]]) -> Similar:
    shared = [worth for trait, worth in _REASONS.items() if getattr(row, trait) in wanted[trait]]
    return Similar(
        id=row.id,
        title=row.title,
        state=row.state,
        failure_class=row.failure_class,
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        outcome=row.outcome,
        fix=row.note,
        score=sum(score for score, _ in shared),
        reasons=tuple(reason for _, reason in shared),
    )


def _ends(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return how incidents ended, in the words of their timelines."""
    columns = incident_entry.c
    statement = (
        select(columns.incident_id, columns.message)
        .where(columns.incident_id.in_([*ids]), columns.kind == "resolved")
        .order_by(columns.position)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}
