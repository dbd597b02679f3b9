"""Dead letters as the runtime writes them: one a record, or some for a batch refused as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from hub.domain.contracts import Violation
from hub.domain.deadletters import NewDeadLetter
from hub.runtime.work import Work
from hub.spi.lane import Slice

_PER_REPORT = 500


def place(origin: str, sequence: int) -> str:
    """Return the text that names a record's place; ``placed_at`` reads it back."""
    return f"{origin}#{sequence}"


def place_of(piece: Slice) -> str:
    """Return the text that names a whole slice: the place of its first record."""
    first = piece.messages[0].sequence if piece.messages else piece.first_sequence
    return place(piece.origin, first)


def placed_at(text: str) -> tuple[str, int]:
    """Return a record's origin and sequence from its letter's ``origin``."""
    origin, _, sequence = text.rpartition("#")
    return origin, int(sequence)


def rule_name(violation: Violation) -> str:
    """Return the stable name by which letters of one cause are grouped."""
    return f"{violation.rule}:{violation.field}" if violation.field else violation.rule


def letter(
    work: Work,
    payload: bytes,
    violations: Sequence[Violation],
    *,
    encoding: str,
    at: str,
    event_time: int | None = None,
) -> NewDeadLetter:
    """Return the letter of what a step refused; the first violation names its rule."""
    step = work.step
    return NewDeadLetter(
        stage=step.layer.value,
        product=step.product,
        step=step.name,
        encoding=encoding,
        payload=payload,
        rule=rule_name(violations[0]),
        reasons=tuple(violation.message for violation in violations),
        dataset=work.target_id,
        source=step.source,
        run=work.run_node,
        contract=step.contract,
        event_time=event_time,
        origin=at,
    )


def report(work: Work, letters: Sequence[NewDeadLetter]) -> None:
    """Report letters, durably, before the checkpoint passes their records."""
    if work.is_rehearsal:
        return
    for start in range(0, len(letters), _PER_REPORT):
        work.tools.reporter.dead_letter(letters[start : start + _PER_REPORT])
