"""Attempts: how often a run was tried, whether its scheduler tries it again, and where its log is.

Source: the run facets ``airflow`` and ``airflowDagRun`` of Airflow's OpenLineage provider, and our
own ``hub_failure``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Raw, Struct

from hub.domain.errors import InvalidInput
from hub.domain.openlineage.facets import read_failure
from hub.domain.openlineage.lenient import count_of, members_of, text_of
from hub.domain.slos.ticks import tick_after

_AIRFLOW: Final = ("airflow", "airflowDagRun")
_FAILURE: Final = "hub_failure"
MAX_URL: Final = 2_000
_MAX_SCHEDULE: Final = 100


class Attempt(Struct, frozen=True, kw_only=True):
    """What a producer tells of one attempt at a run.

    ``allowed`` counts the first attempt too. ``is_retryable`` says that another attempt follows
    by itself or may help; None where nobody says. ``schedule`` is a cron expression in
    ``timezone``, by which the job runs next. ``part`` counts the parts of a mapped task.
    """

    number: int | None = None
    allowed: int | None = None
    is_retryable: bool | None = None
    log: str | None = None
    schedule: str | None = None
    timezone: str = "UTC"
    part: int | None = None

    @property
    def is_followed(self) -> bool:
        """Whether the scheduler tries again by itself."""
        known = self.number is not None and self.allowed is not None
        return known and (self.number or 0) < (self.allowed or 0)

    def next_at(self, now: int) -> int | None:
        """Return when the schedule begins the job next (µs UTC); None where it says nothing."""
        if self.schedule is None or len(self.schedule) > _MAX_SCHEDULE:
            return None
        try:
            return tick_after(self.schedule, self.timezone, now)
        except InvalidInput:
            return None


def read_attempt(facets: Mapping[str, Raw]) -> Attempt:
    """Read what the facets of a run tell, by name."""
    airflow: dict[str, Any] = {}
    for name in _AIRFLOW:
        airflow |= members_of(facets[name]) if name in facets else {}
    task, instance = _part(airflow, "task"), _part(airflow, "taskInstance")
    timetable = _part(_part(airflow, "dag"), "timetable")
    number, retries = count_of(instance.get("try_number")), count_of(task.get("retries"))
    allowed = None if retries is None else retries + 1
    failure = read_failure(facets[_FAILURE]) if _FAILURE in facets else None
    is_retryable = failure.retryable if failure else None
    if number is not None and allowed is not None:
        is_retryable = number < allowed
    return Attempt(
        number=number,
        allowed=allowed,
        is_retryable=is_retryable,
        log=web_address(text_of(instance.get("log_url"))),
        schedule=text_of(timetable.get("expression")),
        timezone=text_of(timetable.get("timezone")) or "UTC",
        # A task that is not mapped has index -1.
        part=count_of(instance.get("map_index")),
    )


def web_address(text: str | None) -> str | None:
    """Return an address that a person can follow without running anything; None for another."""
    if not text or len(text) > MAX_URL or not (text.isascii() and text.isprintable()):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    # A name with a password before the host is nobody's to read.
    return text if is_web and "@" not in parts.netloc and " " not in text else None


def _part(holder: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}
