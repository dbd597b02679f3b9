"""Error budgets, and how fast they burn."""

from __future__ import annotations

import strawberry

from hub.api.graphql.enums import SpentPolicy
from hub.api.graphql.scalars import Instant, maybe_instant
from hub.queries.budgets import Account

_SECOND = 1_000_000


@strawberry.type(description="For how long an SLO may be broken in a window, and what is left.")
class ErrorBudget:
    starts_at: Instant = strawberry.field(description="When its window begins.")
    ends_at: Instant = strawberry.field(description="When that ends; now, where it rolls.")
    total_seconds: float
    spent_seconds: float
    uncounted_seconds: float = strawberry.field(
        description="How much of its window counts as neither good nor bad: it is not in the total."
    )
    uncounted_for: list[str] = strawberry.field(
        description="Which maintenance that is, by name, and whether holidays are among it."
    )
    left: float = strawberry.field(
        description="The share that is left: 1 at first, 0 when it is spent, negative beyond."
    )
    is_spent: bool
    exhausted_at: Instant | None = strawberry.field(
        description="When nothing is left if it is broken from now on; null where that is so, or"
        " where the window ends before."
    )
    when_spent: list[SpentPolicy] = strawberry.field(
        description="What is refused while nothing is left."
    )


@strawberry.type(description="How fast an error budget was spent over a lookback.")
class BurnRate:
    lookback: str = strawberry.field(description="Such as 1h.")
    rate: float = strawberry.field(description="1 is just in time for the window.")
    limit: float = strawberry.field(description="At which rate it is told of.")
    is_exceeded: bool = strawberry.field(
        description="Whether it is over the limit, over a twelfth of the lookback too."
    )
    pages: bool = strawberry.field(description="Whether that pages; else it is a ticket.")


def make_budget(account: Account) -> ErrorBudget:
    """Return how a budget stands."""
    standing = account.standing
    return ErrorBudget(
        starts_at=Instant(standing.window.start),
        ends_at=Instant(standing.window.end),
        total_seconds=standing.total / _SECOND,
        spent_seconds=standing.spent / _SECOND,
        uncounted_seconds=standing.uncounted / _SECOND,
        uncounted_for=account.reasons,
        left=standing.left,
        is_spent=standing.is_spent,
        exhausted_at=maybe_instant(account.exhausted_at),
        when_spent=list(account.budget.when_spent),
    )


def make_burn(account: Account) -> list[BurnRate]:
    """Return how fast a budget burns, over the shortest lookback first."""
    return [
        BurnRate(
            lookback=each.lookback,
            rate=each.rate,
            limit=float(each.limit.factor),
            is_exceeded=each.is_fast,
            pages=each.limit.pages,
        )
        for each in account.rates
    ]
