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
    r"(?P<plain>[^\\.^$*+?{}\[\]()|])|\\(?P<escaped>\W)|(?P<maybe>[*?]|\{\d*,?\d*\})"
    r"|(?P<open>\((?:\?(?:P<\w+>|P=|<?[:=!]))?)|(?P<other>\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|.)",
    re.DOTALL,
)


class _Phrase(NamedTuple):
    place: int
    owner: int
    needed: tuple[str, ...]
    expression: str


class Phrases:
    """Alternatives of several owners, numbered in their order."""

    def __init__(self, owners: Sequence[Sequence[str]]) -> None:
        every = [(owner, each) for owner, phrases in enumerate(owners) for each in phrases]
        phrases = [
            _Phrase(place, owner, _needed(expression), expression)
            for place, (owner, expression) in enumerate(every)
        ]
        needed = [(text, phrase) for phrase in phrases for text in phrase.needed]
        common = Counter(gram for text, _ in needed for gram in _grams(text))
        self._always = [phrase for phrase in phrases if not phrase.needed]
        self._by_gram = defaultdict[str, list[tuple[str, _Phrase]]](list)
        for text, phrase in needed:
            self._by_gram[min(_grams(text), key=common.__getitem__)].append((text, phrase))

    def found(self, text: str) -> Iterator[tuple[int, re.Match[str]]]:
        """Yield the owners that have something in ``text``, in order, each once, with where."""
        likely = {
            phrase
            for gram in self._by_gram.keys() & _grams(text)
            for needed, phrase in self._by_gram[gram]
            if needed in text
        }
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


def _needed(expression: str) -> tuple[str, ...]:
    """Return plain texts, one of which is in whatever is found; none where that is not known."""
    pieces = list(_PIECE.finditer(expression))
    needs = [_needed_of(branch) for branch in _branches(pieces)]
    return tuple(text for each in needs for text in each) if all(needs) else ()


def _branches(pieces: Sequence[re.Match[str]]) -> list[list[re.Match[str]]]:
    """Split at each ``|`` outside all groups."""
    branches: list[list[re.Match[str]]] = [[]]
    depth = 0
    for piece in pieces:
        depth += bool(piece["open"]) - (piece["other"] == ")")
        if piece["other"] == "|" and depth == 0:
            branches.append([])
        else:
            branches[-1].append(piece)
    return branches


def _needed_of(pieces: Sequence[re.Match[str]]) -> tuple[str, ...]:
    """Return what one branch needs: its longest run of plain characters, or what a group does."""
    found: list[tuple[str, ...]] = []
    run, group, depth = "", list[str](), 0
    for piece, after in zip(pieces, [*pieces[1:], None], strict=True):
        character = piece["plain"] or piece["escaped"]
        if character and depth == 0:
            run += character
            continue
        if depth == 0:
            found.append((run[:-1] if piece["maybe"] else run,))
            run = ""
        depth += bool(piece["open"]) - (piece["other"] == ")")
        if depth or group:
            group.append(piece[0])
        if depth == 0 and group:
            # What only stands around is not in what is found, and what may be left out neither.
            if not group[0].endswith(("=", "!")) and not (after and after["maybe"]):
                found.append(_needed("".join(group[1:-1])))
            group = []
    best = max([*found, (run,)], key=_shortest)
    return best if _shortest(best) >= _GRAM else ()


def _shortest(texts: tuple[str, ...]) -> int:
    return min(map(len, texts), default=0)
