"""The one loop that every stage of the flow runs in.

A stage reads the journal or the store from its own position, and commits that position with its
output. The loop gives each stage its turn until none has work, then sleeps until somebody wakes
it or the clock may have made work (a deadline that passed).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Protocol

import structlog
from msgspec import Struct

from hub.domain.errors import Conflict

_log = structlog.get_logger(__name__)

_FIRST_RETRY_SECONDS = 0.1
_LAST_RETRY_SECONDS = 30.0

# How long stages give way to what is more urgent, in all, until they have caught up once; and how
# often they look whether it still is.
_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.05
# What goes first has as many turns in a row: what it decides, it may have to carry out.
_TURNS_OF_FIRST = 4


class Stage(Protocol):
    """One consumer of the journal."""

    @property
    def name(self) -> str:
        """The name under which the stage keeps its position."""

    def step(self) -> bool:
        """Handle one bounded batch in one transaction; tell whether there was anything to do.

        When this raises, the transaction is rolled back and the stage has forgotten whatever it
        remembered of the store, so that the next step starts from what is committed. It raises
        ``Conflict`` where another process moved its position.
        """


class StageHealth(Struct, frozen=True):
    """What is wrong with a stage: the last step's error, and how many steps failed in a row."""

    failures: int = 0
    error: str | None = None


def run_until_idle(stages: Sequence[Stage]) -> None:
    """Let each stage in turn work until it has nothing to do, until that is so of all of them.

    What one has to do costs the others no steps, however much it is.
    """
    idle = 0
    for stage in cycle(stages):
        while _step(stage):
            idle = 0
        idle += 1
        if idle == len(stages):
            return


def _step(stage: Stage) -> bool:
    try:
        return stage.step()
    except Conflict:
        return True


class StageThread:
    """Runs stages in a thread of their own, in the order given, until told to stop.

    A stage that fails is tried again, ever more rarely; the others go on meanwhile.

    Stages and intake share the store and, in one process, the interpreter. What arrives must be
    taken now, while what is in the journal can wait a little: during a burst the stages stand
    back (ADR 7). They do so for ten seconds at most before they have caught up once, and not at
    all while somebody waits for what they do.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        *,
        first: Stage | None = None,
        tick_seconds: float = 1.0,
        round_seconds: float = 0.0,
        gives_way: Callable[[], bool] = lambda: False,
        on_progress: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare the thread.

        ``first`` has a turn before each of the stages, and gives no way. ``gives_way`` tells
        whether something more urgent goes on; ``on_progress`` is called after
        every step that did work. One round follows the other ``round_seconds`` after its beginning
        at the soonest, unless somebody waits: many costs are of a batch, however small it is.
        """
        self._turns = [_Turn(stage) for stage in stages]
        self._first = [_Turn(first)] if first else []
        self._tick_seconds = tick_seconds
        self._round_seconds = round_seconds
        self._gives_way = gives_way
        self._patience = _PATIENCE_SECONDS
        self._on_progress = on_progress
        self._wake = threading.Event()
        self._stopping = threading.Event()
        # Set while somebody waits for what the stages do, or for their end.
        self._hurried = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stages", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there may be work. Callable from any thread, cheap to repeat."""
        self._wake.set()

    def hurry(self) -> None:
        """Say that somebody waits for the stages: until they have caught up, they give no way."""
        self._patience = 0.0
        self._hurried.set()
        self._wake.set()

    def stop(self) -> None:
        """Let the running step finish, then end the thread."""
        self._stopping.set()
        self._hurried.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def health(self) -> dict[str, StageHealth]:
        """Return what each stage's last step came to."""
        return {turn.stage.name: turn.health for turn in (*self._first, *self._turns)}

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            began = time.monotonic()
            if self._round():
                self._hurried.wait(max(0.0, began + self._round_seconds - time.monotonic()))
                continue
            self._patience = _PATIENCE_SECONDS
            if not self._stopping.is_set():
                self._hurried.clear()
            self._wake.wait(min((self._tick_seconds, *(t.wait() for t in self._turns))))

    def _give_way(self) -> None:
        while self._patience > 0 and self._gives_way() and not self._stopping.is_set():
            self._go_first()
            self._stopping.wait(_LOOK_SECONDS)
            self._patience -= _LOOK_SECONDS

    def _go_first(self) -> None:
        """Let what goes first work, but not for ever."""
        for turn in self._first * _TURNS_OF_FIRST:
            if self._stopping.is_set() or not turn.take():
                return
            self._on_progress()

    def _round(self) -> bool:
        has_worked = False
        for turn in self._turns:
            self._give_way()
            self._go_first()
            if self._stopping.is_set():
                return False
            if turn.take():
                has_worked = True
                self._on_progress()
        return has_worked


class _Turn:
    """A stage's turns, and when its next one is due after a failure."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.health = StageHealth()
        self._due_at = 0.0

    def wait(self) -> float:
        """Return in how many seconds a failed stage is due; infinite for a healthy one."""
        return max(0.0, self._due_at - time.monotonic()) if self.health.failures else float("inf")

    def take(self) -> bool:
        if self.health.failures and time.monotonic() < self._due_at:
            return False
        try:
            has_worked = self.stage.step()
        except Conflict:
            # Another process runs the same stage and was faster; what is left is seen next turn.
            return False
        except Exception as error:  # noqa: BLE001 - the other stages must go on
            self._postpone(error)
            return False
        if self.health.failures:
            _log.info("stage_recovered", stage=self.stage.name, failures=self.health.failures)
            self.health = StageHealth()
        return has_worked

    def _postpone(self, error: Exception) -> None:
        failures = self.health.failures + 1
        delay = min(_LAST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2 ** min(failures - 1, 16))
        self._due_at = time.monotonic() + delay
        self.health = StageHealth(failures, f"{type(error).__name__}: {error}")
        _log.exception(
            "stage_failed", stage=self.stage.name, failures=failures, retry_in_seconds=delay
        )
