"""No page tells what is in a row, or what opens a door, whatever an engine wrote."""

import json
from pathlib import Path
from typing import Final

import pytest

from hub.domain.failures.redaction import redact
from hub.domain.scrub import scrub
from hub.store.opening import Store
from hub.testing.scenario import Scenario
from tests.scenarios.test_page_fields import (
    CLEAN,
    COMPANY,
    as_mail,
    as_pagerduty,
    as_slack,
    as_webhook,
)

# Each says something of anna: in a row, in a literal, or as what opens a door.
MESSAGES: Final[list[str]] = json.loads(
    (Path(__file__).parent.parent / "failures" / "private.json").read_text("utf-8")
)


@pytest.mark.parametrize("message", MESSAGES)
def test_no_receiver_is_told_of_anna(sqlite_store: Store, message: str) -> None:
    world = Scenario(sqlite_store, COMPANY, start="2026-11-23 04:10")
    chain = [
        {"type": "RuntimeError", "message": "the step failed"},
        {"type": "DataError", "message": message},
    ]
    failed = CLEAN.writes("silver.repairs").fails(message, exceptions=chain, origin="engine")
    # As the intake takes events: credentials are gone before they are stored.
    world.append(*map(scrub, failed.events(world.now, 1)))
    world.settle()

    [page] = world.mailbox.notifications
    for form in (as_webhook, as_slack, as_pagerduty, as_mail):
        said = form(page)
        assert "anna" not in said
        assert "DE8937" not in said


@pytest.mark.parametrize(
    "message",
    [
        "KeyError: 'bicycle_id'",
        "Table 'shop.orders' doesn't exist",
        'column "email" of relation "users" does not exist',
        'null value in column "iban" violates not-null constraint',
        "User svc-etl@lake.iam.gserviceaccount.com does not have bigquery.jobs.create",
        '{"error": {"code": 403, "message": "The caller does not have permission"}}',
        "503 Server Error: Service Unavailable for url: http://10.0.0.7:8080/v1/rates",
        "[Errno 28] No space left on device: '/data/tmp/part-0001.parquet'",
        "run 1795424400000000 of job 4711 failed",
    ],
)
def test_what_says_why_and_where_stays(message: str) -> None:
    assert redact(message) == message
