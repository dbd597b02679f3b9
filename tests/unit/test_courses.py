"""How incidents went: percentiles, what is counted apart, and bounds while something is open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hub.domain.incidents.courses import (
    SECOND,
    Amendment,
    Bucket,
    Course,
    Figure,
    GroupBy,
    Outcome,
    Report,
    report,
)
from hub.domain.incidents.incident import HoldKind
from hub.domain.incidents.loads import Asked, Period

HOUR = 3_600 * SECOND
NOW = 1_000 * HOUR
NOBODY_ON_CALL = Period(begin=NOW - HOUR, end=NOW, shifts={})
ONE = Course(
    failure_class="LOGIC",
    severity="page",
    owner="fleet",
    first_owner="fleet",
    domain="fleet",
    tier="1",
    onset_at=0,
    detected_at=HOUR,
    notified_at=HOUR + 60 * SECOND,
    acted_at=2 * HOUR,
    recovered_at=4 * HOUR,
    closed_at=5 * HOUR,
)


def course(**changes: object) -> Course:
    return structs.replace(ONE, **changes)


def lasting(since: int, **changes: object) -> Course:
    """An incident that somebody sees to, and that is not over."""
    begun = {"onset_at": since, "detected_at": since, "notified_at": since, "acted_at": since}
    return course(recovered_at=None, closed_at=None, **begun, **changes)


def counted(*courses: Course, span: int = 7 * 24 * HOUR) -> Report:
    [found] = report(courses, [], by=None, now=NOW, span=span, period=NOBODY_ON_CALL)
    return found


def test_each_time_is_between_the_instants_that_it_is_named_after() -> None:
    found = counted(course(mitigated_at=3 * HOUR))

    times = (found.mttd, found.delivery, found.mtta, found.mttr, found.recovery, found.mitigation)
    assert [each.p50 and each.p50.seconds for each in times] == [
        3600,
        60,
        3600 - 60,
        4 * 3600,
        3 * 3600,
        3 * 3600,
    ]
    assert not any(each.p50 is None or each.p50.is_lower_bound for each in times)


def test_what_is_open_counts_as_long_as_it_lasts_and_makes_a_bound() -> None:
    quick = [course(recovered_at=each * HOUR) for each in (1, 2, 3)]
    found = counted(*quick, lasting(NOW - 2 * HOUR))

    assert (found.mttr.n, found.mttr.open) == (4, 1)
    assert found.mttr.p50 is not None
    assert (found.mttr.p50.seconds, found.mttr.p50.is_lower_bound) == (2 * 3600, True)


def test_what_has_outlasted_a_figure_cannot_change_it_any_more() -> None:
    quick = [course(recovered_at=each * HOUR) for each in (1, 2, 3)]
    found = counted(*quick, lasting(NOW - 100 * HOUR))

    assert found.mttr.p50 is not None
    assert found.mttr.p90 is not None
    assert not found.mttr.p50.is_lower_bound
    assert (found.mttr.p90.seconds, found.mttr.p90.is_lower_bound) == (100 * 3600, True)


@given(
    st.lists(st.integers(1, 50), min_size=1), st.lists(st.integers(1, 50), max_size=5), st.data()
)
def test_a_figure_never_shrinks_when_what_is_open_ends_and_one_without_bound_stays(
    over: list[int], ages: list[int], data: st.DataObject
) -> None:
    ended = [course(recovered_at=each * HOUR) for each in over]
    before = counted(*ended, *(lasting(NOW - age * HOUR) for age in ages)).mttr
    lasted = [age + data.draw(st.integers(0, 50)) for age in ages]
    after = counted(*ended, *(course(recovered_at=each * HOUR) for each in lasted)).mttr

    for was, is_now in ((before.p50, after.p50), (before.p90, after.p90)):
        assert was is not None
        assert is_now is not None
        assert was.seconds <= is_now.seconds
        if not was.is_lower_bound:
            assert was == is_now


def test_what_nobody_acted_on_is_counted_apart() -> None:
    untold = {"notified_at": None, "acted_at": None}
    found = counted(
        ONE,
        course(acted_at=None, recovered_at=2 * HOUR),
        course(outcome=Outcome.FALSE_POSITIVE),
        course(outcome=Outcome.PLANNED),
        course(held_for=HoldKind.MAINTENANCE, **untold),
        course(held_for=HoldKind.HISTORY, **untold),
    )

    assert {each.bucket: each.n for each in found.buckets} == {
        Bucket.HANDLED: 1,
        Bucket.AUTO_RESOLVED: 1,
        Bucket.FALSE_POSITIVE: 1,
        Bucket.PLANNED: 2,
        Bucket.HISTORY: 1,
    }
    assert (found.n, found.mttr.n, found.mtta.n, found.mttd.n) == (1, 1, 1, 2)
    assert found.actionable.share == 1 / 4


def test_a_resolve_by_itself_is_no_acknowledgement() -> None:
    quick = course(acted_at=None, closed_at=HOUR + 61 * SECOND)

    assert counted(ONE, quick).mtta.n == 1


def test_what_nobody_has_seen_to_yet_waits_until_now() -> None:
    found = counted(structs.replace(lasting(NOW - 3 * HOUR), acted_at=None))

    assert found.mtta.p50 is not None
    assert (found.mtta.p50.seconds, found.mtta.p50.is_lower_bound) == (3 * 3600, True)


def test_misroutes_are_of_those_that_are_over_and_that_somebody_was_told_of() -> None:
    found = counted(
        ONE,
        course(first_owner="platform", handovers=1),
        course(first_owner=None, notified_at=None),
        lasting(NOW - HOUR, first_owner="platform"),
    )

    assert (found.misrouted.count, found.misrouted.n, found.handovers) == (1, 2, 1)


def test_consequences_that_failed_after_all_were_held_back_wrongly() -> None:
    found = counted(course(consequences=8, released=2), course(consequences=2))

    assert (found.held_back.count, found.held_back.n, found.held_back.share) == (8, 10, 0.8)


def test_groups_have_their_own_incidents_and_pages() -> None:
    told = [
        *[Asked("pager", NOW, "LOGIC")] * 3,
        Asked("desk", NOW, "LOGIC"),
        Asked("pager", NOW, "CONFIG"),
    ]
    found = report(
        [ONE, course(failure_class="ACCESS")],
        told,
        by=GroupBy.CLASS,
        now=NOW,
        span=14 * 24 * HOUR,
        period=NOBODY_ON_CALL,
    )

    assert [(each.key, each.n, each.pages) for each in found] == [
        ("ACCESS", 1, 0),
        ("CONFIG", 0, 1),
        ("LOGIC", 1, 4),
    ]
    assert [(each.receiver, each.per_week) for each in found[2].on_call] == [
        ("desk", 0.5),
        ("pager", 1.5),
    ]


def test_what_was_closed_and_will_not_run_again_lasted_until_then() -> None:
    closed = course(recovered_at=None, closed_at=7 * HOUR)
    asked = [closed, structs.replace(closed, outcome=Outcome.RETIRED)]
    unknown, retired = (counted(each).mttr for each in asked)

    assert (retired.open, retired.p50) == (0, Figure(7 * 3600, is_lower_bound=False))
    assert (unknown.open, unknown.p50 and unknown.p50.is_lower_bound) == (1, True)


def test_what_was_to_be_retired_and_is_open_or_passes_counts_like_others() -> None:
    still = lasting(HOUR, outcome=Outcome.RETIRED)
    passed = course(recovered_at=9 * HOUR, closed_at=7 * HOUR, outcome=Outcome.RETIRED)

    assert counted(still).mttr.open == 1
    assert counted(passed).mttr == counted(course(recovered_at=9 * HOUR)).mttr


def test_of_nothing_there_are_no_figures() -> None:
    found = counted()

    assert (found.n, found.mttr.n, found.mttr.p50, found.actionable.share) == (0, 0, None, None)


def test_nobody_says_what_cannot_be() -> None:
    known = {"opened_at": 2 * HOUR, "onset_at": HOUR, "now": NOW}
    assert Amendment(onset_at=HOUR).problem(**known, mitigated_at=HOUR) is None
    assert Amendment(mitigated_at=HOUR).problem(**known) is None
    for wrong in (
        Amendment(onset_at=3 * HOUR),
        Amendment(onset_at=-1),
        Amendment(mitigated_at=NOW + HOUR),
        Amendment(mitigated_at=HOUR - 1),
        Amendment(onset_at=HOUR, mitigated_at=0),
        Amendment(note="x" * 5_000),
    ):
        assert wrong.problem(**known)
    late = Amendment(onset_at=2 * HOUR)
    assert "no earlier than it began" in str(late.problem(**known, mitigated_at=HOUR))
