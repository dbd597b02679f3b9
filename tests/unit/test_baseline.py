from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.slos.baseline import LEAST_HISTORY, usual_range

DAY = 86_400_000_000
values = st.floats(0, 1e9)


def days(amounts: list[float]) -> list[tuple[int, float]]:
    return [(number * DAY, amount) for number, amount in enumerate(amounts)]


def test_a_short_history_says_nothing() -> None:
    weekly = [(number * 7 * DAY, 5.0) for number in range(LEAST_HISTORY)]
    assert usual_range(weekly[1:], 0) is None
    assert usual_range(weekly, 0) is not None
    assert usual_range(weekly, DAY) is None  # of that weekday nothing is known
    assert usual_range(days([5.0] * 21), 21 * DAY) is None
    assert usual_range(days([5.0] * 28), 28 * DAY) is not None


def test_what_never_varied_may_vary_a_little() -> None:
    found = usual_range(days([100.0] * 30), 30 * DAY)
    assert found is not None
    assert (found.low, found.high) == (90, 110)


def test_days_of_the_week_differ() -> None:
    history = days([1_000.0 if number % 7 < 5 else 10.0 for number in range(56)])
    sunday, monday = usual_range(history, 55 * DAY), usual_range(history, 56 * DAY)
    assert sunday is not None
    assert monday is not None
    assert (sunday.learned_from, sunday.high, monday.low) == (8, 11, 900)


def test_one_noisy_weekday_widens_the_range_of_none_and_all_together_that_of_each() -> None:
    calm = [100.0 + (number % 2) for number in range(56)]
    noisy = [100.0 + 30 * (number // 7 % 2) for number in range(56)]
    narrow, wide = (usual_range(days(each), 56 * DAY) for each in (calm, noisy))
    assert narrow is not None
    assert wide is not None
    assert narrow.high < 112
    assert wide.high > 150


@given(st.lists(values, min_size=LEAST_HISTORY, max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_history_does_not_matter(amounts: list[float], chance: object) -> None:
    history = days(amounts)
    shuffled = history.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    assert usual_range(history, 0) == usual_range(shuffled, 0)


@given(st.lists(st.floats(90, 110), min_size=28, max_size=28), st.floats(1e6, 1e9))
def test_one_outlier_does_not_make_itself_usual(amounts: list[float], outlier: float) -> None:
    history = days(amounts)
    history[3] = (history[3][0], outlier)
    found = usual_range(history, 3 * DAY)
    assert found is not None
    assert found.high < outlier


@given(st.lists(values, min_size=LEAST_HISTORY, max_size=60))
def test_the_median_is_usual(amounts: list[float]) -> None:
    everyday = [(number * 7 * DAY, amount) for number, amount in enumerate(amounts)]
    found = usual_range(everyday, 0)
    assert found is not None
    assert found.low <= median(amounts) <= found.high
