"""Weighing: what rules claim of a failure, against what all of its words come to (ADR 38)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from hub.domain.failures.failure import BY_WORDS, FailureClass, excerpt
from hub.domain.failures.symptoms import CodeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Made only for the claim that wins: to redact is dearer than to find.
_Evidence = str | Callable[[], str]


class Candidate(NamedTuple):
    """What one rule claims of a failure; ``subject`` is what it is about, where that is known."""

    confidence: float
    failure_class: FailureClass
    rule: str
    evidence: _Evidence
    subject: str | None = None


_SHOWN_WORDS: Final = 6
# Less than what routes with confidence.
MOST_BY_WORDS: Final = 0.4
# Classes of which none may be taken for another with confidence, and from where on that is doubted.
_GUARDED: Final = (FailureClass.ACCESS, FailureClass.UPSTREAM)
_HEARD: Final = 0.5
_BEYOND_DOUBT: Final = 0.9
_UNSURE: Final = 0.45
# From here on words mean one thing only, and a code not several.
_EXACT: Final = 0.86
_EXACT_CODE: Final = 0.6
_CODES: Final = frozenset(kind.value for kind in CodeKind)
# The share of a class by the lexicon that bears a claim out, and the least that makes a guess.
_BORNE_OUT: Final = 0.1
_LEAST_SHARE: Final = 0.35
# What the guarded classes have together where an exact claim of another one is doubted.
_DOUBTED: Final = 0.3
_MEANS_ONE_THING: Final = 0.96


def weighed(
    textual: list[Candidate],
    shares: Mapping[FailureClass, float],
    telling: Callable[[FailureClass], list[str]],
) -> list[Candidate]:
    """Return claims as they are weighed with the ``shares`` that all the words come to.

    ``shares`` has every class; ``telling`` returns the words that speak for one. An exact claim
    stands. Else the class of which claims and words together are surest is taken, and other claims
    are less sure than its own. What the words do not bear out routes with no confidence.
    """
    ranked = sorted(textual, key=lambda candidate: candidate.confidence, reverse=True)
    surest = ranked[0] if ranked else None
    failure_class = _taken(ranked, shares)
    if surest is not None and failure_class is surest.failure_class:
        is_doubted = _is_doubted(ranked, shares)
        return [_capped(each, _UNSURE) for each in textual] if is_doubted else textual
    if failure_class is FailureClass.UNKNOWN:
        return textual
    words = partial(heard_of, telling(failure_class))
    confidence = round(min(MOST_BY_WORDS, shares[failure_class] / 2), 3)
    guess = Candidate(confidence, failure_class, BY_WORDS, words)
    own = next((c for c in ranked if c.failure_class is failure_class), guess)
    chosen = _capped(own, _UNSURE) if own.confidence > guess.confidence else guess
    return [chosen, *(_capped(c, chosen.confidence - 0.01) for c in textual if c is not own)]


def _taken(ranked: Sequence[Candidate], shares: Mapping[FailureClass, float]) -> FailureClass:
    """Return the class of which the two surest claims and the words together are surest."""
    surest = ranked[0] if ranked else None
    if surest is not None and _is_exact(ranked):
        return surest.failure_class
    sums = dict(shares)
    second = next((c for c in ranked if surest and c.failure_class != surest.failure_class), None)
    for candidate, worth in ((surest, 1.0), (second, 0.5)):
        if candidate is not None:
            sums[candidate.failure_class] += candidate.confidence * worth
    failure_class, most = max(sums.items(), key=lambda each: each[1])
    is_guess = surest is None or failure_class is not surest.failure_class
    if is_guess and most < _LEAST_SHARE:
        return surest.failure_class if surest else FailureClass.UNKNOWN
    return failure_class


def _is_doubted(ranked: Sequence[Candidate], shares: Mapping[FailureClass, float]) -> bool:
    """Whether the words do not bear a claim out, or speak of a class that must not be missed."""
    surest = ranked[0]
    if not _is_exact(ranked):
        return shares[surest.failure_class] < _BORNE_OUT
    guarded = sum(shares[each] for each in _GUARDED)
    is_other = surest.failure_class not in _GUARDED
    return is_other and guarded >= _DOUBTED and surest.confidence < _MEANS_ONE_THING


def _is_exact(ranked: Sequence[Candidate]) -> bool:
    """Whether the surest class is claimed by a code, or by words that mean one thing only."""
    return ranked[0].confidence >= _EXACT or any(
        each.confidence >= _EXACT_CODE and each.rule.partition(".")[0] in _CODES
        for each in ranked
        if each.failure_class is ranked[0].failure_class
    )


def _capped(candidate: Candidate, most: float) -> Candidate:
    return candidate._replace(confidence=min(candidate.confidence, most))


def surety(best: Candidate, candidates: Iterable[Candidate]) -> float:
    """Return how sure the best claim is: less so where something speaks of rights, or of upstream.

    Those go to people who alone can mend them, or to nobody; nobody else is to be woken for sure.
    """
    rivals = (each for each in candidates if each.confidence >= _HEARD)
    is_contested = any(each.failure_class in _GUARDED for each in rivals)
    if best.failure_class in _GUARDED or not is_contested or best.confidence >= _BEYOND_DOUBT:
        return best.confidence
    return min(best.confidence, _UNSURE)


def heard_of(words: Sequence[str]) -> str:
    """Return words as evidence."""
    return f"of words such as {excerpt(', '.join(words[:_SHOWN_WORDS]))}"
