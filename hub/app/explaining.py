"""Explaining events for whoever asks a running hub: in a process of its own (ADR 73).

What is rehearsed there counts nothing in this hub's metrics, and keeps nobody waiting here. One at
a time: it takes the longer the more hangs together with the events.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import closing
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from shutil import rmtree
from threading import Lock, Thread
from typing import Final

from hub import telemetry
from hub.app.live_catalog import LiveCatalog
from hub.app.rehearsing import expected
from hub.domain.errors import HubError, Pressed, Unreachable
from hub.queries.expected import Expected
from hub.settings import Loaded

_SECONDS: Final = 25.0
_QUESTION: Final = "question"


class ChildExplainer:
    """Says what would come of events; see ``hub.api.graphql.reads.Explaining``."""

    def __init__(self, loaded: Loaded, catalog: LiveCatalog, *, seconds: float = _SECONDS) -> None:
        """Prepare; no answer may take longer than so many seconds."""
        self._loaded = loaded
        self._catalog = catalog
        self._seconds = seconds
        self.turn = Lock()

    def __call__(self, events: Sequence[bytes], *, now: int) -> Sequence[Expected]:
        """Return what would come of events at an instant (µs UTC), for each incident.

        Raises:
            InvalidInput: as ``rehearse``.
            Pressed: another answer is being looked for, or this one takes too long.
            Unreachable: the process has ended before it answered.

        """
        if not self.turn.acquire(blocking=False):
            raise Pressed("other events are being explained", fix="ask again in a few seconds")
        try:
            return self._answered(events, now)
        finally:
            self.turn.release()

    def _answered(self, events: Sequence[bytes], now: int) -> Sequence[Expected]:
        context = get_context("spawn")
        here, there = context.Pipe(duplex=False)
        # Whoever is killed clears nothing up.
        with closing(here), tempfile.TemporaryDirectory(prefix="hub-explain-") as folder:
            question = self._loaded, self._catalog, list(events), now
            # To a child that does not come to read it yet, nothing long can be passed.
            Path(folder, _QUESTION).write_bytes(ForkingPickler.dumps(question))
            child = context.Process(target=_explain, args=(there, folder), daemon=True)
            with closing(there):
                child.start()
            try:
                if not here.poll(self._seconds):
                    message = f"the events are not explained after {self._seconds:g} s"
                    raise Pressed(message, fix="explain them with `hub explain --event`")
                found: Sequence[Expected] | HubError = here.recv()
            except (EOFError, OSError) as error:
                message = "the process that explains events has ended before it was done"
                raise Unreachable(message, fix="look into the hub's log, and ask again") from error
            finally:
                child.kill()
                child.join()
        if isinstance(found, HubError):
            raise found
        return found


def _explain(answering: Connection, folder: str) -> None:
    Thread(target=_end_with_the_hub, args=(folder,), daemon=True).start()
    tempfile.tempdir = folder
    telemetry.configure_logging()
    question = Path(folder, _QUESTION)
    loaded, catalog, events, now = ForkingPickler.loads(question.read_bytes())
    # There are secrets in it.
    question.unlink()
    with closing(answering):
        try:
            answering.send(expected(loaded, events, now=now, catalog=catalog))
        except HubError as error:
            answering.send(error)


def _end_with_the_hub(folder: str) -> None:
    """End once nobody waits for the answer any more: a hub that is killed ends no child."""
    hub = parent_process()
    if hub is not None:
        hub.join()
        rmtree(folder, ignore_errors=True)
        os._exit(1)
