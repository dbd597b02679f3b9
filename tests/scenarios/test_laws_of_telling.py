"""Laws of telling, over timelines that nobody thought of."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import structs

from hub.domain.catalog import Catalog, Route
from hub.domain.commands import (
    AcknowledgeIncident,
    CreateSilence,
    ExpireSilence,
    ReassignIncident,
    ResolveIncident,
)
from hub.domain.duty.matching import parse_matcher
from hub.domain.duty.plans import Day, Escalation, EscalationStep, Hours, Inhibition
from hub.domain.incidents.incident import IncidentState
from hub.domain.instants import format_instant
from hub.spi.notifier import Notification
from hub.store import incident_book
from hub.store.opening import Store, open_store
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH

RUNS = (
    run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs"),
    run("fleet/repairs.load").writes("bronze.repairs"),
    run("finance/payments.load").writes("bronze.payments"),
)
MINUTE = 60_000_000
ALL_DAY = Hours(name="day", timezone="UTC", days=tuple(Day), opens=6 * 60, closes=20 * 60)
BUSY: Catalog = structs.replace(
    MESH,
    products={name: structs.replace(each, slos=()) for name, each in MESH.products.items()},
    route=Route(
        wait_seconds=60,
        interval_seconds=120,
        repeat_seconds=900,
        escalation="all",
        routes=(Route("tickets", {"domain": ("finance",)}, continues=True, hours="day"), Route()),
    ),
    escalations={"all": Escalation("all", (EscalationStep(600, ("platform-pager",)),))},
    hours={"day": ALL_DAY},
    inhibitions=(
        Inhibition(
            name="fleet-first",
            source=(parse_matcher("domain=fleet"),),
            target=(parse_matcher("domain=finance"),),
        ),
    ),
)
Step: TypeAlias = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["fail", "fail", "fail", "pass", "ack", "resolve", "hand", "silence", "expire", "wait"]
        ),
        st.integers(0, 2),
        st.integers(0, 40),
    ),
    max_size=14,
)


@contextmanager
def store() -> Iterator[Store]:
    with TemporaryDirectory() as folder:
        made = open_store(f"sqlite:///{folder}/hub.db")
        try:
            yield made
        finally:
            made.close()


def take(world: Scenario, step: Step) -> None:
    what, which, minutes = step
    world.pass_until(world.now + minutes * MINUTE)
    with world.store.database.read() as connection:
        open_now = list(incident_book.load_book(connection, now=world.now).incidents)
    key = open_now[which % len(open_now)] if open_now else None
    if what in ("fail", "pass"):
        script = RUNS[which]
        message = ("syntax error at or near", "HTTP 503 from source", "out of memory")[which]
        now = format_instant(world.now).rstrip("Z").replace("T", " ")
        world.at(now, script.fails(message) if what == "fail" else script)
    elif what == "silence":
        world.submit(
            CreateSilence(
                matchers=(parse_matcher(("domain=fleet", "receiver=tickets", "tier=2")[which]),),
                owner="ada",
                comment="x",
                starts_at=world.now,
                ends_at=world.now + (minutes + 1) * MINUTE,
            )
        )
    elif what == "expire":
        world.submit(ExpireSilence(silence=f"SIL-{minutes}"))
    elif key is not None and what == "ack":
        world.submit(AcknowledgeIncident(incident=key))
    elif key is not None and what == "resolve":
        world.submit(ResolveIncident(incident=key))
    elif key is not None and what == "hand":
        world.submit(ReassignIncident(incident=key, owner=("fleet", "finance", "platform")[which]))


def played(made: Store, steps: list[Step], *, restarts: bool) -> list[Notification]:
    world = Scenario(made, BUSY, start="2026-11-23 05:00")
    for step in steps:
        take(world, step)
        if restarts:
            world.restart()
    world.pass_until(world.now + 180 * MINUTE)
    return world.mailbox.notifications


def told(sent: list[Notification]) -> list[tuple[Any, ...]]:
    """What was sent; incidents by number, for a restart may note anew what waits for what."""
    numbers: dict[str, int] = {}
    return [
        (
            numbers.setdefault(each.body["incident"], len(numbers)),
            each.id.partition(".")[2],
            each.body["state"],
        )
        for each in sent
    ]


# Shrinking a timeline takes minutes; a whole one tells as much.
LIMITS = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)


@LIMITS
@given(STEPS)
def test_who_knows_is_told_and_who_does_not_is_not_bothered(steps: list[Step]) -> None:
    with store() as made:
        sent = played(made, steps, restarts=False)
        with made.database.read() as connection:
            book = incident_book.load_book(connection, now=0)
    check_order(sent)
    assert len({each.id for each in sent}) == len(sent)
    for incident in book.incidents.values():
        if incident.state is IncidentState.TRIGGERED:
            held = {hold.receiver for hold in incident.telling.held}
            assert set(incident.explanation.receivers) - set(incident.telling.told) <= held


@LIMITS
@given(STEPS)
def test_a_hub_that_is_restarted_after_each_step_tells_the_same(steps: list[Step]) -> None:
    with store() as one, store() as other:
        assert told(played(one, steps, restarts=False)) == told(played(other, steps, restarts=True))


def check_order(sent: list[Notification]) -> None:
    """Nobody hears of an end, or of news, who has not heard of the beginning; and of that once."""
    knows: set[tuple[str, str]] = set()
    for each in sent:
        who = each.body["incident"], each.receiver
        assert (who in knows) is (each.reason not in ("triggered", "escalated")), each.id
        if each.reason == "resolved":
            knows.discard(who)
        else:
            knows.add(who)
