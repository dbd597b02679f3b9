"""When people are told: after a wait, of news, again, and the next one when nobody answers."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.domain.catalog import Catalog, Route
from hub.domain.commands import AcknowledgeIncident
from hub.domain.duty.plans import Calendar, Escalation, EscalationStep, Rota
from hub.domain.errors import Unreachable
from hub.spi.notifier import Notification
from hub.store import incident_book
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH as WATCHED

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
LOAD = run("fleet/repairs.load").writes("bronze.repairs")
FAILS = CLEAN.fails("syntax error at or near")
Make = Callable[..., Scenario]


# Without objectives, which would speak up in between.
MESH = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
)


def paced(catalog: Catalog = MESH, **route: object) -> Catalog:
    return structs.replace(catalog, route=structs.replace(catalog.route, **route))


def acknowledge(world: Scenario) -> None:
    with world.store.database.read() as connection:
        [key] = incident_book.load_book(connection, now=world.now).incidents
    world.submit(AcknowledgeIncident(incident=key, actor="ada"))


def reasons(world: Scenario) -> list[tuple[str, str]]:
    """What was sent since the last call: the reason and the receiver."""
    return [tuple(line.split()[1:3]) for line in world.heard()]  # type: ignore[misc]  # two words


def test_those_who_know_are_told_again_until_it_is_over(another: Make) -> None:
    world = another(paced(repeat_seconds=3600))
    world.at("04:10", FAILS)
    world.at("05:09")
    assert reasons(world) == [("triggered", "fleet-pager")]
    world.at("05:10")
    assert reasons(world) == [("repeated", "fleet-pager")]
    world.at("06:30", CLEAN)
    assert reasons(world) == [("repeated", "fleet-pager"), ("resolved", "fleet-pager")]
    world.at("09:00")
    assert reasons(world) == []


def test_a_repeat_has_an_id_of_its_own_and_the_key_of_the_incident(another: Make) -> None:
    world = another(paced(repeat_seconds=600))
    world.at("04:10", FAILS)
    world.at("04:35")

    sent = world.mailbox.notifications
    assert [each.reason for each in sent] == ["triggered", "repeated", "repeated"]
    assert len({each.id for each in sent}) == 3
    assert len({each.dedup_key for each in sent}) == 1
    assert not any(each.is_repeat for each in sent)


def test_files_that_are_read_again_page_nobody_again(another: Make) -> None:
    world = another(paced(repeat_seconds=3600))
    world.at("04:10", FAILS)
    world.heard()
    world.catalog = structs.replace(world.catalog)
    world.at("04:20", run("fleet/other").writes("silver.other"))

    assert world.heard() == []


def test_new_files_change_the_pace_of_what_is_open_and_tell_nobody_anew(another: Make) -> None:
    world = another(paced(repeat_seconds=3600))
    world.at("04:10", FAILS)
    world.heard()
    world.catalog = paced(repeat_seconds=600)
    world.at("04:15")
    assert reasons(world) == []
    world.at("04:20")

    assert reasons(world) == [("repeated", "fleet-pager")]


def test_what_somebody_sees_to_is_not_repeated(another: Make) -> None:
    world = another(paced(repeat_seconds=3600))
    world.at("04:10", FAILS)
    acknowledge(world)
    world.at("08:00")

    assert reasons(world) == [("triggered", "fleet-pager"), ("acknowledged", "fleet-pager")]


def test_after_a_restart_repeats_come_when_they_are_due(another: Make) -> None:
    world = another(paced(repeat_seconds=3600))
    world.at("04:10", FAILS)
    world.at("05:00")
    world.restart()
    world.at("05:09")
    assert reasons(world) == [("triggered", "fleet-pager")]
    world.at("05:10")
    assert reasons(world) == [("repeated", "fleet-pager")]


OURS = structs.replace(
    MESH, route=Route(routes=(Route("tickets", {"class": ("LOGIC", "SOURCE_UNAVAILABLE")}),))
)


def test_news_waits_for_the_interval_since_the_last_page(another: Make) -> None:
    world = another(paced(OURS, interval_seconds=300))
    world.at("04:10", FAILS)
    world.at("04:10:30", LOAD.fails("HTTP 503 from the source", source="workshop"))
    assert world.heard() == ["04:10 triggered tickets LOGIC silver.repairs"]
    world.at("04:14:59")
    assert world.heard() == []
    world.at("04:15")
    assert world.heard() == ["04:10 changed tickets SOURCE_UNAVAILABLE bronze.repairs"]
    world.at("06:00")
    assert world.heard() == []


def test_what_is_over_before_its_news_were_due_is_told_once(another: Make) -> None:
    world = another(paced(OURS, interval_seconds=300))
    world.at("04:10", FAILS)
    world.at("04:10:30", LOAD.fails("HTTP 503 from the source", source="workshop"))
    world.at("04:12", LOAD)
    world.at("05:00")

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


def chained(*steps: EscalationStep, catalog: Catalog = MESH, **route: object) -> Catalog:
    chain = Escalation("fleet", steps)
    changed = structs.replace(catalog, escalations={"fleet": chain})
    return paced(changed, escalation="fleet", **route)


CHAIN = (EscalationStep(600, ("finance-pager",)), EscalationStep(1800, ("platform-pager",)))


def test_while_nobody_acknowledges_the_next_ones_are_told_one_after_the_other(
    another: Make,
) -> None:
    world = another(chained(*CHAIN))
    world.at("04:10", FAILS)
    world.at("04:19:59")
    assert reasons(world) == [("triggered", "fleet-pager")]
    world.at("04:20")
    assert reasons(world) == [("escalated", "finance-pager")]
    world.at("04:40")
    assert reasons(world) == [("escalated", "platform-pager")]
    world.at("05:00", CLEAN)
    told = [("resolved", each) for each in ("fleet-pager", "finance-pager", "platform-pager")]
    assert reasons(world) == told


def test_an_acknowledgement_ends_the_escalation_and_is_told_to_all_who_know(another: Make) -> None:
    world = another(chained(*CHAIN))
    world.at("04:10", FAILS)
    world.at("04:25")
    acknowledge(world)
    world.at("06:00")

    assert reasons(world)[2:] == [
        ("acknowledged", "fleet-pager"),
        ("acknowledged", "finance-pager"),
    ]


def test_a_step_whose_receivers_know_already_wakes_nobody(another: Make) -> None:
    steps = (EscalationStep(600, ("fleet-pager",)), EscalationStep(1200, ("platform-pager",)))
    world = another(chained(*steps))
    world.at("04:10", FAILS)
    world.at("05:00")

    assert reasons(world) == [("triggered", "fleet-pager"), ("escalated", "platform-pager")]


def test_repeats_and_escalations_go_on_side_by_side(another: Make) -> None:
    world = another(chained(*CHAIN[:1], repeat_seconds=900))
    world.at("04:10", FAILS)
    world.at("04:36")

    assert reasons(world) == [
        ("triggered", "fleet-pager"),
        ("escalated", "finance-pager"),
        ("repeated", "fleet-pager"),
        ("repeated", "finance-pager"),
    ]


def test_whoever_is_handed_an_incident_has_the_whole_chain_before_them(another: Make) -> None:
    world = another(chained(*CHAIN))
    world.at("04:10", FAILS)
    world.at("04:10:30", LOAD.fails("HTTP 503 from the source", source="workshop"))
    world.at("04:20:29")
    assert reasons(world) == [
        ("triggered", "fleet-pager"),
        ("triggered", "workshop-desk"),
        ("resolved", "fleet-pager"),
    ]
    world.at("04:20:30")
    assert reasons(world) == [("escalated", "finance-pager")]


SHIFTS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//shifts//EN
BEGIN:VEVENT
UID:1
DTSTART:20261123T000000
DTEND:20261123T060000
SUMMARY:On call: Ada
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20261123T060000
DTEND:20261123T120000
SUMMARY:On call: Bob
END:VEVENT
END:VCALENDAR
"""


def on_call(timezone: str = "UTC", **route: object) -> Catalog:
    rota = Rota(
        name="fleet-pager",
        calendar=Calendar(SHIFTS.replace("\n", "\r\n"), timezone),
        people={"ada": "finance-pager", "bob": "platform-pager"},
        otherwise="tickets",
    )
    return paced(structs.replace(MESH, rotas={"fleet-pager": rota}), **route)


@pytest.mark.parametrize(
    ("at", "receiver"),
    [
        ("04:10", "finance-pager"),
        ("06:00", "platform-pager"),
        ("12:00", "tickets"),
    ],
)
def test_a_rota_reaches_who_is_on_call_then(another: Make, at: str, receiver: str) -> None:
    world = another(on_call())
    world.at(at, FAILS)

    assert reasons(world) == [("triggered", receiver)]


@pytest.mark.parametrize(
    ("attendee", "summary", "receiver"),
    [
        ("", "Primary: Adam", "workshop-desk"),
        ("", "Adamson, then ADA", "finance-pager"),
        ("", "Adamson", "tickets"),
        ("", "oncall-ada_2", "tickets"),
        ("", "on call:ada.", "finance-pager"),
        ("", "今週は李明です", "provider-desk"),
        ("ATTENDEE;CN=Ada Lovelace:mailto:al@example.org", "week 48", "finance-pager"),
        ("ATTENDEE:mailto:bob@example.org", "week 48", "platform-pager"),
        ("ATTENDEE:mailto:jim.bob@example.org", "week 48", "tickets"),
        ("ATTENDEE:mailto:bob@example.org.uk", "week 48", "tickets"),
    ],
)
def test_who_is_on_call_is_not_somebody_else_whose_name_is_within_theirs(
    another: Make, attendee: str, summary: str, receiver: str
) -> None:
    people = {
        "ada": "finance-pager",
        "Adam": "workshop-desk",
        "bob@example.org": "platform-pager",
        "李明": "provider-desk",
    }
    catalog = on_call()
    shifts = SHIFTS.replace("SUMMARY:On call: Ada", f"SUMMARY:{summary}\n{attendee}".rstrip())
    calendar = Calendar(shifts.replace("\n", "\r\n"))
    rota = structs.replace(catalog.rotas["fleet-pager"], calendar=calendar, people=people)
    world = another(structs.replace(catalog, rotas={"fleet-pager": rota}))
    world.at("04:10", FAILS)

    assert reasons(world) == [("triggered", receiver)]


def test_a_shift_is_read_in_the_calendars_time_zone(another: Make) -> None:
    world = another(on_call("Europe/Berlin"))
    world.at("05:30", FAILS)

    assert reasons(world) == [("triggered", "platform-pager")]


def test_a_repeat_reaches_who_is_on_call_by_then_and_the_end_both(another: Make) -> None:
    world = another(on_call(repeat_seconds=3600))
    world.at("05:30", FAILS)
    world.at("06:31", CLEAN)

    assert reasons(world) == [
        ("triggered", "finance-pager"),
        ("repeated", "platform-pager"),
        ("resolved", "finance-pager"),
        ("resolved", "platform-pager"),
    ]


def test_a_receiver_that_cannot_be_told_is_not_told_of_the_end_either(another: Make) -> None:
    world = another()

    def down(sent: Notification) -> None:
        if sent.receiver == "fleet-pager":
            raise Unreachable("no")

    world.mailbox.before_taking = down
    world.at("04:10", FAILS)
    world.at("05:00", CLEAN)
    world.at("06:00")

    assert reasons(world) == [("triggered", "platform-pager"), ("resolved", "platform-pager")]
