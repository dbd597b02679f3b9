import json
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from hub.cli.commands import root
from hub.domain.catalog import Catalog, Counted
from hub.domain.errors import InvalidInput
from hub.settings import load_catalog, load_settings
from hub.settings.documents import parse_document, read_documents
from hub.settings.openslo_files import Imported, Measured, import_slos, written

FRESH = """\
    apiVersion: openslo/v1
    kind: SLO
    metadata: {name: orders-freshness, annotations: {hub/dataset: bronze.orders}}
    spec:
      service: orders
      indicator:
        metadata: {name: age-of-orders-in-hours}
        spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: {query: age}}}}
      timeWindow: [{duration: 4w, isRolling: true}]
      budgetingMethod: Timeslices
      objectives: [{op: lte, value: 6, target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: 5m}]
"""
RATIO = """\
    apiVersion: openslo/v1
    kind: SLI
    metadata: {name: valid-rows}
    spec: {ratioMetric: {counter: true, good: {}, total: {}}}
    ---
    apiVersion: openslo/v1
    kind: SLO
    metadata: {name: orders-valid}
    spec:
      service: orders
      indicatorRef: valid-rows
      timeWindow: [{duration: 30d, isRolling: true}]
      budgetingMethod: Occurrences
      objectives: [{targetPercent: 98.5}, {target: 0.999}]
      alertPolicies: [{alertPolicyRef: page}]
    ---
    apiVersion: openslo/v1
    kind: AlertPolicy
    metadata: {name: page}
"""


POLICIES = "its alert policies are not taken over: the budget's limits stand for them"


def load(folder: Path, text: str, **given: object) -> Imported:
    path = folder / "slos.yaml"
    path.write_text(dedent(text))
    return import_slos(read_documents(path), **given)  # type: ignore[arg-type]  # of mixed types


def in_window(duration: str, starts: str) -> str:
    calendar = f"calendar: {{startTime: '{starts}', timeZone: Europe/Berlin}}"
    window = f"{{duration: {duration}, isRolling: false, {calendar}}}"
    return FRESH.replace("{duration: 4w, isRolling: true}", window)


def test_the_age_of_data_becomes_freshness_with_a_budget(tmp_path: Path) -> None:
    found = load(tmp_path, FRESH)
    assert [written(slo) for slo in found.slos] == [
        {
            "slo": "orders-freshness",
            "freshness": {"dataset": "bronze.orders", "within": "21600s"},
            "budget": {"target": 0.99, "no_data": "good", "window": "28d"},
        }
    ]
    assert found.unmapped == []


@pytest.mark.parametrize(
    ("duration", "starts", "window"),
    [
        ("1w", "2026-11-23 00:00:00", "week"),
        ("7d", "2026-11-23", "week"),
        ("1M", "2020-02-01T00:00:00", "month"),
        ("1Q", "2026-10-01 00:00:00", "quarter"),
        ("3M", "2026-01-01 00:00:00", "quarter"),
    ],
)
def test_a_calendar_window_stays_one_and_absence_of_data_stays_bad(
    tmp_path: Path, duration: str, starts: str, window: str
) -> None:
    text = in_window(duration, starts)
    text += "      alertPolicies: [{spec: {alertWhenNoData: true}}]\n"
    [slo] = load(tmp_path, text).slos
    assert slo.budget is not None
    assert (slo.budget.window, slo.budget.timezone, slo.budget.no_data) == (
        window,
        "Europe/Berlin",
        "bad",
    )


@pytest.mark.parametrize(
    ("duration", "starts", "reason"),
    [
        ("1M", "2020-01-21 12:30:00", "begins at 2020-01-21 12:30:00, and a calendar month of"),
        ("1M", "2026-11-01 06:00:00", "on the first of the month, at 00:00"),
        ("1w", "2026-11-22 00:00:00", "on a Monday, at 00:00"),
        ("1Q", "2026-11-01 00:00:00", "on the first of January, April, July or October"),
        ("1M", "2026-11-01T00:00:00+01:00", "its startTime has a zone of its own"),
        ("1M", "soon", "its startTime 'soon' is no time"),
        ("1d", "2026-11-01 00:00:00", "and not 1d"),
        ("4w", "2026-11-23 00:00:00", "and not 4w"),
        ("1Y", "2026-01-01 00:00:00", "and not 1Y"),
    ],
)
def test_a_window_by_a_calendar_that_begins_elsewhere_or_is_of_another_length_is_refused(
    tmp_path: Path, duration: str, starts: str, reason: str
) -> None:
    found = load(tmp_path, in_window(duration, starts))
    assert found.slos == []
    assert any("slos.yaml:9: orders-freshness: " in told for told in found.refused)
    assert any(reason in told for told in found.refused)


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        ("{duration: 4w, isRolling: false}", "no calendar says when it begins"),
        ("{duration: 1M, calendar: {startTime: 2026-01-01}}", "its calendar has no timeZone"),
        (
            "{duration: 1M, isRolling: true, calendar: {startTime: 2026-01-01, timeZone: UTC}}",
            "a window that rolls has no calendar",
        ),
    ],
)
def test_a_window_that_is_neither_one_that_rolls_nor_one_by_a_calendar_is_refused(
    tmp_path: Path, window: str, reason: str
) -> None:
    found = load(tmp_path, FRESH.replace("{duration: 4w, isRolling: true}", window))
    assert found.slos == []
    assert any(reason in told for told in found.refused)


def test_a_ratio_of_rows_becomes_quality_and_what_is_lost_is_named(tmp_path: Path) -> None:
    found = load(tmp_path, RATIO, dataset="bronze.orders")
    assert [written(slo) for slo in found.slos] == [
        {
            "slo": f"orders-valid-{number}",
            "quality": {
                "dataset": "bronze.orders",
                "of": "rows",
                "objective": objective,
                "window_runs": 30,
            },
        }
        for number, objective in ((1, 0.985), (2, 0.999))
    ]
    told = [reason.partition("slos.yaml:")[2] for reason in found.unmapped]
    assert told == [
        "12: orders-valid: it counts over the last 30 runs instead",
        f"15: orders-valid: {POLICIES}",
        "18: AlertPolicy has no counterpart: receivers.yaml says who is told of what",
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("annotations: {hub/dataset: bronze.orders}", "labels: {}", "names no dataset"),
        ("thresholdMetric", "otherMetric", "neither a threshold nor a ratio"),
        ("op: lte", "op: gte", "an age is to be below a value"),
        ("value: 6", "value: x", "an age is to be below a value"),
        ("target: 0.99,", "target: 1.2,", "no share between 0 and 1"),
        ("duration: 4w", "duration: 12h", "12h cannot be budgeted"),
        ("openslo/v1", "openslo/v2", "only openslo/v1"),
        ("-in-hours", "", "6 is taken for seconds"),
        ("-in-hours", "-in-ms", "its unit is not plain: its names say ms"),
        ("-in-hours", "-in-hours-of-7-days", "its unit is not plain: its names say days, hours"),
        ("value: 6", "value: true", "an age is to be below a value"),
        ("target: 0.99,", "target: 0.99, targetPercent: 98,", "no share between 0 and 1"),
        ("target: 0.99,", "targetPercent: true,", "no share between 0 and 1"),
        ("target: 0.99,", "target: 0.99, indicatorRef: other,", "of several indicators"),
        ("service: orders", "indicatorRef: other", "its indicator is said twice"),
        ("true}]", "true}, {duration: 1w, isRolling: true}]", "several time windows"),
        ("orders}}", "orders, hub/measures: Age}}", "hub/measures is one of age, rows"),
        ("kind: SLO", "kind: Service", "Service has no counterpart"),
        ("target: 0.99,", "target: 0.5,", "it would be refused as it is"),
    ],
)
def test_what_cannot_be_said_is_named_with_its_place(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    found = load(tmp_path, FRESH.replace(old, new))
    assert any(reason in told for told in found.unmapped)
    is_taken = "taken" in reason or "would be refused" in reason
    assert bool(found.slos) is is_taken


@pytest.mark.parametrize("method", ["Timeslices", "RatioTimeslices"])
def test_a_ratio_by_slices_of_time_is_not_counted_by_runs_instead(
    tmp_path: Path, method: str
) -> None:
    found = load(tmp_path, RATIO.replace("Occurrences", method), dataset="bronze.orders")
    assert found.slos == []
    assert any(f"and not by {method}" in reason for reason in found.refused)


@pytest.mark.parametrize(
    ("measured", "part"),
    [(Measured.RUNS, "availability"), (Measured.CHECKS, "quality")],
)
def test_what_an_indicator_stands_for_may_be_said_beside_it(
    tmp_path: Path, measured: Measured, part: str
) -> None:
    text = RATIO.replace("valid-rows", "good")
    assert load(tmp_path, text, dataset="bronze.orders").slos == []
    found = load(tmp_path, text, dataset="bronze.orders", measured=measured)
    assert getattr(found.slos[0], part).dataset == "bronze.orders"


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        "apiVersion: openslo/v1\nkind: SLO\n",
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: 3\nspec: {objectives: 7, indicator: []}\n",
        "apiVersion: openslo/v1\nkind: SLO\nspec: {objectives: [{target: .nan}, 3]}\n",
        FRESH.replace("orders}}", "orders, hub/measures: [age]}}"),
    ],
)
def test_nonsense_is_answered_with_reasons(text: str) -> None:
    found = import_slos([parse_document(dedent(text), Path("x.yaml"))], "bronze.orders")
    assert found.slos == []
    assert found.unmapped


def test_the_command_prints_what_a_file_may_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "slos.yaml"
    path.write_text(dedent(FRESH))
    assert root(["slo", "import", str(path)]) == 0
    [slo] = yaml.safe_load(capsys.readouterr().out)["slos"]
    assert slo["freshness"]["within"] == "21600s"
    path.write_text(dedent(RATIO))
    assert root(["slo", "import", str(path), "--dataset", "bronze.orders", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["unmapped"]) == 3


def test_the_command_reads_contracts_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rides.odcs.yaml"
    path.write_text(
        "kind: DataContract\nid: rides\nstatus: draft\nschema: [{name: bronze.rides}]\n"
        "slaProperties:\n  - {property: latency, value: 2, unit: h}\n"
        "  - {property: retention, value: 1, unit: y}\n"
    )
    assert root(["slo", "import", str(path)]) == 1
    answer = capsys.readouterr()
    assert "slo: rides-latency" in answer.out
    assert f"{path}:7: retention: how long data is kept is not measured" in answer.err


PRODUCTS = """\
    product: orders
    domain: shop
    steps: [{step: load, lane: files, writes: bronze.orders}]
    slos: [{slo: orders-sound, quality: {dataset: bronze.orders}}]
"""


def catalog_of(folder: Path, openslo: str) -> Catalog:
    for name, text in (
        ("domains.yaml", "domains: [{domain: shop, team: orders}]"),
        ("products/orders.yaml", PRODUCTS),
        ("slos/orders.yaml", openslo),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(dedent(text))
    return load_catalog(load_settings(folder, environ={}))


def test_files_of_openslo_are_read_with_the_catalog(tmp_path: Path) -> None:
    measured = RATIO.replace(
        "metadata: {name: orders-valid}",
        (
            "metadata: {name: orders-ok,"
            " annotations: {hub/dataset: bronze.orders, hub/measures: rows}}"
        ),
    ).replace("valid-rows", "valid-things")
    catalog = catalog_of(tmp_path, f"{FRESH}    ---\n{measured}")
    found = {slo.name: slo for slo in catalog.products["orders"].slos}
    assert list(found) == ["orders-sound", "orders-freshness", "orders-ok-1", "orders-ok-2"]
    fresh = found["orders-freshness"]
    assert (fresh.product, fresh.dataset, fresh.within_seconds) == (
        "orders",
        "bronze.orders",
        21_600,
    )
    assert fresh.budget is not None
    assert (float(fresh.budget.target), fresh.budget.window_name) == (0.99, "28d")
    assert found["orders-ok-2"].counted is Counted.ROWS
    assert found["orders-ok-2"].objective == 0.999


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("openslo/v1", "openslo/v2alpha"),
            "orders.yaml:1: only openslo/v1 and contracts are read",
        ),
        (
            (", annotations: {hub/dataset: bronze.orders}", ""),
            (
                "orders.yaml:3: orders-freshness: it names no dataset: give --dataset, or the"
                " annotation hub/dataset"
            ),
        ),
        (
            ("bronze.orders", "bronze.others"),
            "orders.yaml:11: slo orders-freshness: no product has bronze.others",
        ),
        (
            ("age-of-orders-in-hours", "orders-in-hours"),
            None,
        ),
        (
            ("duration: 4w", "duration: 4h"),
            "orders.yaml:9: orders-freshness: 4h cannot be budgeted",
        ),
        (("op: lte", "op: gt"), "an age is to be below a value: op lt or lte, and the value"),
        (("target: 0.99,", "target: 1.2,"), "its target is no share between 0 and 1"),
        (
            ("target: 0.99,", "target: 0.8,"),
            (
                "orders.yaml:11: slo orders-freshness: the limit 1h is a burn rate of 13.44, and at"
                " a target of 0.8 nothing burns faster than 5: leave it out of limits, or raise"
                " the target to 0.9256 or more"
            ),
        ),
        (
            ("orders-freshness,", "orders-sound, labels: {of: freshness},"),
            "orders-sound is declared",
        ),
        (("apiVersion: openslo/v1", "apiVersion: [}"), "orders.yaml:"),
    ],
)
def test_what_a_file_of_openslo_promises_in_vain_is_refused_with_its_line(
    tmp_path: Path, change: tuple[str, str], said: str | None
) -> None:
    assert change[0] in FRESH
    openslo = FRESH.replace(*change)
    if said is None:
        # The SLO's own name says that it is an age.
        assert len(list(catalog_of(tmp_path, openslo).slos)) == 2
        return
    with pytest.raises(InvalidInput) as refused:
        catalog_of(tmp_path, openslo)
    assert said in refused.value.message
