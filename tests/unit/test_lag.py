"""When the intake is held back: by what has waited too long, and by what would."""

from hub.flow.ingest.lag import Lag


class Projection:
    """How far a projection has come, at which time, as a test says."""

    def __init__(self, most_seconds: float) -> None:
        self.at = 0.0
        self.projected = 0
        self.lag = Lag(lambda: self.projected, most_seconds=most_seconds, clock=lambda: self.at)

    def holds_back(self) -> bool:
        return self.lag.is_over

    def appended(self, position: int) -> None:
        self.lag.note(position)
        self.lag.look()

    def comes_to(self, position: int, *, at: float) -> None:
        self.at, self.projected = at, position
        self.lag.look()


def test_nothing_is_held_back_where_nothing_waits() -> None:
    projection = Projection(most_seconds=1)
    projection.appended(1_000)
    projection.comes_to(1_000, at=60)
    assert not projection.holds_back()


def test_what_has_waited_too_long_holds_up_what_comes() -> None:
    projection = Projection(most_seconds=1)
    projection.appended(10)
    projection.comes_to(0, at=1.1)
    assert projection.holds_back()


def test_what_would_wait_too_long_is_foreseen_from_the_pace() -> None:
    for most_seconds, is_over in ((1, True), (4, False)):
        projection = Projection(most_seconds)
        projection.appended(1_000)
        projection.comes_to(500, at=0.5)
        projection.appended(1_500)
        # Another thousand, at a thousand a second.
        assert projection.holds_back() is is_over


def test_a_burst_is_foreseen_as_it_is_appended() -> None:
    projection = Projection(most_seconds=1)
    projection.appended(1_000)
    projection.comes_to(500, at=0.5)
    projection.comes_to(1_000, at=1)
    projection.lag.note(1_200)
    assert not projection.holds_back()
    projection.lag.note(1_400)
    assert projection.holds_back()


def test_a_projection_that_had_nothing_to_do_is_not_taken_for_slow() -> None:
    projection = Projection(most_seconds=1)
    projection.appended(1_000)
    projection.comes_to(500, at=0.5)
    projection.comes_to(1_000, at=1)
    projection.appended(1_001)
    projection.comes_to(1_001, at=60)
    projection.appended(1_201)
    assert not projection.holds_back()


def test_who_was_slow_once_is_found_faster_again() -> None:
    projection = Projection(most_seconds=1)
    projection.appended(1_000)
    projection.comes_to(10, at=100)
    assert projection.holds_back()
    projection.comes_to(1_000, at=100.1)
    assert not projection.holds_back()
    projection.appended(2_000)
    assert not projection.holds_back()
