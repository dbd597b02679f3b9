"""What is wrong with a regular expression of a file, beyond that it is none.

Names come from whoever sends events, so an expression must not take long on any of them; and one
that writes namespaces otherwise must not make one of two by what it leaves out. Both are judged by
how the expression is built, on the safe side.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

MAX_PATTERN: Final = 1_000
# Python's own reading of expressions: a list of (operation, its arguments).
_PARSER: Final = importlib.import_module("re._parser")
_Step: TypeAlias = tuple[Any, Any]
_Tree: TypeAlias = Sequence[_Step]
_Chars: TypeAlias = frozenset[str]

# Stand for all characters: what differs for expressions is among them.
_ALL: Final = frozenset([*map(chr, range(128)), "é", "É", "٣", "\u2003"])
_CATEGORIES: Final[dict[str, Callable[[str], bool]]] = {
    "DIGIT": str.isdigit,
    "SPACE": str.isspace,
    "WORD": lambda char: char.isalnum() or char == "_",
}
_REPEATS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_LOOKS: Final = frozenset({"ASSERT", "ASSERT_NOT"})
_GROUP: Final = re.compile(r"\\(?:g<(\w+)>|(\d{1,2}))")
# From here on, it is all the same whether there is an end to it.
_MANY: Final = 10
_MOST_OPEN: Final = 2
_MOST_CHOICES: Final = 1_000
_DEEPEST: Final = 8
_MOST_SAMPLES: Final = 8
_MOST_COPIES: Final = 64
_LONGEST: Final = 2_048
_LEGIBLE: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


class _Part(NamedTuple):
    """One step of an expression: what it may be made of, and how often it repeats itself."""

    chars: _Chars
    least: int
    most: int
    inside: _Tree = ()

    @property
    def is_open(self) -> bool:
        return self.most >= _MANY and self.least != self.most

    @property
    def is_fixed(self) -> bool:
        return self.least == self.most == 1 and not self.inside

    @property
    def choices(self) -> list[_Tree]:
        """The alternatives that it is one of; none where it repeats itself."""
        if self.most > 1 or len(self.inside) != 1:
            return []
        [(code, given)] = self.inside
        return [*given[1]] if str(code) == "BRANCH" else []


def problem_of(pattern: str, *, is_searched: bool = False) -> str | None:
    """Return what is wrong with an expression; ``is_searched``: wherever in a name it fits."""
    if len(pattern) > MAX_PATTERN:
        return f"has more than {MAX_PATTERN:,} characters"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"is no regular expression: {error}"
    tree = _PARSER.parse(pattern)
    if _depth(tree) > _DEEPEST:
        return f"has groups in one another more than {_DEEPEST} deep: write it flat"
    parts = [*_parts(tree)]
    if _explodes(parts) or _ways(parts) > _MOST_CHOICES:
        return (
            "may take forever: what repeats in it can be divided in too many ways. Put a sign"
            " between the rounds that cannot be in them, as in (?:[^/]+/)*, or write a rule each"
        )
    if _open(parts, is_searched=is_searched, is_anchored=_is_anchored(pattern)) > _MOST_OPEN:
        return (
            "takes too long for long names: three parts of it may be of any length, and nothing"
            " parts them. Write [^/]* for .*, or begin with ^"
        )
    return None


def leaves_out(pattern: str, write: str) -> bool:
    """Whether text of any kind may stand where the pattern fits, and is not in what is written.

    Of two namespaces that differ in it alone one would be made. Alternatives and single characters
    that are listed are what the author has thought of.
    """
    groups = re.compile(pattern).groupindex
    kept = {
        groups.get(name, 0) if name and not name.isdigit() else int(name or number)
        for name, number in _GROUP.findall(write)
    }
    return 0 not in kept and _leaves_out(_PARSER.parse(pattern), kept)


def samples_of(pattern: str) -> list[str]:
    """Return some texts that a pattern fits the whole of, for every alternative that it has."""
    compiled, tree = re.compile(pattern), _PARSER.parse(pattern)
    made = ("".join(_sample(tree, choice)) for choice in range(_MOST_SAMPLES))
    return [each for each in dict.fromkeys(made) if compiled.fullmatch(each)]


def _parts(tree: _Tree) -> Iterator[_Part]:
    """Yield the steps of an expression, in their order, groups taken apart."""
    for code, given in tree:
        operation = str(code)
        if operation in _REPEATS:
            least, most, inside = given
            yield _Part(_chars(inside), least, most, inside)
        elif operation == "SUBPATTERN":
            yield from _parts(given[-1])
        elif operation == "ATOMIC_GROUP":
            yield from _parts(given)
        elif operation == "BRANCH":
            yield _Part(_chars([(code, given)]), 0, 1, [(code, given)])
        elif operation in _LOOKS:
            yield _Part(_chars(given[1]), 0, 1, given[1])
        elif operation.startswith("GROUPREF"):
            yield _Part(_ALL, 0, _MANY)
        elif operation != "AT":
            yield _Part(_chars([(code, given)]), 1, 1)


def _chars(tree: _Tree) -> _Chars:
    """Return what text that an expression fits may be made of."""
    found: set[str] = set()
    for code, given in tree:
        operation = str(code)
        if operation in _REPEATS or operation == "SUBPATTERN":
            found |= _chars(given[-1])
        elif operation == "ATOMIC_GROUP":
            found |= _chars(given)
        elif operation == "BRANCH":
            found |= frozenset().union(*map(_chars, given[1]))
        elif operation not in _LOOKS | {"AT"}:
            found |= _signs((code, given))
    return frozenset(found)


def _signs(step: _Step) -> _Chars:
    """Return the characters that a step fits one of."""
    operation, given = str(step[0]), step[1]
    if operation in ("LITERAL", "NOT_LITERAL"):
        char = chr(given)
        either = frozenset({char, char.lower(), char.upper()})
        return either if operation == "LITERAL" else _ALL - {char}
    if operation != "IN":
        return _ALL
    found: set[str] = set()
    for code, each in given:
        match str(code):
            case "LITERAL":
                found |= _signs((code, each))
            case "RANGE":
                found |= {char for char in _ALL if each[0] <= ord(char) <= each[1]}
            case "CATEGORY":
                found |= _category(str(each))
    is_negated = any(str(code) == "NEGATE" for code, _ in given)
    return _ALL - found if is_negated else frozenset(found)


def _category(name: str) -> _Chars:
    kind = name.removeprefix("CATEGORY_")
    fits = _CATEGORIES.get(kind.removeprefix("NOT_"))
    if fits is None:
        return _ALL
    return frozenset(char for char in _ALL if fits(char) != kind.startswith("NOT_"))


def _depth(tree: _Tree) -> int:
    deepest = 0
    for code, given in tree:
        match str(code):
            case "BRANCH":
                inside = given[1]
            case "ATOMIC_GROUP":
                inside = [given]
            case "SUBPATTERN" | "ASSERT" | "ASSERT_NOT" | "MAX_REPEAT" | "MIN_REPEAT":
                inside = [given[-1]]
            case _:
                continue
        deepest = max(deepest, 1 + max(map(_depth, inside)))
    return deepest


def _explodes(parts: Collection[_Part]) -> bool:
    """Whether what repeats may be divided into its rounds in more than one way."""
    for each in parts:
        insides = each.choices or ([each.inside] if each.inside else [])
        if any(_explodes([*_parts(inside)]) for inside in insides):
            return True
        if each.most >= _MANY and not _is_parted([*_parts(each.inside)]):
            return True
    return False


def _is_parted(parts: list[_Part]) -> bool:
    """Whether the rounds of something can be told from one another, and each fits in one way."""
    varying = [each for each in parts if not each.is_fixed]
    if any(not _is_plain(each) for each in varying):
        return False
    if not varying or (len(parts) == 1 and parts[0].choices):
        return True
    seen: set[str] = set()
    for each in varying:
        if seen & each.chars:
            return False
        seen |= each.chars
    return any(end.is_fixed and end.chars.isdisjoint(seen) for end in (parts[0], parts[-1]))


def _is_plain(part: _Part) -> bool:
    """Whether a part fits a text in one way: what it chooses from is told by its first sign."""
    if not part.choices:
        return part.is_open or all(each.is_fixed for each in _parts(part.inside))
    seen: set[str] = set()
    for alternative in part.choices:
        parts = [*_parts(alternative)]
        if not parts or not all(each.is_fixed for each in parts) or seen & parts[0].chars:
            return False
        seen |= parts[0].chars
    return True


def _ways(parts: Collection[_Part]) -> int:
    """Return in how many ways an expression may be gone through, but for what is open."""
    found = 1
    for each in parts:
        if each.choices:
            inside = sum(_ways([*_parts(one)]) for one in each.choices)
        else:
            # The rounds of what repeats many times are told apart, or it explodes.
            rounds = 1 if each.most >= _MANY else _ways([*_parts(each.inside)]) ** each.most
            inside = rounds * (1 if each.is_open else each.most - each.least + 1)
        found = min(found * inside, _MOST_CHOICES + 1)
    return found


class _Run(NamedTuple):
    """Parts of any length that nothing has parted so far, and the most that were in one row."""

    chain: tuple[_Chars, ...] = ()
    row: int = 0
    most: int = 0

    def before(self, part: _Part) -> _Run:
        """Return what there is after one more part."""
        if part.is_open:
            return self._opened(part)
        if part.choices:
            return self._beside([self.after([*_parts(each)]) for each in part.choices])
        if not all(each.is_fixed for each in _parts(part.inside)):
            once = self.after([*_parts(part.inside)])
            again = once.after([*_parts(part.inside)]) if part.most > 1 else once
            if again.row > once.row:
                again = again._replace(most=_MANY)
            return again if part.least else self._beside([self, again])
        is_parting = part.least and all(part.chars.isdisjoint(each) for each in self.chain)
        return _Run(most=self.most) if is_parting else self

    def after(self, parts: Collection[_Part]) -> _Run:
        """Return what there is after more parts."""
        found = self
        for each in parts:
            found = found.before(each)
        return found

    def _opened(self, part: _Part) -> _Run:
        overlaps = any(not part.chars.isdisjoint(each) for each in self.chain)
        is_parting = part.least and not overlaps
        chain = (part.chars,) if is_parting else (*self.chain, part.chars)
        count = self.row + 1 if overlaps else 1 if is_parting else max(self.row, 1)
        return _Run(chain, count, max(self.most, count))

    def _beside(self, others: Sequence[_Run]) -> _Run:
        chains = {each: None for other in others for each in other.chain}
        count = max(other.row for other in others)
        return _Run((*chains,), count, max(other.most for other in others))


def _open(parts: Sequence[_Part], *, is_searched: bool, is_anchored: bool) -> int:
    """Return how many parts of any length follow one another with nothing that parts them."""
    # Where nothing has to follow, no other way of fitting is ever tried.
    is_last_free = is_searched and bool(parts) and parts[-1].is_open
    most = _Run().after(parts[:-1] if is_last_free else parts).most
    return most + 1 if most and is_searched and not is_anchored else most


def _is_anchored(pattern: str) -> bool:
    return pattern.startswith(("^", r"\A"))


def _leaves_out(tree: _Tree, kept: Collection[int]) -> bool:
    for code, given in tree:
        operation = str(code)
        if operation == "SUBPATTERN" and given[0] not in kept:
            found = _leaves_out(given[-1], kept)
        elif operation == "ATOMIC_GROUP":
            found = _leaves_out(given, kept)
        elif operation == "BRANCH":
            found = any(_leaves_out(each, kept) for each in given[1])
        elif operation in _REPEATS:
            _, most, inside = given
            is_free = most > 1 and any(len(_folded(part.chars)) > 1 for part in _parts(inside))
            found = is_free or _leaves_out(inside, kept)
        else:
            found = False
        if found:
            return True
    return False


def _folded(chars: _Chars) -> set[str]:
    return {char.lower() for char in chars}


def _sample(tree: _Tree, choice: int) -> Iterator[str]:
    for code, given in tree:
        operation = str(code)
        if operation in _REPEATS:
            least, most, inside = given
            copies = min(max(least, 1), most, _MOST_COPIES)
            yield ("".join(_sample(inside, choice)) * copies)[:_LONGEST]
        elif operation == "SUBPATTERN":
            yield from _sample(given[-1], choice)
        elif operation == "ATOMIC_GROUP":
            yield from _sample(given, choice)
        elif operation == "BRANCH":
            yield from _sample(given[1][choice % len(given[1])], choice)
        elif operation == "LITERAL":
            yield chr(given)
        elif operation not in _LOOKS | {"AT"}:
            chars = _signs((code, given))
            yield next((char for char in _LEGIBLE if char in chars), min(chars, default=""))
