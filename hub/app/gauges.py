"""What is measured when somebody asks for it, on ``/metrics``: how error budgets stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import Gauge

from hub.queries.budgets import accounts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.domain.names import NamesOf

# Of more SLOs than that, those with the least left are shown.
_MOST: Final = 1_000
_LEFT: Final = Gauge("hub_slo_budget_left", "Share of an error budget that is left", ["slo"])
_BURN: Final = Gauge("hub_slo_burn_rate", "How fast a budget burns", ["slo", "lookback"])
_SPENT: Final = Gauge("hub_slo_budgets_spent", "Error budgets of which nothing is left")
# How the names begin of what the process counts that runs the stages.
OF_STAGES: Final = (
    "hub_incidents_",
    "hub_notifications_",
    "hub_projected_",
    "hub_quarantined_",
    "hub_sql_",
    "hub_step_",
)


def measure_budgets(connection: Connection, catalog: Catalog, now: int, names: NamesOf) -> None:
    """Set the gauges of error budgets to how they stand."""
    found = sorted(
        accounts(connection, catalog, catalog.slos, now, names).values(),
        key=lambda each: each.standing.left,
    )
    _LEFT.clear()
    _BURN.clear()
    _SPENT.set(sum(each.standing.is_spent for each in found))
    for account in found[:_MOST]:
        _LEFT.labels(account.slo.name).set(account.standing.left)
        for each in account.rates:
            _BURN.labels(account.slo.name, each.lookback).set(each.rate)
