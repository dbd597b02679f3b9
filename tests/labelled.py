"""Labelled failures, and marks for what a classifier makes of them."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from hub.domain.failures.failure import Failure, FailureClass, Verdict

FOLDER = Path(__file__).parent / "failures"
# From here on, the wrong team would be woken without a doubt being told.
CONFIDENT = 0.5
# Messages that share so much of their words are one message with other names in it.
_ALIKE = 0.7
_FEW = 3
_GUARDED = (FailureClass.ACCESS, FailureClass.UPSTREAM)


class Labelled(NamedTuple):
    """A failure, the class that it truly is of, and the others that can be defended."""

    failure: Failure
    true: FailureClass
    accepted: frozenset[FailureClass]
    is_contestable: bool

    @property
    def producer(self) -> str:
        """The first word of the producer: the system, whoever carries its data."""
        return self.failure.producer.partition(" ")[0]


class Marks(NamedTuple):
    """How a set was judged: shares from 0 to 1, and what was taken for what."""

    judged: int
    owner: float
    owner_where_clear: float
    failure_class: float
    class_where_clear: float
    unknown: float
    confidently_elsewhere: int
    confusion: Counter[tuple[FailureClass, FailureClass]]


def labelled(path: Path) -> list[Labelled]:
    """Read a file of labelled failures."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_labelled(row) for row in csv.DictReader(file)]


def _labelled(row: dict[str, str]) -> Labelled:
    true = FailureClass(row["true_class"])
    others = filter(None, row["also_accept"].split(","))
    return Labelled(
        failure=Failure(
            message=row["message"],
            exception=row["error_class_or_exception"],
            producer=row["producer"],
        ),
        true=true,
        accepted=frozenset({true, *map(FailureClass, others)}),
        is_contestable=row.get("contestable") == "yes",
    )


def unseen(rows: Iterable[Labelled], known: Iterable[Labelled]) -> list[Labelled]:
    """Return the rows that say nothing that a known one says too, or nearly.

    Engines say the same to everybody, so sets that are gathered apart still overlap; what rules
    were written from does not grade them.
    """
    told = {_words(each) for each in known}
    return [row for row in rows if not any(_are_alike(_words(row), each) for each in told)]


def _words(row: Labelled) -> frozenset[str]:
    return frozenset(re.findall("[a-z]+", row.failure.message.lower()))


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return one == other or (len(one) >= _FEW and len(one & other) >= _ALIKE * len(one | other))


def mark(rows: Sequence[Labelled], judge: Callable[[Labelled], Verdict]) -> Marks:
    """Judge every row, and count."""
    judged = [(row, judge(row)) for row in rows]
    clear = [(row, verdict) for row, verdict in judged if not row.is_contestable]
    return Marks(
        judged=len(judged),
        owner=_share(judged, _owner_is_right),
        owner_where_clear=_share(clear, _owner_is_right),
        failure_class=_share(judged, _class_is_right),
        class_where_clear=_share(clear, _class_is_right),
        unknown=_share(judged, _is_unknown),
        confidently_elsewhere=sum(_is_confidently_elsewhere(*each) for each in judged),
        confusion=Counter(
            (row.true, row.true if _class_is_right(row, verdict) else verdict.failure_class)
            for row, verdict in judged
        ),
    )


def _share(
    judged: Iterable[tuple[Labelled, Verdict]], is_so: Callable[[Labelled, Verdict], bool]
) -> float:
    answers = [is_so(row, verdict) for row, verdict in judged]
    return sum(answers) / max(len(answers), 1)


def _class_is_right(row: Labelled, verdict: Verdict) -> bool:
    return verdict.failure_class in row.accepted


def _owner_is_right(row: Labelled, verdict: Verdict) -> bool:
    return verdict.owner_kind in {each.owner_kind for each in row.accepted}


def _is_unknown(_row: Labelled, verdict: Verdict) -> bool:
    return verdict.failure_class is FailureClass.UNKNOWN


def _is_confidently_elsewhere(row: Labelled, verdict: Verdict) -> bool:
    return (
        row.true in _GUARDED
        and not _owner_is_right(row, verdict)
        and verdict.confidence >= CONFIDENT
    )
