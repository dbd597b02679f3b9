"""How an edge came to be known, how sure that makes it, and in which words that is said."""

from __future__ import annotations

from math import inf
from typing import Final, NamedTuple

# By runs, by those who declare it, or from a job's SQL.
OBSERVED: Final = "OBSERVED"
DECLARED: Final = "DECLARED"
INFERRED: Final = "INFERRED"
# The surest first; an index has them as numbers in this order.
ORIGINS: Final = (OBSERVED, DECLARED, INFERRED)

# What is not inferred is surer than any confidence, which is 1 at most.
_STRENGTHS: Final = {None: inf, OBSERVED: 3.0, DECLARED: 2.0}
_BY_STRENGTH: Final = {strength: origin for origin, strength in _STRENGTHS.items()}


class Surety(NamedTuple):
    """An origin, and where it is INFERRED a confidence from 0 to 1.

    Without an origin there is nothing to be unsure of: a field is of its dataset.
    """

    origin: str | None
    confidence: float | None = None

    @property
    def strength(self) -> float:
        """What sureties compare by: the greater one is the surer."""
        known = _STRENGTHS.get(self.origin)
        return (self.confidence or 0.0) if known is None else known

    @property
    def note(self) -> str:
        """What to say behind an edge, or behind what is reached over it; nothing if observed."""
        if self.origin == INFERRED and self.confidence is not None:
            return f" (inferred, {self.confidence:.2f})"
        return f" ({self.origin.lower()})" if self.origin in (DECLARED, INFERRED) else ""


def of_strength(strength: float) -> Surety:
    """Return the surety that has a strength."""
    if strength in _BY_STRENGTH:
        return Surety(_BY_STRENGTH[strength])
    return Surety(INFERRED, strength)
