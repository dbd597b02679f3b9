"""Transforms: from pinned inputs through the gate into a new version, or into none."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from hub.domain.catalog import Gate, Step
from hub.domain.failures.failure import Origin
from tests.runtime.conftest import MakeMesh
from tests.runtime.mesh import Mesh, scan_lines, scans_lane

DEPOTS = Step(
    name="depots",
    product="scans",
    transform="duckdb",
    reads=("bronze.scans",),
    writes="silver.depots",
    sql=(
        'select depot, count(*) as scans, sum(weight) as weight, max("at") as newest'
        " from bronze.scans group by depot order by depot"
    ),
    contract="depots",
    event_time="newest",
)
HEAVIEST = Step(
    name="heaviest",
    product="scans",
    transform="duckdb",
    reads=("silver.depots",),
    writes="gold.heaviest",
    sql="select depot from silver.depots order by weight desc limit 1",
)
DEPOTS_CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: depots
version: 2.0.0
status: active
schema:
  - name: silver.depots
    properties:
      - {name: depot, logicalType: string, primaryKey: true, primaryKeyPosition: 1}
      - {name: scans, logicalType: integer, required: true}
      - {name: weight, logicalType: number, required: true, logicalTypeOptions: {maximum: 100}}
    quality:
      - {name: two depots at most, metric: rowCount, mustBeLessOrEqualTo: 2}
"""


def depots_mesh(make_mesh: MakeMesh, *steps: Step) -> Mesh:
    """A mesh of the lane and of the steps that are made from it, with its first day landed."""
    mesh = make_mesh(*(steps or (scans_lane(), DEPOTS, HEAVIEST)), depots=DEPOTS_CONTRACT)
    mesh.land("a.csv", scan_lines(1, 2, 3))
    return mesh


def states(mesh: Mesh, *targets: str) -> dict[str, str]:
    return {each.step: each.state for each in mesh.run(*targets)}


def test_steps_run_after_what_they_read(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(make_mesh, HEAVIEST, DEPOTS, scans_lane())
    results = mesh.run()
    assert [each.step for each in results] == ["scan_files", "depots", "heaviest"]
    assert {each.state for each in results} == {"COMPLETE"}
    assert [row["depot"] for row in mesh.rows("silver.depots")] == ["north", "south"]
    assert mesh.rows("gold.heaviest") == [{"depot": "north"}]


def test_a_transform_reports_its_inputs_versions_columns_and_sql(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(make_mesh)
    mesh.run()
    event = mesh.last("scans.depots")
    [read], [written] = event["inputs"], event["outputs"]
    assert (read["namespace"], read["name"]) == ("lake", "bronze.scans")
    assert read["inputFacets"]["inputStatistics"]["rowCount"] == 3
    lane = mesh.last("scans.scan_files")["outputs"][0]
    assert read["facets"]["version"] == lane["facets"]["version"]
    assert event["job"]["facets"]["sql"]["query"] == DEPOTS.sql
    columns = written["facets"]["columnLineage"]["fields"]
    assert columns["weight"]["inputFields"][0]["field"] == "weight"
    assert columns["weight"]["inputFields"][0]["name"] == "bronze.scans"
    measured = written["outputFacets"]["hub_measures"]
    assert (measured["rows_in"], measured["rows_out"]) == (3, 2)
    metrics = written["facets"]["dataQualityMetrics"]
    assert metrics["rowCount"] == 2
    assert metrics["columnMetrics"]["weight"]["nullCount"] == 0
    assert measured["newest_event_time"] == "2026-01-01T00:00:00.000000Z"


def test_a_dataset_without_times_is_as_new_as_what_it_was_made_from(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(make_mesh)
    mesh.run()
    measured = mesh.last("scans.heaviest")["outputs"][0]["outputFacets"]["hub_measures"]
    assert measured["newest_event_time"] == "2026-01-01T00:00:00.000000Z"


def test_every_check_is_reported_with_what_it_expected_and_found(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(make_mesh)
    mesh.run()
    facets = mesh.last("scans.depots")["outputs"][0]["facets"]
    assertions = {each["name"]: each for each in facets["dataQualityAssertions"]["assertions"]}
    assert all(each["success"] for each in assertions.values())
    assert assertions["two depots at most"]["actual"] == "2"
    assert "contract depots 2.0.0" in assertions
    assert "depot: unique" in assertions


def test_the_same_inputs_are_not_transformed_twice(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(make_mesh)
    [_, first, _] = mesh.run()
    [_, second, _] = mesh.run()
    assert second.state == "COMPLETE"
    assert second.skipped is not None
    assert (second.version, second.rows_out) == (first.version, 0)
    event = mesh.last("scans.depots")
    assert "made from the same versions" in event["run"]["facets"]["hub_step"]["skipped"]
    assert "version" not in event["outputs"][0]["facets"]


def test_another_statement_makes_the_dataset_anew(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(make_mesh)
    mesh.run()
    often = str(DEPOTS.sql).replace(" order by", " having count(*) > 1 order by")
    steps = scans_lane(), replace(DEPOTS, sql=often)
    changed = Mesh(mesh.folder, mesh.store, *steps, depots=DEPOTS_CONTRACT)
    changed.runs = 50
    changed.run()
    assert [row["depot"] for row in changed.rows("silver.depots")] == ["north"]


def test_a_batch_that_fails_its_gate_is_not_promoted(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(make_mesh)
    mesh.run()
    before = mesh.rows("silver.depots")
    mesh.land("b.csv", scan_lines(99, 101))
    results = {each.step: each for each in mesh.run()}
    failed = results["depots"]
    assert (failed.state, failed.origin, failed.rows_out) == ("FAIL", Origin.GATE, 0)
    assert "weight: maximum" in str(failed.error)
    assert mesh.rows("silver.depots") == before
    event = mesh.last("scans.depots")
    assert event["run"]["facets"]["hub_failure"]["origin"] == "gate"
    assertions = event["outputs"][0]["facets"]["dataQualityAssertions"]["assertions"]
    assert [each["name"] for each in assertions if not each["success"]] == ["weight: maximum"]
    assert "version" not in event["outputs"][0]["facets"]


def test_failing_rows_are_shown_as_examples_once(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(make_mesh)
    mesh.land("b.csv", scan_lines(99, 101))
    mesh.run()
    mesh.run()
    [letter] = mesh.letters
    assert (letter.stage, letter.encoding, letter.rule) == ("silver", "sample", "weight: maximum")
    assert json.loads(letter.payload)["depot"] == "north"
    assert "expected every row keeps it, found 1 of 2 rows break it" in letter.reasons[0]


def test_what_reads_a_failed_dataset_is_held_back(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(make_mesh)
    mesh.land("b.csv", scan_lines(99, 101))
    assert states(mesh) == {"scan_files": "COMPLETE", "depots": "FAIL", "heaviest": "ABORT"}
    assert mesh.said("scans.heaviest") == ["START", "ABORT"]
    held = mesh.last("scans.heaviest")
    assert held["run"]["facets"]["hub_failure"]["origin"] == "upstream"
    assert held["inputs"][0]["name"] == "silver.depots"
    assert mesh.said("scans") == ["START", "FAIL"]
    assert mesh.last("scans")["run"]["facets"]["hub_failure"]["origin"] == "upstream"


def test_a_step_whose_input_was_never_made_is_held_back(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(make_mesh)
    [result] = mesh.run("scans.heaviest")
    assert (result.state, result.origin) == ("ABORT", Origin.UPSTREAM)
    assert "silver.depots has never been made" in str(result.error)


def test_a_check_that_only_warns_lets_the_batch_pass(make_mesh: MakeMesh) -> None:
    check = {"name": "many scans", "metric": "rowCount", "mustBe": 9, "severity": "warning"}
    gated = replace(DEPOTS, gate=Gate(checks=(check,)))
    mesh = depots_mesh(make_mesh, scans_lane(), gated)
    assert states(mesh) == {"scan_files": "COMPLETE", "depots": "COMPLETE"}
    facets = mesh.last("scans.depots")["outputs"][0]["facets"]
    [failed] = [
        each for each in facets["dataQualityAssertions"]["assertions"] if not each["success"]
    ]
    assert (failed["name"], failed["severity"]) == ("many scans", "warn")


@pytest.mark.parametrize("severity", ["error", "warning"])
def test_a_check_that_cannot_be_evaluated_is_no_failed_one(
    make_mesh: MakeMesh, severity: str
) -> None:
    check = {"name": "heaviest", "type": "sql", "mustBeLessThan": 5, "severity": severity}
    check["query"] = "select max(weight) from {object} where depot = 'east'"
    gated = replace(DEPOTS, gate=Gate(checks=(check,)))
    mesh = depots_mesh(make_mesh, scans_lane(), gated)
    blocks = severity == "error"

    assert states(mesh)["depots"] == ("FAIL" if blocks else "COMPLETE")

    assert bool(mesh.rows("silver.depots")) == (not blocks)
    assert mesh.letters == []
    event = mesh.last("scans.depots")
    [told] = [
        each
        for each in event["outputs"][0]["facets"]["dataQualityAssertions"]["assertions"]
        if not each["success"]
    ]
    assert (told["severity"], told["actual"]) == (
        "warn",
        "not evaluated: its query gives no value: null",
    )
    if blocks:
        failure = event["run"]["facets"]["hub_failure"]
        assert failure["origin"] == "code"
        assert "1 of 4 checks could not be evaluated" in failure["exceptions"][0]["message"]


def test_a_lane_with_a_gate_promotes_nothing_of_a_batch_that_fails_it(
    make_mesh: MakeMesh,
) -> None:
    check = {"name": "light", "type": "sql", "mustBe": 0}
    check["query"] = "select count(*) from {object} where weight > 100"
    mesh = make_mesh(scans_lane(gate=Gate(checks=(check,))))
    mesh.land("a.csv", scan_lines(1, 101))
    [result] = mesh.run()
    assert (result.state, result.origin, result.rows_out) == ("FAIL", Origin.GATE, 0)
    assert mesh.rows("bronze.scans") == []
    mesh.land("a.csv", scan_lines(1))
    assert mesh.run()[0].state == "COMPLETE"


def test_a_transform_that_drops_a_promised_field_breaks_its_contract(make_mesh: MakeMesh) -> None:
    forgetful = replace(DEPOTS, sql="select depot, count(*) as scans from bronze.scans group by 1")
    mesh = depots_mesh(make_mesh, scans_lane(), forgetful)
    [_, result] = mesh.run()
    assert (result.state, result.origin) == ("FAIL", Origin.CONTRACT)
    assert "field weight is missing" in str(result.error)


def test_a_statement_that_the_engine_refuses_is_blamed_on_it(make_mesh: MakeMesh) -> None:
    mesh = depots_mesh(
        make_mesh, scans_lane(), replace(DEPOTS, sql="select nope from bronze.scans")
    )
    [_, result] = mesh.run()
    assert (result.state, result.origin, result.retryable) == ("FAIL", Origin.ENGINE, False)
    exceptions = mesh.last("scans.depots")["run"]["facets"]["hub_failure"]["exceptions"]
    assert exceptions[-1]["type"].endswith("BinderException")


def test_a_lake_that_refuses_to_open_is_blamed_with_the_systems_number(
    make_mesh: MakeMesh,
) -> None:
    mesh = depots_mesh(make_mesh)
    (mesh.folder / "lake").write_text("a file where the folder should be")
    [result] = mesh.run("scans.scan_files")
    assert (result.state, result.origin, result.retryable) == ("FAIL", Origin.LAKE, True)
    exceptions = mesh.last("scans.scan_files")["run"]["facets"]["hub_failure"]["exceptions"]
    assert exceptions[-1]["type"] == "FileExistsError"
    assert exceptions[-1]["errno"] == 17
