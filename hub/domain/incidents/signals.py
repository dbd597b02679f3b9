"""Signals: single observed violations, before anybody asks what caused them."""

from __future__ import annotations

import re
from enum import StrEnum
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

from hub.domain.catalog import Severity
from hub.domain.failures.failure import (
    OF_MANY,
    FailureClass,
    Signature,
    Verdict,
    signature_of,
)
from hub.domain.failures.signatures import signature, telling_words

# In a message: what is quoted, called, or written as people write names in code.
_A_NAME: Final = re.compile(r"['\"`(_]|\w[./]\w")


class SignalKind(StrEnum):
    """What was observed.

    A run that failed, was never heard of again, or never began; a quality check that failed in a
    run that passed; records that were refused; an SLO that is missed, by its kind.
    """

    RUN_FAILED = "run-failed"
    RUN_LOST = "run-lost"
    RUN_MISSING = "run-missing"
    CHECK_FAILED = "check-failed"
    DEAD_LETTERS = "dead-letters"
    FRESHNESS = "freshness"
    QUALITY = "quality"
    VOLUME = "volume"
    COMPLETENESS = "completeness"
    AVAILABILITY = "availability"
    LATENCY = "latency"


class Signal(Struct, frozen=True, kw_only=True):
    """One observed violation. Names of things are node ids.

    ``subject`` is what it is about: a job, a dataset or an SLO. ``datasets`` are what it leaves
    missing, stale or broken (empty when the data goes on); ``inputs`` is what the failing side
    was made from. ``parents`` are the runs around ``run``, the nearest first. ``owners`` are
    names that ownership facets give, ``source`` a declared source. ``changed`` is the input whose
    new shape explains it, ``changed_by`` the job that writes that. ``is_retried`` where its
    scheduler tries the run again by itself; ``part`` counts the parts of a mapped task.
    ``started_at`` is when the run began, or when an
    objective was found to be missed still after the root had healed that explained it;
    ``onset_at`` is when it failed, ``passed_at`` when its job had last passed. All are event times,
    microseconds UTC.
    ``rule`` is what the dead letters that it stands for broke, ``checks`` are those that failed.
    ``message``, ``exception`` and ``producer`` are what a failed run said, redacted: rules are
    learnt from them.
    """

    id: str
    kind: SignalKind
    subject: str
    title: str
    verdict: Verdict
    onset_at: int
    started_at: int | None = None
    passed_at: int | None = None
    severity: Severity = Severity.PAGE
    job: str | None = None
    run: str | None = None
    parents: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    slo: str | None = None
    product: str | None = None
    step: str | None = None
    source: str | None = None
    changed: str | None = None
    changed_by: str | None = None
    is_retried: bool = False
    part: int | None = None
    owners: tuple[str, ...] = ()
    rule: str | None = None
    checks: tuple[str, ...] = ()
    message: str = ""
    exception: str = ""
    producer: str = ""

    @property
    def signature(self) -> str:
        """What is the same about the same trouble elsewhere; empty where nothing was said."""
        return signature(self.message or " ".join([self.rule or "", *self.checks]))

    @property
    def trouble(self) -> Signature | None:
        """What is the same about the same trouble of other jobs; None if it stays where it is."""
        if self.is_of_a_source:
            return (self.verdict.failure_class, "source", self.source or "")
        shared = signature_of(self.verdict)
        if shared is not None or self.verdict.failure_class not in OF_MANY:
            return shared
        words = telling_words(self.message)
        if not words:
            return None
        if self.verdict.failure_class is FailureClass.LOGIC and not _A_NAME.search(words):
            # What an engine says of anybody's mistake: "list index out of range".
            return None
        return (self.verdict.failure_class, self.exception, words)

    @property
    def is_of_a_source(self) -> bool:
        """Whether a declared source outside did not answer: all that reads it has one trouble."""
        is_declared = self.source is not None
        return is_declared and self.verdict.failure_class is FailureClass.SOURCE_UNAVAILABLE

    @property
    def begun_at(self) -> int:
        """When what went wrong began, as far as it is known."""
        return self.onset_at if self.started_at is None else self.started_at

    @property
    def first_at(self) -> int:
        """When it was bad first: with the run that failed, not when that came out."""
        return min(self.onset_at, self.begun_at)


def signal_id(kind: SignalKind, *parts: str | int | None) -> str:
    """Return an id that is the same whenever the same thing is observed."""
    return blake2b(msgspec.json.encode([kind, *parts]), digest_size=10).hexdigest()
