"""``oncall.yaml`` and ``maintenance.yaml``: hours, rotas, escalations and maintenance windows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from hub.domain.duty.calendars import MAX_BYTES, check_calendar, one_event
from hub.domain.duty.matching import MAX_MATCHERS, Matcher, parse_matcher
from hub.domain.duty.plans import (
    Calendar,
    Day,
    Escalation,
    EscalationStep,
    Hours,
    Inhibition,
    Rota,
    Window,
)
from hub.domain.errors import InvalidInput
from hub.domain.incidents.routing import why_never
from hub.settings import shapes
from hub.settings.documents import Document, Report

_DURATION: Final = re.compile(r"(\d{1,9})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_RULE: Final = re.compile(r"[A-Z0-9=;,:+-]+")
_MIDNIGHT: Final = "24:00"
_UNLESS: Final = ["severity=critical"]


def seconds_of(text: str) -> int | None:
    """Return a duration such as ``1h 30m`` in seconds; None where it is none."""
    compact = text.replace(" ", "")
    parts = _DURATION.findall(compact)
    if not parts or "".join(map("".join, parts)) != compact:
        return None
    return sum(int(count) * _SECONDS[unit] for count, unit in parts)


class DutyReader:
    """Reads parts of a document; each finding goes to ``report``, a stand-in takes its place."""

    def __init__(self, folder: Path, report: Report) -> None:
        self._folder = folder
        self._report = report

    def seconds(self, document: Document, pointer: str, text: str | None) -> int | None:
        """Read a duration, such as ``1h 30m``; None stays None."""
        if text is None:
            return None
        seconds = seconds_of(text)
        if seconds is None:
            self._report(document, pointer, f"{text!r} is no duration, such as 90s, 30m, 2h or 1d")
        return seconds

    def matchers(
        self, document: Document, pointer: str, texts: Iterable[str], labels: frozenset[str]
    ) -> tuple[Matcher, ...]:
        """Read matchers of known labels."""
        found = []
        for index, text in enumerate(texts):
            place = f"{pointer}[{index}]"
            try:
                matcher = parse_matcher(text)
            except InvalidInput as error:
                self._report(document, place, f"{error.message}: {error.fix}")
                continue
            values = [matcher.value] if matcher.compares_values else []
            self.label(document, place, matcher.label, values, labels)
            found.append(matcher)
        if len(found) > MAX_MATCHERS:
            self._report(document, pointer, f"{MAX_MATCHERS} matchers at most")
        return tuple(found)

    def label(
        self,
        document: Document,
        pointer: str,
        label: str,
        values: Iterable[str],
        labels: frozenset[str],
    ) -> None:
        """Find a label that is none, and values that it never has: nothing would ever match."""
        if label not in labels:
            known = ", ".join(sorted(labels))
            self._report(document, pointer, f"{label!r} is no label; labels are {known}")
        for never in filter(None, (why_never(label, value) for value in values)):
            self._report(document, pointer, never)

    def zone(self, document: Document, pointer: str, name: str) -> str:
        """Read the name of a time zone."""
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            message = f"{name!r} is no IANA time zone, such as Europe/Berlin"
            self._report(document, pointer, message)
            return "UTC"
        return name

    def calendar(self, document: Document, pointer: str, name: str, timezone: str) -> Calendar:
        """Read an iCal file of the configuration folder."""
        path = self._folder / name
        try:
            with path.open("rb") as file:
                text = file.read(MAX_BYTES + 1).decode("utf-8")
            calendar = Calendar(text, timezone)
            check_calendar(calendar)
        except (OSError, UnicodeDecodeError, InvalidInput) as error:
            said = error.message if isinstance(error, InvalidInput) else str(error)
            self._report(document, pointer, f"calendar {name} cannot be used: {said}")
            return Calendar("", timezone)
        return calendar

    def hours(
        self, document: Document, pointer: str, item: shapes.Hours, labels: frozenset[str]
    ) -> Hours:
        """Read business hours; those that end before they begin last until the next day."""
        zone = self.zone(document, f"{pointer}.timezone", item.timezone)
        opens = self._clock(document, f"{pointer}.from", item.opens)
        closes = self._clock(document, f"{pointer}.until", item.closes)
        if opens == closes:
            self._report(document, pointer, f"hours {item.hours} begin when they end")
        return Hours(
            name=item.hours,
            timezone=zone,
            days=tuple(self._days(document, f"{pointer}.days", item.days)),
            opens=opens,
            closes=closes,
            unless=self.matchers(
                document,
                f"{pointer}.unless",
                _UNLESS if item.unless is None else item.unless,
                labels,
            ),
            holidays=self.calendar(document, f"{pointer}.holidays", item.holidays, zone)
            if item.holidays
            else None,
        )

    def rota(self, document: Document, pointer: str, item: shapes.Rota) -> Rota:
        """Read who is on call when."""
        zone = self.zone(document, f"{pointer}.timezone", item.timezone)
        return Rota(
            name=item.rota,
            calendar=self.calendar(document, f"{pointer}.calendar", item.calendar, zone),
            people=item.people,
            otherwise=item.otherwise,
        )

    def escalation(self, document: Document, pointer: str, item: shapes.Escalation) -> Escalation:
        """Read a chain of escalation; its steps come one after the other."""
        steps: list[EscalationStep] = []
        for index, step in enumerate(item.steps):
            place = f"{pointer}.steps[{index}]"
            after = self.seconds(document, f"{place}.after", step.after) or 0
            if after <= (steps[-1].after_seconds if steps else 0):
                self._report(
                    document, place, "a step comes after the first page, and after the step before"
                )
            if not step.to:
                self._report(document, place, "a step tells somebody: name receivers under `to`")
            steps.append(EscalationStep(after, tuple(step.to)))
        if not steps:
            self._report(document, pointer, f"escalation {item.escalation} has no steps")
        return Escalation(item.escalation, tuple(steps))

    def inhibition(
        self, document: Document, pointer: str, item: shapes.Inhibition, labels: frozenset[str]
    ) -> Inhibition:
        """Read which open incidents keep others back."""
        for side in ("source", "target"):
            if not getattr(item, side):
                self._report(
                    document, f"{pointer}.{side}", f"{side} needs a matcher: it would fit all"
                )
        for index, name in enumerate(item.equal):
            if name not in labels:
                known = ", ".join(sorted(labels))
                place = f"{pointer}.equal[{index}]"
                self._report(document, place, f"{name!r} is no label; labels are {known}")
        return Inhibition(
            name=item.inhibition,
            source=self.matchers(document, f"{pointer}.source", item.source, labels),
            target=self.matchers(document, f"{pointer}.target", item.target, labels),
            equal=tuple(item.equal),
        )

    def window(
        self, document: Document, pointer: str, item: shapes.Window, labels: frozenset[str]
    ) -> Window:
        """Read a maintenance window: once, by a rule, or from a calendar."""
        zone = self.zone(document, f"{pointer}.timezone", item.timezone)
        if not item.matchers:
            self._report(document, f"{pointer}.matchers", "say what is maintained: label=value")
        is_dated = item.begins is not None and item.ends is not None
        if is_dated is (item.calendar is not None):
            self._report(
                document, pointer, f"window {item.window} needs from and until, or a calendar"
            )
        calendar = Calendar("", zone)
        if item.calendar is not None:
            calendar = self.calendar(document, f"{pointer}.calendar", item.calendar, zone)
        elif item.begins is not None and item.ends is not None:
            calendar = self._dated(document, pointer, item, zone)
        return Window(
            name=item.window,
            matchers=self.matchers(document, f"{pointer}.matchers", item.matchers, labels),
            calendar=calendar,
            comment=item.comment,
        )

    def _dated(self, document: Document, pointer: str, item: shapes.Window, zone: str) -> Calendar:
        begins = self._moment(document, f"{pointer}.from", item.begins or "")
        ends = self._moment(document, f"{pointer}.until", item.ends or "")
        if begins is None or ends is None:
            return Calendar("", zone)
        if ends <= begins:
            self._report(document, f"{pointer}.until", "a window ends after it begins")
            ends = begins + timedelta(minutes=1)
        if item.rule is not None and not _RULE.fullmatch(item.rule):
            message = f"{item.rule!r} is no RRULE, such as FREQ=WEEKLY;BYDAY=SU"
            self._report(document, f"{pointer}.rule", message)
            return Calendar("", zone)
        calendar = one_event(item.window, begins, ends, rule=item.rule, timezone=zone)
        try:
            check_calendar(calendar)
        except InvalidInput as error:
            self._report(document, f"{pointer}.rule", error.message)
        return calendar

    def _moment(self, document: Document, pointer: str, text: str) -> datetime | None:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is not None:
            message = f"{text!r} is no local time, such as 2026-11-28 22:00; its zone is `timezone`"
            self._report(document, pointer, message)
            return None
        return moment

    def _clock(self, document: Document, pointer: str, text: str | int) -> int:
        if isinstance(text, int) and 0 <= text <= 24 * 60:
            return text  # YAML 1.1 reads 17:30 as a number of base 60
        text = str(text)
        clock = _CLOCK.fullmatch(text)
        if clock is None and text != _MIDNIGHT:
            self._report(document, pointer, f"{text!r} is no time of the day, such as 09:00")
        return 24 * 60 if clock is None else int(clock[1]) * 60 + int(clock[2])

    def _days(self, document: Document, pointer: str, names: Iterable[str]) -> Iterable[Day]:
        for index, name in enumerate(names):
            try:
                yield Day[name.upper()]
            except KeyError:
                known = ", ".join(day.name.lower() for day in Day)
                message = f"{name!r} is no day of the week; write {known}"
                self._report(document, f"{pointer}[{index}]", message)
