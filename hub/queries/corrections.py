"""What people said of incidents' classes, and the rules that are proposed because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, select

from hub.domain.failures.failure import FailureClass
from hub.domain.failures.proposals import ENOUGH, Correction, Proposal, propose
from hub.queries.pages import Page, PageRequest, fetch, follows
from hub.store.tables import correction, rule_ruling

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.queries.pages import Key

_MAX_PROPOSALS = 100
# Of one proposal; more equal ones would not change it.
_MAX_EACH = 50
# As many of the last corrections, of whatever errors, a rule may not contradict.
_MAX_COMPARED = 1_000


class CorrectionRow(NamedTuple):
    """What somebody said last of one incident's class; ``at`` is microseconds UTC."""

    incident_id: str
    failure_class: str
    ruled_class: str
    rule: str
    message: str
    exception: str
    producer: str
    actor: str
    at: int
    position: int

    @property
    def sort_key(self) -> Key:
        """Corrections are listed in the order in which they were made."""
        return (self.position,)


class Proposed(NamedTuple):
    """A rule that is proposed, and what somebody decided about it."""

    proposal: Proposal
    is_accepted: bool | None
    decided_by: str | None
    reason: str | None


def list_corrections(connection: Connection, request: PageRequest) -> Page[CorrectionRow]:
    """Return a page of corrections, in the order in which they were made."""
    statement = select(*(correction.c[name] for name in CorrectionRow._fields))
    statement = statement.order_by(correction.c.position)
    if request.after is not None:
        statement = statement.where(follows([correction.c.position], request.after))
    return fetch(connection, statement, request, CorrectionRow._make)


def count_corrections(connection: Connection) -> int:
    """Return how many incidents have been given another class."""
    return connection.execute(select(func.count()).select_from(correction)).scalar_one()


def proposed_rules(connection: Connection, *, decided: bool = False) -> list[Proposed]:
    """Return the rules that equal corrections propose, the last corrected first.

    None that would also find what people gave another class: once it is taken up, it overrules
    what they said. Those that somebody has decided about only where ``decided`` is asked for.
    """
    columns = correction.c
    alike = (
        select(columns.signature, columns.producer_name)
        .where(columns.signature.is_not(None))
        .group_by(columns.signature, columns.producer_name)
        .having(
            and_(
                func.count() >= ENOUGH,
                func.min(columns.failure_class) == func.max(columns.failure_class),
            )
        )
        .order_by(func.max(columns.position).desc())
        .limit(_MAX_PROPOSALS)
        .subquery()
    )
    rank = func.row_number().over(
        partition_by=(columns.signature, columns.producer_name), order_by=columns.position
    )
    ranked = (
        select(correction, rank.label("rank"))
        .join(
            alike,
            and_(
                alike.c.signature == columns.signature,
                alike.c.producer_name == columns.producer_name,
            ),
        )
        .subquery()
    )
    groups: dict[tuple[str, str], list[Correction]] = {}
    for row in connection.execute(select(ranked).where(ranked.c.rank <= _MAX_EACH)):
        groups.setdefault((row.signature, row.producer_name), []).append(
            Correction(
                incident=row.incident_id,
                signature=row.signature,
                producer_name=row.producer_name,
                failure_class=FailureClass(row.failure_class),
                message=row.message,
                actor=row.actor,
                at=row.at,
            )
        )
    proposals = [found for each in groups.values() if (found := propose(each)) is not None]
    proposals = _without_contradictions(connection, proposals)
    return _with_rulings(connection, proposals, decided=decided)


def find_proposed(connection: Connection, proposal: str) -> Proposed | None:
    """Return a proposed rule by its id, decided about or not."""
    found = (each for each in proposed_rules(connection, decided=True))
    return next((each for each in found if each.proposal.id == proposal), None)


def _without_contradictions(connection: Connection, proposals: list[Proposal]) -> list[Proposal]:
    if not proposals:
        return []
    columns = correction.c
    newest = select(columns.failure_class, columns.producer_name, columns.message)
    newest = newest.order_by(columns.position.desc()).limit(_MAX_COMPARED)
    said = connection.execute(newest).all()
    return [each for each in proposals if not any(each.contradicts(*row) for row in said)]


def _with_rulings(
    connection: Connection, proposals: list[Proposal], *, decided: bool
) -> list[Proposed]:
    statement = select(rule_ruling).where(
        rule_ruling.c.proposal.in_([each.id for each in proposals])
    )
    rulings = {row.proposal: row for row in connection.execute(statement)}
    found = []
    for each in sorted(proposals, key=lambda proposal: (-proposal.since, proposal.id)):
        ruling = rulings.get(each.id)
        if ruling is None:
            found.append(Proposed(each, None, None, None))
        elif decided:
            found.append(Proposed(each, bool(ruling.accepted), ruling.actor, ruling.reason))
    return found
