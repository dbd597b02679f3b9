"""Serving: one uvicorn in this process, ready before it says so, drained before it ends."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from hub.domain.errors import InvalidInput

_DRAIN_SECONDS: Final = 10
_KEEP_ALIVE_SECONDS: Final = 75
_BACKLOG: Final = 2048


class Server(uvicorn.Server):
    """A uvicorn that tells when it listens and when it is asked to stop.

    ``on_stop`` is called at the first signal, before connections are drained: from then on the
    hub is not ready, and its load balancer sends nothing more.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str,
        port: int,
        on_ready: Callable[[str], None],
        on_stop: Callable[[], None],
    ) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
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

    def serve_here(self) -> None:
        """Serve until a signal ends it. The port is taken before anything else happens.

        Raises:
            InvalidInput: the address cannot be listened on.

        """
        taken = _listen(self.config.host, self.config.port)
        self.run(sockets=[taken])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            self._on_ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop being ready, then drain."""
        self._on_stop()
        super().handle_exit(sig, frame)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        message = f"cannot listen on {host}:{port}: {error.strerror}"
        raise InvalidInput(message, fix="stop what uses it, or choose another --port") from error
    return listener


def wait_for_signal() -> None:
    """Block until the process is asked to stop; for roles that serve nothing."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    asked.wait()
