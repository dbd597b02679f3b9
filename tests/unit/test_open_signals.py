from hypothesis import given
from hypothesis import strategies as st

from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.incidents.signals import Signal, SignalKind
from hub.domain.names import JobName, RunName, run_id
from hub.flow.evaluate.open_signals import OpenSignals

VERDICT = Verdict(
    failure_class=FailureClass.LOGIC, rule="r", rule_set="s", evidence="e", confidence=0.5
)
NAMES = st.sampled_from("ab") | st.none()
RUN = RunName(JobName("jobs", "job"), "run")
RUNS = st.sampled_from([run_id(RUN), "run:jobs:job:other"]) | st.none()
SIGNALS = st.lists(
    st.builds(
        Signal,
        id=st.sampled_from("123456789"),
        kind=st.sampled_from(SignalKind),
        subject=st.just("subject"),
        title=st.just("title"),
        verdict=st.just(VERDICT),
        onset_at=st.just(0),
        run=RUNS,
        slo=NAMES,
        rule=NAMES,
        datasets=st.lists(st.sampled_from("ab"), unique=True).map(tuple),
    ),
    unique_by=lambda signal: signal.id,
)


@given(SIGNALS, st.sets(st.sampled_from("123456789")))
def test_signals_are_found_by_what_is_known_of_them(found: list[Signal], gone: set[str]) -> None:
    signals = OpenSignals(found)
    for signal in found:
        if signal.id in gone:
            signals.drop(signal)
            signals.drop(signal)
    left = [signal for signal in found if signal.id not in gone]

    assert signals.of_slo("a") == [s for s in left if s.slo == "a"]
    assert signals.of_rule("a") == [s for s in left if s.rule == "a"]
    assert signals.about("a") == [s for s in left if "a" in s.datasets]
    assert signals.of_letters() == [s for s in left if s.kind is SignalKind.DEAD_LETTERS]
    of_run = [s for s in left if s.run == run_id(RUN)]
    assert signals.lost_run(RUN) == [s for s in of_run if s.kind is SignalKind.RUN_LOST]
    assert signals.has_failed(run_id(RUN)) == any(s.kind is not SignalKind.RUN_LOST for s in of_run)


def test_the_parts_of_a_job_are_its_own_but_for_steps_of_ours() -> None:
    def failed(key: str, job: str, step: str | None = None) -> Signal:
        return Signal(
            id=key,
            kind=SignalKind.RUN_FAILED,
            subject=job,
            title="",
            verdict=VERDICT,
            onset_at=0,
            job=job,
            step=step,
        )

    signals = OpenSignals(
        [
            failed("whole", "job:airflow:daily"),
            failed("part", "job:airflow:daily.load"),
            failed("step", "job:airflow:daily.sum", step="sum"),
            failed("other", "job:airflow:daily2"),
        ]
    )
    assert [s.id for s in signals.of_job([JobName("airflow", "daily")])] == ["whole", "part"]
