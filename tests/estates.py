"""A store with as many things of each kind as a test wants, written as rows."""

from fractions import Fraction
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, insert

from hub.domain.budgets import DAY, Budget, SpentPolicy, burn_limits
from hub.domain.catalog import (
    Catalog,
    Domain,
    Owner,
    OwnerKind,
    Product,
    Severity,
    Slo,
    SloKind,
    Step,
)
from hub.domain.commands import PublishContract
from hub.domain.deadletters import NewDeadLetter
from hub.domain.entries import Entry, EntryKind, NewEntry
from hub.domain.failures.failure import FailureClass, RunnerUp, Verdict
from hub.domain.incidents.decisions import (
    ClassCorrected,
    Decision,
    IncidentOpened,
    NotificationPlanned,
    NotificationSent,
    SignalRaised,
    SloChanged,
    encode_decision,
)
from hub.domain.incidents.incident import BlastRadius, Explanation, Incident, IncidentState
from hub.domain.incidents.signals import Signal, SignalKind
from hub.domain.names import DatasetName, JobName, NodeKind, RunName, dataset_id, job_id, node_id
from hub.domain.names import run_id as run_node
from hub.domain.openlineage.conformance import KEPT_FAULTS
from hub.store import tables
from hub.store.dead_letters import put_letters
from hub.store.opening import Store
from hub.store.operations import write_operation
from hub.store.search_index import index_all

LAKE = "lake"
TEAM = Owner("team-scans", OwnerKind.DOMAIN, "pager")
SECOND = 1_000_000
_NO_PARENT = 1 << [fault.code for fault in KEPT_FAULTS].index("NO_PARENT")
VERDICT = Verdict(
    failure_class=FailureClass.LOGIC,
    rule="exception:KeyError",
    rule_set="2026-11",
    evidence="KeyError: 'id'",
    confidence=0.9,
    runner_up=RunnerUp(FailureClass.SCHEMA_CONTRACT, "phrase:missing-field", 0.4),
)


def dataset_name(number: int) -> DatasetName:
    return DatasetName(LAKE, f"bronze.d{number:03}")


def job_name(number: int) -> JobName:
    return JobName(f"domain{number:03}", f"product{number:03}.step")


def run_name(number: int, attempt: int = 0) -> RunName:
    return RunName(job_name(number), f"run-{number:03}-{attempt}")


def catalog(size: int) -> Catalog:
    """Declare a domain with one product, one step and one SLO for each number."""
    products = [_product(number) for number in range(1, size + 1)]
    return Catalog(
        domains={p.domain: Domain(p.domain, TEAM, "a domain") for p in products},
        products={p.name: p for p in products},
    )


def _product(number: int) -> Product:
    name = f"product{number:03}"
    step = Step(
        name="step",
        product=name,
        writes=dataset_name(number + 1).name,
        reads=(dataset_name(number).name,),
        transform="duckdb",
    )
    slo = Slo(
        name=f"{name}.fresh",
        product=name,
        dataset=step.writes,
        kind=SloKind.FRESHNESS,
        within_seconds=3600,
        budget=Budget(
            target=Fraction("0.99"),
            rolling=30 * DAY,
            limits=burn_limits(30 * DAY),
            when_spent=(SpentPolicy.CLOSE_GATE,),
        ),
    )
    return Product(name=name, domain=f"domain{number:03}", steps=(step,), slos=(slo,))


def fill(store: Store, size: int) -> None:
    """Write ``size`` jobs in a row, each from a dataset to the next, with all that hangs on it."""
    with store.database.write() as connection:
        _write_estate(connection, size)
        for number in range(1, size + 1):
            _write_runs(store, connection, number)
            _write_operations(connection, number)
        for stage in ("project", "infer", "index"):
            _put(connection, tables.tracking, {"consumer": stage, "position": 4 * size})
    index_all(store.database)


def _write_estate(connection: Connection, size: int) -> None:
    spaces = [LAKE, *(job_name(n).namespace for n in range(1, size + 1))]
    _put(connection, tables.namespace, *({"id": k, "name": n} for k, n in enumerate(spaces, 1)))
    seen = {"first_seen": SECOND, "last_seen": 2 * SECOND, "first_position": 1}
    for number in range(1, size + 2):
        _put(
            connection,
            tables.dataset,
            {"id": number, "namespace_id": 1, "name": dataset_name(number).name, **seen},
        )
        _describe(connection, number, seen)
    for number in range(1, size + 1):
        job = {"id": number, "namespace_id": number + 1, "name": job_name(number).name}
        _put(connection, tables.job, {**job, "job_type": "STEP", **seen})
        _link(connection, number)


def _describe(connection: Connection, number: int, seen: dict[str, int]) -> None:
    fields = [{"name": "id", "type": "long", "description": None}]
    version = {"digest": b"s" * 16, "partial": False, **seen}
    _put(connection, tables.field, {"dataset_id": number, "ordinal": 0, **fields[0]})
    _put(
        connection,
        tables.schema_version,
        {"dataset_id": number, "fields": msgspec.json.encode(fields), **version},
    )
    entity = {"entity_kind": "dataset", "entity_id": number}
    _put(connection, tables.owner, {**entity, "name": "team:scans", "type": "MAINTAINER"})
    _put(connection, tables.tag, {**entity, "field": "", "name": "pii", "value": "true"})
    link = {"dataset_id": number, "namespace": "file", "name": f"/lake/{number}", "type": "TABLE"}
    _put(connection, tables.symlink, link)
    facet = {"owner_kind": "dataset", "owner_id": number, "name": "documentation"}
    facet |= {"digest": b"d" * 16}
    _put(connection, tables.facet, facet)
    body = b'{"description": "d"}'
    content = {"body": body, "bytes": len(body), "deleted": False, "partial": False}
    _put(connection, tables.facet_content, {**facet, **content, "span_id": number})
    _put(connection, tables.facet_span, {"id": number, "rank": 0, **seen})
    node = {"id": number, "dataset_id": number, "name": "id", "first_position": 1}
    _put(connection, tables.column_node, node)


def _link(connection: Connection, number: int) -> None:
    interval: dict[str, Any] = {
        "opened_at": 10,
        "closed_at": None,
        "first_seen": 10,
        "last_seen": 20,
    }
    interval |= {"origin": "OBSERVED", "ordinal": 0, "revision": number}
    ends = (("in", number), ("out", number + 1))
    for side, dataset in ends:
        _put(
            connection,
            tables.edge,
            {"job_id": number, "side": side, "dataset_id": dataset, **interval},
        )
    fields: dict[str, Any] = {"job_id": number, "source_id": number, "target_id": number + 1}
    way = {"kind": "DIRECT", "subtype": "IDENTITY", "masking": False, "description": ""}
    _put(connection, tables.column_dependency, {"id": number, **fields, **way})
    _put(connection, tables.column_edge, {"dependency_id": number, **fields, **interval})
    for set_id, dataset in ((2 * number, number), (2 * number + 1, number + 1)):
        _put(connection, tables.io_set, {"id": set_id, "digest": set_id.to_bytes(16, "big")})
        _put(connection, tables.io_set_member, {"set_id": set_id, "member_id": dataset})


def _write_runs(store: Store, connection: Connection, number: int) -> None:
    producer = {"id": number, "name": f"https://example.test/{number:03}"}
    _put(connection, tables.producer, producer)
    for kind in ("RUNS", "ENDED", "NO_PARENT"):
        tally = {"producer_id": number, "kind": kind, "runs": 2}
        _put(connection, tables.producer_tally, tally)
    for attempt in (0, 1):
        key = 2 * number + attempt
        at = 1_000 * SECOND * key
        [appended] = store.journal.append(
            [NewEntry(EntryKind.EVENT, _event(number, attempt))],
            recorded_at=at,
            connection=connection,
        )
        _put(connection, tables.run, _run_row(number, attempt, key, at))
        event = {"event_time": at, "digest": b"e" * 16, "event_type": "COMPLETE"}
        _put(connection, tables.run_event, {"run_id": key, "position": appended.position, **event})
        order = {"event_time": at, "rank": 1, "digest": b"m" * 16}
        measured = {"run_id": key, "dataset_id": number + 1}
        _put(connection, tables.dataset_metric, {**measured, "side": "out", "rows": 5, **order})
        _put(connection, tables.dataset_version, {**measured, "written_at": at, "version": "1"})
        test = {"ordinal": 0, "assertion": "not_null", "field": "id", "success": True}
        _put(connection, tables.quality_assertion, {**measured, **test, **order})


def _event(number: int, attempt: int) -> bytes:
    event = {
        "eventTime": "2026-11-23T03:00:00Z",
        "eventType": "COMPLETE",
        "run": {
            "runId": run_name(number, attempt).run_id,
            "facets": {"processing_engine": {"name": "duckdb"}},
        },
        "job": job_name(number)._asdict(),
        "producer": "tests",
    }
    return msgspec.json.encode(event)


def _run_row(number: int, attempt: int, key: int, at: int) -> dict[str, Any]:
    return {
        "id": key,
        "job_id": number,
        "run_id": run_name(number, attempt).run_id,
        "state": "COMPLETE",
        "attempt": 1,
        "started_at": at - SECOND,
        "ended_at": at,
        "first_event_at": at - SECOND,
        "last_event_at": at,
        "anchor_at": at,
        "parent_id": 2 if key > 2 else None,
        "root_id": 2 if key > 2 else None,
        "input_set_id": 2 * number,
        "output_set_id": 2 * number + 1,
        "producer_id": number,
        "said": 0,
        "faults": _NO_PARENT,
    }


def _write_operations(connection: Connection, number: int) -> None:
    at = 1_000 * SECOND * number
    incident, signal = make_incident(number, at), make_signal(number, at)
    key = f"note-{number:03}"
    decisions: list[Decision] = [
        SignalRaised(at=at, signal=signal),
        IncidentOpened(at=at, incident=incident, signal=signal.id),
        SloChanged(at=at, slo=f"product{number:03}.fresh", state="breached", detail="late"),
        NotificationPlanned(
            at=at,
            id=key,
            incident=incident.id,
            receiver="pager",
            reason="triggered",
            dedup_key=incident.dedup_key,
            summary=incident.title,
            severity="page",
            body={},
            due_at=at,
        ),
        NotificationSent(at=at, id=key, incident=incident.id, receiver="pager", attempts=1),
        ClassCorrected(
            at=at,
            incident=incident.id,
            actor="ada",
            failure_class=FailureClass.CONFIG,
            ruled=FailureClass.UNKNOWN,
            rule="none",
            message="the loader wants a depot",
            exception="",
            producer="loader",
            signature="the loader wants a depot",
        ),
    ]
    position = 100 * number
    for at_position, decision in enumerate(decisions, position):
        body = encode_decision(decision)
        entry = Entry(at_position, EntryKind.DECISION, at, body, at_position)
        write_operation(connection, entry)
    contract = PublishContract(
        contract_id=f"contract-{number:03}",
        version="1.0.0",
        document="id: c",
        product=f"product{number:03}",
    )
    published = msgspec.json.encode(contract)
    at_position = position + 90
    entry = Entry(at_position, EntryKind.CONTRACT, at, published, at_position)
    write_operation(connection, entry)
    put_letters(connection, [(position + 91, at, make_letter(number))])


def make_letter(number: int) -> NewDeadLetter:
    return NewDeadLetter(
        stage="contract",
        product=f"product{number:03}",
        step="step",
        encoding="json",
        payload=b"{}",
        rule="missing-field",
        reasons=("id is required",),
        dataset=dataset_id(dataset_name(number)),
        run=run_node(run_name(number)),
    )


def make_signal(number: int, at: int) -> Signal:
    return Signal(
        id=f"signal-{number:03}",
        kind=SignalKind.RUN_FAILED,
        subject=job_id(job_name(number)),
        title=f"{job_name(number).name} failed",
        verdict=VERDICT,
        onset_at=at,
    )


def make_incident(number: int, at: int) -> Incident:
    product, made = f"product{number:03}", dataset_id(dataset_name(number + 1))
    explanation = Explanation(
        verdict=VERDICT,
        path=("the class is LOGIC", "domain scans is owned by team-scans"),
        receivers=("pager",),
        blast=BlastRadius(datasets=(made,), held_back=(made,), products=(product,)),
        product=product,
    )
    return Incident(
        id=f"incident-{number:03}",
        version=1,
        state=IncidentState.TRIGGERED,
        failure_class=FailureClass.LOGIC,
        owner=TEAM,
        severity=Severity.PAGE,
        title=f"{job_name(number).name} failed",
        root=job_id(job_name(number)),
        run=run_node(run_name(number)),
        onset_at=at,
        opened_at=at,
        explanation=explanation,
    )


def incident_node(number: int) -> str:
    return node_id(NodeKind.INCIDENT, f"incident-{number:03}")


def _put(connection: Connection, table: Table, *rows: dict[str, Any]) -> None:
    connection.execute(insert(table), list(rows))
