"""A collector: what is to be told, and when. Whatever else is told is a complaint."""

from __future__ import annotations

from typing import NamedTuple

from hub.domain.instants import format_instant
from hub.domain.names import parse_node_id
from hub.spi.notifier import Notification
from hub.testing.scenario import Scenario


class Want(NamedTuple):
    """Something to be told once, not before ``begin`` and not after ``end`` (``HH:MM:SS``)."""

    begin: str
    end: str
    told: str


class Collector:
    """Takes down what receivers are told, and when, by the clock of a scenario."""

    def __init__(self, world: Scenario) -> None:
        self._world = world
        self._wants: list[Want] = []
        self._told: list[tuple[str, str]] = []
        world.mailbox.before_answer = self._take

    def wants(self, begin: str, end: str, *told: str) -> None:
        """Expect notifications, each written ``REASON RECEIVER ROOT``."""
        self._wants += [Want(begin, end, each) for each in told]

    def complaints(self) -> list[str]:
        """Say what is missing, and what was told too early, too late or too often."""
        unexpected, missing = list(self._told), list[Want]()
        for want in sorted(self._wants, key=lambda each: each.end):
            fit = [
                (at, told)
                for at, told in unexpected
                if told == want.told and want.begin <= at <= want.end
            ]
            if fit:
                unexpected.remove(fit[0])
            else:
                missing.append(want)
        return [
            *(f"missing from {each.begin} to {each.end}: {each.told}" for each in missing),
            *(f"unexpected at {at}: {told}" for at, told in unexpected),
        ]

    def _take(self, notification: Notification) -> None:
        root = parse_node_id(notification.body["root"]).parts[-1]
        at = format_instant(self._world.now)[11:19]
        self._told.append((at, f"{notification.reason} {notification.receiver} {root}"))
