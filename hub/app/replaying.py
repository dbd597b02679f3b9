"""Replaying dead letters on this machine, through its own runner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hub.domain.deadletters import NewDeadLetter, ReplayOutcome

if TYPE_CHECKING:
    from hub.runtime.runner import Runner


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
