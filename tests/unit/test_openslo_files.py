import json
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from hub.cli.commands import root
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


def test_a_calendar_window_stays_one_and_absence_of_data_stays_bad(tmp_path: Path) -> None:
    calendar = "{duration: 1M, calendar: {startTime: x, timeZone: Europe/Berlin}}"
    text = FRESH.replace("{duration: 4w, isRolling: true}", calendar)
    text += "      alertPolicies: [{spec: {alertWhenNoData: true}}]\n"
    [slo] = load(tmp_path, text).slos
    assert slo.budget is not None
    assert (slo.budget.window, slo.budget.timezone, slo.budget.no_data) == (
        "month",
        "Europe/Berlin",
        "bad",
    )


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
        ("kind: SLO", "kind: Service", "Service has no counterpart"),
        ("target: 0.99,", "target: 0.5,", "it would be refused as it is"),
    ],
)
def test_what_cannot_be_said_is_named_with_its_place(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    found = load(tmp_path, FRESH.replace(old, new))
    assert any(reason in told for told in found.unmapped)


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
    ],
)
def test_nonsense_is_answered_with_reasons(text: str) -> None:
    found = import_slos([parse_document(text, Path("x.yaml"))], "bronze.orders")
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
