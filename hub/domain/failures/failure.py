"""Failures: what a producer said when a run broke, and what kind of failure that makes it.

A failure's class decides who is asked to mend it; so every verdict keeps the rule that gave it,
the words that the rule saw, how sure it is, and what it would have said instead.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec import Struct

from hub.domain.catalog import OwnerKind
from hub.domain.failures.redaction import redact


class FailureClass(StrEnum):
    """What kind of thing went wrong; each has a default owner."""

    INFRA_COMPUTE = "INFRA_COMPUTE"
    INFRA_CAPACITY = "INFRA_CAPACITY"
    INFRA_NETWORK = "INFRA_NETWORK"
    INFRA_CONCURRENCY = "INFRA_CONCURRENCY"
    CONFIG = "CONFIG"
    ACCESS = "ACCESS"
    SOURCE_UNAVAILABLE = "SOURCE_UNAVAILABLE"
    SCHEMA_CONTRACT = "SCHEMA_CONTRACT"
    DATA_QUALITY = "DATA_QUALITY"
    LOGIC = "LOGIC"
    QUERY_LIMIT = "QUERY_LIMIT"
    UPSTREAM = "UPSTREAM"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"

    @property
    def owner_kind(self) -> OwnerKind:
        """The kind of team that can mend failures of this class, unless the context says more."""
        return _OWNERS.get(self, OwnerKind.PLATFORM)

    @property
    def is_infrastructure(self) -> bool:
        """Whether it comes from below the data: no dataset upstream can have caused it."""
        return self in _BELOW_THE_DATA


_OWNERS: Final = {
    FailureClass.ACCESS: OwnerKind.GOVERNANCE,
    FailureClass.SOURCE_UNAVAILABLE: OwnerKind.SOURCE_SYSTEM,
    FailureClass.SCHEMA_CONTRACT: OwnerKind.DOMAIN,
    FailureClass.DATA_QUALITY: OwnerKind.DOMAIN,
    FailureClass.LOGIC: OwnerKind.DOMAIN,
    FailureClass.QUERY_LIMIT: OwnerKind.DOMAIN,
    FailureClass.UPSTREAM: OwnerKind.NONE,
    FailureClass.CANCELLED: OwnerKind.NONE,
}
_BELOW_THE_DATA: Final = frozenset(
    {
        FailureClass.INFRA_COMPUTE,
        FailureClass.INFRA_CAPACITY,
        FailureClass.INFRA_NETWORK,
        FailureClass.INFRA_CONCURRENCY,
        FailureClass.CONFIG,
        FailureClass.ACCESS,
        FailureClass.QUERY_LIMIT,
    }
)


class Origin(StrEnum):
    """Which boundary of a runner a failure came through, as its ``hub_failure`` facet says."""

    SOURCE = "source"
    LAKE = "lake"
    ENGINE = "engine"
    CONTRACT = "contract"
    GATE = "gate"
    CODE = "code"
    # The step did not run: what it reads was not made (hub_failure of its ABORT).
    UPSTREAM = "upstream"


class Cause(Struct, frozen=True, kw_only=True):
    """One exception of a chain, with the codes that it carries, if any."""

    type: str = ""
    message: str = ""
    code: str | None = None
    sqlstate: str | None = None
    errno: int | None = None


class SchemaChange(Struct, frozen=True):
    """An input's schema that differs from the one at the last success of the job."""

    dataset: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class Growth(Struct, frozen=True):
    """How many rows of an input there are now, beside the median of the times before."""

    dataset: str
    rows: int
    usual: int


class Context(Struct, frozen=True, kw_only=True):
    """What the hub knows around a failure, beyond its text.

    ``failed_checks`` are quality rules of severity error that did not pass, ``failing_share`` how
    much of the rows breaks the one that most do, where that is told. ``was_aborted`` says that the
    run ended in ABORT rather than FAIL; ``failed_upstream`` names a dataset that this one is made
    from and that has an open signal. ``schema_changes`` and ``has_new_code`` are of the time since
    the last success of the job; ``growth`` is that of the input that has grown most.
    """

    failed_checks: tuple[str, ...] = ()
    failing_share: float | None = None
    was_aborted: bool = False
    failed_upstream: str | None = None
    schema_changes: tuple[SchemaChange, ...] = ()
    has_new_code: bool = False
    growth: Growth | None = None


class Failure(Struct, frozen=True, kw_only=True):
    """A broken run as its producer described it.

    ``exception`` is the class or code that the producer put beside the message. ``causes`` is the
    chain of exceptions, innermost last; ``trace`` is the text that a chain can be read from where
    the producer gave none. ``source`` is the declared source that the step reads, ``declared`` the
    class that the runner itself says it is.
    """

    message: str = ""
    exception: str = ""
    trace: str = ""
    producer: str = ""
    causes: tuple[Cause, ...] = ()
    origin: Origin | None = None
    source: str | None = None
    declared: FailureClass | None = None
    context: Context = Context()

    @property
    def says_nothing(self) -> bool:
        """Whether there is no text to judge by."""
        return not (self.message or self.exception or self.trace or self.causes)


class RunnerUp(Struct, frozen=True):
    """The class that would have been given if the winning rule were not there."""

    failure_class: FailureClass
    rule: str
    confidence: float


class Verdict(Struct, frozen=True, kw_only=True):
    """A failure's class, and why.

    ``confidence`` is from 0 to 1; ``rule_set`` is dated. ``subject`` is the dataset that the rule
    speaks of, where it is one around the failure.
    """

    failure_class: FailureClass
    rule: str
    rule_set: str
    evidence: str
    confidence: float
    runner_up: RunnerUp | None = None
    subject: str | None = None

    @property
    def owner_kind(self) -> OwnerKind:
        """The kind of team that the class belongs to."""
        return self.failure_class.owner_kind


# The class, the rule, and the words of a trouble, without names and numbers.
Signature: TypeAlias = tuple[FailureClass, str, str]

# What one machine, disk or network may do to many jobs at once.
_SHARED: Final = (
    FailureClass.INFRA_CAPACITY,
    FailureClass.INFRA_COMPUTE,
    FailureClass.INFRA_NETWORK,
)
# What a login, a library, a lock or a service that they share may do to many jobs; two are alike
# by chance.
_OF_MANY: Final = (
    FailureClass.ACCESS,
    FailureClass.CONFIG,
    FailureClass.INFRA_CONCURRENCY,
    FailureClass.LOGIC,
    FailureClass.QUERY_LIMIT,
    FailureClass.SOURCE_UNAVAILABLE,
)
# What is wrong with data is alike by chance, too, unless many read the same of it.
_OF_DATA: Final = (FailureClass.DATA_QUALITY, FailureClass.SCHEMA_CONTRACT)
# The rules of verdicts that single words gave, or nothing at all.
BY_WORDS: Final = "words"
BY_NOTHING: Final = "none"
# The rule of what many say of data that all of them read.
SAME_INPUT: Final = "context.same-input"
_OF_MANY_SURE: Final = 0.8
# Two hosts that refuse connections are two troubles, however alike the words are.
_HOSTED: Final = (FailureClass.INFRA_NETWORK,)
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?")
_VARYING: Final = re.compile(r"0x[0-9a-f]+|\d+|['\"«»][^'\"«»]*['\"«»]|/[\w./-]+", re.IGNORECASE)


def takes_many(verdict: Verdict) -> bool:
    """Whether two jobs may say the same by chance, so that it takes many to have one trouble."""
    is_guess = verdict.rule in (BY_WORDS, BY_NOTHING)
    return is_guess or verdict.failure_class in _OF_MANY or is_of_data(verdict)


def is_of_data(verdict: Verdict) -> bool:
    """Whether the data that a job reads is surely at fault."""
    return verdict.failure_class in _OF_DATA and verdict.rule not in (BY_WORDS, BY_NOTHING)


def is_theirs(verdict: Verdict) -> bool:
    """Whether a job's trouble is held to be its own, or nobody's, unless many have it."""
    return verdict.owner_kind is OwnerKind.DOMAIN or verdict.failure_class is FailureClass.UNKNOWN


def of_many(verdict: Verdict, jobs: int) -> Verdict:
    """Return the verdict on a trouble that many jobs have, of which none has to do with another."""
    return Verdict(
        failure_class=FailureClass.INFRA_COMPUTE,
        rule="context.same-elsewhere",
        rule_set=verdict.rule_set,
        evidence=f"{jobs} jobs that have nothing to do with each other say the same: "
        f"{verdict.evidence}",
        confidence=_OF_MANY_SURE,
        runner_up=RunnerUp(verdict.failure_class, verdict.rule, verdict.confidence),
    )


def of_one_input(verdict: Verdict, jobs: int, dataset: str) -> Verdict:
    """Return the verdict on a trouble that many jobs have with a dataset which all of them read."""
    return Verdict(
        failure_class=verdict.failure_class,
        rule=SAME_INPUT,
        rule_set=verdict.rule_set,
        evidence=f"{jobs} jobs that read {dataset} say the same: {verdict.evidence}",
        confidence=_OF_MANY_SURE,
        runner_up=RunnerUp(verdict.failure_class, verdict.rule, verdict.confidence),
    )


def signature_of(verdict: Verdict) -> Signature | None:
    """Return what is the same about the same trouble elsewhere; None if it stays where it is."""
    if verdict.failure_class not in _SHARED or verdict.rule == BY_WORDS:
        return None
    if verdict.failure_class in _HOSTED:
        words = " ".join(_HOST.findall(verdict.evidence))
    else:
        words = _VARYING.sub("#", verdict.evidence)
    return verdict.failure_class, verdict.rule, words


# Rules of a contract that speak of a record's shape; all others speak of its values.
_SHAPE_RULES: Final = frozenset({"undecodable", "type", "missing-field", "unusable-event"})


def letter_class(rule: str) -> FailureClass:
    """Return the class of a dead letter by the name of the rule that it broke first."""
    is_shape = rule.partition(":")[0] in _SHAPE_RULES
    return FailureClass.SCHEMA_CONTRACT if is_shape else FailureClass.DATA_QUALITY


MAX_EVIDENCE: Final = 200
# As much of a text as an excerpt is ever made from.
_ENOUGH: Final = 4_000


def excerpt(text: str, limit: int = MAX_EVIDENCE) -> str:
    """Return the redacted beginning of ``text`` on one line, for people."""
    line = _redacted_line(text[:_ENOUGH])
    return line if len(line) <= limit else line[: limit - 1] + "…"


# What one failure says is cut to several lengths, and what many say to the same one.
@lru_cache(maxsize=256)
def _redacted_line(text: str) -> str:
    # Values end with their line: it is kept until they are gone.
    shown = (each if each.isprintable() or each == "\n" else " " for each in text)
    return " ".join(redact(text if text.isprintable() else "".join(shown)).split())
