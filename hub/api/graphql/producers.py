"""Producers, and what each of them omits or breaks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.estate import Run, make_runs
from hub.api.graphql.nodes import Node
from hub.api.graphql.reads import Reads
from hub.domain.names import NodeId, NodeKind, node_id
from hub.queries import producers as producer_rows
from hub.queries.producers import ProducerRow, examples_of, faults_of
from hub.queries.runs import runs_by_id


@strawberry.type(description="Something that a producer omits or breaks.")
class ProducerFault:
    producer: strawberry.Private[ProducerRow]
    batch: strawberry.Private[Batch[ProducerRow]]
    code: str = strawberry.field(description="Its stable name.")
    title: str = strawberry.field(description="What is wrong, in words.")
    meaning: str = strawberry.field(description="What the hub makes of it.")
    cure: str = strawberry.field(description="What to do about it where events are sent.")
    is_omission: bool = strawberry.field(
        description="Whether something is lacking; that counts once a run has ended."
    )
    count: int = strawberry.field(description="In how many runs it is now.")
    of: int = strawberry.field(description="In how many of the producer's runs it could be.")
    share: float = strawberry.field(description="The part of those that it is in, from 0 to 1.")

    @field
    def examples(self) -> list[Run]:
        """A few of those runs, told of lately, the latest first."""
        found = self.batch.once(_load_examples)
        return found[self.producer.id].get(self.code, [])


@strawberry.type(description="What sends events of runs, by the URI that it sends with them.")
class Producer(Node):
    row: strawberry.Private[ProducerRow]
    batch: strawberry.Private[Batch[ProducerRow]]
    uri: str
    name: str = strawberry.field(description="The program that the URI names; else the URI.")
    version: str | None = strawberry.field(description="Its version, where the URI names one.")
    run_count: int = strawberry.field(description="Of how many runs it has told.")

    @field
    def faults(self) -> list[ProducerFault]:
        """What it breaks, then what it omits; each the most frequent first."""
        return [
            ProducerFault(
                producer=self.row,
                batch=self.batch,
                code=tally.fault.code,
                title=tally.fault.title,
                meaning=tally.fault.meaning,
                cure=tally.fault.cure,
                is_omission=tally.fault.is_omission,
                count=tally.runs,
                of=tally.of,
                share=tally.share,
            )
            for tally in self.batch.by_id(faults_of)[self.row.id]
        ]


def make_producers(reads: Reads, found: Iterable[ProducerRow]) -> list[Producer]:
    """Return producers that load in company."""
    batch = Batch(reads, found)
    return [
        Producer(
            id=strawberry.ID(node_id(NodeKind.PRODUCER, row.uri)),
            row=row,
            batch=batch,
            uri=row.uri,
            name=row.known_as.name,
            version=row.known_as.version,
            run_count=row.runs,
        )
        for row in batch.rows
    ]


def find_producers(reads: Reads, ids: Sequence[NodeId]) -> dict[NodeId, Producer]:
    """Return the producers among ``ids`` that have told of runs."""
    found = producer_rows.find_producers(reads.connection, [node.parts[0] for node in ids])
    made = make_producers(reads, found)
    return {NodeId(NodeKind.PRODUCER, (each.uri,)): each for each in made}


def _load_examples(reads: Reads, rows: Sequence[ProducerRow]) -> dict[int, dict[str, list[Run]]]:
    examples = examples_of(reads.connection, [row.id for row in rows])
    wanted = {key for of in examples.values() for keys in of.values() for key in keys}
    found = runs_by_id(reads.connection, wanted)
    runs = dict(zip(found, make_runs(reads, found.values()), strict=True))
    return {
        producer: {code: [runs[key] for key in keys] for code, keys in of.items()}
        for producer, of in examples.items()
    }
