"""The published schema is the code's, and nothing in it breaks those who rely on it."""

from __future__ import annotations

import subprocess

import pytest
from graphql import GraphQLSchema, build_schema, find_breaking_changes

from hub.api.graphql import schema
from hub.cli.commands import root
from tests.machine import ROOT, needs

SNAPSHOT = ROOT / "contracts" / "schema.graphql"

STAY = {
    "LineageNode": "id kind namespace name",
    "LineageEdge": "source target",
    "Dataset": "id namespace name fields owners tags",
    "Field": "name type",
    "Job": "id namespace name",
    "Run": "id runId state startedAt endedAt job",
    "Incident": "id state class owner severity root openedAt acknowledgedAt resolvedAt",
    "DeadLetter": "id stage reasons class",
    "Query": "hub node namespaces dataset datasets job jobs run runs lineage domains dataProducts"
    " contracts contract slos incidents incident deadLetters search",
    "Mutation": "publishContract acknowledgeIncident resolveIncident reassignIncident"
    " reclassifyIncident createSilence expireSilence",
    "Subscription": "incidentChanged runChanged deadLetterAdded",
}


def printed() -> str:
    return schema.build_schema().as_str() + "\n"


def test_the_snapshot_is_the_schema() -> None:
    assert SNAPSHOT.read_text() == printed(), "run: hub export-schema > contracts/schema.graphql"


def test_the_command_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    root(["export-schema"])
    assert capsys.readouterr().out == SNAPSHOT.read_text()


@pytest.mark.parametrize("kind", STAY)
def test_what_stays_is_there(kind: str) -> None:
    found = schema.build_schema().graphql_core.type_map[kind]
    assert set(STAY[kind].split()) <= set(found.fields)  # type: ignore[attr-defined]  # all are objects


def test_whatever_can_be_asked_on_one_clock_can_be_asked_on_both() -> None:
    types = schema.build_schema().graphql_core.type_map.values()
    fields = [(kind, each) for kind in types for each in getattr(kind, "fields", {}).items()]
    asked = {
        f"{kind}.{name}": {"asOf", "knownAt"} & set(getattr(found, "args", ()))
        for kind, (name, found) in fields
    }
    assert [name for name, clocks in asked.items() if len(clocks) == 1] == []
    assert asked["Query.lineage"]


def git(*args: str) -> str:
    done = subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def published() -> GraphQLSchema | None:
    """Return the schema of the last release, or of the last commit while there is none."""
    needs("git")
    at = git("describe", "--tags", "--match", "v*", "--abbrev=0").strip() or "HEAD"
    text = git("show", f"{at}:contracts/schema.graphql")
    return build_schema(text) if text else None


def test_nothing_is_broken_that_was_published() -> None:
    before = published()
    if before is None:
        pytest.skip("there is no history to compare with")
    now = schema.build_schema().graphql_core
    assert [change.description for change in find_breaking_changes(before, now)] == []


@pytest.mark.parametrize(
    ("old", "new", "is_breaking"),
    [
        ("  journalPosition: Long!\n", "", True),
        ("state: IncidentState!", "state: String!", True),
        ("  journalPosition: Long!\n", "  journalPosition: Long!\n  more: Int\n", False),
    ],
)
def test_the_comparison_tells_breaking_changes_from_additions(
    old: str, new: str, is_breaking: bool
) -> None:
    text = SNAPSHOT.read_text()
    assert old in text
    found = find_breaking_changes(build_schema(text), build_schema(text.replace(old, new)))
    assert bool(found) == is_breaking
