"""What operators ask for dead letters, carried out one command after the other.

A stage with a thread of its own: a replay may take long, and nobody else need wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

import structlog

from hub.domain.catalog import Catalog
from hub.domain.commands import (
    OK,
    UNAVAILABLE,
    DiscardDeadLetters,
    ReplayDeadLetters,
    decode_command,
)
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import HubError
from hub.domain.incidents.decisions import (
    CommandAnswered,
    DeadLettersDiscarded,
    Decision,
    encode_decision,
)
from hub.flow.replay.apply import Replayer, apply_plan
from hub.flow.replay.plan import plan_replay
from hub.store import command_book, tracking
from hub.store.dead_letters import Chosen, find_letters

if TYPE_CHECKING:
    from hub.store.opening import Store

_log = structlog.get_logger(__name__)

_PROJECT: Final = "project"


class Replays:
    """Carries out commands on dead letters; ``replayer`` opens what runs steps."""

    name = "replay"

    def __init__(
        self,
        store: Store,
        catalog: Callable[[], Catalog],
        *,
        clock: Callable[[], int],
        replayer: Callable[[], AbstractContextManager[Replayer]],
    ) -> None:
        """Prepare the stage; ``catalog`` returns what is declared now, ``clock`` µs UTC."""
        self._store = store
        self._catalog = catalog
        self._clock = clock
        self._replayer = replayer
        # What was decided up to here, by this process or an earlier one, must be projected first.
        self._decided: int | None = None

    def step(self) -> bool:
        """Carry out the command that has waited longest."""
        journal = self._store.journal
        with self._store.database.read() as connection:
            if self._decided is None:
                self._decided = journal.head(connection)
            if tracking.position(connection, _PROJECT) < self._decided:
                return False
            position = command_book.first_pending(connection)
            if position is None:
                return False
            [entry] = journal.read_at(connection, [position])
        decisions = self._carry_out(position, entry.body)
        entries = [NewEntry(EntryKind.DECISION, encode_decision(each)) for each in decisions]
        self._decided = journal.append(entries, recorded_at=self._clock())[-1].position
        return True

    def _carry_out(self, position: int, body: bytes) -> list[Decision]:
        command = decode_command(body)
        code, message, decisions = OK, "", []
        try:
            if isinstance(command, DiscardDeadLetters):
                decisions.append(
                    DeadLettersDiscarded(
                        at=self._clock(),
                        letters=command.letters,
                        reason=command.reason,
                        actor=command.actor,
                    )
                )
            elif isinstance(command, ReplayDeadLetters):
                message = self._replay(command)
        except HubError as error:
            _log.warning("replay_failed", command=position, error=error.message)
            code, message = UNAVAILABLE, str(error)
        except Exception as error:  # noqa: BLE001 - one command must not hold up all that come after
            _log.exception("replay_broke", command=position)
            code, message = UNAVAILABLE, f"{type(error).__name__}, see the hub's log"
        answer = CommandAnswered(
            at=self._clock(), position=position, code=code, message=message or None
        )
        return [*decisions, answer]

    def _replay(self, command: ReplayDeadLetters) -> str:
        with self._store.database.read() as connection:
            letters = find_letters(connection, Chosen(ids=command.letters))
        plan = plan_replay(letters, self._catalog())
        if not plan.size:
            return "; ".join(plan.explain())
        with self._replayer() as replayer:
            outcomes = apply_plan(
                plan, replayer, self._store.journal, clock=self._clock, actor=command.actor
            )
        resolved = sum(outcome.resolved for outcome in outcomes)
        return f"{resolved} resolved, {len(outcomes) - resolved} refused again"
