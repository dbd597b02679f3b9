"""What is known of a dataset's age does not depend on the order in which it was told."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.slos.arrivals import Arrival, Arrivals

TIMES = st.integers(1, 12)
RUNS = st.lists(
    st.builds(
        lambda at, behind: Arrival(
            published_at=at, nominal_at=None if behind is None else at - behind
        ),
        TIMES,
        st.none() | st.integers(0, 9),
    ),
    max_size=8,
    unique_by=lambda each: each.published_at,
)


def told(runs: list[Arrival]) -> Arrivals:
    return reduce(Arrivals.with_arrival, runs, Arrivals())


@given(RUNS.flatmap(lambda runs: st.tuples(st.just(runs), st.permutations(runs))))
def test_runs_told_in_any_order_say_what_they_say_in_the_order_in_which_they_ended(
    both: tuple[list[Arrival], list[Arrival]],
) -> None:
    runs, shuffled = both
    known = told(shuffled)
    in_order = told(sorted(runs, key=lambda each: each.published_at))

    for name in ("published_at", "first_at", "ran_at", "nominal_at"):
        assert getattr(known, name) == getattr(in_order, name)
