"""Replaying dead letters on this machine, through its own runner: in this process or in a child."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING, TypeVar

from hub.app.hub import Hub, offline, settle
from hub.app.running import runner_of
from hub.domain.deadletters import NewDeadLetter, ReplayOutcome
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import Unreachable
from hub.domain.incidents.decisions import DeadLettersDiscarded, encode_decision
from hub.flow.replay import Plan, apply_plan
from hub.settings import Loaded

if TYPE_CHECKING:
    from hub.runtime.runner import Runner

T = TypeVar("T")


def replay_here(
    hub: Hub,
    loaded: Loaded,
    plan: Plan,
    *,
    actor: str,
    dry_run: bool,
    on_progress: Callable[[int], None],
) -> list[ReplayOutcome]:
    """Carry out a plan with this process's own runner, and let the stages take it in."""
    runner = runner_of(hub, loaded)
    try:
        return apply_plan(
            plan,
            LocalReplayer(runner),
            hub.store.journal,
            clock=hub.clock,
            actor=actor,
            dry_run=dry_run,
            on_progress=on_progress,
        )
    finally:
        if not dry_run:
            settle(hub)


def discard_here(hub: Hub, letters: Sequence[str], reason: str, *, actor: str) -> None:
    """Mark dead letters as discarded, and let the stages take it in."""
    decision = DeadLettersDiscarded(
        at=hub.clock(), letters=tuple(letters), reason=reason, actor=actor
    )
    entry = NewEntry(EntryKind.DECISION, encode_decision(decision))
    hub.store.journal.append([entry], recorded_at=decision.at)
    settle(hub)


@contextmanager
def child_replayer(loaded: Loaded) -> Iterator[ChildReplayer]:
    """Yield a runner in a process of its own, which ends with the block.

    A hub that serves loads no data engine, and outlives what happens to one.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield ChildReplayer(pool, loaded)


class ChildReplayer:
    """See ``hub.flow.replay.Replayer``: a runner in another process."""

    def __init__(self, pool: ProcessPoolExecutor, loaded: Loaded) -> None:
        self._pool = pool
        self._loaded = loaded

    def replay(
        self, target: str, letters: Mapping[str, NewDeadLetter], *, dry_run: bool
    ) -> list[ReplayOutcome]:
        """Send refused records of a step through today's code."""
        calling = self._pool.submit(_replay, self._loaded, target, dict(letters), dry_run=dry_run)
        return _result_of(calling)

    def run_again(self, target: str, *, dry_run: bool) -> str | None:
        """Run a step; return why it did not complete, or None."""
        return _result_of(self._pool.submit(_run_again, self._loaded, target, dry_run=dry_run))


def _result_of(calling: Future[T]) -> T:
    try:
        return calling.result()
    except BrokenProcessPool as error:
        message = "the process that replays dead letters has ended before it was done"
        raise Unreachable(message, fix="look into the hub's log, and replay again") from error


def _replay(
    loaded: Loaded, target: str, letters: Mapping[str, NewDeadLetter], *, dry_run: bool
) -> list[ReplayOutcome]:
    with _local_replayer(loaded) as replayer:
        return replayer.replay(target, letters, dry_run=dry_run)


def _run_again(loaded: Loaded, target: str, *, dry_run: bool) -> str | None:
    with _local_replayer(loaded) as replayer:
        return replayer.run_again(target, dry_run=dry_run)


@contextmanager
def _local_replayer(loaded: Loaded) -> Iterator[LocalReplayer]:
    with offline(loaded) as hub:
        yield LocalReplayer(runner_of(hub, loaded))


class LocalReplayer:
    """See ``hub.flow.replay.Replayer``: this process's own runner."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def replay(
        self, target: str, letters: Mapping[str, NewDeadLetter], *, dry_run: bool
    ) -> list[ReplayOutcome]:
        """Send refused records of a step through today's code."""
        return self._runner.replay(target, letters, dry_run=dry_run)

    def run_again(self, target: str, *, dry_run: bool) -> str | None:
        """Run a step; return why it did not complete, or None."""
        if dry_run:
            return self._runner.rehearse(target).error
        [result] = self._runner.run(target)
        return result.error
