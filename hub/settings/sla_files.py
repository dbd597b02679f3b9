"""SLOs that contracts promise: the ``slaProperties`` of an ODCS document.

Each becomes an SLO as a product's file would declare it, or a reason why there is none for it.
Names and two-letter synonyms are the standard's, in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from hub.domain.catalog import Clock, Counted
from hub.settings import shapes
from hub.settings.documents import Document

_SYNONYMS: Final = {
    "av": "availability",
    "th": "throughput",
    "er": "errorrate",
    "ga": "generalavailability",
    "es": "endofsupport",
    "el": "endoflife",
    "re": "retention",
    "fy": "frequency",
    "ly": "latency",
    "td": "timetodetect",
    "tn": "timetonotify",
    "tr": "timetorepair",
    "ta": "timeofavailability",
}
_SECONDS: Final = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3_600,
    "hr": 3_600,
    "hour": 3_600,
    "d": 86_400,
    "day": 86_400,
    "w": 604_800,
    "wk": 604_800,
    "week": 604_800,
    "mo": 2_678_400,
    "month": 2_678_400,
    "y": 31_622_400,
    "yr": 31_622_400,
    "year": 31_622_400,
}
_NOT_MEASURED: Final = {
    "generalavailability": "it is a date in the life of the data, which no run can miss",
    "endofsupport": "it is a date in the life of the data, which no run can miss",
    "endoflife": "it is a date in the life of the data, which no run can miss",
    "retention": "how long data is kept is not measured",
    "timetodetect": "times of response are of incidents: see responseTimes",
    "timetonotify": "times of response are of incidents: see responseTimes",
    "timetorepair": "times of response are of incidents: see responseTimes",
    "throughput": "rows a second are not measured: declare an SLO on volume",
}
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::00)?\s*(Z|[+-](?:0\d|1[0-4]):?00)?")
_IN_FORCE: Final = ("active", "deprecated")
# Runs of a frequency are never exactly so far apart.
_SLACK: Final = 1.5
_WINDOW_RUNS: Final = 30


class Promise(NamedTuple):
    """One entry of ``slaProperties``: the SLO that it becomes, or why there is none."""

    pointer: str
    name: str
    slo: shapes.Slo | None = None
    reason: str = ""


def promises_of(document: Document, dataset: str) -> Iterator[Promise]:
    """Yield what a contract's ``slaProperties`` promise of a dataset, in their order."""
    value = document.value if isinstance(document.value, dict) else {}
    given = value.get("slaProperties")
    others = {name for name in object_names(value) if name != dataset}
    taken: dict[str, int] = {}
    for index, entry in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(entry, dict) or _object_of(entry) in others:
            continue
        pointer, said = f"$.slaProperties[{index}]", str(entry.get("property", ""))
        key = said.lower()
        key = _SYNONYMS.get(key, key)
        found = _read(key, entry, dataset)
        if isinstance(found, str):
            yield Promise(pointer, said, reason=found)
            continue
        taken[key] = taken.get(key, 0) + 1
        number = f"-{taken[key]}" if taken[key] > 1 else ""
        prefix = f"{value.get('id')}-{dataset}" if others else value.get("id")
        found.slo = f"{prefix}-{key}{number}"
        yield Promise(pointer, said, found)


def all_of(runs: int, objective: float) -> int | None:
    """Return how many of so many runs are to pass where that is all of them."""
    return runs if (1 - objective) * runs < 1 else None


def is_in_force(document: Document) -> bool:
    """Whether a contract is one that its owner is held to: neither a draft nor retired."""
    value = document.value if isinstance(document.value, dict) else {}
    return str(value.get("status", "")).lower() in _IN_FORCE


def object_names(contract: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the objects that a contract is about."""
    given = contract.get("schema")
    for each in given if isinstance(given, list) else ():
        if isinstance(each, dict) and isinstance(each.get("name"), str):
            yield each["name"]


def _object_of(entry: Mapping[str, Any]) -> str:
    """Return the object whose field an entry is about, as far as it says so."""
    return str(entry.get("element") or "").rpartition(".")[0]


def _read(key: str, entry: Mapping[str, Any], dataset: str) -> shapes.Slo | str:
    if key in _NOT_MEASURED:
        return _NOT_MEASURED[key]
    if key in ("latency", "frequency"):
        return _spaced(key, entry, dataset)
    if key == "timeofavailability":
        return _by_clock(str(entry.get("value")), dataset)
    if key in ("availability", "errorrate", "completeness"):
        return _shared(key, entry, dataset)
    return "it is no property that the hub knows how to measure"


def _spaced(key: str, entry: Mapping[str, Any], dataset: str) -> shapes.Slo | str:
    if key == "frequency" and isinstance(entry.get("schedule"), str):
        if str(entry.get("scheduler", "cron")).lower() != "cron":
            return f"its scheduler is {entry['scheduler']}, and only cron is read"
        return shapes.Slo(
            "",
            freshness=shapes.Freshness(
                dataset, schedule=entry["schedule"], grace="1h", clock=Clock.PROCESSING
            ),
        )
    seconds = _seconds(entry.get("value"), entry.get("unit"))
    if seconds is None:
        return "its value and unit are no length of time"
    if key == "latency":
        return shapes.Slo("", freshness=shapes.Freshness(dataset, within=f"{seconds}s"))
    within = f"{round(seconds * _SLACK)}s"
    return shapes.Slo(
        "", freshness=shapes.Freshness(dataset, within=within, clock=Clock.PROCESSING)
    )


def _by_clock(text: str, dataset: str) -> shapes.Slo | str:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return "it is no time of day with a whole hour's offset, such as 09:00-08:00"
    hour, minute, offset = found.groups()
    # The signs of these zones are the other way round.
    zone = "UTC"
    if offset and offset != "Z" and int(offset[1:3]):
        zone = f"Etc/GMT{'-' if offset[0] == '+' else '+'}{int(offset[1:3])}"
    schedule = f"{int(minute)} {int(hour)} * * *"
    return shapes.Slo("", freshness=shapes.Freshness(dataset, schedule=schedule, timezone=zone))


def _shared(key: str, entry: Mapping[str, Any], dataset: str) -> shapes.Slo | str:
    share = _share(entry.get("value"), entry.get("unit"))
    if share is None:
        return "its value is no share, such as 99.9 with the unit percent"
    objective = round(1 - share, 9) if key == "errorrate" else share
    if not objective:
        return "it promises nothing"
    if key == "availability":
        part = shapes.Availability(
            dataset=dataset,
            objective=objective,
            at_least=all_of(_WINDOW_RUNS, objective),
            window_runs=_WINDOW_RUNS,
        )
        return shapes.Slo("", availability=part)
    if key == "errorrate":
        quality = shapes.Quality(
            dataset, of=Counted.ROWS, objective=objective, window_runs=_WINDOW_RUNS
        )
        return shapes.Slo("", quality=quality)
    field = str(entry.get("element") or "").rpartition(".")[2]
    if not field:
        return "it names no field: say which by `element`"
    completeness = shapes.Completeness(dataset=dataset, objective=objective, of_field=field)
    return shapes.Slo("", completeness=completeness)


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0 <= number < 1e9 else None  # noqa: PLR2004 - neither NaN nor absurd


def _seconds(value: object, unit: object) -> int | None:
    number, word = _number(value), str(unit or "").lower()
    # "ms" is not many minutes.
    singular = word.removesuffix("s") if word != "ms" else word
    length = _SECONDS.get(word) or _SECONDS.get(singular)
    return None if not number or length is None else max(1, round(number * length))


def _share(value: object, unit: object) -> float | None:
    text = str(value)
    number = _number(text.removesuffix("%"))
    if number is None:
        return None
    is_percent = "%" in text or str(unit or "").lower() in ("percent", "%", "pct") or number > 1
    share = round(number / 100, 9) if is_percent else number
    return share if share <= 1 else None
