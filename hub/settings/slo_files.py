"""SLOs as products' files declare them."""

from __future__ import annotations

from math import inf
from typing import Any, Final, TypeAlias

from msgspec import structs

from hub.domain.catalog import MOST_RUNS, Counted, Per, Severity, Slo, SloKind, Volume
from hub.domain.errors import InvalidInput
from hub.domain.names import JobName
from hub.domain.slos.baseline import LEAST_HISTORY
from hub.domain.slos.ticks import tick_in_a_gap
from hub.settings import shapes
from hub.settings.budget_files import BudgetReader
from hub.settings.documents import Document, Report
from hub.settings.duty_files import DutyReader

# How many runs or days a share of the median looks at, and how many what is usual.
_OF_LAST: Final = 10
_OF_LAST_USUAL: Final = 60
_LONGEST_SECONDS: Final = 3_660 * 86_400
_TINY: Final = 1e-9


_Scheduled: TypeAlias = shapes.Freshness | shapes.Completeness | shapes.Punctuality


class SloReader:
    """Reads SLOs; each finding goes to ``report``, a stand-in takes its place."""

    def __init__(self, duty: DutyReader, report: Report) -> None:
        self._duty = duty
        self._report = report
        self._budgets = BudgetReader(duty, report)

    def slo(self, document: Document, pointer: str, product: str, slo: shapes.Slo) -> Slo:
        """Read one SLO of a product."""
        read = self._measured(document, pointer, product, slo)
        if slo.budget is None:
            return read
        budget = self._budgets.budget(document, f"{pointer}.budget", read, slo.budget)
        return structs.replace(read, budget=budget)

    def _measured(self, document: Document, pointer: str, product: str, slo: shapes.Slo) -> Slo:
        """Read what an SLO measures."""
        found = [name for name in shapes.SLO_PARTS if getattr(slo, name) is not None]
        if len(found) != 1:
            message = f"slo {slo.slo} needs one of {', '.join(shapes.SLO_PARTS)}"
            self._report(document, pointer, message)
            return self._named(slo, product, "", kind=SloKind.QUALITY)
        part, place = getattr(slo, found[0]), f"{pointer}.{found[0]}"
        fields = getattr(self, f"_{found[0]}")(document, place, part)
        return self._named(slo, product, part.dataset, kind=SloKind(found[0]), **fields)

    def _named(
        self,
        slo: shapes.Slo,
        product: str,
        dataset: str,
        **fields: Any,  # noqa: ANN401 - Slo's
    ) -> Slo:
        read = Slo(name=slo.slo, product=product, dataset=dataset, **fields)
        # Nobody is woken by what only differs from what was, or sums up what was told already.
        is_mild = read.is_learned or read.kind is SloKind.AVAILABILITY
        is_mild = is_mild or read.counted is Counted.EVALUATED
        usual = Severity.TICKET if is_mild else Severity.PAGE
        severity = usual if slo.severity is None else slo.severity
        return Slo(name=slo.slo, product=product, dataset=dataset, severity=severity, **fields)

    def _quality(self, document: Document, pointer: str, quality: shapes.Quality) -> dict[str, Any]:
        self._check_objective(document, pointer, quality.objective)
        if quality.of is Counted.RUNS and quality.at_least is None:
            args = (quality.objective, quality.window_runs, "window_runs")
            self._check_spared(document, pointer, *args)
        self._check_count(document, f"{pointer}.window_runs", quality.window_runs)
        if quality.at_least is not None and quality.of is not Counted.RUNS:
            self._report(document, f"{pointer}.at_least", "at_least counts runs: say `of: runs`")
        self._check_at_least(document, pointer, quality.at_least, quality.window_runs)
        return {
            "counted": quality.of,
            "objective": quality.objective,
            "at_least": quality.at_least,
            "window_runs": quality.window_runs,
        }

    def _volume(self, document: Document, pointer: str, volume: shapes.Volume) -> dict[str, Any]:
        bounds = (volume.least, volume.most, volume.min_share, volume.max_share)
        if not all(each is None or 0 <= each < inf for each in bounds):
            self._report(document, pointer, "a volume is a number, and not below zero")
        for low, high in (bounds[:2], bounds[2:]):
            if low is not None and high is not None and low > high:
                self._report(document, pointer, f"no volume is {low} at least and {high} at most")
        if volume.usual is not (set(bounds) == {None}):
            message = "say what is expected: min, max, min_share, max_share, or `usual: true`"
            self._report(document, pointer, message)
        otherwise = _OF_LAST_USUAL if volume.usual else _OF_LAST
        of_last = otherwise if volume.of_last is None else volume.of_last
        least = LEAST_HISTORY if volume.usual else 1
        self._check_count(document, f"{pointer}.of_last", of_last, least, MOST_RUNS - 1)
        zone = self._duty.zone(document, f"{pointer}.timezone", volume.timezone)
        read = Volume(
            per=Per(volume.per),
            least=volume.least,
            most=volume.most,
            least_share=volume.min_share,
            most_share=volume.max_share,
            of_last=of_last,
        )
        return {"volume": read, "timezone": zone}

    def _completeness(
        self, document: Document, pointer: str, part: shapes.Completeness
    ) -> dict[str, Any]:
        self._check_objective(document, pointer, part.objective)
        if part.of_field is None:
            args = (part.objective, part.window_ticks, "window_ticks")
            self._check_spared(document, pointer, *args)
        if (part.of_field is None) == (part.schedule is None):
            self._report(document, pointer, "completeness is of a field, or of a schedule's ticks")
        self._check_count(
            document, f"{pointer}.window_ticks", part.window_ticks, most=MOST_RUNS // 2
        )
        scheduled = self._schedule(document, pointer, part)
        return {
            **scheduled,
            "objective": part.objective,
            "of_field": part.of_field,
            "window_ticks": part.window_ticks,
        }

    def _freshness(
        self, document: Document, pointer: str, freshness: shapes.Freshness
    ) -> dict[str, Any]:
        said = (freshness.within is not None, freshness.schedule is not None, freshness.usual)
        if sum(said) != 1:
            message = "freshness needs one of within, schedule and `usual: true`"
            self._report(document, pointer, message)
        if freshness.usual:
            place = f"{pointer}.of_last"
            self._check_count(document, place, freshness.of_last, LEAST_HISTORY + 1)
        return {
            **self._schedule(document, pointer, freshness),
            "within_seconds": self._span(document, f"{pointer}.within", freshness.within),
            "clock": freshness.clock,
            "learned_from": freshness.of_last if freshness.usual else None,
        }

    def _punctuality(
        self, document: Document, pointer: str, part: shapes.Punctuality
    ) -> dict[str, Any]:
        if sum((part.schedule is not None, part.observed, part.usual)) != 1:
            message = "punctuality needs one of schedule, `observed: true` and `usual: true`"
            self._report(document, pointer, message)
        if part.usual:
            self._check_count(document, f"{pointer}.of_last", part.of_last, LEAST_HISTORY + 1)
        return {
            **self._schedule(document, pointer, part),
            "job": self._job(document, f"{pointer}.job", part.job),
            "is_observed": part.observed,
            "learned_from": part.of_last if part.usual else None,
        }

    def _availability(
        self, document: Document, pointer: str, part: shapes.Availability
    ) -> dict[str, Any]:
        self._check_objective(document, pointer, part.objective)
        if part.at_least is None:
            args = (part.objective, part.window_runs, "window_runs")
            self._check_spared(document, pointer, *args)
        self._check_count(document, f"{pointer}.window_runs", part.window_runs)
        self._check_at_least(document, pointer, part.at_least, part.window_runs)
        return {
            "job": self._job(document, f"{pointer}.job", part.job),
            "objective": part.objective,
            "at_least": part.at_least,
            "window_runs": part.window_runs,
        }

    def _latency(self, document: Document, pointer: str, part: shapes.Latency) -> dict[str, Any]:
        self._check_objective(document, pointer, part.objective)
        args = (part.objective, part.window_runs, "window_runs")
        self._check_spared(document, pointer, *args)
        self._check_count(document, f"{pointer}.window_runs", part.window_runs)
        return {
            "within_seconds": self._span(document, f"{pointer}.within", part.within),
            "objective": part.objective,
            "window_runs": part.window_runs,
        }

    def _dead_letters(
        self, document: Document, pointer: str, part: shapes.DeadLetters
    ) -> dict[str, Any]:
        self._check_count(document, f"{pointer}.at_most", part.at_most, least=0)
        return {
            "at_most": part.at_most,
            "within_seconds": self._span(document, f"{pointer}.within", part.within),
        }

    def _job(self, document: Document, pointer: str, text: str | None) -> JobName | None:
        if text is None:
            return None
        namespace, _, name = text.rpartition("/")
        if not namespace or not name:
            self._report(document, pointer, f"{text!r} is no job: write NAMESPACE/NAME")
        return JobName(namespace, name)

    def _schedule(self, document: Document, pointer: str, part: _Scheduled) -> dict[str, Any]:
        zone = self._duty.zone(document, f"{pointer}.timezone", part.timezone)
        self._check_schedule(document, pointer, part, zone)
        calendar = None
        if part.holidays:
            place = f"{pointer}.holidays"
            calendar = self._duty.calendar(document, place, part.holidays, zone)
        return {
            "schedule": part.schedule,
            "timezone": zone,
            "grace_seconds": self._span(document, f"{pointer}.grace", part.grace, least=0) or 0,
            "holidays": calendar,
        }

    def _check_schedule(
        self,
        document: Document,
        pointer: str,
        part: _Scheduled,
        zone: str,
    ) -> None:
        if part.schedule is None:
            if part.holidays is not None:
                self._report(document, f"{pointer}.holidays", "holidays need a schedule")
            return
        try:
            leapt = tick_in_a_gap(part.schedule, zone)
        except InvalidInput as error:
            self._report(document, f"{pointer}.schedule", error.message)
            return
        if leapt is not None:
            message = (
                f"{part.schedule!r} is due at {leapt:%Y-%m-%d %H:%M}, which the clocks of"
                f" {zone} leap over: choose another hour, or a zone without summer time"
            )
            self._report(document, f"{pointer}.schedule", message)

    def _span(
        self, document: Document, pointer: str, text: str | None, least: int = 1
    ) -> int | None:
        """Read a duration that something may last."""
        seconds = self._duty.seconds(document, pointer, text)
        if seconds is not None and not least <= seconds <= _LONGEST_SECONDS:
            self._report(document, pointer, f"{text!r} is not within {least}s and 3660d")
        return seconds

    def _check_spared(
        self, document: Document, pointer: str, objective: float, of: int, key: str
    ) -> None:
        """Refuse an objective below 1 that the first failure misses all the same."""
        may_fail = (1 - objective) * of
        if 0 < may_fail < 1 - _TINY:
            message = (
                f"one failure misses it: of {of} an objective of {objective:.4g} lets"
                f" {may_fail:.2g} fail; lower it, take more {key}, or say 1"
            )
            self._report(document, f"{pointer}.objective", message)

    def _check_objective(self, document: Document, pointer: str, objective: float) -> None:
        if not 0 < objective <= 1:
            self._report(document, f"{pointer}.objective", "an objective is within (0, 1]")

    def _check_at_least(
        self, document: Document, pointer: str, at_least: int | None, of: int
    ) -> None:
        if at_least is not None and not 1 <= at_least <= of:
            message = "at_least is within 1 and window_runs"
            self._report(document, f"{pointer}.at_least", message)

    def _check_count(
        self, document: Document, pointer: str, count: int, least: int = 1, most: int = MOST_RUNS
    ) -> None:
        if not least <= count <= most:
            self._report(document, pointer, f"it is within {least} and {most}")
