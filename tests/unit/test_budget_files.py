"""Budgets in products' files: what can never work is refused, with its line and a way out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from textwrap import dedent

import pytest

from hub.domain.budgets import DAY, Budget, Period, SpentPolicy
from hub.domain.errors import InvalidInput
from hub.settings import load_catalog, load_settings

DAILY = '{dataset: bronze.scans, schedule: "0 6 * * *"}'
DAILY_IN_BERLIN = '{dataset: bronze.scans, schedule: "0 6 * * *", timezone: Europe/Berlin}'
WORKDAYS = '{dataset: bronze.scans, schedule: "0 6 * * 1-5"}'
HOURLY = '{dataset: bronze.scans, schedule: "0 * * * *"}'
INTERVAL = "{dataset: bronze.scans, within: 1h}"


def catalog_of(folder: Path, budget: str, freshness: str = INTERVAL) -> tuple[Budget, ...]:
    files = {
        "domains.yaml": """
            platform: {team: data-platform, receiver: pager}
            domains: [{domain: logistics, team: parcel-flow, receiver: pager}]
            sources: [{source: scanners, domain: logistics, team: scanner-desk}]
        """,
        "receivers.yaml": "receivers: [{receiver: pager, notifier: console}]",
        "products/parcels.yaml": f"""
            product: parcels
            domain: logistics
            steps: [{{step: scans, lane: files, source: scanners, writes: bronze.scans}}]
            slos:
              - slo: scans-fresh
                freshness: {freshness}
                budget: {budget}
        """,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
    catalog = load_catalog(load_settings(folder, environ={}))
    return tuple(slo.budget for slo in catalog.slos if slo.budget is not None)


def test_a_budget_is_a_share_of_time_in_a_window(tmp_path: Path) -> None:
    [budget] = catalog_of(tmp_path, "{target: 0.99, no_data: bad}")
    assert (budget.target, budget.rolling) == (Fraction(99, 100), 30 * DAY)
    assert [limit.pages for limit in budget.limits] == [True, True, False, False]
    assert budget.is_bad_unknown
    assert not budget.when_spent


def test_a_budget_may_be_of_a_calendar_period_and_have_consequences(tmp_path: Path) -> None:
    [budget] = catalog_of(
        tmp_path,
        "{target: 0.95, no_data: good, window: quarter, timezone: Europe/Berlin, limits: [1d],"
        " when_spent: [close-gate, freeze-contracts]}",
    )
    assert (budget.period, budget.rolling, budget.timezone) == (
        Period.QUARTER,
        None,
        "Europe/Berlin",
    )
    assert budget.when_spent == (SpentPolicy.CLOSE_GATE, SpentPolicy.FREEZE_CONTRACTS)
    assert [limit.long for limit in budget.limits] == [DAY]
    assert not budget.is_bad_unknown


@pytest.mark.parametrize(
    ("budget", "freshness", "expected"),
    [
        (
            "{target: 0.9, no_data: bad}",
            INTERVAL,
            (
                "parcels.yaml:8: slo scans-fresh: the limit 1h is a burn rate of 14.4, and at"
                " a target of 0.9 nothing burns faster than 10: leave it out of limits, or raise"
                " the target to 0.9306 or more"
            ),
        ),
        ("{target: 0.8, no_data: bad, limits: [6h]}", INTERVAL, "raise the target to 0.8334"),
        ("{target: 0.99, no_data: bad, window: 1d}", INTERVAL, "looks back further than"),
        (
            "{target: 0.99, no_data: bad}",
            DAILY,
            (
                "one delivery that does not come spends 333% of the budget: with up to 1 day"
                " between two of them a target can be 0.9666 at most"
            ),
        ),
        ("{target: 0.99, no_data: bad, window: 90d}", DAILY, "can be 0.9888 at most"),
        ("{target: 0.966, no_data: bad, window: month}", DAILY, "can be 0.9642 at most"),
        ("{target: 0.966, no_data: bad}", WORKDAYS, "with up to 3 days between two of them"),
        ("{target: .nan, no_data: bad}", INTERVAL, "leaves no budget"),
        ("{target: -.inf, no_data: bad}", INTERVAL, "leaves no budget"),
        ("{target: 0.99, no_data: maybe}", INTERVAL, "Invalid enum value 'maybe'"),
        ("{target: 1, no_data: bad}", INTERVAL, "a target of 1.0 leaves no budget"),
        ("{target: 0, no_data: bad}", INTERVAL, "a target of 0.0 leaves no budget"),
        ("{target: 0.99, no_data: bad, window: 3h}", INTERVAL, "'3h' is no window"),
        ("{target: 0.99, no_data: bad, window: year}", INTERVAL, "'year' is no window"),
        ("{target: 0.99, no_data: bad, limits: [2h]}", INTERVAL, "Invalid enum value '2h'"),
        ("{target: 0.99, no_data: bad, when_spent: [cry]}", INTERVAL, "Invalid enum value 'cry'"),
        ("{target: 0.99, no_data: bad, timezone: Mars/Base}", INTERVAL, "is no IANA"),
    ],
)
def test_what_cannot_work_is_refused_where_it_stands(
    tmp_path: Path, budget: str, freshness: str, expected: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        catalog_of(tmp_path, budget, freshness)
    assert expected in refused.value.message


@pytest.mark.parametrize(
    ("budget", "freshness"),
    [
        ("{target: 0.9667, no_data: bad, limits: [1h]}", HOURLY),
        ("{target: 0.988, no_data: bad, window: 90d, limits: [1d, 3d]}", DAILY),
        ("{target: 0.9, no_data: bad, limits: []}", INTERVAL),
        ("{target: 0.9, no_data: bad, limits: [6h]}", WORKDAYS),
        ("{target: 0.966, no_data: bad}", DAILY_IN_BERLIN),
        ("{target: 0.9642, no_data: bad, window: month}", DAILY),
        ("{target: 0.99, no_data: bad, window: 7d}", INTERVAL),
    ],
)
def test_what_is_just_possible_is_taken(tmp_path: Path, budget: str, freshness: str) -> None:
    assert catalog_of(tmp_path, budget, freshness)


@pytest.mark.parametrize(
    ("budget", "freshness", "expected"),
    [
        (
            "{target: 0.93, no_data: bad, limits: [1h]}",
            INTERVAL,
            (
                "8: slo scans-fresh: the limit 1h is a burn rate of 14.4, and at a target of 0.93"
                " nothing burns faster than 14.2857: leave it out of limits, or raise the target to"
                " 0.9306 or more"
            ),
        ),
        (
            "{target: 0.99, no_data: bad}",
            DAILY,
            (
                "8: slo scans-fresh: one delivery that does not come spends 333% of the budget:"
                " with up to 1 day between two of them a target can be 0.9666 at most; lower it, or"
                " take a longer window"
            ),
        ),
        (
            "{target: 0.99, no_data: good}",
            '{dataset: bronze.scans, schedule: "30 2 * * *", timezone: Europe/Berlin}',
            (
                "7: '30 2 * * *' is due at 2026-03-29 02:30, which the clocks of Europe/Berlin leap"
                " over: choose another hour, or a zone without summer time"
            ),
        ),
        (
            "{target: 0.99}",
            INTERVAL,
            (
                "8: slo scans-fresh: say whether time without data is bad or good: `no_data: bad`,"
                " unless nothing is expected then"
            ),
        ),
    ],
    ids=["a limit out of reach", "one failure exhausts it", "a deadline in a gap", "no data"],
)
def test_what_the_reviewer_is_told_is_the_place_the_reason_and_a_way_out(
    tmp_path: Path, budget: str, freshness: str, expected: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        catalog_of(tmp_path, budget, freshness)
    place = f"{tmp_path}/products/parcels.yaml:"
    assert f"{place}{expected}" in refused.value.message.splitlines()
