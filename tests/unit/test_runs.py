from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.openlineage.events import EventType
from hub.domain.openlineage.runs import (
    HEARTBEATS_KEPT,
    REOPEN_GAP,
    Order,
    RunEventKey,
    RunState,
    fold_run,
    kept_heartbeats,
)

SECOND = 1_000_000


def event(at: float, kind: str, digest: bytes = b"") -> RunEventKey:
    return RunEventKey(round(at * SECOND), EventType(kind), digest or kind.encode())


keys = st.builds(
    event,
    st.sampled_from([0, 0.5, 1, 1.4, 2, 3, 3.5, 10]),
    st.sampled_from([kind.value for kind in EventType]),
    st.sampled_from([b"a", b"b", b"c"]),
)


@given(st.lists(keys, min_size=1), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_a_run(
    events: list[RunEventKey], random: Random
) -> None:
    shuffled = [*events, *events]
    random.shuffle(shuffled)
    assert fold_run(shuffled) == fold_run(events)


@given(st.lists(keys, min_size=1))
def test_a_run_that_has_a_terminal_event_and_no_later_start_has_ended(
    events: list[RunEventKey],
) -> None:
    run = fold_run(events)
    ends = [e.event_time for e in events if e.event_type.is_terminal]
    starts = [e.event_time for e in events if e.event_type is EventType.START]
    if ends and (not starts or max(starts) <= max(ends)):
        assert run.ended_at == max(ends)
        assert run.state not in (RunState.NEW, RunState.RUNNING)
    if not ends:
        assert run.ended_at is None
        assert run.attempt == 1


def test_a_terminal_event_wins_over_running_that_came_later() -> None:
    run = fold_run([event(0, "START"), event(5, "COMPLETE"), event(9, "RUNNING")])
    assert (run.state, run.started_at, run.ended_at) == (RunState.COMPLETE, 0, 5 * SECOND)
    assert run.last_event_at == 9 * SECOND


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (("COMPLETE", "FAIL", "ABORT"), "FAIL"),
        (("COMPLETE", "ABORT"), "ABORT"),
        (("START", "ABORT"), "ABORT"),
        (("RUNNING", "COMPLETE", "OTHER"), "COMPLETE"),
    ],
)
def test_at_one_time_the_worst_terminal_event_counts(kinds: tuple[str, ...], state: str) -> None:
    run = fold_run([event(1, kind) for kind in kinds])
    assert (run.state, run.attempt) == (RunState(state), 1)


def test_a_start_later_than_the_end_by_the_gap_opens_a_new_attempt() -> None:
    run = fold_run([event(0, "START"), event(5, "FAIL"), event(5 + REOPEN_GAP / SECOND, "START")])
    assert (run.state, run.attempt) == (RunState.RUNNING, 2)
    assert (run.started_at, run.ended_at) == (6 * SECOND, None)


def test_a_start_just_after_the_end_is_a_straggler_unless_another_end_follows_it() -> None:
    events = [event(0, "START"), event(5, "FAIL"), event(5.5, "START")]
    assert fold_run(events).attempt == 1
    assert fold_run(events).state is RunState.FAIL
    again = fold_run([*events, event(6, "COMPLETE")])
    assert (again.state, again.attempt, again.started_at) == (RunState.COMPLETE, 2, 5_500_000)


def test_a_run_without_a_start_has_no_known_start() -> None:
    run = fold_run([event(5, "COMPLETE")])
    assert (run.state, run.started_at, run.ended_at) == (RunState.COMPLETE, None, 5 * SECOND)


def test_other_alone_says_that_a_run_is_known_and_no_more() -> None:
    assert fold_run([event(5, "OTHER")]).state is RunState.NEW
    assert fold_run([event(5, "RUNNING")]).state is RunState.RUNNING


@given(
    st.lists(
        st.builds(
            Order,
            st.integers(0, 2**60),
            st.integers(0, 3),
            st.binary(min_size=16, max_size=16),
        ),
        min_size=2,
        max_size=2,
    )
)
def test_a_packed_order_compares_as_the_order_does(pair: list[Order]) -> None:
    first, second = pair
    assert (first < second) == (first.packed() < second.packed())


beats = st.sets(st.builds(event, st.integers(0, 400), st.just("RUNNING")), max_size=300)


@given(beats, beats)
def test_to_keep_some_heartbeats_at_a_time_is_to_keep_some_of_all(
    first: set[RunEventKey], then: set[RunEventKey]
) -> None:
    kept = kept_heartbeats(kept_heartbeats(first) | then)
    assert kept == kept_heartbeats(first | then)
    assert len(kept) <= 2 * HEARTBEATS_KEPT
    assert len(kept) == len(first | then) or len(kept) == 2 * HEARTBEATS_KEPT
