"""Proposals: rules learnt from equal corrections, for people to take up or to reject.

Nothing is applied by itself: a rule that is taken up is a file that somebody puts into the
configuration, where it is reviewed like any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

from hub.domain.expressions import searchable, unusable
from hub.domain.failures.failure import FailureClass
from hub.domain.failures.signatures import masked
from hub.domain.failures.written_rules import WrittenRule, finder, message_pattern

# As many incidents have to be corrected alike: one may be a slip, two the same person's.
ENOUGH: Final = 3
_WORD: Final = re.compile(r"[a-z][a-z_-]+", re.IGNORECASE)
_SLUG_WORDS: Final = 4


class Correction(Struct, frozen=True, kw_only=True):
    """What somebody said of one incident's class; ``at`` is microseconds UTC."""

    incident: str
    signature: str
    producer_name: str
    failure_class: FailureClass
    message: str
    actor: str
    at: int


class Proposal(Struct, frozen=True, kw_only=True):
    """A rule that would have said what people said, and of which incidents they did."""

    id: str
    failure_class: FailureClass
    message: str
    producer: str
    example: str
    incidents: tuple[str, ...]
    actors: tuple[str, ...]
    since: int

    def rule(self, rule_set: str) -> WrittenRule:
        """Return the rule, in a set of a dated name."""
        words = _WORD.findall(masked(self.example).casefold())[:_SLUG_WORDS]
        return WrittenRule(
            name="-".join([*words, self.id[:6]]),
            rule_set=rule_set,
            failure_class=self.failure_class,
            message=self.message,
            producer=re.escape(self.producer) or None,
        )

    def contradicts(self, failure_class: str, producer: str, message: str) -> bool:
        """Whether the rule would find what people have given another class."""
        if failure_class == self.failure_class or self.producer not in producer:
            return False
        return finder(self.message).search(searchable(message)) is not None

    @property
    def because(self) -> str:
        """Why it is proposed, in words."""
        return f"{', '.join(self.actors)} corrected {', '.join(self.incidents)} to this class"


def producer_name(producer: str) -> str:
    """Return what of a producer's words names it, without versions and addresses."""
    found = _WORD.search(producer)
    return found[0].casefold() if found else ""


def propose(corrections: Sequence[Correction]) -> Proposal | None:
    """Return the rule that corrections of one signature and producer make, if they are enough.

    There is none where people disagree, or where it would not find the messages that it is of.
    """
    if len(corrections) < ENOUGH or len({each.failure_class for each in corrections}) > 1:
        return None
    first = min(corrections, key=lambda each: (each.at, each.incident))
    pattern = message_pattern(first.message)
    if not pattern or unusable(pattern):
        return None
    if not all(finder(pattern).search(searchable(each.message)) for each in corrections):
        return None
    key = (first.signature, first.producer_name, first.failure_class.value)
    return Proposal(
        id=blake2b(msgspec.json.encode(key), digest_size=8, person=b"proposal").hexdigest(),
        failure_class=first.failure_class,
        message=pattern,
        producer=first.producer_name,
        example=first.message,
        incidents=tuple(sorted(each.incident for each in corrections)),
        actors=tuple(sorted({each.actor for each in corrections})),
        since=max(each.at for each in corrections),
    )
