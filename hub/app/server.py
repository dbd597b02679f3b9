"""Serving: one uvicorn in this process, ready before it says so, drained before it ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from hub.api.rest.lineage import DirectIntake
from hub.app.connections import Connection
from hub.domain.errors import InvalidInput

_DRAIN_SECONDS: Final = 10
_KEEP_ALIVE_SECONDS: Final = 75
_BACKLOG: Final = 2048
_MAX_WS_MESSAGE_BYTES: Final = 1 << 20
# uvicorn ticks ten times a second; whether requests are overdue is looked at once in so many.
_TICKS_BETWEEN_LOOKS: Final = 20


class Server(uvicorn.Server):
    """A uvicorn that tells when it listens and when it is asked to stop.

    ``on_stop`` is called at the first signal, before connections are drained: from then on the
    hub is not ready, and its load balancer sends nothing more.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        direct: DirectIntake | None = None,
        on_ready: Callable[[str], None],
        on_stop: Callable[[], None],
    ) -> None:
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http=partial(Connection, direct=direct),  # type: ignore[arg-type]  # it makes one
            ws="websockets-sansio",
            ws_max_size=_MAX_WS_MESSAGE_BYTES,
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            self._on_ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    async def on_tick(self, counter: int) -> bool:
        """Close connections whose request never gets finished."""
        if counter % _TICKS_BETWEEN_LOOKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.close_if_overdue(now)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop being ready, then drain."""
        self._on_stop()
        super().handle_exit(sig, frame)


def take(host: str, port: int) -> socket.socket:
    """Return a socket with the address, which nobody else can have from now on.

    Raises:
        InvalidInput: the address is taken, or is none of this machine.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        message = f"cannot listen on {host}:{port}: {error.strerror}"
        raise InvalidInput(message, fix="stop what uses it, or choose another --port") from error
    return taken
