"""Calendars: which events of an iCal text an instant falls into, and when somewhere is open.

Instants are microseconds UTC. The libraries load when the first calendar is read.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from hub.domain.duty.plans import Calendar, Day, Hours
from hub.domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 1 << 20
# What recurs more often within a day is a mistake, or malice.
MAX_A_DAY: Final = 500
_DAY: Final = 86_400_000_000
_TWO_WEEKS: Final = 15
# So many days are looked up at once: what is asked next is most often of the same.
_BLOCK: Final = 32
_MINUTE: Final = 60_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_FREQUENCIES: Final = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")


class Span(Struct, frozen=True, order=True):
    """One event of a calendar: from ``start`` until just before ``end``; ``about`` is its text."""

    start: int
    end: int
    about: str


def spans_at(calendar: Calendar, at: int) -> list[Span]:
    """Return the events that go on at an instant, the one that began first before the others.

    Raises:
        InvalidInput: the text is no calendar.

    """
    return [span for span in _spans(calendar, at // _DAY, 1) if span.start <= at < span.end]


def spans_between(calendar: Calendar, start: int, end: int) -> Iterator[Span]:
    """Yield the events that go on at any time between two instants, some of them twice.

    Raises:
        InvalidInput: as ``spans_at``.

    """
    for block in range(start // _DAY // _BLOCK, (end - 1) // _DAY // _BLOCK + 1):
        for span in _spans(calendar, block * _BLOCK, _BLOCK):
            if span.start < end and span.end > start:
                yield span


def holidays_between(holidays: Calendar, timezone: str, start: int, end: int) -> Iterator[Span]:
    """Yield the local days (see ``is_holiday``) that are holidays at any time in between."""
    zone = ZoneInfo(timezone)
    for span in spans_between(holidays, start - _DAY, end + _DAY):
        day = _day_of(max(span.start, start - _DAY), zone)
        while (noon := _local(day, 12 * 60, zone)) < min(span.end, end + _DAY):
            begins, ends = (_local(each, 0, zone) for each in (day, day + timedelta(days=1)))
            if noon >= span.start and begins < end and ends > start:
                yield Span(begins, ends, span.about)
            day += timedelta(days=1)


def check_calendar(calendar: Calendar) -> None:
    """Look whether a calendar can be read.

    Raises:
        InvalidInput: it is too large, no iCal text, or recurs without measure.

    """
    if len(calendar.text.encode()) > MAX_BYTES:
        raise InvalidInput(f"a calendar of more than {MAX_BYTES} bytes is not read")
    for event in _parsed(calendar).walk("VEVENT"):
        for name, problem in event.errors:
            raise InvalidInput(f"an event's {name or 'text'} cannot be read: {problem}")
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            often = [str(each) for each in rule.get("FREQ", [])]
            if not often or any(each not in _FREQUENCIES for each in often):
                message = f"an event recurs {' '.join(often) or 'in no known way'}"
                raise InvalidInput(message, fix=f"use one of {', '.join(_FREQUENCIES)}")
        started = event.get("DTSTART")
        if started is None:
            raise InvalidInput("an event of the calendar has no DTSTART")
        _spans(calendar, _micros(started.dt, ZoneInfo(calendar.timezone)) // _DAY, 1)


def texts_of(calendar: Calendar) -> list[str]:
    """Return what each event that is not cancelled is about, as ``Span`` has it.

    Raises:
        InvalidInput: the text is no calendar.

    """
    return [_text_of(event) for event in _parsed(calendar).walk("VEVENT") if not _is_off(event)]


def opens_at(hours: Hours, at: int) -> int | None:
    """Return when it opens next; None while it is open, or when it does not open for two weeks."""
    zone = ZoneInfo(hours.timezone)
    today = _day_of(at, zone)
    # Hours that end after midnight began yesterday.
    for offset in range(-1, _TWO_WEEKS):
        day = today + timedelta(days=offset)
        if Day(day.weekday()) not in hours.days or is_holiday(hours.holidays, day, zone):
            continue
        opens = _local(day, hours.opens, zone)
        closes = _local(day, hours.closes + (hours.closes <= hours.opens) * 24 * 60, zone)
        if opens <= at < closes:
            return None
        if opens > at:
            return opens
    return None


def is_holiday(holidays: Calendar | None, day: date, zone: ZoneInfo) -> bool:
    """Return whether a calendar has an event at noon of a local day."""
    return holidays is not None and bool(spans_at(holidays, _local(day, 12 * 60, zone)))


def one_event(
    name: str, start: datetime, end: datetime, *, rule: str | None, timezone: str
) -> Calendar:
    """Return a calendar of one event, at local times, that recurs by an RRULE if there is one."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//hub//maintenance//EN",
        "BEGIN:VEVENT",
        f"UID:{name}",
        f"DTSTART:{start:%Y%m%dT%H%M%S}",
        f"DTEND:{end:%Y%m%dT%H%M%S}",
        *([f"RRULE:{rule}"] if rule else []),
        f"SUMMARY:{name}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return Calendar("\r\n".join(lines), timezone)


def _day_of(at: int, zone: ZoneInfo) -> date:
    return _shown_at(at, zone).date()


def _local(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Return when local clocks come to a time of a day; one that they leap over, when they do."""
    days, minute = divmod(minutes, 24 * 60)
    shown = datetime.combine(day + timedelta(days=days), time(*divmod(minute, 60)))
    moment = shown.replace(tzinfo=zone)
    at = (moment - _EPOCH) // _MICRO
    if _shown_at(at, zone) == shown:
        return at
    begin = (moment.replace(fold=1) - _EPOCH) // _MICRO
    minutes_around = range(begin, at + _MINUTE, _MINUTE)
    return minutes_around[bisect_left(minutes_around, shown, key=partial(_shown_at, zone=zone))]


def _shown_at(at: int, zone: ZoneInfo) -> datetime:
    """Return what local clocks show at an instant."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=64)
def _parsed(calendar: Calendar) -> Any:  # noqa: ANN401 - the library's own
    from icalendar import Calendar as Parsed  # noqa: PLC0415 - most hubs have no calendar

    try:
        return Parsed.from_ical(calendar.text)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise InvalidInput(f"it is no iCal text: {error}") from error


@lru_cache(maxsize=1024)
def _spans(calendar: Calendar, day: int, days: int) -> tuple[Span, ...]:
    """Return what goes on at any time of so many days (of UTC) from one on."""
    import recurring_ical_events  # noqa: PLC0415 - as above

    begin = _EPOCH + timedelta(days=day)
    try:
        query = recurring_ical_events.of(_parsed(calendar), skip_bad_series=True)
        # A floating time is read in the calendar's zone, which may be most of a day off.
        found = query.between(begin - timedelta(days=1), begin + timedelta(days=days + 1))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"the calendar cannot be followed: {error}") from error
    if len(found) > (days + 2) * MAX_A_DAY:
        raise InvalidInput(f"the calendar has more than {MAX_A_DAY} events a day")
    whole = range(day * _DAY, (day + days) * _DAY)
    return tuple(sorted(_as_spans(found, calendar, whole)))


def _as_spans(found: list[Any], calendar: Calendar, whole: range) -> Iterator[Span]:
    zone = ZoneInfo(calendar.timezone)
    for event in found:
        if _is_off(event):
            continue
        start, end = _micros(event.start, zone), _micros(event.end, zone)
        if start < whole.stop and end > whole.start:
            yield Span(start, end, _text_of(event))


def _is_off(event: Any) -> bool:  # noqa: ANN401 - the library's own
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _text_of(event: Any) -> str:  # noqa: ANN401 - the library's own
    attendees = event.get("ATTENDEE", [])
    every = attendees if isinstance(attendees, list) else [attendees]
    called = [str(name) for each in every if (name := each.params.get("CN"))]
    return " ".join([str(event.get("SUMMARY", "")), *map(str, every), *called])


def _micros(moment: date | datetime, zone: ZoneInfo) -> int:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return (aware - _EPOCH) // timedelta(microseconds=1)
