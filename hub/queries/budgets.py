"""How the error budgets of SLOs stand, and what is refused while one is spent.

A spent budget closes the gate of its data to products of tier 1, or freezes the contracts of its
product, where its file says so (``when_spent``), until something of it is left again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hub.domain.budgets import (
    SpentPolicy,
    Standing,
    bad_spans,
    burn_rate,
    closed_up,
    course,
    is_exceeded,
    length_name,
    spent_at,
    stand,
    without,
)
from hub.domain.catalog import TIER_OF_MOST
from hub.domain.errors import Conflict, InvalidInput, NotFound, Refused
from hub.domain.instants import format_span
from hub.domain.names import DatasetName, NodeKind, alone
from hub.domain.slos.maintenance import REACH, Uncounted, uncounted
from hub.queries.contracts import find_contract
from hub.queries.datasets import find_datasets
from hub.store import slo_context

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection

    from hub.domain.budgets import Budget, BurnLimit, Span
    from hub.domain.catalog import Catalog, Slo
    from hub.domain.commands import PublishContract
    from hub.domain.names import NamesOf, NodeId
    from hub.graph.identities import Identities

# A statement that names more of them reads all: databases take so many parameters at most.
_MOST: Final = 1_000
_READABLE: Final = (NodeKind.DATASET, NodeKind.FIELD, NodeKind.PRODUCT)


class Rate(NamedTuple):
    """How fast a budget burns over a lookback, and whether that is over its limit."""

    lookback: str
    rate: float
    limit: BurnLimit
    is_fast: bool


class Account(NamedTuple):
    """An SLO with its budget, when it was bad, and what has become of the budget at an instant.

    ``bad`` is without what does not count, ``closed_up`` is the same on a clock that stands still
    then.
    """

    slo: Slo
    budget: Budget
    bad: Sequence[Span]
    at: int
    standing: Standing
    uncounted: Uncounted
    closed_up: Sequence[Span]

    def burn(self, lookback: int) -> float:
        """Return how fast the budget was spent over a lookback, 1 being just in time."""
        return burn_rate(self.budget, self.closed_up, lookback, self.at)

    def is_exceeded(self, limit: BurnLimit) -> bool:
        """Whether both lookbacks of a limit burn at least at its factor."""
        return is_exceeded(self.budget, limit, self.closed_up, self.at)

    @property
    def rates(self) -> list[Rate]:
        """How fast it burns over the lookback of each limit, the shortest first."""
        return [
            Rate(length_name(limit.long), self.burn(limit.long), limit, self.is_exceeded(limit))
            for limit in self.budget.limits
        ]

    @property
    def course(self) -> list[tuple[float, float]]:
        """How far the window has gone, and which share of the budget is left, both from 0 to 1."""
        window, total = self.standing.window, self.standing.total
        length = window.end - window.start
        return [
            ((at - window.start) / length, max(0.0, 1 - spent / total) if total else 0.0)
            for at, spent in course(self.standing, self.bad, self.at)
        ]

    @property
    def words(self) -> str:
        """What is left, and which rates are above their limits."""
        left = max(0.0, self.standing.left)
        spent = f"{format_span(self.standing.spent)} of {format_span(self.standing.total)}"
        fast = [
            f"{each.rate:.3g} times over {each.lookback}" for each in self.rates if each.is_fast
        ]
        burns = f"; burns {', '.join(fast)}" if fast else ""
        said = f"{left:.0%} of the budget of {self.slo.name} is left, {spent} are spent{burns}"
        return f"{said}; {self.exclusion}" if self.exclusion else said

    @property
    def reasons(self) -> list[str]:
        """What time of the window does not count for."""
        return self.uncounted.reasons(self.standing.window)

    @property
    def exclusion(self) -> str:
        """How much of the window does not count, and why; empty where all of it does."""
        if not self.standing.uncounted:
            return ""
        span = format_span(self.standing.uncounted)
        return f"{span} of {self.budget.window_name} do not count: {', '.join(self.reasons)}"

    @property
    def exhausted_at(self) -> int | None:
        """When nothing will be left if it is bad from now on; None where it is so, or never."""
        return spent_at(self.budget, self.bad, self.at, self.uncounted.spans)


def accounts(
    connection: Connection,
    catalog: Catalog,
    slos: Iterable[Slo],
    now: int,
    names: NamesOf = alone,
) -> dict[str, Account]:
    """Return how the budgets of SLOs stand, by the SLOs' names; of those that have one.

    ``names`` finds all that a dataset is called, for its maintenance.
    """
    declared = [(slo, slo.budget) for slo in slos if slo.budget is not None]
    if not declared:
        return {}
    since = now - max(budget.longest for _, budget in declared)
    asked = [slo.name for slo, _ in declared]
    changes = slo_context.changes_since(connection, since, asked if len(asked) <= _MOST else None)
    found = {}
    for slo, budget in declared:
        reach = max(REACH, budget.longest)
        out = uncounted(catalog, slo, now - reach, now + reach, names)
        all_bad = bad_spans(changes.get(slo.name, ()), now)
        bad, closed = without(all_bad, out.spans), closed_up(all_bad, out.spans, now)
        standing = stand(budget, bad, now, out.spans)
        found[slo.name] = Account(slo, budget, bad, now, standing, out, closed)
    return found


def gate_objections(
    connection: Connection,
    catalog: Catalog,
    known: Identities,
    node: NodeId,
    *,
    tier: int,
    now: int,
) -> list[str]:
    """Return why a product of a tier may not read a dataset, or a product's data, now.

    A dataset has one gate under all of its names.

    Raises:
        InvalidInput: the node is nothing that is read.
        NotFound: no event has named it, and nothing declares it.

    """
    if node.kind not in _READABLE:
        message = f"{node} is nothing that is read"
        raise InvalidInput(message, fix="name a dataset, a field or a product")
    is_product = node.kind is NodeKind.PRODUCT
    called = () if is_product else known.datasets.names_of(node.dataset)
    names = [DatasetName(*each) for each in called]
    if not _is_known(connection, catalog, node, names):
        message = f"there is no {node}: no event has named it, and nothing declares it"
        raise NotFound(message, fix="`hub search` finds names")
    if tier > TIER_OF_MOST:
        return []
    closing = [
        slo
        for slo in catalog.slos
        if _is_of(catalog, slo, node, names) and _does(slo, SpentPolicy.CLOSE_GATE)
    ]
    return [
        f"{_said(spent)}; its gate is closed to products of tier {TIER_OF_MOST}"
        for spent in _spent(connection, catalog, closing, now, known.called)
    ]


def freeze_objections(
    connection: Connection,
    catalog: Catalog,
    command: PublishContract,
    now: int,
    names: NamesOf,
) -> list[str]:
    """Return why a contract may not change now: a budget of a product that keeps it is spent.

    One that has no version yet, and one that is published already, are no changes.
    """
    newest = find_contract(connection, command.contract_id, None)
    known = find_contract(connection, command.contract_id, command.version)
    if newest is None or known is not None or command.despite:
        return []
    keeping = {step.product for step in catalog.steps if step.contract == command.contract_id}
    if command.product is not None:
        keeping.add(command.product)
    freezing = [
        slo
        for slo in catalog.slos
        if slo.product in keeping and _does(slo, SpentPolicy.FREEZE_CONTRACTS)
    ]
    return [
        f"{_said(spent)}; the contracts of {spent.slo.product} are frozen"
        for spent in _spent(connection, catalog, freezing, now, names)
    ]


def check_publishing(
    connection: Connection,
    catalog: Catalog,
    command: PublishContract,
    now: int,
    names: NamesOf,
) -> None:
    """Refuse a version that was published with another text, and one that a budget freezes.

    Raises:
        Conflict: there is another text.
        Refused: see ``freeze_objections``.

    """
    published = find_contract(connection, command.contract_id, command.version)
    if published is not None and published.body != command.document:
        message = f"{command.contract_id} {command.version} was published with another text"
        raise Conflict(message, fix="publish a new version")
    if objections := freeze_objections(connection, catalog, command, now, names):
        fix = "publish it when some of the budget is left, or say `despite` what reason it must be"
        raise Refused("; ".join(objections), fix=fix)


def _is_known(
    connection: Connection, catalog: Catalog, node: NodeId, names: Collection[DatasetName]
) -> bool:
    if node.kind is NodeKind.PRODUCT:
        return node.parts[0] in catalog.products
    is_declared = any(catalog.product_of(each) is not None for each in names)
    return is_declared or bool(find_datasets(connection, names))


def _spent(
    connection: Connection, catalog: Catalog, slos: list[Slo], now: int, names: NamesOf
) -> list[Account]:
    found = accounts(connection, catalog, slos, now, names).values()
    return [each for each in found if each.standing.is_spent]


def _does(slo: Slo, policy: SpentPolicy) -> bool:
    return slo.budget is not None and policy in slo.budget.when_spent


def _is_of(catalog: Catalog, slo: Slo, node: NodeId, names: Collection[DatasetName]) -> bool:
    """Whether an SLO is on a dataset of such names, or of a product."""
    if node.kind is NodeKind.PRODUCT:
        return slo.product == node.parts[0]
    return catalog.dataset(slo.dataset) in names


def _said(spent: Account) -> str:
    gone, total = format_span(spent.standing.spent), format_span(spent.standing.total)
    return f"SLO {spent.slo.name} has spent {gone} of the {total} that it may be broken"
