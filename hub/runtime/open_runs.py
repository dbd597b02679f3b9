"""Which runs this machine has begun and not yet reported as ended.

One small file a run, locked by the process that runs it. A file that nobody holds any more is a
run whose process died: the next process reports its end. The locks also keep a step from running
twice at a time on one machine.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from hub.domain.errors import Conflict

_SUFFIX = ".run"


class OpenRun(Struct, frozen=True, kw_only=True):
    """A run that has begun; without a step it is the run of the product. Times are µs UTC."""

    run_id: str
    product: str
    started_at: int
    step: str | None = None
    parent: str | None = None
    nominal_at: int | None = None


class OpenRuns:
    """The runs under one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, run: OpenRun) -> Iterator[None]:
        """Keep a run on file while the block runs; if the block raises, it stays there."""
        path = self._folder / f"{run.run_id}{_SUFFIX}"
        draft = path.with_suffix(".draft")
        self._folder.mkdir(parents=True, exist_ok=True)
        with draft.open("xb") as file:
            # Locked before it is visible: nobody may take it for abandoned.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(msgspec.json.encode(run))
            file.flush()
            os.fsync(file.fileno())
            draft.rename(path)
            yield
            path.unlink()

    def abandoned(self) -> Iterator[OpenRun]:
        """Yield each run whose process is gone, and forget it once the caller comes back."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue
            with file:
                if _lock(file.fileno()) and path.exists():
                    yield msgspec.json.decode(file.read(), type=OpenRun)
                    path.unlink()

    @contextmanager
    def alone(self, job: str) -> Iterator[None]:
        """Run the block while no other process of this machine runs the same job.

        Raises:
            Conflict: another one does.

        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f"{job}.lock").open("w") as file:
            if not _lock(file.fileno()):
                message = f"{job} is being run by another process of this machine"
                raise Conflict(message, fix="wait until it has ended")
            yield


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
