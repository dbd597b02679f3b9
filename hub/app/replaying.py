"""Replaying dead letters on this machine, through its own runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hub.app.hub import Hub, settle
from hub.app.reporting import JournalReporter
from hub.app.running import make_runner
from hub.domain.deadletters import NewDeadLetter, ReplayOutcome
from hub.flow.replay import Plan, apply_plan
from hub.settings import Loaded

if TYPE_CHECKING:
    from hub.runtime.runner import Runner


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
    reporter = JournalReporter(hub.store.journal, hub.reader, clock=hub.clock)
    runner = make_runner(loaded, hub.catalog(), hub.host, reporter, hub.clock)
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
