"""Hubs as processes of their own, for tests that kill them or point producers at them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench.processes import children

MAIN = (sys.executable, "-c", "from hub.cli import main; main()")


def command(folder: Path, *options: str) -> list[str]:
    """How to serve the store in ``folder``, with that folder's configuration."""
    database = f"sqlite:///{folder}/hub.db"
    return [
        *MAIN,
        "serve",
        "--port",
        "0",
        "--config",
        str(folder),
        "--database",
        database,
        *options,
    ]


@contextmanager
def served(
    folder: Path, *options: str, port: int = 0, env: Mapping[str, str] = {}
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Yield the URL and the process of a hub on the store in ``folder``; killed at the end.

    A hub that serves nothing has no URL: then it is what it says once it runs.
    """
    full = [*command(folder), "--port", str(port), *options]
    with (folder / "hub.log").open("ab") as log:
        process = subprocess.Popen(
            full, stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | dict(env)
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (folder / "hub.log").read_text()
        yield line.removeprefix("listening on ").strip(), process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def refusal(folder: Path, *options: str, env: Mapping[str, str] = {}) -> tuple[int, str]:
    """Return the exit code and the message of a hub that does not start."""
    done = subprocess.run(
        command(folder, *options),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | dict(env),
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def kill_with_children(process: subprocess.Popen[str]) -> None:
    """End a hub and what it has started all at once, as a machine does that stops."""
    for pid in (*children(process.pid), process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait()


def log_of(folder: Path) -> str:
    """What the hubs on ``folder`` have said."""
    return (folder / "hub.log").read_text()


def connect(url: str) -> socket.socket:
    """Open a connection to a hub, for bytes that no client would send."""
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=60)


def exchange(url: str, request: bytes) -> bytes:
    """Send bytes, and return everything that comes until the hub ends the connection."""
    answer = b""
    with connect(url) as connection, suppress(ConnectionResetError):
        connection.sendall(request)
        while piece := connection.recv(1 << 16):
            answer += piece
    return answer


def post(path: str, body: bytes, *headers: str, version: str = "1.1", closes: bool = True) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"POST {path} HTTP/{version}", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [*headers, "Connection: close"] if closes else headers
    return "\r\n".join([*lines, "", ""]).encode() + body
