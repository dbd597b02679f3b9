"""A quarter of 200 datasets: no false page for late data, and one page for each true outage."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from hub.domain.catalog import Catalog, Owner, OwnerKind, Product, Receiver, Slo, SloKind, Step
from hub.domain.duty.plans import Calendar
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import domain, join, lane, source

BERLIN = ZoneInfo("Europe/Berlin")
FIRST, LAST = date(2026, 3, 1), date(2026, 5, 31)
GOOD_FRIDAY, EASTER_MONDAY = date(2026, 4, 3), date(2026, 4, 6)
CHAINS, DERIVED = 20, 9

FAILS_AT_ITS_SOURCE = date(2026, 3, 10)
NEVER_BEGINS = date(2026, 3, 30)  # the first morning of work after the clock change
SOURCE_IS_SILENT = date(2026, 4, 7)  # the first one after the holidays
FOUR_HOURS_LATE = date(2026, 4, 20)
HIDDEN_BY_A_BACKFILL = date(2026, 5, 12)


def holidays() -> Calendar:
    days = (f"{day:%Y%m%d}" for day in (GOOD_FRIDAY, EASTER_MONDAY))
    events = (f"BEGIN:VEVENT\r\nUID:{d}\r\nDTSTART;VALUE=DATE:{d}\r\nEND:VEVENT" for d in days)
    lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *events, "END:VCALENDAR", "")
    return Calendar("\r\n".join(lines), "Europe/Berlin")


def works_weekends(chain: int) -> bool:
    return chain % 2 == 0


def in_time(chain: int, step: Step) -> Slo:
    return Slo(
        name=f"{step.product}-{step.name}-in-time",
        product=step.product,
        dataset=step.writes,
        kind=SloKind.FRESHNESS,
        schedule="0 6 * * *" if works_weekends(chain) else "0 6 * * 1-5",
        timezone="Europe/Berlin",
        grace_seconds=3600,
        holidays=holidays(),
    )


def product(chain: int) -> Product:
    name = f"c{chain}"
    steps = (
        lane(name, "load", f"bronze.{name}", "erp"),
        *(join(name, f"s{n}", f"silver.{name}_{n}", f"bronze.{name}") for n in range(DERIVED)),
    )
    slos = tuple(in_time(chain, step) for step in steps)
    return Product(name=name, domain="shop", steps=steps, slos=slos)


ESTATE = Catalog(
    platform=Owner("platform", OwnerKind.PLATFORM, "platform-pager"),
    domains={"shop": domain("shop")},
    sources={"erp": source("erp", "shop", "erp-desk")},
    products={each.name: each for each in map(product, range(CHAINS))},
    receivers={
        name: Receiver(name, "mailbox") for name in ("shop-pager", "erp-desk", "platform-pager")
    },
)


def is_worked(chain: int, day: date) -> bool:
    is_weekend = day.weekday() > 4
    return day not in (GOOD_FRIDAY, EASTER_MONDAY) and (works_weekends(chain) or not is_weekend)


def at(day: date, hour: int, minute: int = 0) -> int:
    moment = datetime.combine(day, time(hour, minute), BERLIN)
    return int(moment.timestamp()) * 1_000_000


def wrote(step: Step, day: date, rows: int = 100) -> RunScript:
    """Return a run that brought the data up to four in the morning of a day."""
    newest = datetime.combine(day, time(4), BERLIN).astimezone(UTC).isoformat()
    return run(f"shop/{step.job_name}").writes(step.writes, rows=rows, newest=newest)


def bronze(day: date) -> Iterator[RunScript]:
    """Yield what the lanes tell of at five o'clock."""
    for chain in range(CHAINS):
        load = ESTATE.products[f"c{chain}"].steps[0]
        if not is_worked(chain, day) or (chain == 11 and day == FOUR_HOURS_LATE):
            continue
        if chain == 2 and day == FAILS_AT_ITS_SOURCE:
            yield wrote(load, day).fails("HTTP 503 from the source", source="erp")
        elif chain == 8 and day == SOURCE_IS_SILENT:
            yield run(f"shop/{load.job_name}").writes(load.writes, rows=0)
        else:
            yield wrote(load, day)


def silver(day: date) -> Iterator[RunScript]:
    """Yield what the transforms tell of half an hour later."""
    without = {FAILS_AT_ITS_SOURCE: 2, SOURCE_IS_SILENT: 8, FOUR_HOURS_LATE: 11}.get(day)
    missing = {NEVER_BEGINS: "silver.c5_4", HIDDEN_BY_A_BACKFILL: "silver.c7_3"}.get(day)
    for chain in range(CHAINS):
        for step in ESTATE.products[f"c{chain}"].steps[1:]:
            if is_worked(chain, day) and chain != without and step.writes != missing:
                yield wrote(step, day)


def more(day: date) -> Iterator[tuple[int, list[RunScript]]]:
    """Yield what else happens on a day, and when."""
    if day == FOUR_HOURS_LATE:
        yield at(day, 11), [wrote(step, day) for step in ESTATE.products["c11"].steps]
    if day == HIDDEN_BY_A_BACKFILL:
        step = ESTATE.products["c7"].steps[4]
        partitions = [wrote(step, day - timedelta(days=1 + back)) for back in range(90)]
        yield at(day, 5, 50), partitions


@pytest.mark.timeout(400)
def test_a_quarter_has_a_page_for_each_outage_and_none_besides(
    another: Callable[..., Scenario],
) -> None:
    world = another(ESTATE, "2026-02-28 12:00")
    numbers = count(1)

    def tell(moment: int, told: list[RunScript]) -> None:
        world.pass_until(moment)
        # A run that has ended says all that matters here: its start is left out.
        world.append(*(each.events(moment, next(numbers))[1] for each in told))
        world.settle()

    day = FIRST
    while day <= LAST:
        tell(at(day, 5), list(bronze(day)))
        tell(at(day, 5, 30), list(silver(day)))
        for moment, told in more(day):
            tell(moment, told)
        day += timedelta(days=1)
    world.pass_until(at(LAST, 23))

    pages = [
        (
            datetime.fromisoformat(sent.body["opened_at"]).astimezone(BERLIN),
            sent.body["root"].rpartition(":")[2],
        )
        for sent in world.mailbox.notifications
        if sent.reason == "triggered"
    ]
    assert [(f"{opened:%m-%d %H:%M}", root) for opened, root in pages] == [
        ("03-10 05:00", "bronze.c2"),
        ("03-30 07:00", "silver.c5_4"),
        ("04-07 07:00", "bronze.c8"),
        ("04-20 07:00", "bronze.c11"),
        ("05-12 07:00", "silver.c7_3"),
    ]
    over = [sent for sent in world.mailbox.notifications if sent.reason == "resolved"]
    assert len(over) == len(pages)


OUTAGE = (date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12))
STRUCK = (2, 4, 6)


def struck(step: Step, day: date, how: str) -> RunScript | None:
    """Return what a step of a struck chain tells in an outage; None where it does not run."""
    is_lane = step.lane is not None
    if how == "silent":
        return run(f"shop/{step.job_name}").writes(step.writes, rows=0) if is_lane else None
    if how == "failing" or is_lane:
        said = "HTTP 503 from the source" if is_lane else "no rows for the day"
        return wrote(step, day).reads(*step.reads).fails(said)
    return None


@pytest.mark.parametrize("how", ["silent", "failing", "skipped"])
def test_an_outage_of_a_source_pages_once_however_long_and_whatever_reads_it(
    another: Callable[..., Scenario], how: str
) -> None:
    world = another(ESTATE, "2026-03-08 12:00")
    numbers = count(1)
    for number in range(9, 15):
        day = date(2026, 3, number)
        for minute, is_entry in ((0, True), (30, False)):
            world.pass_until(at(day, 5, minute))
            for chain in (chain for chain in range(CHAINS) if is_worked(chain, day)):
                is_struck = chain in STRUCK and day in OUTAGE
                for step in ESTATE.products[f"c{chain}"].steps:
                    told = struck(step, day, how) if is_struck else wrote(step, day)
                    if told is not None and (step.lane is not None) is is_entry:
                        world.append(*told.events(world.now, next(numbers)))
            world.settle()
    world.pass_until(at(date(2026, 3, 14), 23))

    assert [(sent.reason, sent.receiver) for sent in world.mailbox.notifications] == [
        ("triggered", "erp-desk"),
        ("resolved", "erp-desk"),
    ]
