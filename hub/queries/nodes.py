"""Nodes of lineage, found by what people type."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from hub.domain.errors import InvalidInput
from hub.domain.names import FieldName, NodeId, NodeKind, parse_node_id, parse_run_id
from hub.graph.identities import NOBODY
from hub.queries.datasets import find_datasets
from hub.queries.jobs import find_jobs
from hub.queries.runs import find_runs
from hub.store.natural_keys import find_dataset, find_field, find_fields, find_job

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection

    from hub.graph.identities import Identities

_LINEAGE_KINDS = (NodeKind.DATASET, NodeKind.JOB, NodeKind.FIELD)
# At how many of its colons an id is cut into parts, beside the first.
_CUTS = {NodeKind.DATASET: 1, NodeKind.JOB: 1, NodeKind.FIELD: 2, NodeKind.RUN: 2}
# A node id with more colons than this is not guessed at.
_MAX_COLONS = 16


def resolve_node(connection: Connection, text: str, known: Identities = NOBODY) -> NodeId:
    """Return the dataset, job or field that ``text`` names, encoded or as people write it.

    A well-formed id is returned as it is, known or not. In any other, each way to split it at its
    colons is looked up, also among the names that are ``known`` to mean something.

    Raises:
        InvalidInput: nothing is named like that, or several things are.

    """
    found = find_node(connection, text, known) or _well_formed(text)
    if found is None:
        message = f"nothing is known under {text!r}"
        fix = "write dataset:NAMESPACE:NAME, with ':' in a part as %3A; `hub search` finds names"
        raise InvalidInput(message, fix=fix)
    return found


def resolve_id(connection: Connection, text: str, known: Identities = NOBODY) -> NodeId:
    """Return the id of anything, encoded or, of producers' things, as people write it.

    A well-formed id is returned as it is, known or not, unless it names something as written only.

    Raises:
        InvalidInput: it is no id, or nothing or several things are named like that.

    """
    return _look_up(connection, text, known) or parse_node_id(text)


def resolve_run(connection: Connection, text: str) -> NodeId:
    """As :func:`resolve_id`, for a run.

    Raises:
        InvalidInput: it is none, or as there.

    """
    return parse_run_id(str(resolve_id(connection, text)))


def find_node(connection: Connection, text: str, known: Identities = NOBODY) -> NodeId | None:
    """As :func:`resolve_node`, but None where nothing is named like that.

    Raises:
        InvalidInput: several things are, or ``text`` is the id of something else.

    """
    meant = _look_up(connection, text, known)
    named = meant or _well_formed(text)
    if named is not None and named.kind not in _LINEAGE_KINDS:
        raise InvalidInput(f"{text!r} has no lineage", fix="ask for a dataset, a job or a field")
    return meant


def _look_up(connection: Connection, text: str, known: Identities) -> NodeId | None:
    exact = _well_formed(text)
    if exact is not None and _exists(connection, exact, known):
        return exact
    found = _existing(connection, list(_splits(text)), known)
    if len(found) > 1:
        listed = "\n    ".join(sorted(map(str, found)))
        raise InvalidInput(
            f"{text!r} names several things:\n    {listed}", fix="write one of these"
        )
    return found.pop() if found else None


def _well_formed(text: str) -> NodeId | None:
    try:
        return parse_node_id(text)
    except InvalidInput:
        return None


def _exists(connection: Connection, node: NodeId, known: Identities) -> bool:
    if node.kind is NodeKind.RUN:
        return bool(find_runs(connection, {node.run}))
    if node.kind not in _LINEAGE_KINDS:
        return False
    thing = known.find(node)
    if thing is not None:
        fields = node.parts[2:]
        return not fields or bool(find_fields(connection, thing.ids, fields[0]))
    if node.kind is NodeKind.JOB:
        return find_job(connection, node.job) is not None
    if node.kind is NodeKind.DATASET:
        return find_dataset(connection, node.dataset) is not None
    return find_field(connection, FieldName(node.dataset, node.parts[2])) is not None


def _splits(text: str) -> Iterator[NodeId]:
    head, *rest = text.split(":")
    kind = next((kind for kind in _CUTS if kind.value == head), None)
    if kind is None or len(rest) > _MAX_COLONS:
        return
    for at in combinations(range(1, len(rest)), _CUTS[kind]):
        bounds = pairwise((0, *at, len(rest)))
        parts = tuple(":".join(rest[begin:end]) for begin, end in bounds)
        if all(parts):
            yield NodeId(kind, parts)


def _existing(connection: Connection, ids: Collection[NodeId], known: Identities) -> set[NodeId]:
    if ids and all(node.kind is NodeKind.RUN for node in ids):
        used_runs = find_runs(connection, {node.run for node in ids})
        return {node for node in ids if node.run in used_runs}
    jobs = {node for node in ids if node.kind is NodeKind.JOB}
    others = [node for node in ids if node.kind is not NodeKind.JOB]
    used_jobs = find_jobs(connection, {node.job for node in jobs}) if jobs else {}
    used = find_datasets(connection, {node.dataset for node in others}) if others else {}
    found = {node for node in jobs if node.job in used_jobs or known.find(node)}
    for node in others:
        is_used = node.dataset in used or known.find(node) is not None
        if is_used and (node.kind is NodeKind.DATASET or _exists(connection, node, known)):
            found.add(node)
    return found
