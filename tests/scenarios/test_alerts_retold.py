"""What those who come from Alertmanager take for granted, as timelines of runs.

Its acceptance tests cover how alerts are merged, repeated, batched, resolved, retried, silenced and
inhibited, and what a reload changes. Here each is told of datasets. An incident takes the place of
a group: what has one cause is one message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from msgspec import structs

from hub.domain.catalog import Catalog, Route
from hub.domain.commands import CreateSilence, ExpireSilence
from hub.domain.duty.matching import parse_matcher
from hub.domain.duty.plans import Inhibition
from hub.domain.errors import InvalidInput, Unreachable
from hub.spi.notifier import Notification
from hub.store.silences import find_silence
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.collecting import Collector
from tests.scenarios.conftest import MESH as WATCHED

Make = Callable[..., Scenario]
MINUTE = 60_000_000
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
FAILS = CLEAN.fails("syntax error at or near")
PAY = run("finance/payments.load").writes("bronze.payments")
UNPAID = PAY.fails("contract broken", origin="contract")
# Without objectives, which would speak up in between.
MESH = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
)
PACE = {"wait_seconds": 60, "interval_seconds": 60, "repeat_seconds": 60}


def told_by(**route: object) -> Catalog:
    return structs.replace(MESH, route=structs.replace(MESH.route, **route))


class Told:
    """A hub under a virtual clock with a collector, which is asked at the end."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._collectors: list[Collector] = []

    def hub(self, catalog: Catalog) -> tuple[Scenario, Collector]:
        world = self._make(catalog)
        self._collectors.append(Collector(world))
        return world, self._collectors[-1]

    def complaints(self) -> list[str]:
        return [line for each in self._collectors for line in each.complaints()]


@pytest.fixture
def told(another: Make) -> Iterator[Told]:
    told = Told(another)
    yield told
    assert told.complaints() == []


def silence(world: Scenario, matcher: str, *, begins_in: int, minutes: int) -> str:
    starts_at = world.now + begins_in * MINUTE
    command = CreateSilence(
        matchers=(parse_matcher(matcher),),
        owner="ada",
        comment="we know",
        starts_at=starts_at,
        ends_at=starts_at + minutes * MINUTE,
        actor="ada",
    )
    return str(world.submit(command).subject)


def test_a_collector_complains_of_what_is_early_late_missing_or_too_much(another: Make) -> None:
    world = another(told_by(wait_seconds=60))
    collector = Collector(world)
    collector.wants("04:09:00", "04:10:59", "triggered fleet-pager silver.repairs")
    collector.wants("04:30:00", "04:31:00", "resolved fleet-pager silver.repairs")
    world.at("04:10", FAILS)
    world.at("04:20", CLEAN)

    assert collector.complaints() == [
        "missing from 04:09:00 to 04:10:59: triggered fleet-pager silver.repairs",
        "missing from 04:30:00 to 04:31:00: resolved fleet-pager silver.repairs",
        "unexpected at 04:11:00: triggered fleet-pager silver.repairs",
        "unexpected at 04:20:00: resolved fleet-pager silver.repairs",
    ]


def test_the_same_failure_told_again_is_merged_and_one_after_its_end_is_a_new_one(
    told: Told,
) -> None:
    world, collector = told.hub(told_by(wait_seconds=60))
    collector.wants("04:11:00", "04:11:00", "triggered fleet-pager silver.repairs")
    world.at("04:10:00", FAILS)
    world.at("04:10:12", FAILS)
    world.at("04:13:00", FAILS)
    collector.wants("04:14:00", "04:14:00", "resolved fleet-pager silver.repairs")
    world.at("04:14:00", CLEAN)
    world.at("04:14:30", CLEAN)
    collector.wants("04:16:00", "04:16:00", "triggered fleet-pager silver.repairs")
    world.at("04:15:00", FAILS)
    world.at("04:30:00")

    first, _end, second = world.mailbox.notifications
    assert first.dedup_key != second.dedup_key
    assert first.body["onset_at"] < "2026-11-23T04:10:01"
    assert second.body["onset_at"] > "2026-11-23T04:14:30"


def test_what_lasts_is_told_again_until_it_ends_and_its_end_once(told: Told) -> None:
    world, collector = told.hub(told_by(**PACE))
    collector.wants("04:11:00", "04:11:00", "triggered fleet-pager silver.repairs")
    collector.wants("04:12:00", "04:12:00", "repeated fleet-pager silver.repairs")
    collector.wants("04:12:30", "04:12:30", "resolved fleet-pager silver.repairs")
    world.at("04:10:00", FAILS)
    world.at("04:12:30", CLEAN)
    world.at("04:30:00")


def test_a_receiver_that_wants_no_end_is_told_of_none(another: Make) -> None:
    pager = structs.replace(MESH.receivers["fleet-pager"], send_resolved=False)
    receivers = {**MESH.receivers, pager.name: pager}
    world = another(structs.replace(MESH, receivers=receivers))
    world.at("04:00", FAILS)
    world.at("04:05", CLEAN)
    world.at("04:10", FAILS)

    assert [line.split()[1] for line in world.heard()] == ["triggered", "triggered"]


def test_of_two_receivers_the_one_that_takes_it_hears_it_once_and_the_other_when_it_is_back(
    told: Told,
) -> None:
    both = Route(
        wait_seconds=60,
        repeat_seconds=600,
        routes=(Route("tickets", {"class": ("LOGIC",)}, continues=True), Route("owner")),
    )
    world, collector = told.hub(structs.replace(MESH, route=both))
    collector.wants("04:11:00", "04:11:00", "triggered tickets silver.repairs")
    collector.wants("04:12:00", "04:12:30", "triggered fleet-pager silver.repairs")
    collector.wants("04:21:00", "04:21:00", "repeated tickets silver.repairs")

    def down(notification: Notification) -> None:
        if notification.receiver == "fleet-pager":
            raise Unreachable("down")

    world.mailbox.before_taking = down
    world.at("04:10:00", FAILS)
    world.at("04:12:00")
    world.mailbox.before_taking = lambda _notification: None
    collector.wants("04:21:00", "04:25:00", "repeated fleet-pager silver.repairs")
    world.at("04:25:00")


def failing(*checks: str) -> RunScript:
    return run("fleet/repairs.test").checks("silver.repairs", failed=checks)


def test_what_fails_within_the_wait_is_one_message_and_the_rest_waits_for_the_interval(
    told: Told,
) -> None:
    world, collector = told.hub(told_by(wait_seconds=60, interval_seconds=120, repeat_seconds=300))
    collector.wants("04:11:00", "04:11:00", "triggered fleet-pager bronze.repairs")
    collector.wants("04:16:00", "04:16:00", "repeated fleet-pager bronze.repairs")
    world.at("04:10:00", run("fleet/repairs.load").writes("bronze.repairs").fails("KeyError: 'id'"))
    world.at("04:10:30", FAILS)
    world.at("04:12:00", run("finance/earnings.costs").reads("silver.repairs").fails("no input"))
    world.at("04:20:59")


def test_parts_that_fail_together_are_over_together(told: Told) -> None:
    world, collector = told.hub(told_by(wait_seconds=60))
    collector.wants("04:11:00", "04:11:00", "triggered fleet-pager silver.repairs")
    collector.wants("04:15:00", "04:15:00", "resolved fleet-pager silver.repairs")
    world.at("04:10:00", failing("unique", "not null", "in range"))
    passed = run("fleet/repairs.test").checks(
        "silver.repairs", passed=("unique", "not null", "in range")
    )
    world.at("04:15:00", passed)
    world.at("04:30:00")


def test_files_that_are_read_again_and_a_restart_put_no_page_forward_or_back(told: Told) -> None:
    world, collector = told.hub(told_by(wait_seconds=60, repeat_seconds=600))
    collector.wants("04:11:00", "04:11:00", "triggered fleet-pager silver.repairs")
    collector.wants("04:15:00", "04:15:00", "triggered finance-pager bronze.payments")
    collector.wants("04:21:00", "04:21:00", "repeated fleet-pager silver.repairs")
    world.at("04:10:00", FAILS)
    world.at("04:13:00")
    world.catalog = told_by(wait_seconds=60, repeat_seconds=600)
    world.restart()
    world.at("04:14:00", UNPAID)
    world.at("04:24:59")


def test_what_is_silenced_is_not_repeated_until_the_silence_ends_and_the_rest_is(
    told: Told,
) -> None:
    world, collector = told.hub(told_by(**PACE))
    fleet, finance = "fleet-pager silver.repairs", "finance-pager bronze.payments"
    collector.wants("04:11:00", "04:11:00", f"triggered {fleet}", f"triggered {finance}")
    for minute in (12, 13):
        collector.wants(f"04:{minute}:00", f"04:{minute}:00", f"repeated {finance}")
    collector.wants("04:13:30", "04:14:30", f"repeated {fleet}", f"repeated {finance}")
    world.at("04:10:00", FAILS, UNPAID)
    world.at("04:11:30")
    silence(world, "domain=fleet", begins_in=0, minutes=2)
    world.at("04:14:29")


def test_a_silence_of_everything_that_is_ended_early_lets_everything_be_heard(told: Told) -> None:
    world, collector = told.hub(told_by(wait_seconds=60))
    collector.wants(
        "04:13:30",
        "04:13:30",
        "triggered fleet-pager silver.repairs",
        "triggered finance-pager bronze.payments",
    )
    world.at("04:10:00", FAILS, UNPAID)
    key = silence(world, "domain~*", begins_in=0, minutes=100)
    world.at("04:13:30")
    world.submit(ExpireSilence(silence=key, actor="ada"))
    world.at("05:00:00")


def test_a_silence_that_another_one_prolongs_leaves_no_gap(told: Told) -> None:
    world, collector = told.hub(told_by(wait_seconds=60))
    collector.wants("04:30:00", "04:30:00", "triggered fleet-pager silver.repairs")
    first = silence(world, "domain=fleet", begins_in=0, minutes=20)
    world.at("04:10:00", FAILS)
    world.at("04:15:00")
    silence(world, "domain=fleet", begins_in=0, minutes=15)
    world.submit(ExpireSilence(silence=first, actor="ada"))
    world.at("05:00:00")


def test_a_silence_that_is_ended_before_it_begins_holds_nothing(told: Told) -> None:
    world, collector = told.hub(told_by(wait_seconds=60))
    collector.wants("04:11:00", "04:11:00", "triggered fleet-pager silver.repairs")
    key = silence(world, "domain=fleet", begins_in=5, minutes=60)
    world.submit(ExpireSilence(silence=key, actor="ada"))
    world.at("04:10:00", FAILS)
    world.at("05:30:00")


def test_a_silence_that_is_over_is_not_ended_once_more(told: Told) -> None:
    world, collector = told.hub(told_by(wait_seconds=60))
    collector.wants("04:11:00", "04:11:00", "triggered fleet-pager silver.repairs")
    key = silence(world, "domain=fleet", begins_in=0, minutes=5)
    world.at("04:10:00", FAILS)
    world.at("04:20:00")
    assert world.submit(ExpireSilence(silence=key, actor="ada")).code == "OK"
    assert world.submit(ExpireSilence(silence="SIL-0", actor="ada")).code == "NOT_FOUND"
    with world.store.database.read() as connection:
        found = find_silence(connection, key)
    assert found is not None
    assert (found.expired_at, found.ends_at < world.now) == (None, True)


def dated(world: Scenario, minutes: int) -> bytes:
    """A failure that its producer dates so many minutes into the future."""
    [_, end] = FAILS.events(world.now + minutes * MINUTE, 900 + minutes)
    return end


@pytest.mark.parametrize("minutes", [1, 600])
def test_what_is_dated_into_the_future_fails_now_and_is_over_when_it_passes(
    told: Told, minutes: int
) -> None:
    world, collector = told.hub(told_by())
    collector.wants("04:10:00", "04:10:00", "triggered fleet-pager silver.repairs")
    world.at("04:10:00")
    world.append(dated(world, minutes))
    world.settle()
    began = world.mailbox.notifications[0].body["onset_at"]
    assert began <= "2026-11-23T04:11:00.000000Z"
    collector.wants("04:30:00", "04:30:00", "resolved fleet-pager silver.repairs")
    world.at("04:30:00", CLEAN)
    world.at("23:00:00")


def inhibiting(**route: object) -> Catalog:
    rule = Inhibition(
        name="finance-first",
        source=(parse_matcher("domain=finance"),),
        target=(parse_matcher("domain=fleet"),),
        equal=("namespace",),
    )
    return structs.replace(told_by(**route), inhibitions=(rule,))


def test_what_is_inhibited_after_it_was_told_is_heard_of_again_when_the_greater_is_over(
    told: Told,
) -> None:
    world, collector = told.hub(inhibiting(**PACE))
    fleet, finance = "fleet-pager silver.repairs", "finance-pager bronze.payments"
    collector.wants("04:11:00", "04:11:00", f"triggered {fleet}")
    collector.wants("04:12:30", "04:12:30", f"triggered {finance}")
    collector.wants("04:13:30", "04:13:30", f"repeated {finance}")
    collector.wants("04:13:50", "04:13:50", f"resolved {finance}")
    collector.wants("04:13:50", "04:14:50", f"repeated {fleet}")
    world.at("04:10:00", FAILS)
    world.at("04:11:30", UNPAID)
    world.at("04:13:50", PAY)
    world.at("04:14:49")


def test_of_what_was_inhibited_from_the_first_nobody_hears_when_both_end_together(
    told: Told,
) -> None:
    world, collector = told.hub(inhibiting(wait_seconds=60))
    collector.wants("04:11:00", "04:11:00", "triggered finance-pager bronze.payments")
    collector.wants("04:12:36", "04:12:36", "resolved finance-pager bronze.payments")
    world.at("04:10:00", UNPAID, FAILS)
    world.at("04:12:36", CLEAN, PAY)
    world.at("05:00:00")


@pytest.mark.parametrize("name", ["réparations", "修理", "🚲 and spaces"])
def test_names_in_any_script_are_routed_and_silenced_like_others(told: Told, name: str) -> None:
    route = Route(routes=(Route("tickets", {"dataset": (f"bronze.{name}",)}),))
    world, collector = told.hub(structs.replace(MESH, route=route))
    broken = run("elsewhere/load").writes(f"bronze.{name}").fails("syntax error at or near")
    silence(world, f'dataset="bronze.{name}"', begins_in=0, minutes=5)
    collector.wants("04:05:00", "04:05:00", f"triggered tickets bronze.{name}")
    world.at("04:01:00", broken)
    world.at("04:30:00")


def test_a_regular_expression_silences_nothing_unnoticed() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_matcher('domain=~"fleet|finance"')

    assert "domain~" in str(refused.value.fix)
