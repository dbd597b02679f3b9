"""Search: what matches a text, each hit with how, and with the thing itself."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.enums import SearchKind, SearchLevel, SearchPart
from hub.api.graphql.finding import find_datasets, find_jobs
from hub.api.graphql.nodes import Node
from hub.api.graphql.reads import Reads
from hub.domain.names import NodeId, NodeKind
from hub.domain.search import MAX_POINTS, shown
from hub.queries.moments import Moment
from hub.queries.search import HitRow


@strawberry.type(description="Something that matches what was searched for.")
class SearchHit:
    row: strawberry.Private[HitRow]
    batch: strawberry.Private[Batch[HitRow]]

    @field
    def id(self) -> strawberry.ID:
        """The global id of what was found."""
        return strawberry.ID(str(self.row.node))

    @field
    def kind(self) -> SearchKind:
        """What it is."""
        return self.row.kind

    @field
    def namespace(self) -> str | None:
        """Of a field: its dataset's namespace. Data products and domains have none."""
        return self.row.place[0]

    @field
    def name(self) -> str:
        """Of a field: its dataset's name."""
        return self.row.place[1]

    def _field(self) -> str | None:
        return self.row.place[2]

    field_name: str | None = strawberry.field(resolver=_field, name="field")

    @field
    def score(self) -> float:
        """How well it matches, to 1: the whole name, letter by letter."""
        return self.row.points / MAX_POINTS

    @field
    def level(self) -> SearchLevel:
        """How it matches."""
        return self.row.level

    @field
    def part(self) -> SearchPart:
        """What of it matches best."""
        return self.row.part

    @field
    def text(self) -> str:
        """The text that matches, reduced to its words."""
        return shown(self.row.text)

    @field
    def node(self) -> Node | None:
        """The thing itself, as it was then; of a field, its dataset."""
        return self.batch.once(_find_nodes, self.batch.moment).get(_whole(self.row))


def make_hits(reads: Reads, rows: Sequence[HitRow], *, moment: Moment) -> list[SearchHit]:
    """Return hits whose nodes are found together."""
    batch = Batch(reads, rows, moment)
    return [SearchHit(row=row, batch=batch) for row in rows]


def _whole(row: HitRow) -> NodeId:
    if row.kind is SearchKind.FIELD:
        return NodeId(NodeKind.DATASET, row.node.parts[:2])
    return row.node


def _find_nodes(reads: Reads, rows: tuple[HitRow, ...], moment: Moment) -> dict[NodeId, Node]:
    wholes = [*dict.fromkeys(map(_whole, rows))]
    if moment.is_now:
        return reads.find_nodes(wholes)
    jobs = [node for node in wholes if node.kind is NodeKind.JOB]
    datasets = [node for node in wholes if node.kind is NodeKind.DATASET]
    found: dict[NodeId, Node] = {**find_datasets(reads, datasets, moment)}
    return found | find_jobs(reads, jobs, moment)
