"""Looking for many regular expressions in one text, and trying hardly any of them.

Most expressions need some plain text (``cancell?ed by`` needs «ed by»), and of a thousand hardly
twenty have theirs in a message. Which ones that may be is told by three characters of each.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

_GRAM: Final = 3
_PIECE: Final = re.compile(
    r"(?P<plain>[^\\.^$*+?{}\[\]()|])|\\(?P<escaped>\W)"
    r"|(?P<maybe>[*?]|\{\d*,?\d*\})|(?P<other>\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|.)",
    re.DOTALL,
)


class _Phrase(NamedTuple):
    place: int
    owner: int
    needed: str
    expression: str


class Phrases:
    """Alternatives of several owners, numbered in their order."""

    def __init__(self, owners: Sequence[Sequence[str]]) -> None:
        every = [(owner, each) for owner, phrases in enumerate(owners) for each in phrases]
        phrases = [
            _Phrase(place, owner, _needed(expression), expression)
            for place, (owner, expression) in enumerate(every)
        ]
        common = Counter(gram for phrase in phrases for gram in _grams(phrase.needed))
        self._always = [phrase for phrase in phrases if not phrase.needed]
        self._by_gram = defaultdict[str, list[_Phrase]](list)
        for phrase in phrases:
            if phrase.needed:
                self._by_gram[min(_grams(phrase.needed), key=common.__getitem__)].append(phrase)

    def found(self, text: str) -> Iterator[tuple[int, re.Match[str]]]:
        """Yield the owners that have something in ``text``, in order, each once, with where."""
        likely = [
            phrase
            for gram in self._by_gram.keys() & _grams(text)
            for phrase in self._by_gram[gram]
            if phrase.needed in text
        ]
        last = -1
        for phrase in sorted([*likely, *self._always]):
            if phrase.owner != last and (found := _compiled(phrase.expression).search(text)):
                last = phrase.owner
                yield last, found


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    """Compile an expression when it is first tried: most never are, and it takes a millisecond."""
    return re.compile(expression)


def _grams(text: str) -> set[str]:
    return {text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)}


def _needed(expression: str) -> str:
    """Return the longest run of plain characters outside all groups; "" if it is too short."""
    runs, run, depth = [""], "", 0
    for piece in _PIECE.finditer(expression):
        character = piece["plain"] or piece["escaped"]
        if character and depth == 0:
            run += character
            continue
        if piece["maybe"]:
            run = run[:-1]
        elif piece["other"] == "|" and depth == 0:
            return ""
        depth += {"(": 1, ")": -1}.get(piece["other"] or "", 0)
        runs.append(run)
        run = ""
    longest = max([*runs, run], key=len)
    return longest if len(longest) >= _GRAM else ""
