from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.lineage.intervals import (
    DECLARED_OMISSIONS,
    OBSERVED_OMISSIONS,
    Interval,
    Naming,
    Since,
    fold_intervals,
    omissions_of,
)

DAY = 86_400_000_000


def naming(first: int, end: int, members: str, name: str = "r", can_omit: bool = True) -> Naming:
    return Naming(first, end, name, can_omit, frozenset(map(ord, members)))


def observed(*namings: Naming) -> dict[str, list[Interval]]:
    found = fold_intervals(namings, omissions=OBSERVED_OMISSIONS)
    return {chr(member): intervals for member, intervals in found.items()}


@st.composite
def histories(draw: st.DrawFn) -> list[Naming]:
    """Runs by themselves, and under two parents, on two days."""
    runs = []
    for number in range(draw(st.integers(1, 9))):
        first = draw(st.integers(0, 12)) + draw(st.sampled_from([0, 0, DAY]))
        end = first + draw(st.integers(0, 6))
        members = draw(st.sets(st.sampled_from("abc")))
        can_omit = draw(st.booleans()) or draw(st.booleans())
        run = naming(first, end, "".join(members), f"r{number}", can_omit)
        runs.append(run._replace(parent=draw(st.sampled_from([None, 1, 2]))))
    return runs


def test_an_edge_is_open_from_the_first_event_of_the_first_run_that_names_it() -> None:
    assert observed(naming(10, 12, "a"), naming(20, 22, "a")) == {"a": [Interval(10, None)]}


def test_an_edge_closes_at_the_first_of_two_complete_runs_that_omit_it() -> None:
    runs = [naming(10, 12, "ab"), naming(20, 22, "b"), naming(30, 32, "b")]
    assert observed(*runs) == {"a": [Interval(10, 22)], "b": [Interval(10, None)]}


def test_one_omission_alone_closes_nothing() -> None:
    runs = [naming(10, 12, "ab"), naming(20, 22, "b"), naming(30, 32, "ab"), naming(40, 42, "b")]
    assert observed(*runs)["a"] == [Interval(10, None)]


def test_runs_that_name_nothing_or_did_not_complete_omit_nothing() -> None:
    runs = [naming(10, 12, "ab")]
    runs += [naming(20 + i, 20 + i, "", f"empty{i}") for i in range(3)]
    runs += [naming(30 + i, 30 + i, "b", f"failed{i}", can_omit=False) for i in range(3)]
    assert observed(*runs)["a"] == [Interval(10, None)]


def test_a_run_that_failed_still_names_what_it_touched() -> None:
    runs = [naming(10, 12, "ab"), naming(20, 22, "b"), naming(30, 32, "b")]
    runs.append(naming(40, 41, "a", can_omit=False))
    assert observed(*runs)["a"] == [Interval(10, 22), Interval(40, None)]


def test_a_run_that_is_still_going_on_keeps_its_edges_open() -> None:
    long = naming(10, 50, "a", "long", can_omit=False)
    runs = [long, naming(20, 21, "b"), naming(30, 31, "b"), naming(60, 61, "b")]
    assert observed(*runs)["a"] == [Interval(10, None)]
    assert observed(*runs, naming(70, 71, "b"))["a"] == [Interval(10, 61)]


def siblings(parent: int, *namings: Naming) -> list[Naming]:
    return [each._replace(parent=parent) for each in namings]


def test_siblings_omit_once_and_only_what_none_of_them_names() -> None:
    first = siblings(1, naming(10, 11, "a", "r1"), naming(12, 15, "b", "r2"))
    second = siblings(2, naming(20, 25, "b", "r3"), naming(21, 23, "c", "r4"))
    assert observed(*first, *second)["a"] == [Interval(10, None)]
    third = siblings(3, naming(30, 31, "b", "r5"))
    found = observed(*first, *second, *third)
    assert found["a"] == [Interval(10, 25)]
    assert found["b"] == [Interval(12, None)]


def test_a_sibling_that_failed_keeps_the_others_from_omitting_what_it_names() -> None:
    runs = [naming(10, 11, "a", "r1"), naming(20, 21, "b", "r2")]
    failed = naming(30, 31, "a", "r3", can_omit=False)
    runs += siblings(1, naming(28, 29, "b", "r4"), failed)
    assert observed(*runs, naming(40, 41, "b", "r5"))["a"] == [Interval(10, None)]


def test_siblings_are_of_one_day() -> None:
    runs = siblings(1, naming(1, 2, "a", "r1"), naming(DAY - 1, DAY + 1, "b", "r2"))
    runs += siblings(1, naming(DAY, DAY + 1, "b", "r3"), naming(DAY + 2, DAY + 3, "b", "r4"))
    assert observed(*runs)["a"] == [Interval(1, None)]
    assert observed(*runs, *siblings(1, naming(2 * DAY, 2 * DAY, "b", "r5")))["a"] == [
        Interval(1, DAY + 3)
    ]


def test_an_edge_of_a_stream_is_open_from_the_first_event_that_names_it() -> None:
    late = {ord("b"): 30}
    stream = naming(10, 50, "ab", "stream", can_omit=False)._replace(since=late)
    assert observed(stream) == {"a": [Interval(10, None)], "b": [Interval(30, None)]}
    omitting = [naming(12, 13, "a", "r1"), naming(14, 15, "a", "r2")]
    found = observed(naming(1, 2, "b", "r0"), *omitting, stream)
    assert found["b"] == [Interval(1, 13), Interval(30, None)]
    assert observed(stream, naming(20, 60, "b", "other"))["b"] == [Interval(20, None)]


def test_a_declaration_closes_what_it_leaves_out_at_once() -> None:
    declared = [naming(10, 10, "ab"), naming(20, 20, "b")]
    found = fold_intervals(declared, omissions=DECLARED_OMISSIONS)
    assert found == {ord("a"): [Interval(10, 20)], ord("b"): [Interval(10, None)]}


@given(histories())
def test_intervals_do_not_overlap_and_cover_every_naming(runs: list[Naming]) -> None:
    for member, intervals in fold_intervals(runs, omissions=OBSERVED_OMISSIONS).items():
        named = [run for run in runs if member in run.members]
        assert intervals[0].opened_at == min(run.first_at for run in named)
        for before, after in pairwise(intervals):
            assert before.closed_at is not None
            assert before.closed_at < after.opened_at
        for run in named:
            assert any(
                each.opened_at <= run.first_at
                and (each.closed_at is None or each.closed_at >= run.end_at)
                for each in intervals
            )


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_runs_are_given_does_not_matter(
    runs: list[Naming], random: Random
) -> None:
    shuffled = list(runs)
    random.shuffle(shuffled)
    assert fold_intervals(shuffled, omissions=2) == fold_intervals(runs, omissions=2)


@given(histories(), histories())
def test_folding_from_the_last_omission_before_a_change_equals_folding_everything(
    before: list[Naming], change: list[Naming]
) -> None:
    old = [run._replace(name=f"old-{run.name}") for run in before]
    new = [run for run in change if run.members]
    if not new:
        return
    groups = {run.group for run in new}
    since = min(run.first_at for run in [*old, *new] if run.group in groups)
    ends = [each.end[0] for each in omissions_of(old)]
    start = max((end_at for end_at in ends if end_at < since), default=since)
    stored = fold_intervals(old, omissions=OBSERVED_OMISSIONS)
    kept = {m: [i for i in found if _closed_before(i, start)] for m, found in stored.items()}
    opened = {
        member: interval.opened_at
        for member, found in stored.items()
        for interval in found
        if interval.opened_at < start and not _closed_before(interval, start)
    }
    recent = {run.group for run in [*old, *new] if run.end_at >= start}
    window = [run for run in [*old, *new] if run.group in recent]
    resumed = fold_intervals(window, omissions=OBSERVED_OMISSIONS, since=Since(start, opened))
    whole = fold_intervals([*old, *new], omissions=OBSERVED_OMISSIONS)
    for member, expected in whole.items():
        assert kept.get(member, []) + resumed.get(member, []) == expected


def _closed_before(interval: Interval, instant: int) -> bool:
    return interval.closed_at is not None and interval.closed_at < instant
