"""Dead letters: one ticket for each rule that a step's records break; the lane goes on.

Events that cannot be used are dead letters of the intake: one ticket for each place and reason.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from hub.domain.catalog import Severity
from hub.domain.deadletters import SAMPLE, UNUSABLE, NewDeadLetter
from hub.domain.failures.failure import Verdict, excerpt, letter_class
from hub.domain.incidents.signals import Signal, SignalKind, signal_id
from hub.domain.names import JobName, NodeKind, job_id, node_id
from hub.store import run_context

if TYPE_CHECKING:
    from hub.domain.entries import Entry
    from hub.domain.openlineage.events import Unusable
    from hub.flow.evaluate.scene import Scene

_CONFIDENCE: Final = 0.95
# What a hostile or broken producer may open; further ones are seen among the dead letters alone.
_MOST_UNUSABLE: Final = 20
_MAX_NAME: Final = 200
_VARYING: Final = re.compile(r"['\"][^'\"]*['\"]|\d+")


def judge_letter(scene: Scene, letter: NewDeadLetter, position: int, recorded_at: int) -> None:
    """Take in one refused record; examples of a batch that was refused whole belong to its run."""
    if letter.encoding == SAMPLE:
        return
    place = (letter.product, letter.step)
    if any((s.product, s.step) == place for s in scene.memory.signals.of_rule(letter.rule)):
        return
    reason = excerpt(letter.reasons[0] if letter.reasons else letter.rule)
    verdict = Verdict(
        failure_class=letter_class(letter.rule),
        rule=f"letter.{letter.rule}",
        rule_set=scene.judge.rule_set,
        evidence=f"a record was refused: {reason}",
        confidence=_CONFIDENCE,
    )
    step = scene.catalog.step(*place)
    scene.raise_signal(
        Signal(
            id=signal_id(
                SignalKind.DEAD_LETTERS, letter.product, letter.step, letter.rule, position
            ),
            kind=SignalKind.DEAD_LETTERS,
            subject=letter.dataset or node_id(NodeKind.PRODUCT, letter.product),
            title=f"{letter.product}.{letter.step} refuses records: {reason}",
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


def judge_unusable(scene: Scene, entry: Entry, unusable: Unusable) -> None:
    """Take in one event that cannot be used."""
    space, job = _place_of(entry.body)
    subject = node_id(NodeKind.NAMESPACE, space)
    bare = excerpt(_VARYING.sub("…", unusable.reason))
    evidence = f"an event of {space} could not be used: {bare}"
    held = scene.memory.signals.of_rule(UNUSABLE)
    is_known = any((s.subject, s.verdict.evidence) == (subject, evidence) for s in held)
    if is_known or len(held) >= _MOST_UNUSABLE:
        return
    scene.raise_signal(
        Signal(
            id=signal_id(SignalKind.DEAD_LETTERS, subject, bare, entry.position),
            kind=SignalKind.DEAD_LETTERS,
            subject=subject,
            title=f"{space} sends events that cannot be used: {bare}",
            verdict=Verdict(
                failure_class=letter_class(UNUSABLE),
                rule=f"letter.{UNUSABLE}",
                rule_set=scene.judge.rule_set,
                evidence=evidence,
                confidence=_CONFIDENCE,
            ),
            onset_at=entry.recorded_at,
            severity=Severity.TICKET,
            job=job_id(job) if job else None,
            rule=UNUSABLE,
        )
    )


def _place_of(body: bytes) -> tuple[str, JobName | None]:
    """Return who sent an unusable event, as far as it says so: a job's namespace, a producer."""
    try:
        event: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "an unknown producer", None
    job = event.get("job") if isinstance(event, dict) else None
    space, name = _texts(job, "namespace", "name")
    if space and name:
        return space, JobName(space, name)
    [producer] = _texts(event, "producer")
    return space or producer or "an unknown producer", None


def _texts(found: object, *keys: str) -> list[str]:
    values = [found.get(key) if isinstance(found, dict) else None for key in keys]
    return [excerpt(value, _MAX_NAME) if isinstance(value, str) else "" for value in values]


def clear_letters(scene: Scene) -> None:
    """Clear the signals whose dead letters have all been resolved or discarded."""
    for signal in scene.memory.signals.of_letters():
        rule = signal.rule or ""
        if not run_context.open_letters(scene.connection, signal.product, signal.step, rule):
            scene.clear_signal(signal, "its dead letters are resolved or discarded")
