"""Scenarios: timelines of runs under a virtual clock, against the real store and stages.

::

    world = Scenario(store, catalog, start="2026-11-23 09:00")
    world.at("09:00", run("fleet/repairs.load").writes("bronze.repairs").fails("boom"))
    assert world.heard() == ["09:00 triggered fleet-pager LOGIC bronze.repairs"]

The clock stops at every deadline on its way, so months take milliseconds and nothing is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from msgspec import Struct, field, structs

from hub.domain.entries import Entry, EntryKind, NewEntry
from hub.domain.incidents.decisions import Decision, encode_decision
from hub.domain.instants import format_instant
from hub.domain.names import parse_node_id
from hub.flow.commands import CommandPort
from hub.flow.consumer import run_until_idle
from hub.flow.evaluate import Evaluate, Judge
from hub.flow.express import Express
from hub.flow.project import Project
from hub.flow.route import Deliverer, Route
from hub.flow.virtual_time import VirtualClock, VirtualTime
from hub.graph.index import LineageIndex
from hub.queries.page_details import page_details
from hub.store import outbox

if TYPE_CHECKING:
    from hub.domain.catalog import Catalog, Receiver
    from hub.domain.commands import Answer, Command
    from hub.domain.deadletters import NewDeadLetter
    from hub.domain.incidents.decisions import NotificationPlanned
    from hub.spi.notifier import Notification, Notifier
    from hub.store.opening import Store

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_PRODUCER: Final = "https://example.org/scenario"
LAKE: Final = "lake"


class RunScript(Struct, frozen=True, kw_only=True):
    """What a run did, to be told as OpenLineage events; each method returns a changed copy."""

    namespace: str
    job: str
    run_id: str | None = None
    inputs: tuple[dict[str, Any], ...] = ()
    outputs: tuple[dict[str, Any], ...] = ()
    facets: dict[str, Any] = field(default_factory=dict)
    job_facets: dict[str, Any] = field(default_factory=dict)
    outcome: str = "COMPLETE"

    def reads(self, *names: str) -> RunScript:
        """Say what was read; a name is one of the lake unless it says ``NAMESPACE:NAME``."""
        return structs.replace(self, inputs=(*self.inputs, *map(_dataset, names)))

    def writes(self, name: str, rows: int | None = None, newest: str | None = None) -> RunScript:
        """Say what was written: how many rows, and the time of the newest of them."""
        output = _dataset(name)
        if rows is not None:
            output["outputFacets"] = {
                "outputStatistics": {"rowCount": rows},
                "hub_measures": {"rows_out": rows, "newest_event_time": newest},
            }
        return structs.replace(self, outputs=(*self.outputs, output))

    def checks(
        self, dataset: str, *, failed: Sequence[str] = (), passed: Sequence[str] = ()
    ) -> Self:
        """Say how the checks on a dataset came out."""
        results = [(name, False) for name in failed] + [(name, True) for name in passed]
        assertions = [
            {"assertion": name, "name": name, "success": success, "severity": "error"}
            for name, success in results
        ]
        tested = _dataset(dataset)
        tested["inputFacets"] = {"dataQualityAssertions": {"assertions": assertions}}
        return structs.replace(self, inputs=(*self.inputs, tested))

    def inside(self, parent: RunScript) -> RunScript:
        """Say that another run started this one; both need ids."""
        facet = {
            "run": {"runId": parent.run_id},
            "job": {"namespace": parent.namespace, "name": parent.job},
        }
        return structs.replace(self, facets={**self.facets, "parent": facet})

    def of_step(self, product: str, step: str) -> RunScript:
        """Say that it is a run of a declared step, as a runner of ours does."""
        facet = {"product": product, "step": step}
        return structs.replace(self, facets={**self.facets, "hub_step": facet})

    def fails(self, message: str = "", **failure: object) -> RunScript:
        """Say that it failed; ``failure`` fills ``hub_failure`` (origin, source, exceptions)."""
        return structs.replace(
            self, outcome="FAIL", facets={**self.facets, **_said(message, failure)}
        )

    def aborts(self, message: str = "", **failure: object) -> RunScript:
        """Say that it was aborted."""
        facets = {**self.facets, **_said(message, failure)}
        return structs.replace(self, outcome="ABORT", facets=facets)

    def passes(self) -> RunScript:
        """Say that it passed, which is what runs do unless told otherwise."""
        return structs.replace(self, outcome="COMPLETE")

    def events(self, at: int, number: int) -> list[bytes]:
        """Return its events: the start, and the end at ``at`` (microseconds UTC)."""
        run_id = self.run_id or f"00000000-0000-4000-8000-{number:012d}"
        job = {"namespace": self.namespace, "name": self.job, "facets": self.job_facets}
        base: dict[str, Any] = {"producer": _PRODUCER, "job": job}
        start = {
            **base,
            "eventType": "START",
            "eventTime": format_instant(at - 1_000_000),
            "run": {
                "runId": run_id,
                "facets": (self.facets.get("parent") and {"parent": self.facets["parent"]}) or {},
            },
            "inputs": [],
            "outputs": [],
        }
        end = {
            **base,
            "eventType": self.outcome,
            "eventTime": format_instant(at),
            "run": {"runId": run_id, "facets": self.facets},
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
        }
        return [msgspec.json.encode(start), msgspec.json.encode(end)]


def run(job: str, run_id: str | None = None) -> RunScript:
    """Return a run of a job, written ``NAMESPACE/NAME``."""
    namespace, _, name = job.partition("/")
    return RunScript(namespace=namespace, job=name, run_id=run_id)


class Mailbox:
    """A notifier that keeps what it is sent; it can be told to fail."""

    def __init__(self) -> None:
        self.notifications: list[Notification] = []
        self.before_answer: Callable[[Notification], None] = lambda _notification: None
        self.before_taking: Callable[[Notification], None] = lambda _notification: None
        self.receipt_of: Callable[[Notification], str | None] = lambda _notification: None

    def send(self, notification: Notification, options: Mapping[str, Any]) -> str | None:
        """Take a notification."""
        del options
        self.before_taking(notification)
        self.notifications.append(notification)
        self.before_answer(notification)
        return self.receipt_of(notification)


class Scenario:
    """A hub of its own, without threads: time passes when the test says so."""

    def __init__(self, store: Store, catalog: Catalog, *, start: str) -> None:
        self.store = store
        self.catalog = catalog
        self.clock = VirtualClock(_micros(datetime.fromisoformat(start)))
        self._time = VirtualTime(self.clock, settle=self.settle, dues=self._dues)
        self.mailbox = Mailbox()
        self._heard = 0
        self._runs = 0
        self.delivers = True
        self.restart()

    def restart(self) -> None:
        """Stop the process and start another one on the same store."""
        index = self._index = LineageIndex(lambda: self.catalog)
        self._project = Project(self.store)
        self._evaluate = Evaluate(
            self.store, lambda: self.catalog, clock=self.clock, judge=Judge(), index=index
        )
        self._route = Route(self.store, lambda: self.catalog, clock=self.clock, index=index)
        self._express = Express(self.store, self._evaluate, self._route, clock=self.clock)
        self._deliverer = Deliverer(
            self.store,
            lambda: self.catalog,
            clock=self.clock,
            notifier=self._notifier,
            complete=self._complete,
        )
        self.settle()

    @property
    def now(self) -> int:
        """The virtual time, microseconds UTC."""
        return self.clock.now

    @now.setter
    def now(self, at: int) -> None:
        self.clock.now = at

    def at(self, when: str, *happenings: RunScript | NewDeadLetter) -> None:
        """Let time pass until ``when`` (``09:00``, or a full date), then let things happen."""
        self.pass_until(self.instant(when))
        for happening in happenings:
            self._happen(happening)
            self.settle()

    def instant(self, when: str) -> int:
        """Return a time of today (``09:00``), or one with its date, in microseconds UTC."""
        if "-" in when:
            return _micros(datetime.fromisoformat(when))
        today = (_EPOCH + timedelta(microseconds=self.now)).date()
        return _micros(datetime.fromisoformat(f"{today} {when}"))

    def pass_until(self, instant: int) -> None:
        """Let time pass, stopping at every deadline on the way."""
        self.settle()
        self._time.pass_until(instant)
        self.settle()

    def append(self, *bodies: bytes) -> None:
        """Take in events as they are, without letting the stages at them."""
        entries = [NewEntry(EntryKind.EVENT, body) for body in bodies]
        self.store.journal.append(entries, recorded_at=self.now)

    def decide(self, decision: Decision) -> None:
        """Let something outside the flow have decided something."""
        entry = NewEntry(EntryKind.DECISION, encode_decision(decision))
        self.store.journal.append([entry], recorded_at=self.now)
        self.settle()

    def replay(self, entries: Sequence[Entry]) -> None:
        """Take over another hub's journal and project it, as a rebuild does."""
        for entry in entries:
            new = NewEntry(entry.kind, entry.body)
            self.store.journal.append([new], recorded_at=entry.recorded_at)
        run_until_idle([self._project])

    def submit(self, command: Command) -> Answer:
        """Do what an operator asks for."""
        port = CommandPort(self.store, clock=self.clock, nudge=self.settle)
        return port.submit(command)

    def reading(self, slo: str) -> tuple[str, str] | None:
        """Return how an SLO stands and why, as of now."""
        with self.store.database.read() as connection:
            return self._evaluate.reading(connection, slo)

    @property
    def next_evaluation_at(self) -> int | None:
        """When the clock alone can next change what is judged."""
        return self._evaluate.next_at

    def settle(self) -> None:
        """Let every stage work until none has anything to do."""
        stages: list[Any] = [self._project, self._evaluate, self._route]
        if self.delivers:
            stages.append(self._deliverer)
        run_until_idle(stages)

    def hasten(self) -> None:
        """Do only what does not wait for its turn in a backlog."""
        run_until_idle([self._express, self._deliverer])

    def heard(self) -> list[str]:
        """Return the notifications sent since the last call, one line each."""
        lines = [_line(each) for each in self.mailbox.notifications[self._heard :]]
        self._heard = len(self.mailbox.notifications)
        return lines

    def _happen(self, happening: RunScript | NewDeadLetter) -> None:
        if isinstance(happening, RunScript):
            self._runs += 1
            self.append(*happening.events(self.now, self._runs))
        else:
            self.store.journal.append(
                [NewEntry(EntryKind.DEAD_LETTER, msgspec.json.encode(happening))],
                recorded_at=self.now,
            )

    def _dues(self) -> list[int | None]:
        dues = [self._evaluate.next_at, self._route.next_at]
        if self.delivers:
            with self.store.database.read() as connection:
                dues.append(outbox.next_due_at(connection, after=self.now))
        return dues

    def _notifier(self, receiver: Receiver) -> Notifier:
        del receiver
        return self.mailbox

    def _complete(self, planned: NotificationPlanned) -> dict[str, Any]:
        with self.store.database.read() as connection:
            return page_details(
                connection,
                self.store.journal,
                self.catalog,
                planned.incident,
                now=self.now,
                known=self._index.identities(connection),
            )


def _line(notification: Notification) -> str:
    body = notification.body
    times = {"resolved": "resolved_at", "acknowledged": "acknowledged_at"}
    at = body[times.get(notification.reason, "opened_at")]
    parts = [
        at[11:16],
        notification.reason,
        notification.receiver,
        body["class"],
        _short(body["root"]),
    ]
    if notification.severity == "ticket":
        parts.append("ticket")
    if notification.is_repeat:
        parts.append("repeat")
    return " ".join(parts)


def _short(node: str) -> str:
    return parse_node_id(node).parts[-1]


def _dataset(text: str) -> dict[str, Any]:
    namespace, _, name = text.rpartition(":")
    return {"namespace": namespace or LAKE, "name": name}


def _said(message: str, failure: Mapping[str, object]) -> dict[str, Any]:
    facets: dict[str, Any] = {}
    if message:
        facets["errorMessage"] = {"message": message, "programmingLanguage": "python"}
    if failure:
        exceptions = failure.get("exceptions") or [{"type": "Exception", "message": message}]
        facets["hub_failure"] = {"retryable": False, **failure, "exceptions": exceptions}
    return facets


def _micros(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICRO
