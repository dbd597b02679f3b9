"""Replay: refused records through today's code, each into the lake once."""

from __future__ import annotations

import pytest

from hub.domain.deadletters import NewDeadLetter, ReplayOutcome
from hub.domain.errors import NotFound, PluginFailed
from tests.runtime.conftest import MakeMesh
from tests.runtime.mesh import SCANS_CONTRACT, Mesh, scan_lines, scans_lane

TARGET = "scans.scan_files"
WIDER = SCANS_CONTRACT.replace("{value: south}", "{value: south}, {value: west}")


def by_id(mesh: Mesh) -> dict[str, NewDeadLetter]:
    return {letter.id: letter for letter in mesh.letters}


def ids(mesh: Mesh) -> list[int]:
    return sorted(row["id"] for row in mesh.rows("bronze.scans"))


@pytest.fixture
def mesh(make_mesh: MakeMesh) -> Mesh:
    """A mesh with two refused records: one of an unknown depot, one that is no line of CSV."""
    made = make_mesh(scans_lane())
    made.land("a.csv", scan_lines(1) + "2,west,1.5,2026-01-01T00:00:00Z\n" + "3,north\n")
    made.run()
    assert len(made.letters) == 2
    return made


def test_what_passes_today_is_written_with_the_place_that_it_had(mesh: Mesh) -> None:
    mesh.catalog.contracts["scans"] = WIDER
    outcomes = mesh.runner.replay(TARGET, by_id(mesh))
    assert sorted(outcome.resolved for outcome in outcomes) == [False, True]
    assert ids(mesh) == [1, 2]
    [row] = [row for row in mesh.rows("bronze.scans") if row["id"] == 2]
    [letter] = [letter for letter in mesh.letters if letter.encoding == "json"]
    assert f"{row['_origin']}#{row['_sequence']}" == letter.origin
    assert row["at"].year == 2026


def test_what_still_fails_has_todays_reasons(mesh: Mesh) -> None:
    stricter = SCANS_CONTRACT.replace("minimum: 0", "minimum: 2")
    mesh.catalog.contracts["scans"] = stricter
    outcomes = mesh.runner.replay(TARGET, by_id(mesh))
    assert not any(outcome.resolved for outcome in outcomes)
    [again] = [outcome for outcome in outcomes if outcome.rule == "enum:depot"]
    assert again.reasons == ("depot is 'west', not one of north, south", "weight is 1.5, below 2")
    [unread] = [outcome for outcome in outcomes if outcome.rule == "undecodable"]
    assert "2 fields, not 4" in unread.reasons[0]


def test_a_second_replay_changes_nothing(mesh: Mesh) -> None:
    mesh.catalog.contracts["scans"] = WIDER
    first = mesh.runner.replay(TARGET, by_id(mesh))
    reported = len(mesh.events)
    assert mesh.runner.replay(TARGET, by_id(mesh)) == first
    assert ids(mesh) == [1, 2]
    assert len(mesh.events) == reported


def test_a_dry_run_leaves_no_trace(mesh: Mesh) -> None:
    mesh.catalog.contracts["scans"] = WIDER
    reported = len(mesh.events)
    outcomes = mesh.runner.replay(TARGET, by_id(mesh), dry_run=True)
    assert sorted(outcome.resolved for outcome in outcomes) == [False, True]
    assert ids(mesh) == [1]
    assert len(mesh.events) == reported


def test_a_line_is_read_again_by_todays_lane(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1) + "2;south;1.5;2026-01-01T00:00:00Z\n")
    mesh.run()
    mesh.land("ignored", "")
    [letter] = mesh.letters
    amended = scans_lane(options={"path": "landing/*.csv", "delimiter": ";"})
    today = Mesh(mesh.folder, mesh.store, amended)
    today.runs, today.now = mesh.runs, mesh.now
    header = b"id;depot;weight;at\n" + letter.payload.splitlines()[-1]
    [outcome] = today.runner.replay(TARGET, {letter.id: replaced(letter, header)})
    assert outcome == ReplayOutcome(letter=letter.id, resolved=True)
    assert ids(today) == [1, 2]


def replaced(letter: NewDeadLetter, payload: bytes) -> NewDeadLetter:
    """Return the letter as a lane with another header would have written it."""
    return NewDeadLetter(
        stage=letter.stage,
        product=letter.product,
        step=letter.step,
        encoding=letter.encoding,
        payload=payload,
        rule=letter.rule,
        reasons=letter.reasons,
        origin=letter.origin,
    )


def test_a_replay_is_a_run_of_a_job_of_its_own(mesh: Mesh) -> None:
    mesh.catalog.contracts["scans"] = WIDER
    mesh.runner.replay(TARGET, by_id(mesh))
    assert mesh.said(f"{TARGET}.replay") == ["START", "COMPLETE"]
    output = mesh.last(f"{TARGET}.replay")["outputs"][0]
    assert output["outputFacets"]["hub_measures"]["rows_out"] == 1


def test_a_lane_that_runs_between_two_replays_does_not_disturb_them(mesh: Mesh) -> None:
    mesh.catalog.contracts["scans"] = WIDER
    mesh.runner.replay(TARGET, by_id(mesh))
    mesh.land("b.csv", scan_lines(4))
    mesh.run()
    mesh.runner.replay(TARGET, by_id(mesh))
    assert ids(mesh) == [1, 2, 4]


def test_records_are_replayed_into_a_dataset_that_is_not_there_yet(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", "id,depot,weight,at\n2,west,1.5,2026-01-01T00:00:00Z\n")
    mesh.run()
    mesh.catalog.contracts["scans"] = WIDER
    [outcome] = mesh.runner.replay(TARGET, by_id(mesh))
    assert outcome.resolved
    assert ids(mesh) == [2]
    # The lane, which has no checkpoint yet, may read it again without a double.
    mesh.run()
    assert ids(mesh) == [2]


def test_when_the_lake_fails_nothing_is_settled(mesh: Mesh) -> None:
    mesh.catalog.contracts["scans"] = WIDER
    log = mesh.folder / "lake" / "bronze" / "scans" / "_delta_log"
    for entry in log.iterdir():
        entry.write_text("no JSON")
    with pytest.raises(PluginFailed, match="lake-delta"):
        mesh.runner.replay(TARGET, by_id(mesh))
    assert mesh.said(f"{TARGET}.replay") == ["START", "FAIL"]


def test_a_step_that_is_not_declared_any_more_is_said(mesh: Mesh) -> None:
    with pytest.raises(NotFound, match=r"scans\.gone"):
        mesh.runner.replay("scans.gone", by_id(mesh))
