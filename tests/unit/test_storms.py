"""What is raised together is told in the order in which it began, among all else as decided."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.incidents.decisions import Decision, SignalCleared, SignalRaised
from hub.domain.incidents.signals import Signal, SignalKind
from hub.flow.evaluate.storms import by_onset

VERDICT = Verdict(
    failure_class=FailureClass.LOGIC, rule="r", rule_set="s", evidence="e", confidence=0.5
)


def raised(key: str, onset_at: int) -> SignalRaised:
    kind, subject = SignalKind.RUN_FAILED, "job"
    found = Signal(id=key, kind=kind, subject=subject, title="", verdict=VERDICT, onset_at=onset_at)
    return SignalRaised(at=0, signal=found)


def cleared(key: str) -> SignalCleared:
    return SignalCleared(at=0, signal=key, reason="it passed")


KEYS = st.integers(0, 99).map(str)
DECISIONS = st.lists(st.builds(raised, KEYS, st.integers(0, 9)) | st.builds(cleared, KEYS))


def test_a_cause_is_told_before_what_came_of_it() -> None:
    late, early = raised("effect", 2), raised("cause", 1)

    assert by_onset([late, early]) == [early, late]


@given(DECISIONS)
def test_nothing_is_told_before_what_was_decided_in_between(decisions: list[Decision]) -> None:
    ordered = by_onset(decisions)

    assert sorted(map(repr, ordered)) == sorted(map(repr, decisions))
    for before, after in zip(decisions, ordered, strict=True):
        if isinstance(before, SignalCleared):
            assert after is before
    for one, next_one in pairwise(ordered):
        if isinstance(one, SignalRaised) and isinstance(next_one, SignalRaised):
            assert one.signal.onset_at <= next_one.signal.onset_at
