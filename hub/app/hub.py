"""The composition root: every part of one process, made once and wired in plain sight."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import structlog

from hub import telemetry
from hub.api.rest.health import Check
from hub.app.clock import now
from hub.app.declaring import Declarations
from hub.app.gauges import OF_STAGES, measure_budgets
from hub.app.live_catalog import LiveCatalog
from hub.app.publishing import ContractFiles, contract_findings
from hub.app.revisions import SAME_FILES, Revisions
from hub.domain.incidents.decisions import NotificationPlanned
from hub.domain.incidents.links import links_of
from hub.domain.instants import format_span
from hub.domain.names import parse_node_id
from hub.flow.commands import CommandPort
from hub.flow.compact import Compact
from hub.flow.consumer import Stage, StageThread, run_until_idle
from hub.flow.evaluate import Evaluate, Judge
from hub.flow.express import Express
from hub.flow.index import Index
from hub.flow.infer import Infer
from hub.flow.ingest import Appender, EventReader, Intake, JournalAppender, Lag
from hub.flow.project import BATCH, Project
from hub.flow.recent import RecentEntries
from hub.flow.replay import Replayer, Replays
from hub.flow.route import Couriers, Deliverer, Route
from hub.graph.index import LineageIndex
from hub.host import Host, Kind
from hub.queries.budgets import gate_objections
from hub.queries.page_details import page_details
from hub.queries.positions import Positions, positions
from hub.settings import Loaded, fill_secrets
from hub.store import tracking
from hub.store.journal import recorded_at
from hub.store.opening import Store, open_present, open_store
from hub.store.secret import dedup_secret, link_secret

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.catalog import Slo

_log = structlog.get_logger(__name__)

_MAX_LAG = 100_000
# Stages that are at work leave nothing for so long, in microseconds.
_LONG = 60_000_000
# Of project, where what comes must be shown in time: what comes next waits for the batch before.
_BATCH_IN_TIME = 1_000
# From an event to its page it takes three rounds of the stages.
_ROUND_SECONDS = 0.05


class Hub:
    """The parts of a hub. ``start`` brings its threads to life, ``stop`` ends them in order."""

    def __init__(
        self,
        loaded: Loaded,
        *,
        clock: Callable[[], int] = now,
        replayer: Callable[[], AbstractContextManager[Replayer]] | None = None,
        appender: Appender | None = None,
        store: Store | None = None,
        catalog: LiveCatalog | None = None,
        judges: Callable[[Slo], bool] = lambda _slo: True,
    ) -> None:
        """Make the parts.

        ``replayer`` opens what replays dead letters, where anything does; ``appender`` writes to
        the journal what the intake takes, instead of this process. ``store`` is one that is open,
        in place of that of the settings; ``catalog`` has been read already. ``judges`` tells which
        SLOs are judged.
        """
        self.loaded = loaded
        self.settings = loaded.settings
        self.clock = clock
        self.catalog = catalog or LiveCatalog(loaded)
        self.host = Host.load()
        self.store: Store = store or open_store(self.settings.database)
        self._judges = judges
        self._link_secret: bytes | None = None
        self.index = LineageIndex(self.catalog)
        self.reader = EventReader(dedup_secret(self.store.database))
        self.intake = Intake(
            appender or JournalAppender(self.store.journal, self.reader),
            clock=clock,
            max_pending_bytes=self.settings.intake.max_pending_bytes,
            on_commit=self.wake,
            lag=self._lag(),
        )
        self._couriers = Couriers(
            Deliverer(
                self.store,
                self.catalog,
                clock=clock,
                notifier=lambda receiver: (
                    self.host.notifier(receiver.notifier, receiver=receiver.name).api
                ),
                fill_secrets=fill_secrets,
                complete=self.complete,
            ),
            on_return=self._settled,
        )
        self._delivery = StageThread([self._couriers])
        # What SQL takes to be read, and the past to be packed, the other stages do not wait for.
        stages = self.stages()
        behind = [each for each in stages if isinstance(each, Infer | Compact)]
        self._contracts = ContractFiles(self.store, self.catalog, clock=clock, index=self.index)
        self._declarations = Declarations(self.store, self.catalog, self.reader, clock=clock)
        self._revisions = Revisions(
            self.store, self.catalog.revision, clock=clock, declare=self._declarations.declare
        )
        self._behind = StageThread(
            [self._revisions, *behind, self._contracts],
            gives_way=lambda: self.intake.is_busy,
            on_progress=self.wake,
        )
        self._stages = StageThread(
            [each for each in stages if each not in behind],
            first=self._express(stages),
            round_seconds=_ROUND_SECONDS,
            gives_way=self._is_to_give_way,
            on_progress=self._hand_on,
        )
        replays = (
            Replays(self.store, self.catalog, clock=clock, replayer=replayer) if replayer else None
        )
        self._replays = StageThread([replays] if replays else [], on_progress=self.wake)
        self.commands = CommandPort(self.store, clock=clock, nudge=self.hurry)
        self.is_draining = False
        self._has_stages = False

    def _is_to_give_way(self) -> bool:
        """Whether the stages are to leave a burst to the intake, which it does not hold back."""
        return self.intake.is_busy and not self.settings.intake.max_lag_seconds

    def _lag(self) -> Lag | None:
        """Return what the intake is held back by, where it is to be at all."""
        most_seconds = self.settings.intake.max_lag_seconds

        def projected() -> int:
            with self.store.database.read() as connection:
                return tracking.position(connection, Project.name)

        if not most_seconds:
            return None
        return Lag(projected, most_seconds=most_seconds, clock=time.monotonic)

    def link_secret(self) -> bytes:
        """Return what links in pages are signed with."""
        if self._link_secret is None:
            self._link_secret = link_secret(self.store.database)
        return self._link_secret

    def links(self, planned: NotificationPlanned) -> dict[str, str]:
        """Return what a page links to: nothing, where nobody knows how this hub is reached."""
        public_url = self.settings.serve.public_url
        if not public_url:
            return {}
        return links_of(
            planned.incident,
            planned.body["root"],
            planned.receiver,
            secret=self.link_secret(),
            public_url=public_url,
            now=self.clock(),
        )

    def complete(self, planned: NotificationPlanned) -> dict[str, Any]:
        """Return what a page says beyond its incident: what is known now, and its links."""
        with self.store.database.read() as connection:
            told = page_details(
                connection,
                self.store.journal,
                self.catalog(),
                planned.incident,
                now=self.clock(),
                known=self.index.identities(connection),
            )
        return {**told, "links": self.links(planned)}

    def objections(self, node: str, tier: int) -> list[str]:
        """Return why a product of a tier may not read a node's data now.

        Raises:
            InvalidInput, NotFound: as ``gate_objections``.

        """
        parsed, now = parse_node_id(node), self.clock()
        with self.store.database.read() as connection:
            known = self.index.identities(connection)
            return gate_objections(connection, self.catalog(), known, parsed, tier=tier, now=now)

    def slo_reading(self, connection: Connection, slo: str, /) -> tuple[str, str] | None:
        """Return how an SLO stands and why, as of now, whichever process judges it."""
        return self._evaluate.reading(connection, slo)

    def _express(self, stages: Sequence[Stage]) -> Express:
        """Return what goes before the stages while they are late."""
        [evaluate] = (each for each in stages if isinstance(each, Evaluate))
        [route] = (each for each in stages if isinstance(each, Route))
        return Express(self.store, evaluate, route, clock=self.clock)

    def stages(self) -> list[Stage]:
        """Return new stages, in the order in which entries pass them."""
        classifiers = [self.host.classifier(name).api for name in self.host.names(Kind.CLASSIFIER)]
        recent = RecentEntries(self.store.journal)
        lag = self.settings.intake.max_lag_seconds
        context: dict[str, Any] = {"clock": self.clock, "index": self.index, "recent": recent}
        readers = self.host.names(Kind.SQL_READER) if self.settings.lineage.infer else []
        self._evaluate = Evaluate(
            self.store,
            self.catalog,
            judge=Judge(classifiers, written=self.catalog.rules),
            leases=self.settings.runs,
            judges=self._judges,
            **context,
        )
        return [
            Project(self.store, recent=recent, batch=_BATCH_IN_TIME if lag else BATCH),
            Infer(
                self.store,
                readers,
                lambda name: self.host.sql_reader(name).api,
                clock=self.clock,
                catalog=self.catalog,
            ),
            self._evaluate,
            Route(self.store, self.catalog, **context),
            Index(self.store, recent=recent),
            Compact(self.store),
        ]

    def _hand_on(self) -> None:
        self._behind.wake()
        self._delivery.wake()
        self._replays.wake()

    def _settled(self) -> None:
        """See that what came of a notification is projected, and that the next one leaves."""
        self.wake()
        self._delivery.wake()

    def wake(self) -> None:
        """Tell the stages that there may be work."""
        self._stages.wake()

    def hurry(self) -> None:
        """Tell the stages that somebody waits for them."""
        self._stages.hurry()
        self._behind.hurry()

    def start(self, *, intake: bool, stages: bool, delivers: bool = True) -> None:
        """Start the threads of this process's role; what stages plan is sent if it ``delivers``."""
        if intake:
            self.intake.start()
        if stages:
            self._has_stages = True
            self.note_files()
            self.publish_contracts()
            self._stages.start()
            self._behind.start()
            if delivers:
                self._delivery.start()
            self._replays.start()

    def stop(self) -> None:
        """Write what waits, finish running steps, close the store."""
        self.intake.stop()
        self._behind.stop()
        self._stages.stop()
        self._delivery.stop()
        self._couriers.close()
        self._replays.stop()
        self.store.close()

    def note_files(self) -> None:
        """Note by which files the stages decide; see ``Revisions``."""
        self._revisions.step()

    def declare_files(self) -> None:
        """Tell the journal what products and contracts declare, where there are any.

        A command without files withdraws nothing of what a hub with files has declared.
        """
        if self.catalog().products:
            with self.store.database.write() as connection:
                self._declarations.declare(connection)

    def publish_contracts(self) -> None:
        """Publish the catalog's contracts; see ``ContractFiles``."""
        self._contracts.step()

    def contract_findings(self, text: str, name: str) -> list[str]:
        """Return what is wrong with a contract, or against publishing it now.

        Raises:
            InvalidInput: as ``hub.app.publishing.contract_findings``.

        """
        now, index = self.clock(), self.index
        return contract_findings(self.store, self.catalog(), text, name=name, now=now, index=index)

    def metrics(self) -> bytes:
        """Return the metrics: without those that another process counts, which runs the stages."""
        self._measure()
        return telemetry.render_metrics(without=() if self._has_stages else OF_STAGES)

    def _measure(self) -> None:
        """Measure what is measured only when somebody asks; a store that is away keeps the rest."""
        try:
            with self.store.database.read() as connection:
                names = self.index.identities(connection).called
                self._revisions.differs(connection)
                measure_budgets(connection, self.catalog(), self.clock(), names)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other metrics are asked for
            _log.warning("budgets_not_measured", error=str(error))

    def checks(self) -> Mapping[str, Check]:
        """Return what must hold for this process to be ready."""
        found = {"accepting": Check(not self.is_draining, "draining" if self.is_draining else "")}
        try:
            with self.store.database.read() as connection:
                at = positions(connection, self.store.journal)
                behind = self._behind_since(connection, at)
                differs = self._revisions.differs(connection)
        except Exception as error:  # noqa: BLE001 - whatever it is, the store is not there
            return found | {"store": Check(is_ok=False, detail=str(error))}
        lag = at.journal - at.projected
        found["store"] = Check(is_ok=True, detail=f"journal at {at.journal}")
        found["project"] = Check(
            lag < _MAX_LAG, f"{lag} {'entry' if lag == 1 else 'entries'} behind{behind}"
        )
        threads = (self._stages, self._behind, self._delivery, self._replays)
        for name, health in (each for thread in threads for each in thread.health().items()):
            if health.failures:
                found[name] = Check(is_ok=False, detail=health.error or "")
        if self._contracts.frozen:
            frozen = self._contracts.frozen.items()
            said = "; ".join(f"{key}: {', '.join(why)}" for key, why in frozen)
            found["contracts"] = Check(is_ok=True, detail=f"not published, as frozen: {said}")
        if differs is not None:
            found["files"] = Check(is_ok=True, detail=f"{differs}: {SAME_FILES}")
        if self.catalog.refusal:
            found["catalog"] = Check(is_ok=True, detail=f"kept: {self.catalog.refusal}")
        return found

    def _behind_since(self, connection: Connection, at: Positions) -> str:
        """Return for how long what is to be projected next has waited, where that is long."""
        if at.journal <= at.projected:
            return ""
        waited = self.clock() - recorded_at(connection, at.projected + 1)
        return f", the first of them for {format_span(waited)}" if waited > _LONG else ""


@contextmanager
def offline(loaded: Loaded, *, creates: bool = False) -> Iterator[Hub]:
    """Yield a hub without threads, for commands that work on the store; then close it.

    A store that is not there is made where ``creates`` says so: what is to be done to one that is,
    is not done to another.
    """
    telemetry.configure_logging()
    hub = Hub(loaded, store=None if creates else open_present(loaded.settings.database))
    try:
        yield hub
    finally:
        hub.store.close()


def settle(hub: Hub) -> None:
    """Let every stage work until none has anything to do."""
    run_until_idle(hub.stages())
