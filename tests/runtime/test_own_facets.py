"""The hub's own facets are what their published schemas say; secrets are in none."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from msgspec.structs import replace

from hub.settings.locations import contracts_folder
from tests.runtime.conftest import MakeMesh
from tests.runtime.mesh import scan_lines, scans_lane

# Of runs and of what they read and write; what the files declare is tested where that is.
SCHEMAS = [
    each
    for each in sorted((contracts_folder() / "facets").glob("*.json"))
    if not each.stem.endswith("JobFacet")
]


def schema(name: str) -> dict[str, Any]:
    """Return what a facet's schema says beyond OpenLineage's own base."""
    document = json.loads((contracts_folder() / "facets" / f"{name}.json").read_text())
    assert document["$id"].endswith(f":{name}")
    own: dict[str, Any] = document["$defs"][name]["allOf"][1]
    return own


def facets(event: dict[str, Any]) -> dict[str, Any]:
    """Return the hub's own facets of an event by the name of their schema."""
    holders = [event["run"]["facets"]]
    holders += [each["inputFacets"] for each in event["inputs"]]
    holders += [each["outputFacets"] for each in event["outputs"]]
    own = (facet for holder in holders for name, facet in holder.items() if name.startswith("hub_"))
    return {facet["_schemaURL"].rpartition(":")[2]: facet for facet in own}


def test_every_own_facet_is_published_and_keeps_its_schema(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1, 2))
    mesh.run()
    mesh.land("b.csv", scan_lines(3).replace("depot", "station"))
    mesh.run()
    seen: set[str] = set()
    for event in mesh.events:
        for name, facet in facets(event).items():
            jsonschema_rs.validate(schema(name), facet)
            assert set(facet) - {"_producer", "_schemaURL"} <= set(schema(name)["properties"])
            seen.add(name)
    assert seen == {path.stem for path in SCHEMAS}


def test_a_secret_in_an_option_reaches_no_event_and_no_letter(
    make_mesh: MakeMesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANS_PASSWORD", "hunter2")
    step = scans_lane(
        lane="odbc",
        options={
            "connection": "Driver=NoSuchDriver;UID=me;PWD=${SCANS_PASSWORD}",
            "table": "scans",
        },
    )
    mesh = make_mesh(replace(step, contract=None))
    [result] = mesh.run()
    assert result.state == "FAIL"
    assert "hunter2" not in json.dumps(mesh.events)
    assert "hunter2" not in str(result.error)


def test_a_secret_that_is_not_set_is_named(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane(options={"path": "${NOWHERE_SET}"}))
    [result] = mesh.run()
    assert "NOWHERE_SET" in str(result.error)
