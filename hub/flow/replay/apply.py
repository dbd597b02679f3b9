"""Applying a plan: group by group, each outcome journaled before the next batch begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from hub.domain.deadletters import NewDeadLetter, ReplayOutcome
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.decisions import DeadLettersReplayed, encode_decision
from hub.domain.openlineage.events import complaints, read_event
from hub.flow.replay.plan import Group, Plan, Way
from hub.store.dead_letters import StoredLetter
from hub.store.journal import Journal

_PER_BATCH: Final = 1_000


class Replayer(Protocol):
    """What runs steps: the runtime, which this side of the hub does not know."""

    def replay(
        self, target: str, letters: Mapping[str, NewDeadLetter], *, dry_run: bool
    ) -> list[ReplayOutcome]:
        """Send refused records of a step through today's code; raises when that itself fails."""

    def run_again(self, target: str, *, dry_run: bool) -> str | None:
        """Run a step; return why it did not complete, or None."""


def apply_plan(
    plan: Plan,
    replayer: Replayer,
    journal: Journal,
    *,
    clock: Callable[[], int],
    actor: str,
    dry_run: bool = False,
    on_progress: Callable[[int], None] = lambda _done: None,
) -> list[ReplayOutcome]:
    """Replay; return what came of each letter. A dry run changes nothing anywhere.

    After a crash, what was replayed and not yet journaled is replayed again, without effect.
    ``on_progress`` is told how many more letters are done.

    Raises:
        HubError: something else than the letters is wrong; the outcomes so far are kept.

    """
    outcomes: list[ReplayOutcome] = []
    for group in plan.groups:
        for some in _replay(group, replayer, dry_run=dry_run):
            if not dry_run:
                decision = DeadLettersReplayed(at=clock(), outcomes=tuple(some), actor=actor)
                entry = NewEntry(EntryKind.DECISION, encode_decision(decision))
                journal.append([entry], recorded_at=decision.at)
            outcomes += some
            on_progress(len(some))
    return outcomes


def _replay(group: Group, replayer: Replayer, *, dry_run: bool) -> Iterator[list[ReplayOutcome]]:
    if group.way is Way.RERUN:
        refusal = replayer.run_again(group.target, dry_run=dry_run)
        yield [_ran_again(each, refusal) for each in group.letters]
        return
    for start in range(0, len(group.letters), _PER_BATCH):
        some = group.letters[start : start + _PER_BATCH]
        if group.way is Way.EVENT:
            yield [_released(each) for each in some]
        else:
            letters = {each.id: each.letter for each in some}
            yield replayer.replay(group.target, letters, dry_run=dry_run)


def _ran_again(stored: StoredLetter, refusal: str | None) -> ReplayOutcome:
    if refusal is None:
        return ReplayOutcome(letter=stored.id, resolved=True)
    rule = stored.letter.rule
    return ReplayOutcome(letter=stored.id, resolved=False, rule=rule, reasons=(refusal,))


def _released(stored: StoredLetter) -> ReplayOutcome:
    reasons = complaints(read_event(stored.letter.payload))
    if reasons:
        rule = stored.letter.rule
        return ReplayOutcome(letter=stored.id, resolved=False, rule=rule, reasons=reasons)
    return ReplayOutcome(letter=stored.id, resolved=True, event=stored.entry_position)
