"""Lanes: rows and checkpoint in one commit, contracts kept, counts reconciled, all reported."""

from __future__ import annotations

import json

import pytest

from hub.domain.failures.failure import Origin
from tests.runtime.conftest import MakeMesh
from tests.runtime.mesh import FIRST_DAY, scan_lines, scans_lane


def test_rows_come_with_where_they_came_from(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1, 2))
    [result] = mesh.run()
    assert (result.state, result.rows_in, result.rows_out, result.rows_refused) == (
        "COMPLETE",
        2,
        2,
        0,
    )
    rows = mesh.rows("bronze.scans")
    assert [row["id"] for row in rows] == [1, 2]
    assert [row["_sequence"] for row in rows] == [1, 2]
    assert all(row["_origin"].startswith("landing/a.csv@") for row in rows)


def test_a_second_run_reads_what_is_new(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1, 2))
    mesh.run()
    mesh.land("b.csv", scan_lines(3))
    [result] = mesh.run()
    assert result.rows_in == 1
    assert sorted(row["id"] for row in mesh.rows("bronze.scans")) == [1, 2, 3]


def test_nothing_new_is_a_complete_run_that_makes_nothing_fresher(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1))
    mesh.run()
    [result] = mesh.run()
    assert (result.state, result.rows_in, result.rows_out) == ("COMPLETE", 0, 0)
    output = mesh.last("scans.scan_files")["outputs"][0]
    assert "newest_event_time" not in output["outputFacets"]["hub_measures"]
    assert "version" not in output["facets"]


def test_the_measures_are_reported_at_both_boundaries(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1, 2) + "3,west,1,2026-01-01T00:00:00Z\n")
    mesh.run()
    event = mesh.last("scans.scan_files")
    measured = event["outputs"][0]["outputFacets"]["hub_measures"]
    assert (measured["rows_in"], measured["rows_out"], measured["rows_refused"]) == (3, 2, 1)
    assert measured["newest_event_time"] == "2026-01-01T00:00:00.000000Z"
    assert measured["lateness_seconds"] == pytest.approx((mesh.now - FIRST_DAY) / 1e6, abs=1)
    assert measured["bytes"] > 0
    read = event["inputs"][0]
    assert (read["namespace"], read["name"]) == ("scanners", "landing/*.csv")
    assert read["inputFacets"]["hub_measures"]["rows_in"] == 3
    assert read["inputFacets"]["inputStatistics"]["rowCount"] == 3
    statistics = event["outputs"][0]["outputFacets"]["outputStatistics"]
    assert (statistics["rowCount"], statistics["fileCount"]) == (2, 1)


def test_events_name_the_job_its_owner_its_product_run_and_its_plugin(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1))
    mesh.run()
    assert mesh.said("scans") == ["START", "COMPLETE"]
    assert mesh.said("scans.scan_files") == ["START", "COMPLETE"]
    event = mesh.last("scans.scan_files")
    assert event["job"]["namespace"] == "rail"
    kind = event["job"]["facets"]["jobType"]
    assert (kind["processingType"], kind["integration"], kind["jobType"]) == (
        "BATCH",
        "HUB",
        "LANE",
    )
    assert event["job"]["facets"]["ownership"]["owners"][0]["name"] == "rail-team"
    parent = event["run"]["facets"]["parent"]
    assert parent["run"]["runId"] == mesh.last("scans")["run"]["runId"]
    step = event["run"]["facets"]["hub_step"]
    assert (step["product"], step["step"], step["lane"]) == ("scans", "scan_files", "files")
    assert step["plugin"] == "lane-files"
    facets = event["outputs"][0]["facets"]
    assert [part["name"] for part in facets["schema"]["fields"]][:2] == ["id", "depot"]
    assert facets["version"]["datasetVersion"]
    assert facets["symlinks"]["identifiers"][0]["type"] == "LOCATION"


def test_a_record_that_breaks_its_contract_is_refused_with_every_reason(
    make_mesh: MakeMesh,
) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1, 2) + "3,west,-1,2026-01-02T00:00:00Z\n")
    [result] = mesh.run()
    assert (result.state, result.rows_out, result.rows_refused) == ("COMPLETE", 2, 1)
    [letter] = mesh.letters
    assert letter.reasons == (
        "depot is 'west', not one of north, south",
        "weight is -1.0, below 0",
    )
    assert (letter.stage, letter.rule, letter.encoding) == ("bronze", "enum:depot", "json")
    assert json.loads(letter.payload)["id"] == 3
    assert letter.event_time == FIRST_DAY + 86_400_000_000
    assert letter.source == "scanners"
    assert letter.dataset == "dataset:lake:bronze.scans"
    assert letter.run == result.run


def test_a_line_that_cannot_be_read_is_refused_and_the_lane_goes_on(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1) + "2,north\n" + "x,north,1,2026-01-01T00:00:00Z\n")
    [result] = mesh.run()
    assert (result.state, result.rows_in, result.rows_out, result.rows_refused) == (
        "COMPLETE",
        3,
        1,
        2,
    )
    assert {letter.rule for letter in mesh.letters} == {"undecodable"}
    assert {letter.encoding for letter in mesh.letters} == {"raw"}


def test_a_renamed_column_fails_the_run_with_one_letter_and_promotes_nothing(
    make_mesh: MakeMesh,
) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(*range(100)).replace("depot", "station"))
    [result] = mesh.run()
    assert (result.state, result.origin, result.rows_out) == ("FAIL", Origin.CONTRACT, 0)
    assert "depot is missing (not in the contract: station)" in str(result.error)
    [letter] = mesh.letters
    assert (letter.rule, letter.encoding) == ("missing-field:depot", "sample")
    assert json.loads(letter.payload)["rows"] == 100
    assert mesh.rows("bronze.scans") == []
    failure = mesh.last("scans.scan_files")["run"]["facets"]["hub_failure"]
    assert failure["origin"] == "contract"
    assert failure["exceptions"][-1]["type"] == "hub.domain.errors.ContractViolation"
    assert failure["retryable"] is False


def test_once_the_source_is_mended_the_same_data_comes_in(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1).replace("depot", "station"))
    assert mesh.run()[0].state == "FAIL"
    mesh.land("a.csv", scan_lines(1))
    assert mesh.run()[0].state == "COMPLETE"
    assert [row["id"] for row in mesh.rows("bronze.scans")] == [1]


def test_when_nearly_all_rows_break_one_rule_the_slice_is_refused_as_a_whole(
    make_mesh: MakeMesh,
) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(*range(40)).replace("north", "west").replace("south", "west"))
    [result] = mesh.run()
    assert (result.state, result.origin) == ("FAIL", Origin.CONTRACT)
    assert [letter.rule for letter in mesh.letters] == ["enum:depot"]
    assert (result.rows_in, result.rows_refused) == (40, 40)


def test_few_bad_rows_are_no_change_of_shape(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1).replace("north", "west"))
    [result] = mesh.run()
    assert (result.state, result.rows_refused) == ("COMPLETE", 1)


def test_a_source_that_cannot_be_read_is_blamed_with_its_own_words(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane(options={"path": "landing/*.parquet"}))
    mesh.land("a.parquet", b"PAR1, but not really")
    [result] = mesh.run()
    assert (result.state, result.origin) == ("FAIL", Origin.SOURCE)
    facets = mesh.last("scans.scan_files")["run"]["facets"]
    exceptions = facets["hub_failure"]["exceptions"]
    assert exceptions[0]["type"] == "hub.domain.errors.PluginFailed"
    assert exceptions[-1]["type"] == "pyarrow.lib.ArrowInvalid"
    assert facets["hub_failure"]["source"] == "scanners"
    assert "ArrowInvalid" in facets["errorMessage"]["stackTrace"]


def test_an_unknown_plugin_fails_the_step_and_says_what_there_is(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane(lane="carrier-pigeon"))
    [result] = mesh.run()
    assert result.state == "FAIL"
    assert "no plugin provides lane 'carrier-pigeon'" in str(result.error)
    assert mesh.said("scans.scan_files") == ["START", "FAIL"]
