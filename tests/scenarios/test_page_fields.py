"""A page has all that whoever is woken needs, in every form in which it reaches them."""

import json
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from html import unescape
from typing import Final

import pytest
from hub_notify_email.letter import letter
from hub_notify_pagerduty.event import encode_event
from hub_notify_slack.message import message
from hub_notify_webhook.payload import encode_payload
from msgspec import structs

from hub.domain.catalog import Environment, Product, Slo
from hub.domain.deadletters import NewDeadLetter
from hub.domain.incidents.links import links_of
from hub.queries import page_details as page_details_module
from hub.queries.page_details import Sight, page_details
from hub.spi.notifier import Notification
from hub.store.opening import open_store
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import EARNINGS, MESH, PAYMENTS, REPAIRS, daily

LOG: Final = "https://airflow.example/dags/repairs/grid?try_number=2"
RUNBOOK: Final = "https://wiki.example/repairs"
RUN: Final = "0197b7c2-53a8-7c3e-a1c6-0f6c5d4b9a11"


def promised(product: Product, slo: Slo, **changes: object) -> Product:
    return structs.replace(product, slos=(*product.slos, slo), **changes)


COMPANY: Final = structs.replace(
    MESH,
    products={
        "repairs": structs.replace(REPAIRS, runbook=RUNBOOK),
        "payments": PAYMENTS,
        "earnings": promised(EARNINGS, daily("report-on-time", "earnings", "gold.report"), tier=1),
    },
    environments=(Environment("production", ("lake",)),),
)
CLEAN: Final = run("fleet/repairs.clean", RUN).of_step("repairs", "clean").reads("bronze.repairs")
COSTS: Final = run("finance/earnings.costs").reads("silver.repairs").writes("silver.costs")


def airflow(script: RunScript, attempt: int) -> RunScript:
    """Say what Airflow's provider says of a task's attempt."""
    facets = {
        "nominalTime": {
            "nominalStartTime": "2026-11-23T02:00:00Z",
            "nominalEndTime": "2026-11-23T03:00:00Z",
        },
        "airflow": {
            "dag": {"timetable": {"expression": "0 * * * *", "timezone": "UTC"}},
            "task": {"retries": 2},
            "taskInstance": {"try_number": attempt, "log_url": LOG},
        },
    }
    return structs.replace(script, facets={**script.facets, **facets})


def partitioned(script: RunScript) -> RunScript:
    subset = {
        "outputCondition": {
            "type": "partition",
            "partitions": [{"identifier": "day=2026-11-23", "dimensions": {"day": "2026-11-23"}}],
        }
    }
    [output] = script.outputs
    return structs.replace(script, outputs=({**output, "outputFacets": {"subset": subset}},))


FAILS: Final = airflow(partitioned(CLEAN.writes("silver.repairs")), 3).fails(
    "the step failed",
    exceptions=[
        {"type": "RuntimeError", "message": "the step failed"},
        {"type": "KeyError", "message": "'bicycle_id'"},
    ],
    origin="code",
)


# What each of the fourteen fields says of that incident; the last three of the first column are
# put in below, for they are told by others.
FIELDS: Final = {
    "1 what is broken, for whom, since when": (
        "repairs.clean failed",
        "touches repairs, earnings",
        "since 2026-11-23 04:09 UTC",
    ),
    "2 severity and SLO state": ("page", "40 % of the budget is left"),
    "3 class, confidence and why": ("SCHEMA_CONTRACT", "0.45", "exception.KeyError", "LOGIC"),
    "4 why you": ("domain fleet is owned by fleet-data",),
    "5 root, run, slice, environment": (
        "dataset:lake:silver.repairs",
        RUN,
        "2026-11-23T02:00:00",
        "day=2026-11-23",
        "production",
    ),
    "6 what changed since the last good run": ("bicycle_id is gone", "repairs.clean:0"),
    "7 innermost error and log": ("KeyError: 'bicycle_id'", LOG),
    "8 blast radius": ("earnings", "2026-11-23T07:00:00", "gold.report", "report-on-time"),
    "9 what it explains": ("consequences", "/incidents/INC-5#signals"),
    "10 attempts": ("2026-11-23T05:00:00",),
    "11 actions": (
        "/act/INC-5/silence",
        "/act/INC-5/reassign",
        "/act/INC-5/reclassify",
        "hub run repairs.clean",
        "hub dlq replay --product repairs --step clean --dry-run",
    ),
    "12 runbook": (RUNBOOK,),
    "13 similar incidents": ("INC-3",),
    "14 dedup key, incident, timeline": (
        "INC-5-1795407000000000",
        "https://hub.example/incidents/INC-5",
        "https://hub.example/incidents/INC-5#timeline",
    ),
}
TOLD_BY_OTHERS: Final = {
    "slo_state": "repairs-fresh: 40 % of the budget is left, it burns 6 times too fast",
    "last_good": "run:fleet:repairs.clean:0",
    "changes": ["schema of bronze.repairs: bicycle_id is gone, bike_id is new"],
    "similar": ["INC-3 on 2026-10-02: the workshop sent the old name again"],
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Notification:
    """What whoever owns the root is told, with what others tell of it beside."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('page')}/hub.db")
    world = Scenario(store, COMPANY, start="2026-11-23 03:00")
    refused = NewDeadLetter(
        stage="validate",
        reasons=("missing-field:bicycle_id",),
        rule="missing-field:bicycle_id",
        payload=b"{}",
        encoding="json",
        origin="file:///repairs.csv:7",
        product="repairs",
        step="clean",
    )
    world.at("04:10", FAILS, COSTS.fails("no data for the hour"), refused)
    world.at("04:26")  # another attempt was to follow, and has not
    page = next(each for each in world.mailbox.notifications if each.severity == "page")
    links = links_of(
        page.body["incident"],
        page.body["root"],
        page.receiver,
        secret=b"s" * 32,
        public_url="https://hub.example",
        now=world.now,
    )
    with store.database.read() as connection:
        beside = page_details(connection, store.journal, COMPANY, "INC-5", now=world.now)
    store.close()
    return structs.replace(page, body={**page.body, **beside, **TOLD_BY_OTHERS, "links": links})


def as_webhook(told: Notification) -> str:
    return json.dumps(json.loads(encode_payload(told)), ensure_ascii=False)


def as_slack(told: Notification) -> str:
    shown = json.dumps(message(told), ensure_ascii=False)
    return unescape(shown)


def as_pagerduty(told: Notification) -> str:
    event = json.loads(encode_event(told, "k" * 32))
    # What people are shown, without the page as it is.
    del event["payload"]["custom_details"]["page"]
    return json.dumps(event, ensure_ascii=False)


def as_mail(told: Notification) -> str:
    body = letter(told, "hub@example.org", ["fleet@example.org"], 0.0).get_body(("plain",))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


@pytest.mark.parametrize("form", [as_webhook, as_slack, as_pagerduty, as_mail])
@pytest.mark.parametrize("field", FIELDS)
def test_each_field_is_told_in_every_form(
    told: Notification, field: str, form: Callable[[Notification], str]
) -> None:
    said = form(told)
    for words in FIELDS[field]:
        assert words in said


def test_what_resolves_it_says_who_ended_it_and_after_how_long(world: Scenario) -> None:
    world.at("04:10", FAILS)
    world.at("05:40", CLEAN.writes("silver.repairs"))

    over = world.mailbox.notifications[-1]
    assert over.reason == "resolved"
    assert over.body["resolution"] == "repairs.clean passed, after 1 hour 30 minutes"


def test_of_a_run_that_tells_nothing_of_itself_the_page_says_nothing(world: Scenario) -> None:
    world.at("04:10", COSTS.fails("boom"))

    [page] = world.mailbox.notifications
    assert page.body["error"] == "boom"
    silent = ("nominal_at", "partition", "attempts_allowed", "next_attempt_at", "log", "runbook")
    assert [page.body[name] for name in silent] == [None] * len(silent)


def test_a_part_that_cannot_be_told_costs_no_page(
    world: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_sight: Sight) -> Mapping[str, object]:
        raise ZeroDivisionError

    monkeypatch.setattr(page_details_module, "PARTS", (broken, *page_details_module.PARTS))
    world.at("04:10", FAILS)
    world.at("04:26")

    [page] = world.mailbox.notifications
    assert page.body["error"] == "KeyError: 'bicycle_id'"
