"""What a budget is charged for the past, by all that is known of it by now.

Runs are told late, and in any order: what is told counts for its own time. No judgement of how an
SLO stands now is made here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from hub.domain.budgets import Span, bad_spans, bad_time, corrected
from hub.domain.catalog import Counted
from hub.domain.incidents.decisions import SloCorrected
from hub.domain.instants import AHEAD
from hub.domain.names import parse_node_id
from hub.domain.slos.amounts import judge_rows
from hub.domain.slos.slo import SloState
from hub.flow.evaluate.measuring import judge_checks, status_of
from hub.flow.evaluate.recall import arrivals_told
from hub.store import slo_context

if TYPE_CHECKING:
    from hub.domain.slos.arrivals import Arrival
    from hub.flow.evaluate.memory import Watch
    from hub.flow.evaluate.scene import Scene
    from hub.store.slo_context import Write

# So many runs at least are read at once.
_RUNS: Final = 50
_RunT = TypeVar("_RunT")


class _Stood(NamedTuple):
    """How an SLO came to stand ``at`` an instant."""

    at: int
    state: SloState


class _Course(NamedTuple):
    """How an SLO stood from an instant ``until`` another, in order of time.

    What was told of before ``settled_at`` tells nothing of what comes after.
    """

    stood: list[_Stood]
    until: int
    settled_at: int


def correct(scene: Scene, watch: Watch, within: Span, *, is_bad: bool) -> None:
    """Note that some time was good, or bad, where it is known to have been otherwise."""
    bad = bad_time(bad_spans(watch.changes, scene.now), within)
    if bad != (within.end - within.start) * is_bad:
        watch.changes = corrected(watch.changes, within, is_bad=is_bad)
        scene.decisions.append(
            SloCorrected(
                at=scene.now,
                slo=watch.slo.name,
                since=within.start,
                until=within.end,
                is_bad=is_bad,
            )
        )


def recount(scene: Scene, watch: Watch, told: Sequence[int]) -> None:
    """Correct how long a quality SLO was bad, by runs of such instants of which was just told.

    Only a budget asks.
    """
    budget = watch.slo.budget
    if budget is None:
        return
    earliest = max(watch.declared_at, scene.now - budget.longest)
    left = sorted({max(at, earliest) for at in told})
    while left and left[0] < scene.now:
        course = _course(scene, watch, left[0])
        for span, is_bad in _charged(course):
            correct(scene, watch, span, is_bad=is_bad)
        left = sorted({max(at, course.until) for at in left if at >= course.settled_at})


def _charged(course: _Course) -> list[tuple[Span, bool]]:
    """Return when an SLO was good, and when bad. Where nothing is known, all stays as it was."""
    firsts = [next(group) for _, group in groupby(course.stood, key=attrgetter("state"))]
    last = _Stood(course.until, SloState.NO_DATA)
    return [
        (Span(one.at, other.at), one.state is SloState.BREACHED)
        for one, other in pairwise([*firsts, last])
        if one.state is not SloState.NO_DATA and one.at < other.at
    ]


def _course(scene: Scene, watch: Watch, start: int) -> _Course:
    """Return how an SLO stood from an instant on; until now, unless too many runs came since."""
    is_of_rows = watch.slo.counted is Counted.ROWS
    course = (_course_of_rows if is_of_rows else _course_of_checks)(scene, watch, start)
    if course is not None:
        return course
    # Nothing came since.
    state = status_of(scene.connection, scene.memory, watch, scene.now).state
    return _Course([_Stood(start, state)], scene.now, scene.now)


def _course_of_checks(scene: Scene, watch: Watch, start: int) -> _Course | None:
    slo, connection, keys, most = watch.slo, scene.connection, _keys(scene, watch), _most(watch)
    after = slo_context.next_checks(connection, keys, limit=most, after=start, until=scene.now)
    if not after:
        return None
    before = slo_context.last_checks(connection, keys, limit=slo.window_runs, until=start)
    before.reverse()

    def judged(runs: Sequence[slo_context.CheckedRun]) -> SloState:
        return judge_checks(slo, [run.checks for run in reversed(runs)]).state

    states = _states(before, after, slo.window_runs, judged)
    stood = _stood(start, [run.at for run in after], states)
    return _known(scene, watch, stood, is_whole=len(after) < most)


def _course_of_rows(scene: Scene, watch: Watch, start: int) -> _Course | None:
    slo, connection, keys, most = watch.slo, scene.connection, _keys(scene, watch), _most(watch)
    later = slo_context.next_passed(connection, keys, limit=most, after=start, until=scene.now)
    if not later:
        return None
    earlier = slo_context.last_passed(
        connection,
        keys,
        now=start - AHEAD,
        limit=slo.window_runs,
        among=slo_context.Passed.COUNTED,
    )
    before, after = (_brought(scene, watch, writes) for writes in (earlier, later))

    def judged(runs: Sequence[Arrival]) -> SloState:
        return judge_rows(slo, runs).state

    states = _states(before, after, slo.window_runs, judged)
    stood = _stood(start, [each.published_at for each in after], states)
    return _known(scene, watch, stood, is_whole=len(later) < most)


def _brought(scene: Scene, watch: Watch, writes: Sequence[Write]) -> list[Arrival]:
    positions = sorted({write.position for write in writes})
    entries = scene.journal.read_at(scene.connection, positions)
    names = scene.memory.names_of(parse_node_id(watch.dataset).dataset)
    return arrivals_told(((entry, False) for entry in entries), names)


def _states(
    before: Sequence[_RunT],
    after: Sequence[_RunT],
    window: int,
    judged: Callable[[Sequence[_RunT]], SloState],
) -> list[SloState]:
    """Return how it stood by the last of what was before, and by each that came after."""
    runs = [*before, *after]
    ends = range(len(before), len(runs) + 1)
    return [judged(runs[max(0, end - window) : end]) for end in ends]


def _stood(start: int, times: Sequence[int], states: Sequence[SloState]) -> list[_Stood]:
    # What was dated into the future is believed to have come earlier than it says.
    at = [start, *(max(start, each) for each in times)]
    return [_Stood(*each) for each in zip(at, states, strict=True)]


def _known(scene: Scene, watch: Watch, stood: list[_Stood], *, is_whole: bool) -> _Course:
    window, until = watch.slo.window_runs, stood[-1].at
    if is_whole or len(stood) <= window or until == stood[0].at:
        return _Course(stood, scene.now, scene.now)
    return _Course(stood, until, stood[-window].at)


def _most(watch: Watch) -> int:
    """Return how many runs are read at once: those that one tells of, and as many again."""
    return 2 * max(_RUNS, watch.slo.window_runs)


def _keys(scene: Scene, watch: Watch) -> tuple[int, ...]:
    dataset = parse_node_id(watch.dataset).dataset
    return scene.memory.every_dataset_key(scene.connection, dataset)
