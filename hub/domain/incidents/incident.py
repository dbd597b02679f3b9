"""Incidents: what one root cause is to the people who mend it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from hub.domain.catalog import Owner, Severity
from hub.domain.failures.failure import FailureClass, Verdict


class IncidentState(StrEnum):
    """Where an incident is: nobody has said that they see to it, somebody has, or it is over."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Role(StrEnum):
    """What a signal is in its incident: it stays open while a root lasts, not for consequences."""

    ROOT = "root"
    CONSEQUENCE = "consequence"


class Pace(Struct, frozen=True):
    """When an incident's receivers are told, as its routes say.

    ``wait_seconds`` is how long the first notification waits for a nearer root,
    ``interval_seconds`` how long news waits for more of it, ``repeat_seconds`` how long until those
    who were told are told again, unless somebody acknowledges. ``escalation`` names who is told
    then, ``hours`` which hours each receiver has by its route.
    """

    wait_seconds: int = 0
    interval_seconds: int = 0
    repeat_seconds: int | None = None
    escalation: str | None = None
    hours: dict[str, str] = field(default_factory=dict)


class Ownership(Struct, frozen=True):
    """Who owns an incident, whom its routes tell and when, and the steps to there, in words.

    ``is_caught`` says that nobody is declared to own it, so that the platform team does.
    """

    owner: Owner
    receivers: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    pace: Pace = Pace()
    is_caught: bool = False


class BlastRadius(Struct, frozen=True):
    """What an incident touches.

    ``datasets`` are node ids of all that is made from the broken ones, ``held_back`` those that
    get no new data meanwhile, ``products`` the names of the data products of both.
    """

    datasets: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    products: tuple[str, ...] = ()


class HoldKind(StrEnum):
    """What a notification waits for the end of."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"
    INHIBITION = "inhibition"
    HOURS = "hours"
    HISTORY = "history"


class Hold(Struct, frozen=True):
    """A receiver is not told yet: ``by`` names the silence, window, incident or hours.

    It ends at ``until``, with the incident that it names, or with news of something recent.
    """

    receiver: str
    kind: HoldKind
    by: str
    until: int | None
    reason: str


class Telling(Struct, frozen=True):
    """Who knows of an incident, and how far its telling has come.

    ``told`` are the receivers that know, ``asked`` what the routes name for them (rotas among
    them). ``steps`` of the escalation have been taken, ``repeats`` sent; ``has_news`` says that
    those who know do not know all. ``failed`` could not be reached: somebody else is asked instead.
    """

    told: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    first_at: int | None = None
    last_at: int | None = None
    steps: int = 0
    repeats: int = 0
    has_news: bool = False
    failed: tuple[str, ...] = ()
    held: tuple[Hold, ...] = ()


class Flapping(Struct, frozen=True):
    """An incident that fails and passes by turns; instants and spans are microseconds.

    ``turns`` is how often it has passed within a day, ``turn`` the longest time from one such pass
    to the next, ``passed_at`` the event time of the last. It is over if nothing fails until
    ``settles_at``, which is None while it fails.
    """

    turns: int
    turn: int
    passed_at: int
    settles_at: int | None


class Said(Struct, frozen=True):
    """What people have said of an incident, which no rule overrules, and in what words."""

    owner: Owner | None = None
    failure_class: FailureClass | None = None
    assigned: str = ""
    classified: str = ""


class Explanation(Struct, frozen=True, kw_only=True):
    """Why an incident is what it is, and whose; ``labels`` are those that routes match on.

    ``job`` is the node id of the job that failed, ``signature`` what is the same about the same
    error elsewhere.
    """

    verdict: Verdict
    path: tuple[str, ...]
    receivers: tuple[str, ...]
    pace: Pace = Pace()
    labels: dict[str, str] = field(default_factory=dict)
    is_caught: bool = False
    said: Said = Said()
    blast: BlastRadius = BlastRadius()
    product: str | None = None
    step: str | None = None
    source: str | None = None
    domain: str | None = None
    slo: str | None = None
    kind: str = ""
    job: str | None = None
    signature: str = ""


class Incident(Struct, frozen=True, kw_only=True):
    """One root cause. Instants are microseconds UTC.

    ``root`` is the node id of the job or dataset where it began, ``run`` that of the failing run.
    ``onset_at`` is when the first of its roots began, whichever was told first.
    ``notify_at`` is when somebody is to be told next: for the first time, again, or after a hold;
    None while the clock alone makes nothing due. ``telling`` says who knows. ``version`` counts
    changes of state, for commands to name. ``healed_at`` is the event time of what passed and so
    ended it; ``merged_into`` names the incident that it turned out to be part of. ``flapping`` says
    that it had healed before, and failed again.
    """

    id: str
    version: int
    state: IncidentState
    failure_class: FailureClass
    owner: Owner
    severity: Severity
    title: str
    root: str
    onset_at: int
    opened_at: int
    explanation: Explanation
    run: str | None = None
    acknowledged_at: int | None = None
    resolved_at: int | None = None
    notify_at: int | None = None
    telling: Telling = Telling()
    healed_at: int | None = None
    merged_into: str | None = None
    flapping: Flapping | None = None

    @property
    def dedup_key(self) -> str:
        """The key that all notifications of the incident share, whatever is found out about it."""
        return f"{self.id}-{self.opened_at}"

    @property
    def is_settling(self) -> bool:
        """Whether it has healed, and is held open lest it fails again."""
        return self.flapping is not None and self.flapping.settles_at is not None

    @property
    def due_at(self) -> int | None:
        """When the clock alone makes something of it due: a notification, or its end."""
        settles_at = self.flapping.settles_at if self.flapping else None
        return min((at for at in (self.notify_at, settles_at) if at is not None), default=None)

    @property
    def age(self) -> tuple[int, int]:
        """What sorts incidents by when they were opened, the oldest first."""
        return self.opened_at, int(self.id.rpartition("-")[2])
