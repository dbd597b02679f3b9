"""The signals that have not cleared, found by what evaluate knows of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from hub.domain.failures.failure import FailureClass
from hub.domain.incidents.signals import Signal, SignalKind
from hub.domain.names import JobName, RunName, job_id, parse_node_id, run_id

# An attribute of signals, and a value of it.
_Trait: TypeAlias = tuple[str, str]
# Of a job, a run that failed says more than one that was lost, or never began.
_OF_RUNS: Final = (SignalKind.RUN_FAILED, SignalKind.RUN_LOST, SignalKind.RUN_MISSING)


class OpenSignals:
    """Signals by each of their traits, in the order in which they were raised.

    Whoever asks for those of one run, SLO or dataset does not go through those of all others.
    """

    def __init__(self, found: Iterable[Signal] = ()) -> None:
        """Hold those that were found open."""
        self._by_id: dict[str, Signal] = {}
        self._by_trait: dict[_Trait, dict[str, Signal]] = {}
        for signal in found:
            self.add(signal)

    def add(self, signal: Signal) -> None:
        """Hold a signal."""
        self._by_id[signal.id] = signal
        for trait in _traits(signal):
            self._by_trait.setdefault(trait, {})[signal.id] = signal

    def drop(self, signal: Signal) -> None:
        """Hold a signal no more."""
        self._by_id.pop(signal.id, None)
        for trait in _traits(signal):
            alike = self._by_trait.get(trait, {})
            alike.pop(signal.id, None)
            if not alike:
                self._by_trait.pop(trait, None)

    def __contains__(self, signal: Signal) -> bool:
        """Whether a signal is held."""
        return signal.id in self._by_id

    def has_any(self, kinds: Iterable[SignalKind]) -> bool:
        """Whether any signal is of one of some kinds.

        Every run that passes asks, and most of the time nothing has failed.
        """
        return any(("kind", kind) in self._by_trait for kind in kinds)

    def of_job(self, names: Iterable[JobName]) -> list[Signal]:
        """Return the failed and lost runs of a job, and of the jobs that are parts of it.

        ``names`` are all that it is called. Producers name a part after its whole (a task after its
        DAG, a query after its task), so a whole that passed has passed in its parts. Not so with
        steps of our own: a product may be run in part.
        """
        if not self.has_any(_OF_RUNS):
            return []
        found = {each.id: each for name in names for each in self._like("whole", job_id(name))}
        return [signal for kind in _OF_RUNS for signal in found.values() if signal.kind is kind]

    def of_runs(self) -> list[tuple[Signal, JobName]]:
        """Return the failed and lost runs of all jobs, with each job that it is over with."""
        found = (signal for kind in _OF_RUNS for signal in self._like("kind", kind))
        return [(signal, job) for signal in found for job in _wholes(signal)]

    def find(self, key: str) -> Signal | None:
        """Return a signal by its id."""
        return self._by_id.get(key)

    def of_slo(self, name: str) -> list[Signal]:
        """Return the signals of an SLO."""
        return list(self._like("slo", name))

    def of_letters(self) -> list[Signal]:
        """Return the signals about dead letters."""
        return list(self._like("kind", SignalKind.DEAD_LETTERS))

    def of_rule(self, rule: str) -> list[Signal]:
        """Return the signals about dead letters that broke a rule."""
        return list(self._like("rule", rule))

    def about(self, dataset: str) -> list[Signal]:
        """Return the signals that leave a dataset missing, stale or broken."""
        return list(self._like("dataset", dataset))

    def has_failed(self, run: str) -> bool:
        """Whether a run has a signal, other than that it was lost."""
        return any(s.kind is not SignalKind.RUN_LOST for s in self._like("run", run))

    def lost_run(self, name: RunName) -> list[Signal]:
        """Return the signals that a run was lost."""
        # Every event of every run asks, and few runs are lost.
        if ("kind", SignalKind.RUN_LOST) not in self._by_trait:
            return []
        return [s for s in self._like("run", run_id(name)) if s.kind is SignalKind.RUN_LOST]

    def broken(self) -> dict[str, Signal]:
        """Return the datasets that a signal leaves missing, stale or broken."""
        return {
            dataset: signal
            for signal in self._by_id.values()
            for dataset in signal.datasets
            if signal.verdict.failure_class is not FailureClass.CANCELLED
        }

    def _like(self, name: str, value: str) -> Iterable[Signal]:
        return self._by_trait.get((name, value), {}).values()


def _traits(signal: Signal) -> Iterator[_Trait]:
    yield "kind", signal.kind
    for name, value in (("run", signal.run), ("slo", signal.slo), ("rule", signal.rule)):
        if value is not None:
            yield name, value
    for dataset in signal.datasets:
        yield "dataset", dataset
    if signal.kind in _OF_RUNS:
        for job in _wholes(signal):
            yield "whole", job_id(job)


def _wholes(signal: Signal) -> Iterator[JobName]:
    """Yield the job of a signal, and those that it is a part of by its name."""
    if signal.job is None:
        return
    job = parse_node_id(signal.job).job
    yield job
    if signal.step is None:
        for dot in re.finditer(r"\.", job.name):
            yield JobName(job.namespace, job.name[: dot.start()])
