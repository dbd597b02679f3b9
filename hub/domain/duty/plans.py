"""Duty: when people are to be told, and who next, as it is declared in files.

Business hours, maintenance windows, rotas, escalations and inhibitions; and the calendars that the
first three are read from.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from msgspec import Struct

from hub.domain.duty.matching import Matcher

_OF_LOCAL_PARTS: Final = (*".+-%",)
_OF_HOSTS: Final = (*".-",)


class Calendar(Struct, frozen=True):
    """An iCal text. ``timezone`` is that of times which do not name one, and of whole days."""

    text: str
    timezone: str = "UTC"


class Day(IntEnum):
    """A day of the week, as Python counts them."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


class Hours(Struct, frozen=True, kw_only=True):
    """When a receiver may be disturbed. ``opens`` and ``closes`` are minutes of the local day.

    What fits all of ``unless`` does not wait for them. The days of ``holidays`` are closed.
    """

    name: str
    timezone: str
    days: tuple[Day, ...]
    opens: int
    closes: int
    unless: tuple[Matcher, ...] = ()
    holidays: Calendar | None = None


class Window(Struct, frozen=True, kw_only=True):
    """Maintenance: while the calendar has an event, nobody is told that what fits is broken."""

    name: str
    matchers: tuple[Matcher, ...]
    calendar: Calendar
    comment: str = ""


class Inhibition(Struct, frozen=True, kw_only=True):
    """While an incident that fits ``source`` is open, those that fit ``target`` wait.

    The two must be the same in all labels of ``equal``.
    """

    name: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


class EscalationStep(Struct, frozen=True):
    """Whom to tell as well when nobody has acknowledged ``after_seconds`` after the first page."""

    after_seconds: int
    receivers: tuple[str, ...]


class Escalation(Struct, frozen=True):
    """Who is told one after the other, until somebody acknowledges."""

    name: str
    steps: tuple[EscalationStep, ...]


class Rota(Struct, frozen=True, kw_only=True):
    """Who is on call when. It stands where a receiver may stand.

    ``people`` maps what an event's summary or attendee says to the receiver of that person;
    ``otherwise`` is told when nobody is on call.
    """

    name: str
    calendar: Calendar
    people: dict[str, str]
    otherwise: str

    def receiver_of(self, shift: str) -> str | None:
        """Return the receiver of whom a shift's text names; of names in one another the longest."""
        named = [name for name in self.people if _is_named(name.casefold(), shift.casefold())]
        return self.people[max(named, key=len)] if named else None


def _is_named(name: str, text: str) -> bool:
    """Whether a text has a name that is not a part of another one, as Ada is of Adam.

    Scripts without capital letters may have no space around a name.
    """
    at = text.find(name)
    while at >= 0:
        before, after = text[:at][-1:], text[at + len(name) :]
        if not (_goes_on(before) or _goes_on(after[:1]) or _is_in_address(name, before, after)):
            return True
        at = text.find(name, at + 1)
    return False


def _goes_on(character: str) -> bool:
    return character.islower() or character.isdecimal() or character == "_"


def _is_in_address(name: str, before: str, after: str) -> bool:
    """Whether an address of mail is only the end, or the beginning, of another one."""
    is_longer = before in _OF_LOCAL_PARTS or (after[:1] in _OF_HOSTS and _goes_on(after[1:2]))
    return "@" in name and is_longer
