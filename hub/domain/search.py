"""Search: in which form texts are compared, which are worth it, and how well one matches.

A text's normal form is its words, folded, with a space before and after each. In names, a point
stands between the parts of a path. Chinese and Japanese have no spaces between words, so there each
letter has them: what is sought may begin at any. A gram is three characters in a row of that form.
An index of grams narrows down; what it finds is judged here, so every store ranks alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from itertools import combinations
from string import ascii_lowercase, digits
from typing import Final, NamedTuple

from hub.domain.errors import InvalidInput

# As long as a name may be, so that each can be asked for.
MAX_SOUGHT: Final = 2_048
# Of a longer text only its beginning is compared.
MAX_INDEXED: Final = 2_048
MAX_DESCRIPTION: Final = 1_000

Clause = tuple[str, ...]


class SearchKind(StrEnum):
    """What can be found; of two that match equally well, the kind that stands first comes first."""

    DATASET = "dataset"
    JOB = "job"
    PRODUCT = "product"
    DOMAIN = "domain"
    FIELD = "field"


class SearchPart(StrEnum):
    """What of a thing has matched."""

    NAME = "name"
    TAG = "tag"
    OWNER = "owner"
    DESCRIPTION = "description"


class SearchLevel(StrEnum):
    """How it has matched, the best first.

    EXACT: the name, or the end of its path, is what is sought. PREFIX: one of them begins with it.
    WORD: each word that is sought begins a word. PART: it stands inside. TYPO: but for a typing
    error or two.
    """

    EXACT = "exact"
    PREFIX = "prefix"
    WORD = "word"
    PART = "part"
    TYPO = "typo"


class Sought(NamedTuple):
    """What is looked for: the words, their letters together, and the length of the normal form.

    ``pairs`` are the two letters in a row that its words have.
    """

    words: tuple[str, ...]
    joined: str
    length: int
    pairs: tuple[str, ...]


class Match(NamedTuple):
    """How well a text matches. ``points`` are from 0 to 10,000 and grow with the text's share."""

    level: SearchLevel
    points: int


_POINTS: Final = {
    SearchLevel.EXACT: 9_000,
    SearchLevel.PREFIX: 7_000,
    SearchLevel.WORD: 5_000,
    SearchLevel.PART: 3_000,
    SearchLevel.TYPO: 1_000,
}
# What a text that matches whole has above one in which the match is next to nothing.
_SHARE: Final = 1_000
MAX_POINTS: Final = 10_000
# In percent: a word in a name is worth more than one in a description.
_WEIGHTS: Final = {
    SearchPart.NAME: 100,
    SearchPart.TAG: 60,
    SearchPart.OWNER: 60,
    SearchPart.DESCRIPTION: 40,
}
_IN_DESCRIPTIONS: Final = frozenset({SearchLevel.EXACT, SearchLevel.PREFIX, SearchLevel.WORD})

_PATH: Final = re.compile(r"[./:\\]+")
_WORD: Final = re.compile(r"[^\W_]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN: Final = " . "
# Ideographs and kana: a word in them is told by sense alone.
_DENSE: Final = (
    r"\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
_RUN: Final = re.compile(f"[{_DENSE}]+|[^{_DENSE}]+")
_IS_DENSE: Final = re.compile(f"[{_DENSE}]").match
_APART: Final = re.compile(f"(?<=[{_DENSE}]) (?=[{_DENSE}])")

_GRAM: Final = 3
# More tell little new of a text, and cost the index a look each.
_MAX_GRAMS: Final = 16
_MAX_LOOSE_GRAMS: Final = 8
# Two neighbours that are swapped spoil four grams in a row; any other error fewer.
_SPOILED: Final = 4
# As of grams, so of those of letters that stand apart, with one of each letter in between.
_SPOILED_APART: Final = 5
# As of grams, so of pairs of letters.
_SPOILED_PAIRS: Final = 3
# A name of six letters still has five when one is missing.
_ONE_TYPO_FROM: Final = 5
_TWO_TYPOS_FROM: Final = 16
# Into how many places an error is narrowed down, where one is allowed, and where two are.
_PLACES: Final = {1: 6, 2: 5}
# What stands before letters in most names, once folded.
_BEFORE_A_PAIR: Final = ascii_lowercase + digits
# A shorter word is another word with one letter changed.
_MIN_TYPED: Final = 4


def words_of(text: str) -> list[str]:
    """Split a text at everything but letters and digits, and where camelCase has humps.

    What is written without spaces is a word of its own, its letters apart.
    """
    if text.isascii():
        return _plain_words(text)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(each for each in text if not unicodedata.combining(each))
    runs = (run for word in _plain_words(text) for run in _RUN.findall(word))
    return [" ".join(run) if _IS_DENSE(run) else run for run in runs]


def _plain_words(text: str) -> list[str]:
    return _WORD.findall(_HUMP.sub(" ", text).casefold())


def normal_name(name: str) -> str:
    """Return the normal form of a name; "" where it has neither letters nor digits."""
    parts = (" ".join(words_of(part)) for part in _PATH.split(name))
    return _padded(_BETWEEN.join(part for part in parts if part))


def normal_phrase(text: str) -> str:
    """Return the normal form of a text that is no path."""
    return _padded(" ".join(words_of(text)))


def _is_apart(word: str) -> bool:
    return " " in word


def _padded(text: str) -> str:
    return f" {text[:MAX_INDEXED]} " if text else ""


def shown(text: str) -> str:
    """Return a normal form as people read it."""
    return _APART.sub("", text.strip().replace(_BETWEEN, "."))


def read_sought(text: str) -> Sought | None:
    """Return what a text asks for; None where it has neither letters nor digits.

    Raises:
        InvalidInput: it is longer than any name.

    """
    if len(text) > MAX_SOUGHT:
        message = f"text: {len(text):,} characters are over the limit of {MAX_SOUGHT:,}"
        raise InvalidInput(message, fix="search for a name, or for a few words")
    words = tuple(words_of(text))
    spelt = [word.replace(" ", "") for word in words]
    pairs = tuple(word[i : i + 2] for word in spelt for i in range(len(word) - 1))
    return Sought(words, "".join(spelt), len(normal_name(text)), pairs) if words else None


def sure_clauses(sought: Sought) -> list[Clause]:
    """Return the grams of every text in which each word that is sought begins a word."""
    grams = (gram for word in sought.words for gram in _grams(f" {word}", f" {word} "))
    return [_thinned(tuple(dict.fromkeys(grams)), _MAX_GRAMS)]


def loose_clauses(sought: Sought) -> list[Clause]:
    """Return sets of grams, of which each text that matches in any other way has one whole.

    Empty where what is sought is too short to be found by a part of it, or with a typo.
    """
    inner = tuple(dict.fromkeys(gram for word in sought.words for gram in _grams(word)))
    clauses = [inner] if min(map(len, sought.words)) >= _GRAM else _around_a_pair(sought)
    padded = tuple(gram for word in sought.words for gram in _grams(f" {word} "))
    if typos := allowed_typos(sought):
        # What has fewer of them is among what has as many.
        spoiled = _SPOILED_APART if any(map(_is_apart, sought.words)) else _SPOILED
        clauses += _with_typos(padded, typos, spoiled)
    return [_thinned(clause, _MAX_LOOSE_GRAMS) for clause in clauses]


def _around_a_pair(sought: Sought) -> list[Clause]:
    """Return the grams in which two letters alone stand inside a word: there is none of two."""
    [word, *more] = sought.words
    if more or len(word) != _GRAM - 1:
        return []
    return [(letter + word,) for letter in _BEFORE_A_PAIR]


def allowed_typos(sought: Sought) -> int:
    """Return how many typing errors what is sought may have."""
    size = len(sought.joined)
    return (size >= _ONE_TYPO_FROM) + (size >= _TWO_TYPOS_FROM)


def _with_typos(grams: Clause, typos: int, spoiled: int) -> list[Clause]:
    """Return what is left of grams in order, wherever errors have spoiled so many in a row."""
    step = max(1, len(grams) // _PLACES[typos])
    # Wherever those in a row begin, they are inside one of these.
    places = [
        range(start, start + step + spoiled - 1)
        for start in range(0, max(1, len(grams) - spoiled + 1), step)
    ]
    left = [
        tuple(dict.fromkeys(g for i, g in enumerate(grams) if not any(i in s for s in some)))
        for some in combinations(places, typos)
    ]
    return [clause for clause in left if clause]


def _grams(text: str, short: str = "") -> list[str]:
    """Return a text's grams; of a text that is shorter than one, those of ``short``."""
    text = text if len(text) >= _GRAM else short
    return [text[i : i + _GRAM] for i in range(len(text) - _GRAM + 1)]


def _thinned(grams: Clause, most: int) -> Clause:
    """Return some of many grams, evenly spread."""
    return grams[:: -(-len(grams) // most)]


def judge(sought: Sought, text: str) -> Match | None:
    """Return how well a text in its normal form matches; None where it does not."""
    parts = [part.replace(" ", "") for part in text.split(_BETWEEN)]
    whole = "".join(parts)
    ends = [whole]
    for part in parts[:-1]:
        ends.append(ends[-1][len(part) :])
    share = _SHARE * min(len(sought.joined), len(whole)) // max(len(whole), 1)
    level = _level(sought, ends, text)
    if level is not None:
        return Match(level, _POINTS[level] + share)
    return _mistyped(sought, ends, text, share)


def _level(sought: Sought, ends: list[str], text: str) -> SearchLevel | None:
    joined = sought.joined
    if joined in ends:
        return SearchLevel.EXACT
    if any(end.startswith(joined) for end in ends):
        return SearchLevel.PREFIX
    if all(f" {word}" in text for word in sought.words):
        return SearchLevel.WORD
    if joined in ends[0] or all(word in text for word in sought.words):
        return SearchLevel.PART
    return None


def _mistyped(sought: Sought, ends: list[str], text: str, share: int) -> Match | None:
    """Return how well a text matches but for errors: what is missed whole, before parts of it."""
    limit = allowed_typos(sought)
    # Seldom is anything left to be counted letter by letter, which takes long.
    if not limit or sum(pair not in ends[0] for pair in sought.pairs) > _SPOILED_PAIRS * limit:
        return None
    best = _least(typos_between(sought.joined, end, limit) for end in ends)
    points = 2 * _POINTS[SearchLevel.TYPO]
    if best is None:
        points = _POINTS[SearchLevel.TYPO]
        best = _typos_by_word(sought, text, limit)
    if best is None:
        best = _least(typos_between(sought.joined, end, limit, is_open=True) for end in ends)
    return None if best is None else Match(SearchLevel.TYPO, (points + share) // best)


def _typos_by_word(sought: Sought, text: str, limit: int) -> int | None:
    words = [word for word in text.split() if word != "."]
    total = 0
    for word in sought.words:
        if f" {word}" in text:
            continue
        left = limit - total if len(word) >= _MIN_TYPED else 0
        best = _least(typos_between(word, each, left) for each in words) if left > 0 else None
        if best is None:
            return None
        total += best
    return total


def typos_between(one: str, other: str, limit: int, *, is_open: bool = False) -> int | None:
    """Return how many letters are missing, too many, wrong or swapped with the next one.

    None where they are more than ``limit``. With ``is_open`` the other text may go on.
    """
    if one == other or (is_open and other.startswith(one)):
        return 0
    longer = len(one) - len(other)
    if limit < 1 or longer > limit or (longer < -limit and not is_open):
        return None
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    one, other = one[same:], other[same:]
    rest = [(one[1:], other), (one, other[1:]), (one[1:], other[1:])]
    if one[:2] == other[1::-1]:
        rest.append((one[2:], other[2:]))
    best = _least(typos_between(*each, limit - 1, is_open=is_open) for each in rest)
    return None if best is None else best + 1


def _least(found: Iterable[int | None]) -> int | None:
    return min((each for each in found if each is not None), default=None)


def weighed(match: Match, part: SearchPart) -> int:
    """Return the points of a match in a part of a thing; 0 where it does not count there."""
    if part is SearchPart.DESCRIPTION and match.level not in _IN_DESCRIPTIONS:
        return 0
    return match.points * _WEIGHTS[part] // 100
