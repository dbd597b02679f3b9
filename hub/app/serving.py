"""``hub serve``: a hub behind its HTTP endpoints, until a signal ends it."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, closing
from enum import StrEnum
from functools import partial
from types import FrameType
from typing import NoReturn

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from hub import telemetry
from hub.api.graphql.app import GraphQLApp
from hub.api.graphql.reads import Sources
from hub.api.rest.access import LOOPBACK_HOSTS, Access
from hub.api.rest.dead_letters import dead_letter_route
from hub.api.rest.gate import gate_route
from hub.api.rest.health import health_routes
from hub.api.rest.lineage import DirectIntake, LineageIntake
from hub.api.rest.lingering import Lingering
from hub.api.rest.marquez.app import MarquezRoute
from hub.api.rest.marquez.asking import MarquezSources
from hub.api.rest.receiving import Receiver
from hub.api.web.acting import ActionPages, ActionSources
from hub.api.web.app import WebApp
from hub.api.web.views import WebSources
from hub.app.appending import ChildAppender
from hub.app.explaining import ChildExplainer
from hub.app.hub import Hub
from hub.app.receivers import refuse_unusable
from hub.app.replaying import child_replayer
from hub.app.server import Server, take
from hub.domain.errors import InvalidInput
from hub.settings import Loaded, Settings


class Role(StrEnum):
    """What a process does: answer requests, run the stages, or both."""

    API = "api"
    STAGES = "stages"
    ALL = "all"


def endpoints(hub: Hub) -> ASGIApp:
    """Return everything that the hub answers, to anybody."""
    settings = hub.settings
    receiver = Receiver(
        max_body_bytes=settings.intake.max_body_bytes,
        max_bytes_at_once=settings.intake.max_pending_bytes,
    )
    sources = Sources(
        database=hub.store.database,
        journal=hub.store.journal,
        lineage=hub.index,
        catalog=hub.catalog,
        clock=hub.clock,
        submit=hub.commands.submit,
        hurry=hub.hurry,
        reading=hub.slo_reading,
        explain=ChildExplainer(hub.loaded, hub.catalog),
    )

    graphql = GraphQLApp(sources)
    marquez = MarquezRoute(
        MarquezSources(
            database=hub.store.database,
            journal=hub.store.journal,
            lineage=hub.index,
            intake=hub.intake,
            receiver=receiver,
            clock=hub.clock,
            hurry=hub.hurry,
        )
    )
    pages = WebApp(
        WebSources(
            database=hub.store.database,
            journal=hub.store.journal,
            lineage=hub.index,
            catalog=hub.catalog,
            clock=hub.clock,
            checks=hub.checks,
            reading=hub.slo_reading,
        )
    )

    acts = ActionPages(
        ActionSources(
            database=hub.store.database,
            secret=hub.link_secret,
            catalog=hub.catalog,
            clock=hub.clock,
            submit=hub.commands.submit,
        )
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield

    inner = Starlette(
        routes=[
            *health_routes(hub.checks, hub.metrics),
            dead_letter_route(hub.intake, receiver),
            gate_route(hub.objections, receiver),
            Route("/graphql", graphql),
            WebSocketRoute("/graphql", graphql),
            WebSocketRoute("/{path:path}", _no_socket),
            Route("/act/{incident}/{action}", acts, methods=["GET", "POST"]),
            # Names in paths hold slashes, so these two route by themselves.
            marquez,
            Mount("/", pages),
        ],
        lifespan=lifespan,
    )
    return LineageIntake(inner, intake=hub.intake, receiver=receiver)


async def _no_socket(socket: WebSocket) -> None:
    await socket.send_denial_response(PlainTextResponse("WebSockets are at /graphql only", 404))


def serve(loaded: Loaded, role: Role, *, announce: Callable[[str], None]) -> None:
    """Serve until the process is asked to stop; ``announce`` is told once it is ready.

    Raises:
        InvalidInput: the settings would open the hub to others without keys, or the address is
            taken.
        StoreUnavailable: as ``open_store``.

    """
    place = loaded.settings.serve
    _refuse_open_door(loaded.settings)
    signal.signal(signal.SIGTERM, _stop)
    telemetry.configure_logging()
    with ExitStack() as parts:
        address = appender = None
        if role is not Role.STAGES:
            address = parts.enter_context(closing(take(place.host, place.port)))
            appender = parts.enter_context(closing(ChildAppender(loaded.settings.database)))
        hub = Hub(loaded, replayer=partial(child_replayer, loaded), appender=appender)
        parts.callback(hub.stop)
        _run(hub, role, address, announce)


def _run(
    hub: Hub, role: Role, address: socket.socket | None, announce: Callable[[str], None]
) -> None:
    refuse = partial(refuse_unusable, hub.host)
    if role is not Role.API:
        refuse(hub.catalog())
    signal.signal(signal.SIGHUP, lambda *_: hub.catalog.reload(refuse))
    hub.start(intake=role is not Role.STAGES, stages=role is not Role.API)
    if address is None:
        announce("running the stages")
        threading.Event().wait()
        return

    def drain() -> None:
        hub.is_draining = True

    keys, hosts = hub.settings.auth.keys, hub.settings.serve.allowed_hosts
    guarded = Access(endpoints(hub), keys=keys, allowed_hosts=hosts)
    server = Server(
        Lingering(guarded),
        direct=DirectIntake(access=guarded, intake=hub.intake),
        on_ready=lambda url: announce(f"listening on {url}"),
        on_stop=drain,
    )
    server.run(sockets=[address])


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    # Whoever asked for the end gets an ordinary one. The server raises the signals that ended it
    # once more when it has drained.
    raise SystemExit(0)


def _refuse_open_door(settings: Settings) -> None:
    if settings.serve.host not in LOOPBACK_HOSTS and not settings.auth.keys:
        message = f"the hub will not listen on {settings.serve.host} without API keys"
        fix = "configure [[auth.keys]] in hub.toml, or listen on 127.0.0.1"
        raise InvalidInput(message, fix=fix)
