"""Post-mortems: an incident as one Markdown document, with room for what only people know.

All that the hub knows is in it, in the same order every time; what others have written stands in
code spans, redacted. The same facts always make the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from hub.domain.failures.changes import Change
from hub.domain.failures.failure import Verdict
from hub.domain.incidents.incident import BlastRadius
from hub.domain.instants import format_instant, format_span
from hub.domain.markdown import NOTHING, bullets, quoted

MAX_LISTED: Final = 50
_HUMAN: Final = (
    ("Impact", "Who noticed, and what could they not do? Which decisions were made on bad data?"),
    ("What led to it", "Not who: what made it possible, and what made it worse?"),
    ("What went well", "Detection, routing, mending: what helped?"),
    ("What went badly", "Where did time go? Who was told that need not have been, or too late?"),
)


class Moment(Struct, frozen=True):
    """One line of a timeline; ``at`` is microseconds UTC."""

    at: int
    kind: str
    message: str


class Told(Struct, frozen=True):
    """What a receiver was told, or could not be; ``at`` is None where it was not sent."""

    receiver: str
    reason: str
    state: str
    at: int | None
    error: str | None


class Before(Struct, frozen=True):
    """A past incident that is like it."""

    id: str
    reasons: tuple[str, ...]
    fix: str | None


class Facts(Struct, frozen=True, kw_only=True):
    """All that the hub knows of an incident. Names of things are node ids, instants µs UTC.

    ``instants`` are those of its course by name, in their order, as far as they have come.
    ``outcome`` and ``note`` are what somebody said of it in the end.
    """

    id: str
    title: str
    state: str
    severity: str
    failure_class: str
    owner: str
    owner_kind: str
    root: str
    run: str | None
    verdict: Verdict
    path: Sequence[str]
    merged_into: str | None
    instants: Mapping[str, int]
    outcome: str | None
    note: str | None
    blast: BlastRadius
    consequences: Sequence[str]
    last_good: str | None
    changes: Sequence[Change]
    timeline: Sequence[Moment]
    told: Sequence[Told]
    similar: Sequence[Before]


# Which times are told, from which instant to which.
_TIMES: Final = (
    ("time to detect", "onset", "detected"),
    ("delivery", "detected", "notified"),
    ("time to acknowledge", "notified", "acted"),
    ("time to mitigate", "onset", "mitigated"),
    ("time to recover, from onset", "onset", "recovered"),
    ("time to recover, from detected", "detected", "recovered"),
)


def render(facts: Facts) -> str:
    """Return the document."""
    sections = (_summary, _times, _cause, _changed, _radius, _told, _timeline, _similar, _people)
    lines = [f"# Post-mortem of {facts.id}: {quoted(facts.title)}", ""]
    for section in sections:
        lines.extend(section(facts))
    return "\n".join(lines).rstrip() + "\n"


def _summary(facts: Facts) -> Iterator[str]:
    yield from ("## Summary", "")
    ended = facts.instants.get("closed")
    lasted = f"It lasted {_between(facts, 'onset', 'closed')}." if ended else "It is not over."
    yield f"{facts.failure_class} at {quoted(facts.root)}, a {facts.severity} of"
    yield f"{quoted(facts.owner)} ({facts.owner_kind}), {facts.state}. {lasted}"
    yield ""
    if facts.merged_into is not None:
        yield from (f"It turned out to be part of {facts.merged_into}.", "")
    yield f"- outcome: {facts.outcome or NOTHING}"
    yield f"- what mended it: {quoted(facts.note)}"
    yield ""


def _times(facts: Facts) -> Iterator[str]:
    yield from ("## Times", "", "All times are UTC.", "")
    yield from bullets(f"{name}: {format_instant(at)}" for name, at in facts.instants.items())
    yield from bullets(
        f"{name}: {_between(facts, begin, end)}"
        for name, begin, end in _TIMES
        if begin in facts.instants and end in facts.instants
    )


def _between(facts: Facts, begin: str, end: str) -> str:
    return format_span(max(0, facts.instants[end] - facts.instants[begin]))


def _cause(facts: Facts) -> Iterator[str]:
    verdict, second = facts.verdict, facts.verdict.runner_up
    yield from ("## Cause", "")
    yield f"- root: {quoted(facts.root)}"
    yield f"- run: {quoted(facts.run)}"
    yield f"- class: {facts.failure_class}, confidence {verdict.confidence:.2f}"
    yield f"- by rule {quoted(verdict.rule)} of rule set {quoted(verdict.rule_set)}"
    yield f"- evidence: {quoted(verdict.evidence)}"
    if second is None:
        yield "- runner-up: no other rule had a say"
    else:
        chance = f"by rule {quoted(second.rule)}, confidence {second.confidence:.2f}"
        yield f"- runner-up: {second.failure_class.value} {chance}"
    yield from ("", f"Why {quoted(facts.owner)}:", "")
    yield from bullets(map(quoted, facts.path))


def _changed(facts: Facts) -> Iterator[str]:
    yield from ("## What changed before", "")
    if facts.last_good is None:
        yield from ("No run is known that passed before it.", "")
        return
    yield from (f"Since {quoted(facts.last_good)}, which passed:", "")
    yield from bullets(
        (f"{each.kind.value}: {quoted(each.line)}" for each in facts.changes),
        none="nothing that either run tells of",
    )


def _radius(facts: Facts) -> Iterator[str]:
    yield from ("## Blast radius", "")
    blast = facts.blast
    for words, names, count in (
        ("Data products", blast.products, len(blast.products)),
        ("Datasets made from what broke", blast.datasets, blast.datasets_count),
        ("Datasets held back", blast.held_back, blast.held_back_count),
        ("Other failures that it explains", facts.consequences, len(facts.consequences)),
    ):
        yield from (f"{words}: {count}", "")
        more = count - MAX_LISTED
        shown = [quoted(name) for name in names[:MAX_LISTED]]
        yield from bullets([*shown, *([f"and {more} more"] if more > 0 else [])])


def _told(facts: Facts) -> Iterator[str]:
    yield from ("## Who was told", "")
    yield from bullets(map(_telling, facts.told), none="nobody")


def _telling(each: Told) -> str:
    when = format_instant(each.at) if each.at is not None else each.state
    error = f": {quoted(each.error)}" if each.error else ""
    return f"{when} {quoted(each.receiver)}, {each.reason}{error}"


def _timeline(facts: Facts) -> Iterator[str]:
    yield from ("## Timeline", "")
    yield from bullets(
        f"{format_instant(each.at)} **{each.kind}** {quoted(each.message)}"
        for each in facts.timeline
    )


def _similar(facts: Facts) -> Iterator[str]:
    yield from ("## Seen before", "")
    yield from bullets(
        (f"{each.id} ({', '.join(each.reasons)}): {quoted(each.fix)}" for each in facts.similar),
        none="nothing like it",
    )


def _people(_facts: Facts) -> Iterator[str]:
    for heading, question in _HUMAN:
        yield from (f"## {heading}", "", f"*{question}*", "")
    yield from ("## What we will do", "", "| what | who | by when |", "|---|---|---|", "| | | |")
