"""Written rules: what people say of failures in the configuration's files, in dated rule sets.

Of several that hold the first one judges: the newest set's before older ones', in the order of the
file, so that whoever writes one puts the most specific first. Its word is weighed with those of the
built-in rules and of plugins; unless it says how sure it is, it outweighs them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from msgspec import Struct

from hub.domain.failures.failure import Failure, FailureClass, Verdict, excerpt
from hub.domain.failures.signatures import MASK, masked

# Surer than what a runner says of itself: it is a person's word on exactly this.
SURE: Final = 0.98
FAMILY: Final = "written"
# As much of a failure is looked at.
_LOOKED_AT: Final = 12_000
_BEFORE, _AFTER = 20, 60
# More gaps of any length would only make a search slow.
_MAX_PARTS: Final = 5


class WrittenRule(Struct, frozen=True, kw_only=True):
    """One rule: all that it asks for must hold.

    ``message`` is a regular expression found in what the failure says, case ignored;
    ``exception`` and ``producer`` are found in the names of its exceptions and of its producer.
    """

    name: str
    rule_set: str
    failure_class: FailureClass
    confidence: float = SURE
    message: str | None = None
    exception: str | None = None
    producer: str | None = None

    def evidence(self, failure: Failure) -> str | None:
        """Return what it sees in a failure; None where it does not hold."""
        if self.producer is not None and not _found(self.producer, failure.producer):
            return None
        names = " ".join([failure.exception, *(cause.type for cause in failure.causes)])
        if self.exception is not None and not _found(self.exception, names):
            return None
        if self.message is None:
            return f"exception {excerpt(names)}"
        text = _text(failure)
        found = _found(self.message, text)
        if found is None:
            return None
        around = text[max(0, found.start() - _BEFORE) : found.end() + _AFTER]
        return f"the message says «{excerpt(around)}»"


def opinion(rules: Iterable[WrittenRule], failure: Failure) -> Verdict | None:
    """Return the verdict of the first rule that holds, if one does."""
    for rule in rules:
        evidence = rule.evidence(failure)
        if evidence is not None:
            return Verdict(
                failure_class=rule.failure_class,
                rule=f"{FAMILY}.{rule.name}",
                rule_set=rule.rule_set,
                evidence=evidence,
                confidence=rule.confidence,
            )
    return None


def message_pattern(message: str) -> str:
    """Return a regular expression that finds messages like one, whatever names they have."""
    parts = (r"\s+".join(map(re.escape, part.split())) for part in masked(message).split(MASK))
    said = [part for part in parts if part][:_MAX_PARTS]
    return r".{1,200}?".join(said)


def _text(failure: Failure) -> str:
    parts = [failure.message, *(cause.message for cause in failure.causes), failure.trace]
    return "\n".join(filter(None, parts))[:_LOOKED_AT]


def _found(pattern: str, text: str) -> re.Match[str] | None:
    return _compiled(pattern).search(text)


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)
