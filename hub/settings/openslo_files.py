"""SLOs of other tools: OpenSLO v1 as products' files would say it, and what they cannot say.

OpenSLO names no dataset: that is given beside it, or by the annotation ``hub/dataset``. What its
indicator means for data is read from the words of the indicator's and the SLO's names, or from the
annotation ``hub/measures``; a query is never carried out. One whose meaning is not plain is left
out, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeGuard

from msgspec import NODEFAULT, Struct, field, structs, to_builtins

from hub.domain.budgets import Period
from hub.domain.catalog import Clock, Counted
from hub.settings import shapes
from hub.settings.documents import Document, read_documents
from hub.settings.duty_files import DutyReader
from hub.settings.sla_files import all_of, object_names, promises_of
from hub.settings.slo_files import SloReader

ANNOTATION: Final = "hub/dataset"
MEASURES: Final = "hub/measures"
_VERSION: Final = "openslo/v1"
_AGE: Final = frozenset({"age", "delay", "fresh", "freshness", "lag", "stale", "staleness"})
_ROWS: Final = frozenset({"record", "records", "row", "rows"})
_CHECKS: Final = frozenset({"assertion", "assertions", "check", "checks", "quality", "tests"})
_RUNS: Final = frozenset({"execution", "executions", "job", "jobs", "run", "runs"})
_PROCESSING: Final = _RUNS | {"pipeline", "processing"}
_UNITS: Final = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
_NO_UNITS: Final = frozenset({"ms", "millis", "milliseconds", "microseconds", "weeks", "months"})
_DURATION: Final = re.compile(r"(\d{1,4})([mhdwMQY])")
_CALENDAR: Final = {
    "1w": Period.WEEK,
    "7d": Period.WEEK,
    "1M": Period.MONTH,
    "1Q": Period.QUARTER,
    "3M": Period.QUARTER,
}
_BEGINS: Final = {
    Period.WEEK: "a Monday",
    Period.MONTH: "the first of the month",
    Period.QUARTER: "the first of January, April, July or October",
}
_DAYS: Final = {"d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}
_WINDOW_RUNS: Final = 30
_LONGEST: Final = 366
_OF_COMPOSITES: Final = frozenset({"indicator", "indicatorRef", "compositeWeight"})
_MOST: Final = 1e9


class Measured(StrEnum):
    """What an indicator stands for, where that is said beside it."""

    AGE = "age"
    ROWS = "rows"
    CHECKS = "checks"
    RUNS = "runs"


class Placed(NamedTuple):
    """An SLO, and where in which document it was found."""

    document: Document
    pointer: str
    slo: shapes.Slo


class Imported(Struct):
    """The SLOs found, and what has no counterpart, each with file and line.

    Of that, ``refused`` is what is not kept although somebody has promised it.
    """

    placed: list[Placed] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def slos(self) -> list[shapes.Slo]:
        """The SLOs without their places."""
        return [each.slo for each in self.placed]


def import_slos(
    documents: Sequence[Document], dataset: str | None = None, measured: Measured | None = None
) -> Imported:
    """Read documents of OpenSLO v1, or contracts of ODCS.

    ``dataset`` is what they are about, and ``measured`` what their indicators stand for, where
    their names do not say so.
    """
    found = Imported()
    indicators = {
        _text(each.value, "metadata", "name"): each.value
        for each in documents
        if _text(each.value, "kind") == "SLI"
    }
    for document in documents:
        kind = _text(document.value, "kind")
        if kind == "DataContract":
            _import_contract(document, dataset, found)
        elif _text(document.value, "apiVersion") != _VERSION:
            _refuse(found, document, "$.apiVersion", f"only {_VERSION} and contracts are read")
        elif kind == "SLO":
            _Reading(document, indicators, dataset, measured, found).read()
        elif kind != "SLI":
            reason = f"{kind or 'it'} has no counterpart: receivers.yaml says who is told of what"
            _note(found, document, "$.kind", reason)
    found.unmapped += _refused(found.slos)
    found.unmapped = list(dict.fromkeys(found.unmapped))
    return found


def _refused(slos: Sequence[shapes.Slo]) -> list[str]:
    """Return why a product's file with these SLOs would be refused."""
    said: list[str] = []
    document = Document(Path("imported"), "", None, None)

    def report(_document: Document, _pointer: str, message: str) -> None:
        said.append(f"{slo.slo}: it would be refused as it is: {message}")

    reader = SloReader(DutyReader(Path(), report), report)
    for slo in slos:
        reader.slo(document, "$", "", slo)
    return said


def read_slos(path: Path) -> Imported:
    """Read the SLOs of a file of the catalog; each names its dataset itself.

    Raises:
        InvalidInput: as ``read_documents``.

    """
    return import_slos(read_documents(path))


def written(value: Struct) -> dict[str, Any]:
    """Return what a file would say of a part: what differs from what holds anyway."""
    said: dict[str, Any] = {}
    for each in structs.fields(value):
        held = getattr(value, each.name)
        makes = each.default_factory
        usual = each.default if makes is NODEFAULT else makes()
        if each.required or held != usual:
            is_part = isinstance(held, Struct)
            said[each.encode_name] = written(held) if is_part else to_builtins(held)
    return said


def _import_contract(document: Document, dataset: str | None, found: Imported) -> None:
    for name in [dataset] if dataset else object_names(document.value):
        for promise in promises_of(document, name):
            if promise.slo is not None:
                found.placed.append(Placed(document, promise.pointer, promise.slo))
            else:
                _refuse(found, document, promise.pointer, f"{promise.name}: {promise.reason}")


class _Reading:
    """One OpenSLO document of kind SLO being read."""

    def __init__(
        self,
        document: Document,
        indicators: Mapping[str, Any],
        dataset: str | None,
        measured: Measured | None,
        found: Imported,
    ) -> None:
        self._document = document
        self._value: Any = document.value
        self._name = _text(self._value, "metadata", "name") or "unnamed"
        self._dataset = _text(self._value, "metadata", "annotations", ANNOTATION) or dataset
        said: Any = _part(self._value, "metadata", "annotations").get(MEASURES)
        self._said = said
        self._measured = Measured(said) if said in [*Measured] else measured
        spec = _part(self._value, "spec")
        self._spec = spec
        ref = _text(spec, "indicatorRef")
        self._indicator = _part(spec, "indicator") or _mapping(indicators.get(ref))
        self._found = found

    def read(self) -> None:
        """Add what its objectives become."""
        if self._dataset is None:
            reason = f"it names no dataset: give --dataset, or the annotation {ANNOTATION}"
            self._refuse("$.metadata", reason)
            return
        if not self._indicator:
            self._refuse("$.spec", "its indicator is not in the file")
            return
        unlike = self._unlike()
        if unlike is not None:
            self._refuse("$.spec", unlike)
            return
        objectives = self._spec.get("objectives")
        listed = objectives if isinstance(objectives, list) else []
        given = [each for each in listed if isinstance(each, dict)]
        if not given:
            self._refuse("$.spec", "it has no objective")
        for index, objective in enumerate(given):
            number = f"-{index + 1}" if len(given) > 1 else ""
            pointer = f"$.spec.objectives[{index}]"
            slo = self._objective(pointer, objective)
            if slo is not None:
                slo.slo = f"{self._name}{number}"
                self._found.placed.append(Placed(self._document, pointer, slo))
        if self._spec.get("alertPolicies"):
            reason = "its alert policies are not taken over: the budget's limits stand for them"
            self._note("$.spec.alertPolicies", reason)

    def _unlike(self) -> str | None:
        """Return what of it the hub would not keep as it is meant, if anything."""
        if self._said is not None and self._measured is None:
            return f"{MEASURES} is one of {', '.join(Measured)}"
        if "indicator" in self._spec and "indicatorRef" in self._spec:
            return "its indicator is said twice: leave out indicator, or indicatorRef"
        windows = self._spec.get("timeWindow")
        if isinstance(windows, list) and len(windows) > 1:
            return "it has several time windows: write an SLO for each"
        is_ratio = "ratioMetric" in _part(self._indicator, "spec")
        method = self._spec.get("budgetingMethod")
        if is_ratio and method in ("Timeslices", "RatioTimeslices"):
            return f"a ratio is counted, and not by {method}: say Occurrences"
        return None

    def _objective(self, pointer: str, objective: Mapping[str, Any]) -> shapes.Slo | None:
        if not objective.keys().isdisjoint(_OF_COMPOSITES):
            self._refuse(pointer, "it is put together of several indicators: write an SLO for each")
            return None
        target = _target(objective)
        if target is None:
            self._refuse(pointer, "its target is no share between 0 and 1")
            return None
        measured = _part(self._indicator, "spec")
        if "thresholdMetric" in measured:
            return self._threshold(pointer, objective, target)
        if "ratioMetric" in measured:
            return self._ratio(pointer, target)
        self._refuse(pointer, "its indicator is neither a threshold nor a ratio")
        return None

    def _threshold(
        self, pointer: str, objective: Mapping[str, Any], target: float
    ) -> shapes.Slo | None:
        words, value = self._words(), objective.get("value")
        if not words & _AGE:
            self._refuse(
                pointer,
                "only the age of data is a threshold: say --as age, or hub/measures, if it is one",
            )
            return None
        is_below = objective.get("op") in ("lt", "lte")
        if not is_below or not _is_number(value) or not 0 < value < _MOST:
            self._refuse(pointer, "an age is to be below a value: op lt or lte, and the value")
            return None
        said = words & (_UNITS.keys() | _NO_UNITS)
        if len(said) > 1 or said & _NO_UNITS:
            self._refuse(pointer, f"its unit is not plain: its names say {', '.join(sorted(said))}")
            return None
        unit = next((_UNITS[word] for word in said), 1)
        if not said:
            self._note(f"{pointer}.value", f"{value} is taken for seconds")
        clock = Clock.PROCESSING if words & _PROCESSING else Clock.DATA
        part = shapes.Freshness(self._of, within=f"{max(1, round(value * unit))}s", clock=clock)
        budget = self._budget(target)
        return None if budget is None else shapes.Slo("", freshness=part, budget=budget)

    def _ratio(self, pointer: str, target: float) -> shapes.Slo | None:
        words = self._words()
        part: shapes.Slo
        if words & (_ROWS | _CHECKS):
            counted = Counted.ROWS if words & _ROWS else Counted.CHECKS
            quality = shapes.Quality(
                self._of, of=counted, objective=target, window_runs=_WINDOW_RUNS
            )
            part = shapes.Slo("", quality=quality)
        elif words & _RUNS:
            available = shapes.Availability(
                dataset=self._of, objective=target, at_least=all_of(_WINDOW_RUNS, target)
            )
            part = shapes.Slo("", availability=available)
        else:
            reason = (
                "whether it counts rows, checks or runs is not plain from its names:"
                f" say --as, or {MEASURES}"
            )
            self._refuse(pointer, reason)
            return None
        self._note("$.spec.timeWindow", f"it counts over the last {_WINDOW_RUNS} runs instead")
        return part

    def _budget(self, target: float) -> shapes.Budget | None:
        """Return the budget in time that stands for the objective's target."""
        windows = self._spec.get("timeWindow")
        window = _mapping(windows[0]) if isinstance(windows, list) and windows else {}
        try:
            length, zone = _window(window)
        except _RefusedError as refused:
            self._refuse("$.spec.timeWindow", refused.reason)
            return None
        if self._spec.get("budgetingMethod") == "Occurrences":
            self._note("$.spec.budgetingMethod", "the age of data is budgeted by time")
        return shapes.Budget(
            target=target,
            no_data="bad" if _tells_of_absence(self._spec) else "good",
            window=length,
            timezone=zone,
        )

    @property
    def _of(self) -> str:
        return self._dataset or ""

    def _words(self) -> frozenset[str]:
        """Return the words of all that names what is measured."""
        held = (self._value, self._indicator)
        texts = [_text(each, "metadata", name) for each in held for name in ("name", "displayName")]
        named = frozenset(re.findall(r"[a-z]+", " ".join(texts).lower()))
        if self._measured is None:
            return named
        # What is said beside it stands instead of what its names seem to mean.
        return named - (_AGE | _ROWS | _CHECKS | _RUNS) | {self._measured.value}

    def _note(self, pointer: str, reason: str) -> None:
        _note(self._found, self._document, pointer, f"{self._name}: {reason}")

    def _refuse(self, pointer: str, reason: str) -> None:
        _refuse(self._found, self._document, pointer, f"{self._name}: {reason}")


class _RefusedError(Exception):
    """A window that the hub would not keep as it is meant."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _window(window: Mapping[str, Any]) -> tuple[str, str]:
    """Return the window as a product's file says it, and its time zone."""
    text, is_rolling = str(window.get("duration", "")), window.get("isRolling")
    if "calendar" in window:
        if is_rolling is True:
            raise _RefusedError("a window that rolls has no calendar: leave out one of both")
        return _calendar_window(text, _mapping(window["calendar"]))
    if is_rolling is False:
        raise _RefusedError("it does not roll, and no calendar says when it begins")
    number, unit = parts.groups() if (parts := _DURATION.fullmatch(text)) else ("", "")
    days = int(number or 0) * _DAYS.get(unit, 0)
    if not 1 <= days <= _LONGEST:
        raise _RefusedError(f"{text or 'no window'} cannot be budgeted")
    return f"{days}d", "UTC"


def _calendar_window(text: str, calendar: Mapping[str, Any]) -> tuple[str, str]:
    """Return a calendar's period: what begins elsewhere than the hub's would not be kept."""
    zone, starts = _text(calendar, "timeZone"), _text(calendar, "startTime")
    if not zone:
        raise _RefusedError("its calendar has no timeZone")
    period = _CALENDAR.get(text)
    if period is None:
        known = "1w (or 7d), 1M or 1Q (or 3M)"
        raise _RefusedError(f"of a calendar only {known} is budgeted, and not {text or 'nothing'}")
    try:
        start = datetime.fromisoformat(starts)
    except ValueError:
        raise _RefusedError(
            f"its startTime {starts!r} is no time: write 2026-01-01 00:00:00"
        ) from None
    if start.tzinfo is not None:
        raise _RefusedError("its startTime has a zone of its own: leave that to timeZone")
    if not period.begins_at(start):
        ours = f"a calendar {period} of the hub on {_BEGINS[period]}, at 00:00"
        raise _RefusedError(f"it begins at {starts}, and {ours}")
    return period.value, zone


def _refuse(found: Imported, document: Document, pointer: str, reason: str) -> None:
    found.refused.append(document.error(pointer, reason).message)
    _note(found, document, pointer, reason)


def _note(found: Imported, document: Document, pointer: str, reason: str) -> None:
    found.unmapped.append(document.error(pointer, reason).message)


def _target(objective: Mapping[str, Any]) -> float | None:
    target, percent = objective.get("target"), objective.get("targetPercent")
    if _is_number(percent):
        as_share = round(percent / 100, 9)
        target = as_share if target in (None, as_share) else None
    return target if isinstance(target, float) and 0 < target < 1 else None


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tells_of_absence(spec: Mapping[str, Any]) -> bool:
    policies = spec.get("alertPolicies")
    inline = [_part(each, "spec") for each in policies] if isinstance(policies, list) else []
    return any(each.get("alertWhenNoData") is True for each in inline)


def _part(value: object, *names: str) -> dict[str, Any]:
    for name in names:
        value = _mapping(value).get(name)
    return _mapping(value)


def _text(value: object, *names: str) -> str:
    found = _part(value, *names[:-1]).get(names[-1])
    return found if isinstance(found, str) else ""


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
