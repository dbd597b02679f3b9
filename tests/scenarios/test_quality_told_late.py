"""Of quality, too, a budget is charged by when runs were, whenever they are told of."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from msgspec import Struct, structs

from hub.domain.budgets import DAY, Budget, Span, burn_limits, merged
from hub.domain.catalog import Catalog, Counted, Slo, SloKind
from hub.domain.instants import format_instant
from hub.flow.project.rebuild import rebuild
from hub.store import slo_context
from hub.store.opening import Store
from hub.testing.scenario import RunScript, Scenario
from tests.scenarios.test_amounts import bring
from tests.scenarios.test_clocks import LOAD, marked, with_slos
from tests.scenarios.test_maintained import account

World = Callable[..., Scenario]
MINUTE = 60_000_000
BUDGET = Budget(
    target=Fraction("0.99"), rolling=30 * DAY, is_bad_unknown=False, limits=burn_limits(30 * DAY)
)


class Quality(Struct, frozen=True):
    """How an SLO counts quality; of a run that is ``bad``, half is."""

    counted: Counted
    good: RunScript
    bad: RunScript
    window: int
    at_least: int | None = None
    objective: float = 1

    @property
    def catalog(self) -> Catalog:
        """A mesh that promises it."""
        return with_slos(
            Slo(
                name="it",
                product="payments",
                dataset="bronze.payments",
                kind=SloKind.QUALITY,
                counted=self.counted,
                window_runs=self.window,
                at_least=self.at_least,
                objective=self.objective,
                budget=BUDGET,
            )
        )

    def charged(self, runs: Sequence[tuple[int, bool]], until: int) -> list[Span]:
        """Return when it was bad by runs of an instant each, good or bad."""
        in_order = sorted(runs)
        spans = []
        for place, (at, _) in enumerate(in_order):
            recent = in_order[max(0, place + 1 - self.window) : place + 1]
            ends = in_order[place + 1][0] if place + 1 < len(in_order) else until
            if self._is_missed(sum(not good for _, good in recent), len(recent)):
                spans.append(Span(at, ends))
        return merged(spans)

    def _is_missed(self, bad: int, among: int) -> bool:
        if self.at_least is not None:
            return bad > self.window - self.at_least
        return bad / (2 * among) > 1 - self.objective


CHECKS = Quality(
    Counted.CHECKS,
    LOAD.checks("bronze.payments", passed=["a", "b"]),
    LOAD.checks("bronze.payments", failed=["a"], passed=["b"]),
    window=1,
)
MANY_CHECKS = structs.replace(CHECKS, window=5, objective=0.71)
RUNS = Quality(Counted.RUNS, CHECKS.good, CHECKS.bad, window=3, at_least=2)
ROWS = Quality(Counted.ROWS, bring(100), bring(50, refused=50), window=1, objective=0.9)
MANY_ROWS = structs.replace(ROWS, window=4, objective=0.79)


@pytest.fixture
def another(store: Store) -> World:
    def make(catalog: Catalog, start: str = "2026-11-23 04:00") -> Scenario:
        return Scenario(store, catalog, start=start)

    return make


@pytest.fixture(params=[False, True], ids=["one process", "restarted"])
def restarts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def tell(world: Scenario, *runs: tuple[str | int, RunScript]) -> None:
    """Tell in one batch of runs that ended at times of today, or at instants."""
    for when, script in runs:
        ended = world.instant(when) if isinstance(when, str) else when
        world.append(*structs.replace(script, run_id=f"of-{ended}").events(ended, 0))
    world.settle()


def bad(world: Scenario) -> list[tuple[str, str]]:
    return [
        (format_instant(start)[11:16], format_instant(end)[11:16])
        for start, end in account(world).bad
    ]


@pytest.mark.parametrize("quality", [CHECKS, ROWS], ids=["checks", "rows"])
def test_bad_time_begins_with_the_run_that_failed_and_ends_with_the_one_that_passed(
    another: World, quality: Quality, *, restarts: bool
) -> None:
    world = another(quality.catalog)
    world.at("06:00")
    tell(world, ("05:00", quality.bad))
    assert bad(world) == [("05:00", "06:00")]
    if restarts:
        world.restart()
    world.at("07:00")
    tell(world, ("06:30", quality.good))
    assert bad(world) == [("05:00", "06:30")]


@pytest.mark.parametrize("quality", [CHECKS, ROWS], ids=["checks", "rows"])
@pytest.mark.parametrize("order", [1, -1], ids=["in order", "reversed"])
def test_what_failed_and_passed_before_it_was_told_was_bad_in_between(
    another: World, quality: Quality, order: int, *, restarts: bool
) -> None:
    runs = [("04:30", quality.good), ("05:00", quality.bad), ("05:40", quality.good)][::order]
    world = another(quality.catalog)
    world.at("06:00")
    tell(world, *runs)
    if restarts:
        world.restart()
    world.at("06:30")
    assert bad(world) == [("05:00", "05:40")]


@pytest.mark.parametrize("quality", [CHECKS, ROWS], ids=["checks", "rows"])
def test_a_run_that_is_told_last_is_bad_or_good_until_the_next_of_its_time(
    another: World, quality: Quality, *, restarts: bool
) -> None:
    world = another(quality.catalog)
    world.at("05:00", quality.good)
    world.at("06:00", quality.bad)
    world.at("07:00", quality.good)
    tell(world, ("05:20", quality.bad), ("06:20", quality.good))
    if restarts:
        world.restart()
    tell(world, ("05:50", quality.good))
    assert bad(world) == [("05:20", "05:50"), ("06:00", "06:20")]


def test_of_runs_that_say_that_they_compute_the_past_nothing_is_charged(another: World) -> None:
    for_past = marked(ROWS.bad, hub_backfill={})
    world = another(ROWS.catalog)
    world.at("05:00", ROWS.good)
    world.at("06:00")
    tell(world, ("05:20", for_past))
    assert bad(world) == []


def test_nobody_is_paged_for_what_has_healed_by_all_that_is_known(another: World) -> None:
    world = another(ROWS.catalog)
    world.at("05:00", ROWS.good)
    world.at("09:00")
    tell(world, ("06:00", ROWS.bad), ("08:00", ROWS.good))
    tell(world, ("07:00", ROWS.bad))
    world.at("10:00")
    assert bad(world) == [("06:00", "08:00")]
    assert world.heard() == []


def test_what_is_bad_still_pages_at_once_when_it_has_burnt_for_long(another: World) -> None:
    world = another(ROWS.catalog)
    world.at("05:00", ROWS.good)
    world.at("07:00")
    tell(world, ("06:00", ROWS.bad))
    assert world.heard() == ["07:00 triggered finance-pager DATA_QUALITY bronze.payments"]


def test_time_before_an_objective_was_declared_stays_as_it_was(another: World) -> None:
    world = another(CHECKS.catalog)
    world.at("04:10", CHECKS.good)
    world.at("06:00")
    world.catalog = structs.replace(CHECKS, objective=0.9).catalog
    world.restart()
    world.at("07:00")
    tell(world, ("05:00", CHECKS.bad))
    assert bad(world) == [("06:00", "07:00")]


def shuffled(runs: Sequence[Any], random: Random, most: int) -> Iterator[list[Any]]:
    """Yield runs in random batches, in random order."""
    left = random.sample(runs, len(runs))
    while left:
        size = random.randint(1, most)
        yield left[:size]
        left = left[size:]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "quality",
    [CHECKS, MANY_CHECKS, RUNS, ROWS, MANY_ROWS],
    ids=["checks", "many checks", "runs", "rows", "many rows"],
)
def test_in_whatever_order_runs_are_told_the_same_time_is_charged(
    another: World, quality: Quality, seed: int
) -> None:
    random = Random(seed)
    world = another(quality.catalog)
    first = world.instant("04:01")
    # More than are read at once.
    runs = [(first + number * MINUTE, random.random() < 0.6) for number in range(230)]
    world.at("08:00")
    for batch in shuffled(runs, random, 160):
        tell(world, *((at, quality.good if good else quality.bad) for at, good in batch))
        world.pass_until(world.now + random.randint(0, 5) * MINUTE)
        if random.random() < 0.3:
            world.restart()

    assert account(world).bad == quality.charged(runs, world.now)
    with world.store.database.read() as connection:
        changes = slo_context.changes_since(connection, 0)
    rebuild(world.store)
    with world.store.database.read() as connection:
        assert slo_context.changes_since(connection, 0) == changes
