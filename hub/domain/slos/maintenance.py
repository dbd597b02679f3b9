"""Time that does not count against an SLO: declared maintenance of it, and its holidays (ADR 36).

A window is of an SLO where its matchers hold whatever breaks it: those that ask for the class of a
failure, or for who is told, only keep people from being told. All functions are pure.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from hub.domain.budgets import DAY, Span, merged
from hub.domain.duty.calendars import holidays_between, spans_between
from hub.domain.duty.matching import all_hold
from hub.domain.names import alone, dataset_id, parse_node_id

if TYPE_CHECKING:
    from hub.domain.catalog import Catalog, Slo
    from hub.domain.duty.plans import Calendar, Window
    from hub.domain.names import NamesOf

# Longer ago, or farther ahead, nothing is put off.
REACH: Final = 92 * DAY
HOLIDAYS: Final = "holidays"
_OF_A_FAILURE: Final = frozenset(
    {"class", "incident", "job", "kind", "owner", "owner_kind", "receiver", "severity"}
)


class Uncounted(NamedTuple):
    """When time does not count: apart and in order of time, and each with what it is for."""

    spans: tuple[Span, ...]
    named: tuple[tuple[Span, str], ...]

    def reasons(self, within: Span) -> list[str]:
        """Return what time in a span does not count for."""
        met = [
            name for (start, end), name in self.named if start < within.end and end > within.start
        ]
        return list(dict.fromkeys(met))


def maintained(
    catalog: Catalog, slo: Slo, start: int, end: int, names: NamesOf = alone
) -> Uncounted:
    """Return the declared maintenance of an SLO that goes on between two instants.

    ``names`` finds all that its dataset is called: maintenance of one name is of the dataset.
    """
    return _going_on(_windows_of(catalog, slo, names), None, slo.timezone, start, end)


def uncounted(
    catalog: Catalog, slo: Slo, start: int, end: int, names: NamesOf = alone
) -> Uncounted:
    """Return what does not count against the budget of an SLO between two instants."""
    windows = _windows_of(catalog, slo, names)
    return _going_on(windows, slo.holidays, slo.timezone, start, end)


# Thousands of SLOs that are asked about at one instant share a few windows.
@lru_cache(maxsize=64)
def _going_on(
    windows: tuple[Window, ...], holidays: Calendar | None, timezone: str, start: int, end: int
) -> Uncounted:
    found = [
        (Span(event.start, event.end), f"maintenance {window.name}")
        for window in windows
        for event in spans_between(window.calendar, start, end)
    ]
    if holidays is not None:
        days = holidays_between(holidays, timezone, start, end)
        found += [(Span(day.start, day.end), HOLIDAYS) for day in days]
    return Uncounted(tuple(merged(span for span, _ in found)), tuple(found))


def _windows_of(catalog: Catalog, slo: Slo, names: NamesOf) -> tuple[Window, ...]:
    windows = [
        window
        for window in catalog.windows
        if not any(matcher.label in _OF_A_FAILURE for matcher in window.matchers)
    ]
    if not windows:
        return ()
    labels = _labels_of(catalog, slo)
    others = [
        parse_node_id(each).dataset for each in names(dataset_id(catalog.dataset(slo.dataset)))
    ]
    also = {
        "dataset": tuple(each.name for each in others),
        "namespace": tuple(each.namespace for each in others),
    }
    return tuple(window for window in windows if all_hold(window.matchers, labels, also))


def _labels_of(catalog: Catalog, slo: Slo) -> dict[str, str]:
    """Return the labels that every incident about an SLO has (``routing.labels_of``)."""
    dataset, product = catalog.dataset(slo.dataset), catalog.products[slo.product]
    domain, step = catalog.domains.get(product.domain), catalog.writer(dataset)
    found = {
        "dataset": dataset.name,
        "domain": product.domain,
        "environment": catalog.environment_of(dataset.namespace),
        "layer": step.layer.value if step else "",
        "namespace": dataset.namespace,
        "product": slo.product,
        "slo": slo.name,
        "source": step.source or "" if step else "",
        "tier": str(product.tier),
        **(domain.labels if domain else {}),
        **product.labels,
    }
    return {name: value for name, value in found.items() if value}
