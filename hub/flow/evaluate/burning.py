"""How urgent it is that an SLO is broken: at once without a budget, else by how fast that burns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hub.domain.budgets import DAY, Span, bad_spans, closed_up, limit_exceeded, next_change, put_off
from hub.domain.catalog import TIER_OF_MOST, Severity
from hub.domain.slos.maintenance import REACH, uncounted
from hub.domain.slos.slo import SloState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.flow.evaluate.memory import Memory, Watch

# What was broken that long ago does not make another breach a repeat.
_REPEATS_WITHIN: Final = 3 * DAY


class Urgency(NamedTuple):
    """How urgent a breach is (None: not worth telling yet), and when that changes by itself."""

    severity: Severity | None
    changes_at: int | None = None


def urgency_of(watch: Watch, memory: Memory, now: int) -> Urgency:
    """Return how urgent it is that an SLO is broken now.

    What most depend on (tier 1) is worth telling at the first deadline it misses; whether that is
    worth it again within three days, the burn rate decides. That nothing was measured yet wakes
    nobody.
    """
    slo, budget = watch.slo, watch.slo.budget
    if budget is None:
        return Urgency(slo.severity)
    all_bad = bad_spans(watch.changes, now)
    catalog, names = memory.catalog, memory.identities.called
    out = uncounted(catalog, slo, now - REACH, now + REACH, names).spans
    bad = closed_up(all_bad, out, now)
    changes_at = next_change(budget, bad, now, is_bad=True)
    if changes_at is not None:
        changes_at = put_off(out, now, changes_at - now)
    limit = limit_exceeded(budget, bad, now)
    if watch.state is SloState.NO_DATA:
        return Urgency(None if limit is None else Severity.TICKET, changes_at)
    if limit is not None:
        return Urgency(slo.severity if limit.pages else Severity.TICKET, changes_at)
    if catalog.products[slo.product].tier > TIER_OF_MOST:
        return Urgency(None, changes_at)
    return Urgency(Severity.TICKET if _is_repeat(all_bad, now) else slo.severity, changes_at)


def earliest(*instants: int | None) -> int | None:
    """Return the first of some instants; None where there is none."""
    return min((at for at in instants if at is not None), default=None)


def _is_repeat(bad: Sequence[Span], now: int) -> bool:
    return any(span.end > now - _REPEATS_WITHIN for span in bad[:-1])
