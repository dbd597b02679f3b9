"""The mirror: what the hub is told, told to another catalogue through a bridge."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from hub.domain.entries import Entry, EntryKind
from hub.domain.errors import Unreachable
from hub.host.host import Plug
from hub.spi.bridge import Bridge
from hub.store import tracking
from hub.store.opening import Store

_READ_AT_ONCE: Final = 50
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 60.0


class Mirrored(Struct):
    """What became of events: taken, or refused for good. ``position`` is the last one's."""

    sent: int = 0
    refused: int = 0
    position: int = 0


class Mirror:
    """Sends what the journal holds to another catalogue, in order, each event at least once.

    Its position is in the store, under ``name``; it moves behind what was sent, so that an event
    is sent again after a crash rather than never. One that is refused for good holds up nothing.
    """

    def __init__(
        self,
        store: Store,
        bridge: Plug[Bridge],
        options: Mapping[str, Any],
        *,
        name: str,
        sleep: Callable[[float], None] = time.sleep,
        on_outage: Callable[[Unreachable], None] = lambda _outage: None,
    ) -> None:
        """Mirror under ``name``. ``on_outage`` is told once of each time that nothing is taken."""
        self._store = store
        self._bridge = bridge
        self._options = options
        self._name = name
        self._sleep = sleep
        self._on_outage = on_outage
        self.counts = Mirrored()

    def begin(self, *, from_start: bool) -> int:
        """Return where it goes on; at first that is the journal's end, or its start."""
        with self._store.database.write() as connection:
            known = tracking.positions(connection)
            if self._name not in known:
                to = 0 if from_start else self._store.journal.head(connection)
                tracking.advance(connection, self._name, expected=0, to=to)
                known[self._name] = to
        self.counts.position = known[self._name]
        return self.counts.position

    def catch_up(self, on_refusal: Callable[[int, str], None]) -> bool:
        """Send what has been appended since; tell whether there was anything.

        Raises:
            Conflict: another process mirrors to the same place.

        """
        position = self.counts.position
        with self._store.database.read() as connection:
            entries = self._store.journal.read(connection, after=position, limit=_READ_AT_ONCE)
        try:
            for entry in entries:
                self._send(entry, on_refusal)
                self.counts.position = entry.position
        finally:
            if self.counts.position > position:
                self._advance(position)
        return bool(entries)

    def _advance(self, expected: int) -> None:
        with self._store.database.write() as connection:
            tracking.advance(connection, self._name, expected=expected, to=self.counts.position)

    def _send(self, entry: Entry, on_refusal: Callable[[int, str], None]) -> None:
        if entry.kind is not EntryKind.EVENT:
            return
        wait = _FIRST_WAIT_SECONDS
        while True:
            try:
                refusal = self._bridge.api.send(entry.body, self._options)
            except Unreachable as error:
                if wait == _FIRST_WAIT_SECONDS:
                    self._on_outage(error)
                self._sleep(max(wait, error.retry_after_seconds))
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
                continue
            break
        if refusal is None:
            self.counts.sent += 1
        else:
            self.counts.refused += 1
            on_refusal(entry.position, refusal)
