import threading
from collections.abc import Callable

from hub.domain.errors import Conflict, StoreUnavailable
from hub.flow.consumer import StageHealth, StageThread, run_until_idle


class Countdown:
    """A stage with a given amount of work; ``trouble`` may raise instead of a step."""

    def __init__(
        self, name: str, work: int, trouble: Callable[[int], None] = lambda _step: None
    ) -> None:
        self.name = name
        self.work = work
        self.steps = 0
        self.idle = threading.Event()
        self.trouble = trouble

    def step(self) -> bool:
        self.steps += 1
        self.trouble(self.steps)
        if not self.work:
            self.idle.set()
            return False
        self.work -= 1
        return True


def fail_at(*steps: int, error: Exception) -> Callable[[int], None]:
    def trouble(step: int) -> None:
        if step in steps:
            raise error

    return trouble


def test_stages_run_until_none_has_work() -> None:
    stages = [Countdown("project", 3), Countdown("evaluate", 5)]
    run_until_idle(stages)
    assert [stage.work for stage in stages] == [0, 0]


def test_what_one_stage_has_to_do_costs_the_others_no_steps() -> None:
    busy = Countdown("deliver", 1_000)
    others = [Countdown("project", 1), Countdown("evaluate", 0)]
    run_until_idle([*others, busy])
    assert [stage.steps for stage in (*others, busy)] == [3, 2, 1_001]


def test_a_stage_has_another_turn_when_a_later_one_makes_work_for_it() -> None:
    project = Countdown("project", 2)

    def decide(step: int) -> None:
        project.work += step == 1

    evaluate = Countdown("evaluate", 1, decide)
    run_until_idle([project, evaluate])
    assert project.work == 0
    assert project.steps == 2 + 1 + 1 + 1


def test_a_lost_race_is_tried_again() -> None:
    stage = Countdown("project", 2, fail_at(1, 2, error=Conflict("another was faster")))
    run_until_idle([stage])
    assert stage.work == 0


def test_the_thread_works_until_idle_and_again_when_woken() -> None:
    stage = Countdown("project", 3)
    progress: list[int] = []
    thread = StageThread([stage], tick_seconds=60, on_progress=lambda: progress.append(stage.work))
    thread.start()
    assert stage.idle.wait(10)
    stage.idle.clear()
    stage.work = 2
    thread.wake()
    assert stage.idle.wait(10)
    thread.stop()
    assert progress == [2, 1, 0, 1, 0]


def test_a_tick_gives_stages_a_turn_without_a_wake_up() -> None:
    stage = Countdown("evaluate", 0)
    thread = StageThread([stage], tick_seconds=0.001)
    thread.start()
    for _ in range(3):
        assert stage.idle.wait(10)
        stage.idle.clear()
    thread.stop()


def test_a_failing_stage_says_so_recovers_and_does_not_hold_up_the_others() -> None:
    error = StoreUnavailable("the disk is full")
    failing = Countdown("project", 1, fail_at(1, 2, error=error))
    healthy = Countdown("evaluate", 3)
    seen: list[StageHealth] = []
    thread = StageThread([failing, healthy], tick_seconds=0.01)
    healthy.trouble = lambda _step: seen.append(thread.health()["project"])
    thread.start()
    assert failing.idle.wait(10)
    thread.stop()
    assert seen[0] == StageHealth(1, "StoreUnavailable: the disk is full")
    assert thread.health()["project"] == StageHealth()
    assert (failing.work, healthy.work) == (0, 0)


def test_a_thread_that_was_never_started_can_be_stopped() -> None:
    StageThread([Countdown("project", 0)]).stop()


def test_stages_stand_back_while_something_more_urgent_goes_on() -> None:
    is_urgent = True
    stage = Countdown("project", 3)
    looked = threading.Semaphore(0)

    def gives_way() -> bool:
        looked.release()
        return is_urgent

    thread = StageThread([stage], gives_way=gives_way)
    thread.start()
    for _ in range(3):
        assert looked.acquire(timeout=10)
    assert stage.steps == 0
    is_urgent = False
    assert stage.idle.wait(10)
    thread.stop()


def test_what_goes_first_stands_back_for_nothing_and_has_a_turn_before_each_stage() -> None:
    is_urgent = True
    first, stage, last = Countdown("express", 1), Countdown("project", 0), Countdown("index", 0)
    first_turns: list[int] = []
    for each in (stage, last):
        each.trouble = lambda _step: first_turns.append(first.steps)
    thread = StageThread([stage, last], first=first, gives_way=lambda: is_urgent)
    thread.start()
    assert first.idle.wait(10)
    assert (first.work, stage.steps) == (0, 0)
    is_urgent = False
    assert last.idle.wait(10)
    thread.stop()
    before_stage, before_last = first_turns[:2]
    assert before_stage < before_last


def test_what_goes_first_does_not_go_on_for_ever() -> None:
    first, stage = Countdown("express", 1_000_000), Countdown("project", 0)
    thread = StageThread([stage], first=first)
    thread.start()
    assert stage.idle.wait(10)
    thread.stop()
    assert first.work


def test_stages_give_way_before_the_turn_of_each() -> None:
    first, second = Countdown("project", 1), Countdown("index", 1)
    is_urgent = False
    has_waited = threading.Event()

    def gives_way() -> bool:
        if is_urgent:
            has_waited.set()
        return is_urgent

    def begin_burst() -> None:
        nonlocal is_urgent
        is_urgent = not second.steps

    thread = StageThread([first, second], gives_way=gives_way, on_progress=begin_burst)
    thread.start()
    assert has_waited.wait(10)
    assert (first.steps, second.steps) == (1, 0)
    is_urgent = False
    assert second.idle.wait(10)
    thread.stop()


def test_stages_that_somebody_waits_for_give_no_way() -> None:
    stage = Countdown("project", 3)
    thread = StageThread([stage], gives_way=lambda: True)
    thread.hurry()
    thread.start()
    assert stage.idle.wait(10)
    thread.stop()


def test_stages_that_stand_back_can_be_stopped() -> None:
    is_asked = threading.Event()

    def gives_way() -> bool:
        is_asked.set()
        return True

    thread = StageThread([Countdown("project", 3)], gives_way=gives_way)
    thread.start()
    assert is_asked.wait(10)
    thread.stop()


def test_rounds_follow_one_another_at_a_pace_until_somebody_waits() -> None:
    stage = Countdown("project", 3)
    has_worked = threading.Event()
    thread = StageThread([stage], round_seconds=3_600, on_progress=has_worked.set)
    thread.start()
    assert has_worked.wait(10)
    assert not stage.idle.is_set()
    assert stage.steps == 1
    thread.hurry()
    assert stage.idle.wait(10)
    thread.stop()


def test_a_thread_between_two_rounds_can_be_stopped() -> None:
    stage = Countdown("project", 3)
    has_worked = threading.Event()
    thread = StageThread([stage], round_seconds=3_600, on_progress=has_worked.set)
    thread.start()
    assert has_worked.wait(10)
    thread.stop()
    assert stage.steps == 1
