"""The way into the journal for everything that arrives while the hub serves: group commit.

One thread writes. While it waits for the disk, requests queue up; it then takes all of them in
one append, so that the cost of being durable is shared. Callers wait without a thread of their
own and are answered once their entries are on the disk, never before.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

import structlog
from prometheus_client import Counter, Gauge, Histogram

from hub.domain.entries import Appended
from hub.domain.errors import Pressed
from hub.flow.ingest.appender import Appender, Arrival
from hub.flow.ingest.lag import Lag

_log = structlog.get_logger(__name__)

# What one append takes at most; the rest waits for the next. Bounds how long readers and
# ``project`` wait for the store.
MAX_GROUP_ENTRIES = 2_000
MAX_GROUP_BYTES = 16 << 20
# So many entries are handed over before the rest of what is ready has had its turn: the writer
# works on the first while the loop reads the others.
_HANDED_AT_ONCE = 32
_ENTRIES: Final = Counter("hub_intake_entries", "Entries made durable, by whether new", ["outcome"])
_BYTES: Final = Counter("hub_intake_bytes", "Bytes of entries that were taken")
_GROUP_ENTRIES: Final = Histogram(
    "hub_intake_group_entries",
    "Entries that were made durable together",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000),
)
_DURABLE_SECONDS: Final = Histogram(
    "hub_intake_durable_seconds",
    "From arrival to durable, of the request of a group that waited longest",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
_PENDING_BYTES: Final = Gauge("hub_intake_pending_bytes", "Bytes that wait to be made durable")

# From this many entries a second on, the intake counts as busy: below that, stages can keep up.
# With stages beside it, it takes in some 5,000 single events a second, and twice as many without.
BUSY_RATE = 4_000
_BUSY_WINDOW = 0.1


Outcome: TypeAlias = list[Appended] | Exception


class Depth(NamedTuple):
    """What waits to be written."""

    requests: int
    bytes: int


class _Waiting(NamedTuple):
    arrivals: Sequence[Arrival]
    size: int
    since: float
    answer: Callable[[Outcome], None]


class Intake:
    """Accepts entries from one event loop and appends them in groups."""

    def __init__(
        self,
        appender: Appender,
        *,
        clock: Callable[[], int],
        max_pending_bytes: int,
        on_commit: Callable[[], None] = lambda: None,
        lag: Lag | None = None,
    ) -> None:
        """Prepare the writer; ``on_commit`` is called in its thread after every append.

        With a ``lag``, nothing is taken while the projection is too far behind.
        """
        self._appender = appender
        self._clock = clock
        self._max_pending_bytes = max_pending_bytes
        self._on_commit = on_commit
        self._lag = lag
        # Touched by the event loop alone: what arrived since it last handed over, and how much of
        # what it took is not answered yet.
        self._arrived: list[_Waiting] = []
        self._entries_arrived = 0
        self._pending = Depth(0, 0)
        self._window_ends_at, self._in_window, self._busy_until = 0.0, 0, 0.0
        # Shared with the writer.
        self._changed = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._is_stopping = False
        self._is_closed = False
        self._thread = threading.Thread(target=self._write, name="intake", daemon=True)

    def start(self) -> None:
        """Start the writer."""
        _PENDING_BYTES.set_function(lambda: self._pending.bytes)
        self._thread.start()

    def stop(self) -> None:
        """Refuse what comes, write what waits, and end the writer."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def depth(self) -> Depth:
        """How much waits right now."""
        return self._pending

    @property
    def is_busy(self) -> bool:
        """Whether a burst is being taken: others who use the store had better wait."""
        return time.monotonic() < self._busy_until

    async def accept(self, arrivals: Sequence[Arrival]) -> list[Appended]:
        """Append all that arrived, or nothing; return once it is durable.

        A caller that is cancelled while it waits may find it appended all the same.

        Raises:
            Pressed: too much is waiting already to be written or to be projected, or the hub is
                stopping; nothing was kept.
            StoreUnavailable: the store failed; nothing was kept.

        """
        waiting: asyncio.Future[list[Appended]] = asyncio.get_running_loop().create_future()

        def answer(outcome: Outcome) -> None:
            if waiting.done():
                pass  # cancelled: its client is gone
            elif isinstance(outcome, Exception):
                waiting.set_exception(outcome)
            else:
                waiting.set_result(outcome)

        self.submit(arrivals, answer)
        return await waiting

    def submit(self, arrivals: Sequence[Arrival], answer: Callable[[Outcome], None]) -> None:
        """As :meth:`accept`, with what comes of it told to ``answer``, on the loop.

        Raises:
            Pressed: as :meth:`accept`; then ``answer`` is not called.

        """
        if self._is_stopping:
            raise Pressed("the hub is stopping")
        if self._lag and self._lag.is_over:
            with self._changed:
                self._changed.notify()  # to look whether it still is
            raise Pressed("what was sent before has waited too long to be projected")
        size = sum(len(each.body) for each in arrivals)
        requests, pending = self._pending
        # An idle intake takes any request: each is bounded where it was received.
        if requests and pending + size > self._max_pending_bytes:
            raise Pressed(f"{pending:,} bytes wait to be written already")
        self._pending = Depth(requests + 1, pending + size)
        if not self._arrived:
            # Called once everything that is ready now has had its turn: one hand-over for all.
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._hand_over)
        now = time.monotonic()
        # Before anything of a burst is durable, since that wakes the stages.
        self._note_load(len(arrivals), now)
        self._arrived.append(_Waiting(arrivals, size, now, answer))
        self._entries_arrived += len(arrivals)
        if self._entries_arrived >= _HANDED_AT_ONCE:
            self._hand_over()

    def _hand_over(self) -> None:
        arrived, self._arrived, self._entries_arrived = self._arrived, [], 0
        if not arrived:
            return  # handed over already
        with self._changed:
            if not self._is_closed:
                self._queue.extend(arrived)
                self._changed.notify()
                return
        self._answer(arrived, Pressed("the hub is stopping"))

    def _write(self) -> None:
        while group := self._next_group():
            arrivals = [each for waiting in group for each in waiting.arrivals]
            outcome: Outcome
            try:
                appended = self._appender.append(arrivals, recorded_at=self._clock())
            except Exception as error:  # noqa: BLE001 - the requests are told, and the next tried
                _log.warning("append_failed", entries=len(arrivals), error=str(error))
                outcome = error
            else:
                outcome = appended
                _measure(group, appended)
                if self._lag:
                    self._lag.note(max(each.position for each in appended))
                    self._lag.look()
            # One call for the whole group: a wake-up of the loop costs more than many answers.
            self._loop.call_soon_threadsafe(self._answer, group, outcome)
            self._on_commit()

    def _note_load(self, count: int, now: float) -> None:
        if now > self._window_ends_at:
            self._window_ends_at, self._in_window = now + _BUSY_WINDOW, 0
        self._in_window += count
        if self._in_window >= BUSY_RATE * _BUSY_WINDOW:
            self._busy_until = now + 2 * _BUSY_WINDOW

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        count = size = 0
        with self._changed:
            while not self._queue and not self._is_stopping:
                self._changed.wait()
                if self._lag and self._lag.is_over:
                    self._lag.look()
            while self._queue:
                waiting = self._queue[0]
                count += len(waiting.arrivals)
                size += waiting.size
                if group and (count > MAX_GROUP_ENTRIES or size > MAX_GROUP_BYTES):
                    break
                group.append(self._queue.popleft())
            self._is_closed = not group
        return group

    def _answer(self, group: list[_Waiting], outcome: Outcome) -> None:
        start = size = 0
        for waiting in group:
            end = start + len(waiting.arrivals)
            waiting.answer(outcome if isinstance(outcome, Exception) else outcome[start:end])
            start = end
            size += waiting.size
        self._pending = Depth(self._pending.requests - len(group), self._pending.bytes - size)


def _measure(group: list[_Waiting], appended: list[Appended]) -> None:
    repeats = sum(each.is_repeat for each in appended)
    _ENTRIES.labels("repeat").inc(repeats)
    _ENTRIES.labels("new").inc(len(appended) - repeats)
    _BYTES.inc(sum(waiting.size for waiting in group))
    _GROUP_ENTRIES.observe(len(appended))
    _DURABLE_SECONDS.observe(time.monotonic() - group[0].since)
