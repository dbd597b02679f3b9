"""A story whose post-mortem a person has checked; run it as a module to write that anew."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from msgspec import structs

from hub.domain.commands import AcknowledgeIncident, ReassignIncident, ResolveIncident
from hub.domain.incidents.courses import Amendment, Outcome
from hub.queries.incidents import IncidentFilter, list_incidents
from hub.queries.pages import PageRequest
from hub.queries.postmortems import postmortems_of
from hub.store.opening import Store, open_store
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH as WATCHED

EXPECTED: Final = Path(__file__).with_name("postmortem.md")
NASTY: Final = "`fare` <script>alert(1)</script> [x](http://evil) @all secret=hunter2\n# no"
MESH: Final = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
)
CLEAN: Final = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
COSTS: Final = run("finance/earnings.costs").reads("silver.repairs").writes("silver.costs")


def of_version(script: RunScript, version: str) -> RunScript:
    place = {"type": "git", "url": "https://example.org/repairs", "version": version}
    return structs.replace(script, job_facets={"sourceCodeLocation": place})


def tell(store: Store) -> str:
    """Let the story happen, and return the post-mortem of the incident that it ends with."""
    world = Scenario(store, MESH, start="2026-11-23 04:00")
    world.at("04:01", CLEAN.fails(NASTY, origin="contract"))
    world.at("04:02", of_version(CLEAN, "one"))
    world.at("04:10", of_version(CLEAN, "two").fails(NASTY, origin="contract"))
    world.at("04:11", COSTS.fails("silver.repairs is empty"))
    with world.store.database.read() as connection:
        [row] = list_incidents(connection, PageRequest(1), IncidentFilter()).rows
    world.at("04:20")
    world.submit(AcknowledgeIncident(incident=row.id, actor="ada"))
    world.submit(ReassignIncident(incident=row.id, owner="finance", actor="ada", reason="theirs"))
    world.at("05:00")
    said = Amendment(
        onset_at=row.onset_at - 60_000_000,
        mitigated_at=row.onset_at + 600_000_000,
        outcome=Outcome.FIXED,
        note="put the column `fare` back",
    )
    world.submit(ResolveIncident(incident=row.id, actor="bob", reason="mended", said=said))
    with world.store.database.read() as connection:
        [row] = list_incidents(connection, PageRequest(1), IncidentFilter()).rows
        return postmortems_of(connection, world.store.journal, MESH, [row])[row.id]


def main() -> None:
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'hub.db'}")
        EXPECTED.write_text(tell(store), "utf-8")
        store.close()


if __name__ == "__main__":
    main()
