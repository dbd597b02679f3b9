"""A lexicon: what the words of a message say of its class, as learnt from labelled messages.

Words are counted once each. Their weights are those of a multinomial logistic regression, so that
what they come to are shares of certainty.

Source: Bishop, *Pattern Recognition and Machine Learning*, 4.3.4.
"""

from __future__ import annotations

import re
from math import exp, sqrt
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.domain.failures.failure import FailureClass

# UnknownHostException has three words.
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
_WORD: Final = re.compile(r"[a-z]{2,}|\d{3,5}")
_MOST_WORDS: Final = 400


class Lexicon(Struct, frozen=True):
    """Weights of words for classes, and what every class has before anything is said."""

    weights: Mapping[str, Mapping[FailureClass, float]]
    before: Mapping[FailureClass, float]

    def shares(self, text: str) -> dict[FailureClass, float]:
        """Return how certain each class is, from 0 to 1; nothing where no word is known."""
        known = [self.weights[word] for word in words_of(text) if word in self.weights]
        if not known:
            return {}
        sums = dict(self.before)
        for weights in known:
            for failure_class, weight in weights.items():
                sums[failure_class] += weight / sqrt(len(known))
        greatest = max(sums.values())
        powers = {each: exp(value - greatest) for each, value in sums.items()}
        whole = sum(powers.values())
        return {each: power / whole for each, power in powers.items()}

    def telling(self, text: str, failure_class: FailureClass) -> list[str]:
        """Return the words that speak for a class, the most telling first."""
        weights = {
            word: self.weights[word].get(failure_class, 0)
            for word in words_of(text)
            if word in self.weights
        }
        found = [word for word, weight in weights.items() if weight > 0]
        return sorted(found, key=lambda word: -weights[word])


def words_of(text: str) -> list[str]:
    """Return the words of a text, each once, in their order."""
    lowered = _CAMEL.sub(" ", text).lower()
    return list(dict.fromkeys(_WORD.findall(lowered)[:_MOST_WORDS]))
