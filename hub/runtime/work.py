"""What one run of one step works with, and what it has counted so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct, field

from hub.domain.catalog import Catalog, Step
from hub.domain.contracts import Contract
from hub.domain.failures.failure import Origin
from hub.domain.names import DatasetName, RunName, dataset_id, run_id
from hub.host import Host, Kind, PluginState
from hub.runtime.failures import blame
from hub.spi.gate import CheckResult
from hub.spi.lake import Lake, Version
from hub.spi.reporter import Reporter
from hub.spi.transform import ColumnSource

Clock: TypeAlias = Callable[[], int]
# Why a product of a tier may not read a dataset (by its node id) now; nothing where it may.
Objections: TypeAlias = Callable[[str, int], Sequence[str]]


class Tools(Struct, frozen=True, kw_only=True):
    """What all steps share. ``folder`` is the configuration folder, ``spine`` a path or URL.

    ``clock`` gives microseconds UTC; ``objections`` is what the hub has against reading a dataset.
    """

    catalog: Catalog
    host: Host
    reporter: Reporter
    clock: Clock
    folder: Path
    spine: str
    objections: Objections = lambda _dataset, _tier: ()


class Input(Struct, frozen=True, kw_only=True):
    """A dataset that a run read, as far as it is known: how much, and which version."""

    dataset: DatasetName
    uri: str | None = None
    rows: int | None = None
    bytes: int | None = None
    version: int | None = None


class Tally(Struct, kw_only=True):
    """The measures of a run at its boundaries, filled as it goes; a failed run has some too.

    ``newest_event_time`` is microseconds UTC; None where no row came, so that an empty run does
    not make data look fresher. ``nulls`` counts missing values in what was written, by field.
    """

    inputs: list[Input] = field(default_factory=list)
    rows_in: int = 0
    rows_out: int = 0
    rows_refused: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    files_out: int = 0
    newest_event_time: int | None = None
    uri: str | None = None
    version: Version | None = None
    schema: list[tuple[str, str]] = field(default_factory=list)
    nulls: Counter[str] = field(default_factory=Counter)
    columns: dict[str, list[ColumnSource]] = field(default_factory=dict)
    checks: list[CheckResult] = field(default_factory=list)
    skipped: str | None = None

    def saw(self, event_time: int | None) -> None:
        """Take note of the event time of a row that was written."""
        if event_time is not None:
            self.newest_event_time = max(event_time, self.newest_event_time or event_time)


class Work(Struct, kw_only=True):
    """One run of one step.

    ``parent`` is the run of the product. ``nominal_at`` is the time that the run was scheduled
    for. A run is recovered when another process reports it, after its own had been killed. A
    rehearsal does all but leave traces: nothing is promoted, nothing reported.
    """

    tools: Tools
    step: Step
    run: RunName
    started_at: int
    parent: RunName | None = None
    nominal_at: int | None = None
    contract: Contract | None = None
    is_recovered: bool = False
    is_rehearsal: bool = False
    tally: Tally = field(default_factory=Tally)
    on_progress: Callable[[Tally], None] = lambda _tally: None
    opened: Lake | None = None

    @property
    def lake(self) -> Lake:
        """The lake, opened when it is first asked for, so that its failure is this run's."""
        if self.opened is None:
            declared = self.tools.catalog.lake
            with blame(Origin.LAKE):
                lake = self.tools.host.lake(declared.plugin).api
                lake.open(declared.path)
            self.opened = lake
        return self.opened

    @property
    def provider(self) -> PluginState | None:
        """The plugin that the step runs through, where one provides it."""
        kind, name = Kind.LANE, self.step.lane
        if name is None:
            kind, name = Kind.TRANSFORM, self.step.transform
        return self.tools.host.provider(kind, str(name))

    @property
    def target(self) -> DatasetName:
        """The dataset that the step writes."""
        return self.tools.catalog.dataset(self.step.writes)

    @property
    def target_id(self) -> str:
        """The node id of the dataset that the step writes."""
        return dataset_id(self.target)

    @property
    def run_node(self) -> str:
        """The node id of this run."""
        return run_id(self.run)
