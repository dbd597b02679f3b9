"""Names of things, and the one text form that identifies each: its node id.

A node id is ``kind:part:part…``; a ``:`` or ``%`` inside a part is percent-encoded, so the id
splits unambiguously. Node ids are built from natural keys only: they survive a rebuild of the
store and are the global ids of the GraphQL schema.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from urllib.parse import unquote

from msgspec import Struct

from hub.domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable


class NodeKind(StrEnum):
    """What a node id may name, with the number of parts that follow the kind."""

    NAMESPACE = "namespace"
    DATASET = "dataset"
    FIELD = "field"
    JOB = "job"
    RUN = "run"
    DOMAIN = "domain"
    PRODUCT = "product"
    CONTRACT = "contract"
    SLO = "slo"
    INCIDENT = "incident"
    DEAD_LETTER = "dead-letter"
    PRODUCER = "producer"
    SILENCE = "silence"


_KINDS: Final[dict[str, NodeKind]] = {kind.value: kind for kind in NodeKind}
_PARTS = {
    NodeKind.NAMESPACE: 1,
    NodeKind.DATASET: 2,
    NodeKind.FIELD: 3,
    NodeKind.JOB: 2,
    NodeKind.RUN: 3,
    NodeKind.DOMAIN: 1,
    NodeKind.PRODUCT: 1,
    NodeKind.CONTRACT: 2,
    NodeKind.SLO: 1,
    NodeKind.INCIDENT: 1,
    NodeKind.DEAD_LETTER: 1,
    NodeKind.PRODUCER: 1,
    NodeKind.SILENCE: 1,
}


class DatasetName(NamedTuple):
    """A dataset's identity in OpenLineage: namespace and name, both opaque text."""

    namespace: str
    name: str


class JobName(NamedTuple):
    """A job's identity in OpenLineage: namespace and name, both opaque text."""

    namespace: str
    name: str


class RunName(Struct, frozen=True, order=True, gc=False, cache_hash=True):
    """A run's identity: its job and the producer's run id (run ids collide across jobs)."""

    job: JobName
    run_id: str


class FieldName(NamedTuple):
    """A field of a dataset; nested fields are joined with ``.``."""

    dataset: DatasetName
    field: str


class NodeId(NamedTuple):
    """A parsed node id."""

    kind: NodeKind
    parts: tuple[str, ...]

    def __str__(self) -> str:
        """Return the text form, with ``:`` and ``%`` inside parts percent-encoded."""
        return node_id(self.kind, *self.parts)

    @property
    def dataset(self) -> DatasetName:
        """The dataset named by a ``dataset:`` or ``field:`` id."""
        return DatasetName(self.parts[0], self.parts[1])

    @property
    def job(self) -> JobName:
        """The job named by a ``job:`` or ``run:`` id."""
        return JobName(self.parts[0], self.parts[1])

    @property
    def run(self) -> RunName:
        """The run named by a ``run:`` id."""
        return RunName(self.job, self.parts[2])


# Finds the node ids of all that a dataset or a job is called: the one that is given, then others.
NamesOf: TypeAlias = "Callable[[str], tuple[str, ...]]"


def alone(node: str) -> tuple[str, ...]:
    """Return that a thing has no other name."""
    return (node,)


def encoded(part: str) -> str:
    """Return a part as it stands in a node id."""
    return part.replace("%", "%25").replace(":", "%3A") if "%" in part or ":" in part else part


# Things have many names, and few namespaces.
_encode_namespace: Final = lru_cache(maxsize=1_024)(encoded)


_is_uuid: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def node_id(kind: NodeKind, *parts: str) -> str:
    """Return the text form of a node id."""
    return ":".join((kind, _encode_namespace(parts[0]), *map(encoded, parts[1:])))


def dataset_id(name: tuple[str, str]) -> str:
    """Return ``dataset:NAMESPACE:NAME``."""
    return f"dataset:{_encode_namespace(name[0])}:{encoded(name[1])}"


def job_id(name: tuple[str, str]) -> str:
    """Return ``job:NAMESPACE:NAME``."""
    return f"job:{_encode_namespace(name[0])}:{encoded(name[1])}"


def run_id(name: RunName) -> str:
    """Return ``run:NAMESPACE:JOB:RUNID``."""
    return node_id(NodeKind.RUN, *name.job, name.run_id)


def plain_run_id(text: str) -> str:
    """Return a run id as runs are told apart by it: one UUID in whichever case is one run.

    Source: RFC 9562, 4: UUIDs are written in lower case, and read in any.
    """
    lowered = text.lower()
    return lowered if lowered != text and _is_uuid(lowered) else text


def parse_node_id(text: str) -> NodeId:
    """Split a node id.

    Raises:
        InvalidInput: the kind is unknown, or the number of parts does not fit the kind (as when
            a ``:`` inside a part was not encoded).

    """
    head, *rest = text.split(":")
    kind = _KINDS.get(head)
    if kind is None:
        kinds = ", ".join(k.value for k in NodeKind)
        message = f"{text!r} is no node id: it starts with none of {kinds}"
        raise InvalidInput(message, fix="write for example dataset:NAMESPACE:NAME")
    if len(rest) != _PARTS[kind] or not all(rest):
        message = f"{text!r} has {len(rest)} parts after {kind.value!r}, not {_PARTS[kind]}"
        raise InvalidInput(message, fix="percent-encode ':' inside a part as %3A")
    parts = [*map(unquote, rest)] if "%" in text else rest
    if kind is NodeKind.RUN:
        parts[-1] = plain_run_id(parts[-1])
    return NodeId(kind, tuple(parts))


def parse_run_id(text: str) -> NodeId:
    """Split the node id of a run.

    Raises:
        InvalidInput: it is none.

    """
    node = parse_node_id(text)
    if node.kind is not NodeKind.RUN:
        raise InvalidInput(f"{text!r} names no run", fix="write run:NAMESPACE:JOB:RUNID")
    return node
