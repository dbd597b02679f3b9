"""Hubs as processes of their own, for tests that kill them or point producers at them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAIN = (sys.executable, "-c", "from hub.cli import main; main()")


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Yield the URL and the process of a hub on the store in ``folder``; killed at the end."""
    database = f"sqlite:///{folder}/hub.db"
    command = (*MAIN, "serve", "--port", str(port), "--config", str(folder))
    with (folder / "hub.log").open("ab") as log:
        process = subprocess.Popen(
            (*command, "--database", database), stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), (folder / "hub.log").read_text()
        yield line.removeprefix("listening on ").strip(), process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
