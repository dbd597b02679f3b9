"""The desk: all that a decision about incidents may look at, at one instant."""

from __future__ import annotations

from msgspec import Struct, field

from hub.domain.catalog import Catalog
from hub.domain.duty.matching import NOTHING_ELSE, Also
from hub.domain.duty.silences import Silences
from hub.domain.incidents.book import IncidentBook
from hub.domain.incidents.causes import Lineage
from hub.domain.names import NamesOf, NodeKind, parse_node_id


class Desk(Struct, frozen=True):
    """The book, what is declared, lineage, the clock's value, and what is silenced."""

    book: IncidentBook
    catalog: Catalog
    lineage: Lineage
    now: int
    silences: Silences = field(default_factory=Silences)
    # What is asked of all that is open whenever somebody may be inhibited.
    also: dict[tuple[str, str | None], Also] = field(default_factory=dict)

    def also_called(self, root: str, job: str | None) -> Also:
        """Return what else those labels are that name the root and the job of an incident."""
        found = self.also.get((root, job))
        if found is None:
            found = self.also[root, job] = also_called(self.lineage.names_of, root, job)
        return found


def also_called(names: NamesOf, root: str, job: str | None) -> Also:
    """Return what else the labels are that name the root and the job of an incident."""
    others = names(root)[1:]
    jobs = [parse_node_id(each) for each in names(job)[1:]] if job else []
    if not others and not jobs:
        return NOTHING_ELSE
    is_of_data = parse_node_id(root).kind is NodeKind.DATASET
    datasets = [parse_node_id(each) for each in others] if is_of_data else []
    found = {
        "dataset": [node.dataset.name for node in datasets],
        "job": [node.job.name for node in jobs],
        "namespace": [node.parts[0] for node in (datasets if is_of_data else jobs)],
    }
    return {label: tuple(values) for label, values in found.items() if values}
