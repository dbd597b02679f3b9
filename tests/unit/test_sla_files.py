from pathlib import Path

import pytest

from hub.domain.catalog import Catalog, Clock, Counted, SloKind
from hub.domain.errors import InvalidInput
from hub.settings import load_catalog, load_settings
from hub.settings.documents import parse_document
from hub.settings.sla_files import promises_of

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: rides
version: 1.0.0
status: active
schema: [{name: bronze.rides, properties: [{name: bike, logicalType: string}]}]
slaProperties:
"""
PRODUCT = """\
product: rides
domain: fleet
steps:
  - {step: load, lane: files, writes: bronze.rides, contract: rides}
slos:
"""


def load(folder: Path, *entries: str, own: str = " []", contract: str = CONTRACT) -> Catalog:
    for name in ("products", "contracts"):
        (folder / name).mkdir()
    (folder / "domains.yaml").write_text("domains: [{domain: fleet, team: bikes}]\n")
    text = contract + "".join(f"  - {entry}\n" for entry in entries)
    (folder / "contracts" / "rides.odcs.yaml").write_text(text)
    (folder / "products" / "rides.yaml").write_text(PRODUCT.rstrip("\n") + own + "\n")
    return load_catalog(load_settings(folder, environ={}))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            "{property: latency, value: 4, unit: d}",
            {"name": "rides-latency", "within_seconds": 345_600, "clock": Clock.DATA},
        ),
        (
            "{property: LY, value: 90, unit: minutes, element: bronze.rides.bike}",
            {"name": "rides-latency", "within_seconds": 5_400},
        ),
        (
            "{property: frequency, value: 1, unit: day}",
            {"within_seconds": 129_600, "clock": Clock.PROCESSING},
        ),
        (
            '{property: frequency, value: 1, unit: d, scheduler: cron, schedule: "0 5 * * *"}',
            {"schedule": "0 5 * * *", "grace_seconds": 3600, "clock": Clock.PROCESSING},
        ),
        (
            '{property: timeOfAvailability, value: "09:30-08:00"}',
            {"schedule": "30 9 * * *", "timezone": "Etc/GMT+8"},
        ),
        (
            "{property: availability, value: 99.9, unit: percent}",
            {"kind": SloKind.AVAILABILITY, "at_least": 30, "window_runs": 30},
        ),
        (
            "{property: availability, value: 96, unit: percent}",
            {"kind": SloKind.AVAILABILITY, "at_least": None, "objective": 0.96},
        ),
        (
            '{property: errorRate, value: "1%"}',
            {"kind": SloKind.QUALITY, "counted": Counted.ROWS, "objective": 0.99},
        ),
        (
            "{property: completeness, value: 0.95, element: bronze.rides.bike}",
            {"kind": SloKind.COMPLETENESS, "of_field": "bike", "objective": 0.95},
        ),
    ],
)
def test_what_a_contract_promises_becomes_an_slo(
    tmp_path: Path, entry: str, expected: dict[str, object]
) -> None:
    [slo] = load(tmp_path, entry).slos
    assert {name: getattr(slo, name) for name in expected} == expected
    assert (slo.dataset, slo.product) == ("bronze.rides", "rides")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("{property: retention, value: 3, unit: y}", "is not measured"),
        ('{property: endOfLife, value: "2042-05-12"}', "a date in the life"),
        ("{property: tn, value: 1, unit: h}", "responseTimes"),
        ("{property: latency, value: soon}", "no length of time"),
        ("{property: latency, value: 4, unit: furlongs}", "no length of time"),
        ("{property: latency, value: .nan, unit: d}", "no length of time"),
        ("{property: latency, value: 500, unit: ms}", "no length of time"),
        ("{property: timeOfAvailability, value: noon}", "no time of day"),
        ("{property: availability, value: true}", "no share"),
        ("{property: completeness, value: 99, unit: percent}", "names no field"),
        (
            "{property: frequency, value: 1, scheduler: airflow, schedule: daily}",
            "its scheduler is airflow",
        ),
        ("{property: charm, value: 1}", "no property that the hub knows"),
    ],
)
def test_what_has_no_slo_says_why_and_where(entry: str, reason: str) -> None:
    document = parse_document(f"{CONTRACT}  - {entry}\n", Path("rides.odcs.yaml"))
    [promise] = promises_of(document, "bronze.rides")
    assert promise.slo is None
    assert reason in promise.reason
    assert document.line(promise.pointer) == 8


def test_several_promises_of_one_property_are_told_apart(tmp_path: Path) -> None:
    entry = '{property: timeOfAvailability, value: "09:00Z"}'
    names = [slo.name for slo in load(tmp_path, entry, entry).slos]
    assert names == ["rides-timeofavailability", "rides-timeofavailability-2"]


def test_a_products_own_slo_stands_for_the_promise_of_its_name(tmp_path: Path) -> None:
    own = "\n  - {slo: rides-latency, freshness: {dataset: bronze.rides, within: 1h}}"
    [slo] = load(tmp_path, "{property: latency, value: 4, unit: d}", own=own).slos
    assert slo.within_seconds == 3600


def test_a_draft_promises_nothing(tmp_path: Path) -> None:
    draft = CONTRACT.replace("active", "draft")
    catalog = load(tmp_path, "{property: latency, value: 4, unit: d}", contract=draft)
    assert not list(catalog.slos)


def test_a_promise_about_another_object_of_the_contract_is_not_this_datasets(
    tmp_path: Path,
) -> None:
    two = CONTRACT.replace("schema: [", "schema: [{name: bronze.bikes}, ")
    entries = ("{property: latency, value: 4, unit: d, element: bronze.bikes.id}",) * 2
    last = "{property: latency, value: 5, unit: d, element: bronze.rides.id}"
    [slo] = load(tmp_path, *entries, last, contract=two).slos
    assert (slo.name, slo.within_seconds) == ("rides-bronze.rides-latency", 432_000)


def test_a_schedule_that_is_none_is_refused_with_the_contracts_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"rides.odcs.yaml:8: 'daily' is no cron"):
        load(tmp_path, "{property: frequency, value: 1, unit: d, schedule: daily}")
