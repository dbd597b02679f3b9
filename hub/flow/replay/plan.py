"""The plan of a replay: plain data that a person can read, and refuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from hub.domain.catalog import Catalog
from hub.domain.deadletters import INTAKE, SAMPLE
from hub.store.dead_letters import OPEN, StoredLetter


class Way(StrEnum):
    """How letters are replayed.

    RECORDS: each through today's decoder, contract and lake. RERUN: they are examples of a batch
    that was refused whole, so their step runs again. EVENT: events that could not be used are
    projected by today's code.
    """

    RECORDS = "records"
    RERUN = "rerun"
    EVENT = "event"


class Group(Struct, frozen=True):
    """Letters that are replayed together. ``target`` is ``PRODUCT.STEP``, empty for events."""

    target: str
    way: Way
    letters: tuple[StoredLetter, ...]

    @property
    def rules(self) -> dict[str, int]:
        """How many letters each rule has, the most frequent first."""
        return dict(Counter(each.letter.rule for each in self.letters).most_common())


class Plan(Struct, frozen=True):
    """What a replay would do; ``left`` says of the other letters, by id, why nothing."""

    groups: tuple[Group, ...] = ()
    left: dict[str, str] = {}

    @property
    def size(self) -> int:
        """How many letters are replayed."""
        return sum(len(group.letters) for group in self.groups)

    def explain(self) -> Iterator[str]:
        """Say in words what will happen, a line for each group."""
        for group in self.groups:
            rules = ", ".join(f"{rule} ({count})" for rule, count in group.rules.items())
            count = len(group.letters)
            letters = "1 letter" if count == 1 else f"{count} letters"
            yield f"{letters} of {rules}: {_WORDS[group.way].format(target=group.target)}"
        for reason, count in Counter(self.left.values()).items():
            yield f"{count} left alone: {reason}"


_WORDS = {
    Way.RECORDS: "each through today's decoder, contract and lake of {target}",
    Way.RERUN: "examples of a refused batch, so {target} runs again",
    Way.EVENT: "events, to be projected by today's code",
}


def plan_replay(letters: Sequence[StoredLetter], catalog: Catalog) -> Plan:
    """Return how to replay letters: those that are open, and whose step is still declared."""
    steps = {(step.product, step.name) for step in catalog.steps}
    groups: dict[tuple[str, Way], list[StoredLetter]] = {}
    left: dict[str, str] = {}
    for each in letters:
        letter = each.letter
        target = f"{letter.product}.{letter.step}"
        if each.state != OPEN:
            left[each.id] = f"already {each.state}"
        elif letter.stage == INTAKE:
            groups.setdefault(("", Way.EVENT), []).append(each)
        elif (letter.product, letter.step) not in steps:
            left[each.id] = f"step {target} is not declared any more"
        else:
            way = Way.RERUN if letter.encoding == SAMPLE else Way.RECORDS
            groups.setdefault((target, way), []).append(each)
    planned = tuple(Group(target, way, tuple(some)) for (target, way), some in groups.items())
    return Plan(planned, left)
