"""Learns the lexicon of the next rule set from labelled failures.

``python -m tests.learnt`` prints the module that holds it, before it is formatted. Nothing is
learnt from what only grades (``held_back.csv``, ``reported.csv``). The shared messages must be
there: a lexicon that was learnt from fewer would be another one.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hub.domain.failures.failure import FailureClass
from hub.domain.failures.lexicon import words_of
from hub.domain.failures.symptoms import read_symptoms
from tests.labelled import FOLDER, labelled

SHARED = Path(__file__).parents[2] / "shared" / "data" / "failures.csv"
SETS = ("messages", "gathered", "typical", "reported_seen")
# Of messages that users reported, the class and the words, in the order of the alphabet.
WORDS = FOLDER / "words.csv"
# Words that fewer messages have tell of those messages only.
LEAST_MESSAGES = 3
PENALTY = 0.1
STEPS = 4_000


_HEAD = '''"""What was learnt of words, by ``python -m tests.learnt``."""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import lexicon_of
from hub.domain.failures.failure import FailureClass as Is

LEXICON: Final = lexicon_of('''


class Said(NamedTuple):
    """The class that a message is truly of, and the words in it."""

    true: FailureClass
    words: list[str]


def everything_said() -> list[Said]:
    """Return all that may be learnt from."""
    rows = [row for name in SETS for row in labelled(FOLDER / f"{name}.csv")] + labelled(SHARED)
    said = [Said(row.true, words_of(read_symptoms(row.failure).text)) for row in rows]
    with WORDS.open(encoding="utf-8", newline="") as file:
        said += [
            Said(FailureClass(row["true_class"]), row["words"].split())
            for row in csv.DictReader(file)
        ]
    return said


def learn(
    rows: Sequence[Said],
) -> tuple[list[str], list[FailureClass], NDArray[np.float64], NDArray[np.float64]]:
    """Return words, classes, the weights of the words (words by classes), and of the classes."""
    counts = Counter(word for row in rows for word in row.words)
    words = sorted(word for word, count in counts.items() if count >= LEAST_MESSAGES)
    place = {word: number for number, word in enumerate(words)}
    classes = sorted({row.true for row in rows})
    features = np.zeros((len(rows), len(words)))
    for row, said in enumerate(rows):
        known = [place[word] for word in said.words if word in place]
        features[row, known] = 1 / np.sqrt(max(1, len(known)))
    target = np.array([[row.true is each for each in classes] for row in rows], dtype=float)
    # Rare classes count as much as common ones.
    worth = (target / target.sum(axis=0)).sum(axis=1) * len(rows) / len(classes)
    return words, classes, *_fit(features, target, worth[:, None])


def _fit(
    features: NDArray[np.float64], target: NDArray[np.float64], worth: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Descend along the gradient, with Nesterov's momentum, to the least penalised loss."""
    weights, before = np.zeros((features.shape[1], target.shape[1])), np.zeros(target.shape[1])
    ahead, ahead_before = weights.copy(), before.copy()
    # No curvature is greater than half the worth of all, for features have the length 1.
    rate = 2 / (worth.sum() / 8 + PENALTY)
    for step in range(1, STEPS + 1):
        sums = features @ ahead + ahead_before
        shares = np.exp(sums - sums.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        off = worth * (shares - target)
        new = ahead - rate * (features.T @ off + PENALTY * ahead)
        new_before = ahead_before - rate * off.sum(axis=0)
        momentum = step / (step + 3)
        ahead = new + momentum * (new - weights)
        ahead_before = new_before + momentum * (new_before - before)
        weights, before = new, new_before
    return weights, before


def lines(
    words: Sequence[str],
    classes: Sequence[FailureClass],
    weights: NDArray[np.float64],
    before: NDArray[np.float64],
) -> Iterator[str]:
    """Yield the module's lines: weights are whole numbers, and those of less than 1 left out."""
    yield from _HEAD.splitlines()
    rounded = np.where(np.abs(weights) < 1, 0, np.rint(weights)).astype(int)
    for column, each in enumerate(classes):
        yield f'    (Is.{each.name}, {before[column]:.1f}, """'
        found = rounded[:, column]
        for weight in sorted({*found.tolist()} - {0}, reverse=True):
            own = [words[row] for row in np.flatnonzero(found == weight).tolist()]
            yield from wrap(
                f"{weight}: {' '.join(own)}",
                98,
                initial_indent=" " * 8,
                subsequent_indent=" " * 11,
                break_long_words=False,
            )
        yield '    """),'
    yield ")"


if __name__ == "__main__":
    for line in lines(*learn(everything_said())):
        sys.stdout.write(line + "\n")
