"""The hub as a consumer in the layout of OpenLineage's compatibility tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compat.consumers.hub.validator import validator

CONSUMER = Path(validator.__file__).parents[1]
SCENARIOS = CONSUMER.parents[1] / "scenarios"
# Files of events that OpenLineage's own scenarios were joined into, where they are at hand.
PUBLIC = {
    "airflow": "compat_airflow114.ndjson",
    "CLL": "compat_cll_spark119.ndjson",
    "simple_run_event": "compat_simple.ndjson",
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["client_disorder", "client_facets", "dbt_default_broken"])
def test_a_scenario_comes_to_its_expected_state_however_it_is_delivered(name: str) -> None:
    report = validator.validate(CONSUMER, SCENARIOS, name)

    assert [test for test in report["tests"] if test["details"]] == []
    assert report["status"] == "SUCCESS"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PUBLIC)
def test_so_do_openlineages_own_scenarios(name: str, shared_data: Path, tmp_path: Path) -> None:
    events = tmp_path / name / "events"
    events.mkdir(parents=True)
    (events / "events.ndjson").symlink_to(shared_data / "openlineage" / PUBLIC[name])

    report = validator.validate(CONSUMER, tmp_path, name)

    assert [test for test in report["tests"] if test["details"]] == []


def test_every_difference_from_the_expected_state_is_named() -> None:
    same, other = {"id": "job:a:b", "tags": []}, {"id": "job:a:c", "tags": []}

    assert validator.differences([same], [same]) == []
    assert validator.differences([same], [other]) == [
        'missing: {"id": "job:a:b", "tags": []}',
        'unexpected: {"id": "job:a:c", "tags": []}',
    ]


def test_the_report_has_the_form_that_the_suites_scripts_read(tmp_path: Path) -> None:
    target = tmp_path / "report.json"

    assert validator.main(["--scenario", "none of ours", "--target", str(target)]) == 0
    assert '"component_type": "consumer"' in target.read_text()
