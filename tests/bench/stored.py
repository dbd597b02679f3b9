"""What the store takes for each event of real producers, its indexes included.

The corpus is sent again and again, as those producers would: with other runs, a day later each
time, one event after another, each made durable alone. Then the journal is compacted, as it is in
a hub that has a moment's rest.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.flow.compact import Compact
from hub.flow.consumer import run_until_idle
from hub.flow.ingest import EventReader
from hub.flow.project import project_all
from hub.store.opening import open_store

DAYS = 30
_CORPUS = Path(__file__).parents[1] / "corpus" / "events"
_RUN = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(rb"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]")


def measure() -> dict[str, float]:
    """Return the bytes of an event as it was sent and as it is stored, and their ratio."""
    with TemporaryDirectory(prefix="hub-bench-") as folder:
        path = Path(folder) / "hub.db"
        count = sent = 0
        store = open_store(f"sqlite:///{path}")
        reader = EventReader(b"a secret of this store")
        for events in _days():
            for event in events:
                store.journal.append([reader.read(event)], recorded_at=count)
            count, sent = count + len(events), sent + sum(map(len, events))
            project_all(store)
        run_until_idle([Compact(store)])
        store.close()
        stored = path.stat().st_size
    return {
        "events": count,
        "sent_bytes_an_event": sent / count,
        "stored_bytes_an_event": stored / count,
        "sent_over_stored": sent / stored,
    }


def _days() -> Iterator[list[bytes]]:
    """Yield the corpus as of each day."""
    files = sorted(_CORPUS.glob("*.ndjson"))
    corpus = [line for file in files for line in file.read_bytes().splitlines() if line]
    for day in range(DAYS):
        yield [_later(event, day) for event in corpus]


def _later(event: bytes, day: int) -> bytes:
    """Return an event as it would be some days later."""

    def run(found: re.Match[bytes]) -> bytes:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{found[0].decode()}/{day}")).encode()

    def time(found: re.Match[bytes]) -> bytes:
        return (
            (datetime.fromisoformat(found[0].decode()) + timedelta(days=day)).isoformat().encode()
        )

    return _TIME.sub(time, _RUN.sub(run, event))
