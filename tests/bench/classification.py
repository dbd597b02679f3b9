"""How failures are classified, on messages that the rules were written from and on others.

The public messages are judged twice. Once as they are; and by cross-validation over producers:
before a producer's messages are judged, every phrase is taken away that no other producer's message
bears out, and the lexicon, which was learnt from them too; so that rules that only memorise show.
Codes and names stay, for they are vendors' own.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from msgspec import structs

from hub.domain.failures.classification import Classifier, MessageRule
from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.failures.rules_2026_12_02 import RULES
from hub.domain.failures.symptoms import read_symptoms
from hub.flow.evaluate import Judge
from hub.host import Host, Kind
from tests.labelled import FOLDER, Labelled, Marks, labelled, mark, unseen

PUBLIC: Final = Path(__file__).parents[3] / "shared" / "data" / "failures.csv"

WRITTEN_FROM: Final = ("messages", "gathered", "typical", "reported_seen")


def measure() -> dict[str, float]:
    """Return the shares that got the right owner and class, and what a verdict costs."""
    public = labelled(PUBLIC if PUBLIC.exists() else FOLDER / "messages.csv")
    gathered = labelled(FOLDER / "gathered.csv")
    known = [*public, *(row for name in WRITTEN_FROM for row in labelled(FOLDER / f"{name}.csv"))]
    held_back = unseen(labelled(FOLDER / "held_back.csv"), known)
    reported = unseen(labelled(FOLDER / "reported.csv"), known)
    judge = _judge(Classifier(RULES))
    begun = time.thread_time()
    seen = mark(public, judge)
    spent = time.thread_time() - begun
    crossed = mark(public, _by_producer(public, [*gathered, *held_back]))
    _show_confusion(crossed)
    return {
        **_figures("public", seen),
        **_figures("crossed", crossed),
        **_figures("held_back", mark(held_back, judge)),
        **_figures("reported", mark(reported, judge)),
        "cpu_ms_a_message": spent * 1_000 / len(public),
    }


def _figures(name: str, marks: Marks) -> dict[str, float]:
    return {
        f"{name}_messages": marks.judged,
        f"{name}_owner_where_clear": marks.owner_where_clear,
        f"{name}_owner": marks.owner,
        f"{name}_class_where_clear": marks.class_where_clear,
        f"{name}_class": marks.failure_class,
        f"{name}_unknown": marks.unknown,
        f"{name}_confidently_elsewhere": marks.confidently_elsewhere,
    }


def _judge(rules: Classifier) -> Callable[[Labelled], Verdict]:
    host = Host.load()
    judge = Judge([host.classifier(name).api for name in host.names(Kind.CLASSIFIER)], rules)
    return lambda row: judge.judge(row.failure)


def _by_producer(
    rows: Sequence[Labelled], others: Iterable[Labelled]
) -> Callable[[Labelled], Verdict]:
    """Return a judge that has never heard of the producer that it judges."""
    texts = defaultdict[str, list[str]](list)
    for row in [*rows, *others]:
        texts[row.producer].append(read_symptoms(row.failure).text.lower())
    borne_out = {
        phrase: {name for name, said in texts.items() if any(map(re.compile(phrase).search, said))}
        for rule in RULES.phrases
        for phrase in rule.alternatives
    }
    judges = {
        producer: _judge(
            Classifier(structs.replace(RULES, phrases=_without(producer, borne_out), lexicon=None))
        )
        for producer in {row.producer for row in rows}
    }
    return lambda row: judges[row.producer](row)


def _without(producer: str, borne_out: dict[str, set[str]]) -> tuple[MessageRule, ...]:
    """Return the rules without the phrases that are this producer's alone."""
    left = (
        (rule, [each for each in rule.alternatives if borne_out[each] != {producer}])
        for rule in RULES.phrases
    )
    return tuple(
        structs.replace(rule, phrases="\n".join(phrases)) for rule, phrases in left if phrases
    )


def _show_confusion(marks: Marks) -> None:
    """Print the true classes down, what they were taken for across."""
    print(f"{'':<20}" + "".join(f"{each.value[-8:]:>9}" for each in FailureClass))
    for true in FailureClass:
        counts = (marks.confusion[true, taken] for taken in FailureClass)
        print(f"{true.value:<20}" + "".join(f"{count or '·':>9}" for count in counts))
