"""Dead letters: records that were refused, with every reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.enums import FailureClass, NodeKind
from hub.api.graphql.nodes import Node, Reference, references
from hub.api.graphql.reads import Reads
from hub.api.graphql.scalars import Instant, maybe_instant
from hub.domain.deadletters import SHOWN_BYTES, payload_text
from hub.domain.names import NodeId, node_id
from hub.queries import dead_letters as rows
from hub.queries.dead_letters import DeadLetterRow


@strawberry.type(description="A record, or an event, that was refused and is kept.")
class DeadLetter(Node):
    row: strawberry.Private[DeadLetterRow]
    batch: strawberry.Private[Batch[DeadLetterRow]]
    stage: str = strawberry.field(description="Where it was refused.")
    state: str = strawberry.field(description="open, resolved or discarded.")
    reasons: list[str] = strawberry.field(description="Every rule that it broke, in words.")
    failure_class: FailureClass = strawberry.field(name="class")
    rule: str = strawberry.field(description="By which dead letters of one cause are grouped.")
    product: str | None
    step: str | None
    source: str | None
    contract: str | None
    encoding: str
    origin: str = strawberry.field(description="Its source's place, and its own place in it.")
    event_time: Instant | None
    recorded_at: Instant
    resolved_at: Instant | None = strawberry.field(description="When it was, or was discarded.")
    discarded_for: str | None = strawberry.field(description="Who discarded it, and why.")
    replays: int

    @field
    def payload(self) -> str:
        """What came in, as text, or in base64 where it is none; the first 4,000 bytes of it."""
        found = self.batch.by_id(rows.payloads_of, most_bytes=SHOWN_BYTES + 1)
        return payload_text(found[self.row.id])

    @field
    def dataset(self) -> Reference | None:
        """The dataset that it was on its way to."""
        return self.batch.once(_references).get(self.row.dataset or "")

    @field
    def run(self) -> Reference | None:
        """The run that refused it."""
        return self.batch.once(_references).get(self.row.run or "")

    @field
    def incident(self) -> Reference | None:
        """The incident that it belongs to."""
        return self.batch.once(_references).get(_incident_id(self.row) or "")


def make_dead_letters(reads: Reads, found: Iterable[DeadLetterRow]) -> list[DeadLetter]:
    """Return dead letters that load in company."""
    batch = Batch(reads, found)
    return [_dead_letter(row, batch) for row in batch.rows]


def find_dead_letters(reads: Reads, ids: Sequence[NodeId]) -> dict[NodeId, DeadLetter]:
    """Return the dead letters among ``ids``."""
    found = rows.dead_letters_by_id(reads.connection, [node.parts[0] for node in ids])
    made = make_dead_letters(reads, found.values())
    return {NodeId(NodeKind.DEAD_LETTER, (each.row.id,)): each for each in made}


def _dead_letter(row: DeadLetterRow, batch: Batch[DeadLetterRow]) -> DeadLetter:
    return DeadLetter(
        id=strawberry.ID(node_id(NodeKind.DEAD_LETTER, row.id)),
        row=row,
        batch=batch,
        stage=row.stage,
        state=row.state,
        reasons=row.reasons,
        failure_class=FailureClass(row.failure_class),
        rule=row.rule,
        product=row.product,
        step=row.step,
        source=row.source,
        contract=row.contract,
        encoding=row.encoding,
        origin=row.origin,
        event_time=maybe_instant(row.event_time),
        recorded_at=Instant(row.recorded_at),
        resolved_at=maybe_instant(row.resolved_at),
        discarded_for=row.discarded_for,
        replays=row.replays,
    )


def _incident_id(row: DeadLetterRow) -> str | None:
    return None if row.incident_id is None else node_id(NodeKind.INCIDENT, row.incident_id)


def _references(reads: Reads, found: tuple[DeadLetterRow, ...]) -> dict[str, Reference]:
    named = [each for row in found for each in (row.dataset, row.run, _incident_id(row))]
    return references(reads, [each for each in named if each])
