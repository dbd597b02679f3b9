"""Lets what has aged leave a store, and dies by ``kill -9`` at one step on the way.

python -m tests.store.killed STORE_URL ARCHIVE NOW STEP

Steps are whatever changes a disk: a file opened or a folder made or renamed in the archive, and a
transaction about to be committed, or just committed.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet  # noqa: F401 - what it opens is no step
from sqlalchemy import event

from hub.domain.retention import RetentionPolicy
from hub.flow.project import project_all
from hub.flow.retain import apply
from hub.store.opening import open_store

POLICY = RetentionPolicy(runs_days=1, journal_days=1, known_days=1, least_runs=20)
_WATCHED = {"open", "os.rename", "os.mkdir"}


class Doom:
    """Counts steps, and ends the process at one of them."""

    def __init__(self, root: str, step: int) -> None:
        self._root = root
        self._left = step

    def step(self, *_: object) -> None:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(self, what: str, arguments: tuple[Any, ...]) -> None:
        if what in _WATCHED and str(arguments[0]).startswith(self._root):
            self.step()


def main(url: str, root: str, now: str, step: str) -> None:
    store = open_store(url)
    doom = Doom(root, int(step))
    event.listen(store.database.engine, "commit", doom.step)
    event.listen(store.database.engine, "checkin", doom.step)
    sys.addaudithook(doom.hear)
    apply(store, POLICY, Path(root), now=int(now), settle=lambda: project_all(store))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
