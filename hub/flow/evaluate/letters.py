"""Dead letters: one ticket for each rule that a step's records break; the lane goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.catalog import Severity
from hub.domain.deadletters import SAMPLE, NewDeadLetter
from hub.domain.failures import Verdict, excerpt, letter_class
from hub.domain.names import NodeKind, job_id, node_id
from hub.domain.signals import Signal, SignalKind, signal_id
from hub.store import run_context

if TYPE_CHECKING:
    from hub.flow.evaluate.scene import Scene

_CONFIDENCE: Final = 0.95


def judge_letter(scene: Scene, letter: NewDeadLetter, position: int, recorded_at: int) -> None:
    """Take in one refused record; examples of a batch that was refused whole belong to its run."""
    if letter.encoding == SAMPLE:
        return
    if scene.memory.of_letters(letter.product, letter.step, letter.rule):
        return
    reason = excerpt(letter.reasons[0] if letter.reasons else letter.rule)
    verdict = Verdict(
        failure_class=letter_class(letter.rule),
        rule=f"letter.{letter.rule}",
        rule_set=scene.judge.rule_set,
        evidence=f"a record was refused: {reason}",
        confidence=_CONFIDENCE,
    )
    step = next(
        (s for s in scene.catalog.steps if (s.product, s.name) == (letter.product, letter.step)),
        None,
    )
    place = f"{letter.product}.{letter.step}"
    scene.raise_signal(
        Signal(
            id=signal_id(
                SignalKind.DEAD_LETTERS, letter.product, letter.step, letter.rule, position
            ),
            kind=SignalKind.DEAD_LETTERS,
            subject=letter.dataset or node_id(NodeKind.PRODUCT, letter.product),
            title=f"{place} refuses records: {reason}",
            verdict=verdict,
            onset_at=recorded_at,
            severity=Severity.TICKET,
            job=job_id(scene.catalog.job(step)) if step else None,
            run=letter.run,
            product=letter.product,
            step=letter.step,
            source=letter.source,
            rule=letter.rule,
        )
    )


def clear_letters(scene: Scene) -> None:
    """Clear the signals whose dead letters have all been resolved or discarded."""
    for signal in list(scene.memory.signals.values()):
        if signal.rule is None:
            continue
        if not run_context.open_letters(scene.connection, signal.product, signal.step, signal.rule):
            scene.clear_signal(signal, "its dead letters are resolved or discarded")
