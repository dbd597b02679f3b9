"""A small mesh on a real lake, whose runs report into a real journal, on a clock set by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hub.app.reporting import JournalReporter
from hub.domain.catalog import Catalog, Domain, Lake, Owner, OwnerKind, Product, Source, Step
from hub.domain.deadletters import NewDeadLetter, read_letter
from hub.domain.entries import Entry, EntryKind
from hub.flow.ingest import EventReader
from hub.host import Host
from hub.runtime.open_runs import OpenRuns
from hub.runtime.runner import Runner, StepResult
from hub.runtime.work import Tools
from hub.store.opening import Store

DAY = 86_400_000_000
FIRST_DAY = 1_767_225_600_000_000  # 2026-01-01, in microseconds UTC
TEAM = Owner("rail-team", OwnerKind.DOMAIN)

SCANS_CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: scans
version: 1.0.0
status: active
schema:
  - name: bronze.scans
    properties:
      - {name: id, logicalType: integer, required: true}
      - {name: depot, logicalType: string, required: true, enum: [{value: north}, {value: south}]}
      - {name: weight, logicalType: number, logicalTypeOptions: {minimum: 0}}
      - {name: at, logicalType: timestamp, required: true}
"""


def scans_lane(**changes: object) -> Step:
    """Return a step that reads CSV files of scans."""
    step = Step(
        name="scan_files",
        product="scans",
        lane="files",
        source="scanners",
        writes="bronze.scans",
        contract="scans",
        event_time="at",
        options={"path": "landing/*.csv"},
    )
    return replace(step, **changes)


def scan_lines(*ids: int, day: int = 1) -> str:
    """Return a CSV file of scans that keep their contract."""
    rows = (f"{n},{'north' if n % 2 else 'south'},{n}.5,2026-01-{day:02}T00:00:00Z" for n in ids)
    return "\n".join(("id,depot,weight,at", *rows)) + "\n"


class Mesh:
    """One product of given steps, with everything that a run needs."""

    def __init__(self, folder: Path, store: Store, *steps: Step, **contracts: str) -> None:
        self.folder = folder
        self.store = store
        self.now = FIRST_DAY + DAY
        self.runs = 0
        self.host = Host.load()
        self.catalog = Catalog(
            domains={"rail": Domain("rail", TEAM)},
            sources={"scanners": Source("scanners", TEAM, "rail")},
            products={"scans": Product(name="scans", domain="rail", steps=steps)},
            lake=Lake(path=str(folder / "lake")),
            contracts={"scans": SCANS_CONTRACT, **contracts},
        )
        self.reporter = JournalReporter(store.journal, EventReader(b"secret"), clock=self.clock)

    def clock(self) -> int:
        """Return the time; every look takes a millisecond."""
        self.now += 1_000
        return self.now

    def new_run_id(self) -> str:
        """Return ids that sort by when they were given."""
        self.runs += 1
        return f"018f0000-0000-7000-8000-{self.runs:012}"

    def land(self, name: str, content: str | bytes) -> None:
        """Put a file into the landing folder."""
        path = self.folder / "landing" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    @property
    def tools(self) -> Tools:
        """What the steps work with."""
        return Tools(
            catalog=self.catalog,
            host=self.host,
            reporter=self.reporter,
            clock=self.clock,
            folder=self.folder,
            spine=str(self.folder / "spine.db"),
        )

    @property
    def runner(self) -> Runner:
        """A runner as a new process would make it."""
        return Runner(self.tools, OpenRuns(self.folder / "runs"), self.new_run_id)

    def run(self, *targets: str) -> list[StepResult]:
        """Run steps, by default all."""
        return self.runner.run(*(targets or ("scans",)))

    def rows(self, dataset: str) -> list[dict[str, Any]]:
        """Return what a dataset of the lake holds, by origin and sequence where it has them."""
        lake = self.host.lake("delta").api
        lake.open(self.catalog.lake.path)
        if lake.version(dataset) is None:
            return []
        rows: list[dict[str, Any]] = lake.read(dataset).to_pylist()
        return sorted(rows, key=lambda row: (str(row.get("_origin")), row.get("_sequence") or 0))

    def _entries(self, kind: EntryKind) -> Iterator[Entry]:
        with self.store.database.read() as connection:
            entries = self.store.journal.read(connection, after=0, limit=100_000)
        return (entry for entry in entries if entry.kind is kind)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event that was reported, in order."""
        return [json.loads(entry.body) for entry in self._entries(EntryKind.EVENT)]

    @property
    def letters(self) -> list[NewDeadLetter]:
        """Every dead letter that was reported, in order."""
        return [read_letter(entry.body) for entry in self._entries(EntryKind.DEAD_LETTER)]

    def said(self, job: str) -> list[str]:
        """Return the types of a job's events, in order."""
        return [each["eventType"] for each in self.events if each["job"]["name"] == job]

    def last(self, job: str) -> dict[str, Any]:
        """Return the last event of a job."""
        return [each for each in self.events if each["job"]["name"] == job][-1]
