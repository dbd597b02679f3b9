"""What keeps a page back: silences, maintenance, a greater incident, hours; and what follows."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select

from hub.domain.catalog import Catalog, Receiver, Route, Severity
from hub.domain.commands import Answer, CreateSilence, ExpireSilence, ResolveIncident
from hub.domain.duty.calendars import one_event
from hub.domain.duty.matching import parse_matcher
from hub.domain.duty.plans import Calendar, Day, Hours, Inhibition, Window
from hub.domain.errors import Unreachable
from hub.spi.notifier import Notification
from hub.store import incident_book
from hub.store.opening import Store, open_store
from hub.store.tables import incident, incident_entry, notification, silence
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH as WATCHED

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
PAY = run("finance/payments.load").writes("bronze.payments")
FAILS = CLEAN.fails("syntax error at or near")
Make = Callable[..., Scenario]
MESH = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
)
MINUTE = 60_000_000


@pytest.fixture
def world(another: Make) -> Scenario:
    return another(MESH)


def silenced(world: Scenario, *matchers: str, minutes: int = 60, starts_in: int = 0) -> str:
    command = CreateSilence(
        matchers=tuple(map(parse_matcher, matchers)),
        owner="ada",
        comment="we know",
        starts_at=world.now + starts_in * MINUTE,
        ends_at=world.now + (starts_in + minutes) * MINUTE,
        actor="ada",
    )
    answer = world.submit(command)
    assert answer.code == "OK"
    return str(answer.subject)


def expire(world: Scenario, key: str) -> Answer:
    return world.submit(ExpireSilence(silence=key, actor="ada"))


def timeline(world: Scenario) -> list[str]:
    columns = incident_entry.c
    statement = select(columns.kind, columns.message).order_by(columns.position)
    with world.store.database.read() as connection:
        return [f"{row.kind}: {row.message}" for row in connection.execute(statement)]


def resolve_all(world: Scenario) -> None:
    with world.store.database.read() as connection:
        keys = list(incident_book.load_book(connection, now=world.now).incidents)
    for key in keys:
        world.submit(ResolveIncident(incident=key, actor="ada"))


def test_what_is_silenced_pages_when_the_silence_ends_and_it_is_still_broken(
    world: Scenario,
) -> None:
    silenced(world, "domain=fleet")
    world.at("04:10", FAILS)
    world.at("04:59")
    assert world.heard() == []
    world.at("05:00")
    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_what_heals_under_a_silence_is_never_heard_of(world: Scenario) -> None:
    silenced(world, "domain=fleet")
    world.at("04:10", FAILS)
    world.at("04:30", CLEAN)
    world.at("08:00")

    assert world.heard() == []


def test_a_silence_lets_through_that_it_is_over(world: Scenario) -> None:
    world.at("04:10", FAILS)
    world.heard()
    silenced(world, "domain=fleet")
    world.at("04:30", CLEAN)

    assert world.heard() == ["04:30 resolved fleet-pager LOGIC silver.repairs"]


def test_a_silence_keeps_repeats_back(another: Make) -> None:
    world = another(structs.replace(MESH, route=Route(repeat_seconds=1200)))
    world.at("04:10", FAILS)
    silenced(world, "class=LOGIC", minutes=60)
    world.at("05:09")
    assert [line.split()[1] for line in world.heard()] == ["triggered"]
    world.at("05:10")
    assert [line.split()[1] for line in world.heard()] == ["repeated"]


def test_ended_early_it_pages_at_once(world: Scenario) -> None:
    key = silenced(world, "dataset~silver.*")
    world.at("04:10", FAILS)
    world.at("04:15")
    assert expire(world, key).code == "OK"

    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_ended_after_a_restart_it_pages_all_the_same(world: Scenario) -> None:
    key = silenced(world, "dataset~silver.*")
    world.at("04:10", FAILS)
    world.restart()
    expire(world, key)

    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_a_silence_is_about_what_all_its_matchers_fit(world: Scenario) -> None:
    silenced(world, "domain=fleet", "class!=LOGIC")
    silenced(world, "domain=finance")
    world.at("04:10", FAILS)

    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_a_silence_that_has_not_begun_silences_nothing_yet(world: Scenario) -> None:
    silenced(world, "domain=fleet", starts_in=30)
    world.at("04:10", FAILS)

    assert len(world.heard()) == 1


def test_of_two_silences_the_page_waits_for_both(world: Scenario) -> None:
    silenced(world, "domain=fleet", minutes=30)
    silenced(world, "class=LOGIC", minutes=60)
    world.at("04:10", FAILS)
    world.at("04:59")
    assert world.heard() == []
    world.at("05:00")
    assert len(world.heard()) == 1


def test_one_receiver_may_be_silenced_while_another_is_told(another: Make) -> None:
    both = Route(routes=(Route("tickets", {"class": ("LOGIC",)}, continues=True), Route("owner")))
    world = another(structs.replace(MESH, route=both))
    silenced(world, "receiver=fleet-pager")
    world.at("04:10", FAILS)
    assert world.heard() == ["04:10 triggered tickets LOGIC silver.repairs"]
    world.at("05:00")
    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_there_is_nothing_to_expire_where_there_is_no_silence(world: Scenario) -> None:
    answer = expire(world, "SIL-404")

    assert (answer.code, answer.message) == ("NOT_FOUND", "there is no silence SIL-404")


def test_the_timeline_says_who_waits_and_why(world: Scenario) -> None:
    silenced(world, "domain=fleet")
    world.at("04:10", FAILS)
    [told] = [line for line in timeline(world) if line.startswith("waits: fleet-pager")]
    because = "ada has silenced it until 2026-11-23 05:00 UTC: we know"

    assert told == f"waits: fleet-pager is not told yet: {because}"


def test_whoever_is_told_instead_of_a_dead_receiver_may_be_silenced_too(world: Scenario) -> None:
    def down(sent: Notification) -> None:
        if sent.receiver == "fleet-pager":
            raise Unreachable("no")

    world.mailbox.before_taking = down
    silenced(world, "receiver=platform-pager")
    world.at("04:10", FAILS)
    world.at("04:59")
    assert world.heard() == []
    world.at("05:00")
    assert world.heard() == ["04:10 triggered platform-pager LOGIC silver.repairs"]


def window(start: str, end: str, rule: str | None = None, zone: str = "UTC") -> Window:
    moments = datetime.fromisoformat(start), datetime.fromisoformat(end)
    calendar = one_event("upgrade", *moments, rule=rule, timezone=zone)
    return Window(name="upgrade", matchers=(parse_matcher("domain=fleet"),), calendar=calendar)


def during(*windows: Window) -> Catalog:
    return structs.replace(MESH, windows=windows)


def test_in_maintenance_nobody_is_told_until_its_end(another: Make) -> None:
    world = another(during(window("2026-11-23 04:00", "2026-11-23 06:00")))
    world.at("04:10", FAILS)
    world.at("05:59")
    assert world.heard() == []
    world.at("06:00")
    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_maintenance_lets_through_that_something_is_over(another: Make) -> None:
    world = another(during(window("2026-11-23 05:00", "2026-11-23 06:00")))
    world.at("04:10", FAILS)
    world.at("05:10", CLEAN)

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


@pytest.mark.parametrize(
    ("at", "count"),
    [("2026-03-22 01:30", 0), ("2026-03-29 01:30", 0), ("2026-04-05 00:30", 0), ("04:30", 1)],
)
def test_a_window_recurs_by_the_local_clock_through_its_changes(
    another: Make, at: str, count: int
) -> None:
    weekly = window("2026-03-01 02:00", "2026-03-01 04:00", "FREQ=WEEKLY;BYDAY=SU", "Europe/Berlin")
    world = another(during(weekly), start="2026-03-22 00:00")
    world.at(at, FAILS)

    assert len(world.heard()) == count


def test_a_window_that_is_taken_out_of_the_files_holds_nothing_any_more(another: Make) -> None:
    world = another(during(window("2026-11-23 04:00", "2026-11-23 06:00")))
    world.at("04:10", FAILS)
    world.catalog = MESH
    world.at("04:11", run("fleet/other").writes("silver.other"))

    assert len(world.heard()) == 1


def inhibiting(*, equal: tuple[str, ...] = (), source: str = "domain=finance") -> Catalog:
    rule = Inhibition(
        name="finance-first",
        source=(parse_matcher(source),),
        target=(parse_matcher("domain=fleet"),),
        equal=equal,
    )
    return structs.replace(MESH, inhibitions=(rule,))


BROKEN = PAY.fails("contract broken", origin="contract")


def test_while_the_greater_incident_is_open_the_lesser_waits(another: Make) -> None:
    world = another(inhibiting())
    world.at("04:05", BROKEN)
    world.at("04:10", FAILS)
    world.at("05:00")
    assert [line.split()[2] for line in world.heard()] == ["finance-pager"]
    world.at("05:10", PAY)
    told = [line.split()[1:3] for line in world.heard()]
    assert sorted(told) == [["resolved", "finance-pager"], ["triggered", "fleet-pager"]]


def test_what_heals_while_it_is_inhibited_is_never_heard_of(another: Make) -> None:
    world = another(inhibiting())
    world.at("04:05", BROKEN)
    world.at("04:10", FAILS)
    world.heard()
    world.at("04:20", CLEAN)
    world.at("04:30", PAY)

    assert [line.split()[1:3] for line in world.heard()] == [["resolved", "finance-pager"]]


def test_only_what_is_alike_in_the_equal_labels_is_inhibited(another: Make) -> None:
    world = another(inhibiting(equal=("namespace",)))
    world.at("04:05", BROKEN)
    world.at("04:10", FAILS)
    assert [line.split()[2] for line in world.heard()] == ["finance-pager"]
    other = another(inhibiting(equal=("class",)))
    other.at("06:05", FAILS)
    assert "finance-pager" not in " ".join(other.heard())


def test_a_label_that_both_lack_is_equal(another: Make) -> None:
    world = another(inhibiting(equal=("environment",)))
    world.at("04:05", BROKEN)
    world.at("04:10", FAILS)

    assert [line.split()[2] for line in world.heard()] == ["finance-pager"]


def test_what_fits_both_sides_does_not_hold_itself_or_another_such(another: Make) -> None:
    world = another(inhibiting(source="namespace=lake"))
    costs = run("fleet/repairs.load").writes("bronze.repairs")
    world.at("04:05", costs.fails("syntax error at or near"))
    world.at("04:10", FAILS.writes("silver.other"))

    assert world.heard()[0].split()[2] == "fleet-pager"


def office(**unless: str) -> Catalog:
    hours = Hours(
        name="office",
        timezone="Europe/Berlin",
        days=(Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI),
        opens=9 * 60,
        closes=17 * 60,
        unless=tuple(parse_matcher(f"{name}={value}") for name, value in unless.items()),
    )
    receivers = {**MESH.receivers, "fleet-pager": Receiver("fleet-pager", "m", hours="office")}
    return structs.replace(MESH, hours={"office": hours}, receivers=receivers)


@pytest.mark.parametrize(
    ("fails_at", "opens_at"),
    [("2026-11-23 04:10", "2026-11-23 08:00"), ("2026-11-27 16:40", "2026-11-30 08:00")],
)
def test_outside_hours_a_page_waits_for_the_next_working_morning(
    another: Make, fails_at: str, opens_at: str
) -> None:
    world = another(office(severity="critical"))
    world.at(fails_at, FAILS)
    world.at(opens_at.replace("08:00", "07:59"))
    assert world.heard() == []
    world.at(opens_at)
    assert len(world.heard()) == 1


def test_within_hours_a_page_waits_for_nothing(another: Make) -> None:
    world = another(office(severity="critical"))
    world.at("10:10", FAILS)

    assert len(world.heard()) == 1


def test_what_is_critical_does_not_wait_for_hours(another: Make) -> None:
    catalog = office(severity="critical")
    [slo] = WATCHED.products["payments"].slos
    urgent = structs.replace(slo, severity=Severity.CRITICAL)
    payments = structs.replace(WATCHED.products["payments"], slos=(urgent,))
    receivers = {
        **catalog.receivers,
        "provider-desk": Receiver("provider-desk", "m", hours="office"),
        "finance-pager": Receiver("finance-pager", "m", hours="office"),
        "platform-pager": Receiver("platform-pager", "m", hours="office"),
    }
    products = {**catalog.products, "payments": payments}
    world = another(structs.replace(catalog, receivers=receivers, products=products))
    world.at("07:30")

    assert [line.split()[1] for line in world.heard()] == ["triggered"]


def test_on_a_holiday_the_office_is_closed(another: Make) -> None:
    event = ("BEGIN:VEVENT", "UID:1", "DTSTART;VALUE=DATE:20261123", "SUMMARY:Off", "END:VEVENT")
    day = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *event, "END:VCALENDAR", ""))
    catalog = office(severity="critical")
    hours = structs.replace(catalog.hours["office"], holidays=Calendar(day, "Europe/Berlin"))
    world = another(structs.replace(catalog, hours={"office": hours}))
    world.at("04:10", FAILS)
    world.at("2026-11-24 07:59")
    assert world.heard() == []
    world.at("2026-11-24 08:00")
    assert len(world.heard()) == 1


def imported(world: Scenario, when: str, happening: RunScript) -> None:
    """Let the hub hear only now of what happened at a time."""
    at = int(datetime.fromisoformat(f"{when}+00:00").timestamp()) * 1_000_000
    world.append(*happening.events(at, at // MINUTE % 10**6))
    world.pass_until(world.now + 5 * MINUTE)


def test_an_import_of_history_opens_incidents_and_no_pages(world: Scenario) -> None:
    imported(world, "2026-10-20 04:10", FAILS)
    world.at("2026-11-24 08:00")

    assert world.heard() == []
    assert any("nobody is told of history" in line for line in timeline(world))


@pytest.mark.parametrize(("when", "pages"), [("2026-10-24 04:05", 1), ("2026-10-24 03:55", 0)])
def test_what_failed_more_than_thirty_days_before_the_hub_was_told_is_history(
    world: Scenario, when: str, pages: int
) -> None:
    world.at("04:00")
    imported(world, when, FAILS)
    assert len(world.heard()) == pages


def test_what_was_history_and_fails_again_is_told(world: Scenario) -> None:
    imported(world, "2026-10-20 04:10", FAILS)
    world.at("05:59")
    assert world.heard() == []
    world.at("06:00", FAILS)
    assert world.heard() == ["04:00 triggered fleet-pager LOGIC silver.repairs"]


def test_what_fails_now_because_of_history_tells_of_it(world: Scenario) -> None:
    imported(world, "2026-10-20 04:10", FAILS)
    costs = run("finance/earnings.costs").reads("silver.repairs").writes("silver.costs")
    world.at("05:59")
    assert world.heard() == []
    world.at("06:00", costs.fails("upstream data is missing"))
    assert world.heard() == ["04:00 triggered fleet-pager LOGIC silver.repairs"]


def test_history_that_has_passed_since_is_over_without_a_word(world: Scenario) -> None:
    imported(world, "2026-10-20 04:10", FAILS)
    imported(world, "2026-10-20 05:10", CLEAN)
    world.at("06:00", FAILS)
    world.at("06:30")

    assert len(world.heard()) == 1


def contents(store: Store) -> dict[str, list[dict[str, Any]]]:
    with store.database.read() as connection:
        return {
            table.name: sorted(
                (
                    {name: row[name] for name in row if name not in ("attempts", "claimed_at")}
                    for row in connection.execute(select(table)).mappings()
                ),
                key=str,
            )
            for table in (silence, incident, incident_entry, notification)
        }


def test_a_rebuild_makes_the_same_silences_holds_and_pages(store: Store, tmp_path: Path) -> None:
    world = Scenario(store, office(severity="critical"), start="2026-11-23 04:00")
    key = silenced(world, "receiver=platform-pager")
    world.at("04:10", FAILS)
    world.at("04:20", PAY.fails("out of memory", origin="platform"))
    expire(world, key)
    world.at("09:00")
    resolve_all(world)
    with store.database.read() as connection:
        entries = store.journal.read(connection, after=0, limit=10_000)
    before = contents(store)
    copied = open_store(f"sqlite:///{tmp_path / 'copy.db'}")
    copy = Scenario(copied, Catalog(), start="2026-11-25 00:00")
    copy.replay(entries)

    assert contents(copied) == before
    assert copy.heard() == []
    assert before["silence"]
    copied.close()


def test_of_two_that_end_together_both_are_told_if_both_were_known(another: Make) -> None:
    world = another(inhibiting())
    world.at("04:05", FAILS)
    world.at("04:10", BROKEN)
    assert [line.split()[2] for line in world.heard()] == ["fleet-pager", "finance-pager"]
    world.at("04:30", PAY, CLEAN)
    ends = [line.split()[1:3] for line in world.heard()]
    assert ends == [["resolved", "finance-pager"], ["resolved", "fleet-pager"]]


def test_when_the_greater_incident_is_merged_into_another_the_lesser_is_looked_at_again(
    another: Make,
) -> None:
    world = another(inhibiting(source="dataset=silver.repairs"))
    rule = structs.replace(world.catalog.inhibitions[0], target=(parse_matcher("domain=finance"),))
    world.catalog = structs.replace(world.catalog, inhibitions=(rule,))
    load = run("fleet/repairs.load").writes("bronze.repairs")
    world.at("04:05", FAILS)
    world.at("04:05:10", BROKEN)
    assert [line.split()[2] for line in world.heard()] == ["fleet-pager"]
    world.at("04:05:30", load.fails("HTTP 503 from the source", source="workshop"))

    assert "triggered finance-pager" in " ".join(
        " ".join(line.split()[1:3]) for line in world.heard()
    )
