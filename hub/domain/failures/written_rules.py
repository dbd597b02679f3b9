"""Written rules: what people say of failures in the configuration's files, in dated rule sets.

Of several that hold the first one judges: the newest set's before older ones', in the order of the
file, so that whoever writes one puts the most specific first. Its word is weighed with those of the
built-in rules and of plugins; unless it says how sure it is, it outweighs them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from hub.domain.expressions import compiled, searchable
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
_ASCII_GAPS: Final = frozenset(" \t\n\f\r")


class WrittenRule(Struct, frozen=True, kw_only=True):
    """One rule: all that it asks for must hold.

    ``message`` is an expression of RE2 found in what the failure says, case ignored; ``exception``
    and ``producer`` are found in the names of its exceptions and of its producer.
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
        producer = _looked_at(failure.producer)
        if self.producer is not None and finder(self.producer).search(producer) is None:
            return None
        names = _looked_at(" ".join([failure.exception, *(each.type for each in failure.causes)]))
        if self.exception is not None and finder(self.exception).search(names) is None:
            return None
        if self.message is None:
            return f"exception {excerpt(names)}"
        text = _text(failure)
        found = finder(self.message).search(text)
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
    """Return an expression that finds messages like one, whatever names they have."""
    # RE2's \s is ASCII's; French, for one, has others before its colons.
    gap = (
        r"\s+"
        if _ASCII_GAPS.issuperset(each for each in message if each.isspace())
        else r"[\s\pZ]+"
    )
    parts = (gap.join(map(re.escape, part.split())) for part in masked(message).split(MASK))
    said = [part for part in parts if part][:_MAX_PARTS]
    return r".{1,200}?".join(said)


@lru_cache(maxsize=1_024)
def finder(pattern: str) -> Any:  # noqa: ANN401 - of a package without types
    """Return an expression of a rule, ready to be searched for."""
    return compiled(pattern, is_loose=True)


def _text(failure: Failure) -> str:
    parts = [failure.message, *(cause.message for cause in failure.causes), failure.trace]
    return _looked_at("\n".join(filter(None, parts)))


def _looked_at(text: str) -> str:
    return searchable(text[:_LOOKED_AT])
