"""Silences: an operator's dated wish not to be told about something.

A silence is one command in the journal, and its early end another; whether it holds at an instant
follows from these and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct, structs

from hub.domain.duty.matching import MAX_MATCHERS, NOTHING_ELSE, Also, Matcher, all_hold
from hub.domain.errors import InvalidInput

MAX_MICROS: Final = 366 * 86_400_000_000
MAX_TEXT: Final = 1000


class SilenceState(StrEnum):
    """Where a silence is: not begun, in force, or ended."""

    PENDING = "pending"
    ACTIVE = "active"
    OVER = "over"


class Silence(Struct, frozen=True, kw_only=True):
    """What is not to be told, from ``starts_at`` until just before ``ends_at`` (µs UTC).

    ``owner`` answers for it, ``comment`` says why. ``expired_at`` is when somebody ended it early.
    """

    id: str
    matchers: tuple[Matcher, ...]
    owner: str
    comment: str
    starts_at: int
    ends_at: int
    expired_at: int | None = None

    @property
    def until(self) -> int:
        """When it ends, or has ended."""
        return self.ends_at if self.expired_at is None else min(self.ends_at, self.expired_at)

    def holds_at(self, at: int) -> bool:
        """Whether it is in force at an instant."""
        return self.starts_at <= at < self.until


def silence_id(position: int) -> str:
    """Return the id of the silence that the command at a journal position made."""
    return f"SIL-{position}"


def position_of(silence: str) -> int:
    """Return the journal position of the command that made a silence."""
    return int(silence.rpartition("-")[2])


def check_silence(silence: Silence, *, now: int) -> None:
    """Look whether a silence can be made now.

    Raises:
        InvalidInput: it would silence everything or nothing, has no end that is near enough, or
            nobody who answers for it.

    """
    if not silence.matchers:
        raise InvalidInput("a silence needs a matcher", fix="say what is meant: label=value")
    if len(silence.matchers) > MAX_MATCHERS:
        raise InvalidInput(f"a silence has {MAX_MATCHERS} matchers at most")
    if all_hold(silence.matchers, {}):
        message = "these matchers fit what has no labels at all: they would silence everything"
        raise InvalidInput(message, fix="add one that something must fit: label=value")
    for what, text in (("an owner", silence.owner), ("a comment", silence.comment)):
        if not text.strip():
            raise InvalidInput(f"a silence needs {what}")
        if len(text) > MAX_TEXT:
            raise InvalidInput(f"{what} of a silence has {MAX_TEXT} characters at most")
    if silence.ends_at <= max(silence.starts_at, now):
        raise InvalidInput("a silence must end after it begins, and after now")
    if silence.ends_at - silence.starts_at > MAX_MICROS:
        raise InvalidInput("a silence lasts a year at most", fix="change the routes instead")


class Silences:
    """The silences that are, or may yet be, in force."""

    def __init__(self, known: Iterable[Silence] = ()) -> None:
        self._known = {each.id: each for each in known}

    def put(self, silence: Silence) -> None:
        """Enter a silence."""
        self._known.setdefault(silence.id, silence)

    def expire(self, silence: str, at: int) -> None:
        """End one early; one that is over stays as it is."""
        found = self._known.get(silence)
        if found is not None and found.until > at:
            self._known[silence] = structs.replace(found, expired_at=at)

    def matching(
        self, labels: Mapping[str, str], at: int, also: Also = NOTHING_ELSE
    ) -> Iterator[Silence]:
        """Yield those in force at an instant that mean a thing with these labels."""
        for over in [each.id for each in self._known.values() if each.until <= at]:
            del self._known[over]
        for each in self._known.values():
            if each.holds_at(at) and all_hold(each.matchers, labels, also):
                yield each
