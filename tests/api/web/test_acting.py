"""Links in pages lead somewhere; looking at one changes nothing, pressing its button does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hub_notify_webhook.payload import encode_payload
from starlette.testclient import TestClient

from hub.api.rest.access import Access
from hub.app.hub import Hub, settle
from hub.app.serving import endpoints
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import Refused
from hub.domain.incidents.links import LIFE_MICROS, links_of, read_link
from hub.flow.commands import CommandPort
from hub.flow.route import Deliverer
from hub.queries.incidents import IncidentRow, open_incidents, timelines_of
from hub.settings import ApiKey, load_settings
from hub.spi.notifier import Notification
from hub.store.silences import load_silences
from hub.testing.scenario import Mailbox
from hub.testing.scenario import run as script

PUBLIC = "http://hub.example.org"
KEY = ApiKey("ci", sha256(b"s3cret").hexdigest())
NOON = 1_795_435_200_000_000
FAILS = script("fleet/repairs.clean").writes("silver.repairs").fails("syntax error at or near")


class Clock:
    """A clock that stands still until it is moved."""

    now = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    """A hub with one failure, paged."""
    (tmp_path / "domains.yaml").write_text(
        "platform: {team: data-platform, receiver: phone}\n"
        "domains:\n  - {domain: fleet, team: fleet-data, receiver: phone}\n"
        "  - {domain: finance, team: finance-data, receiver: phone}\n"
    )
    (tmp_path / "receivers.yaml").write_text(
        "receivers: [{receiver: phone, notifier: console}]\nroute: {wait: 0s}\n"
    )
    flags = {"database": f"sqlite:///{tmp_path}/hub.db", "serve.public_url": PUBLIC}
    made = Hub(load_settings(tmp_path, flags=flags, environ={}), clock=clock)
    made.commands = CommandPort(made.store, clock=clock, nudge=lambda: settle(made))
    entries = [NewEntry(EntryKind.EVENT, body) for body in FAILS.events(NOON, 1)]
    made.store.journal.append(entries, recorded_at=NOON)
    settle(made)
    yield made
    made.stop()


@pytest.fixture
def page(hub: Hub, clock: Clock) -> Notification:
    """The page that was sent."""
    mailbox = Mailbox()
    deliverer = Deliverer(
        hub.store,
        hub.catalog,
        clock=clock,
        notifier=lambda _receiver: mailbox,
        complete=hub.complete,
    )
    assert deliverer.step()
    [sent] = mailbox.notifications
    return sent


@pytest.fixture
def links(page: Notification) -> dict[str, str]:
    """What the page links to."""
    found: dict[str, str] = page.body["links"]
    return found


@pytest.fixture
def client(hub: Hub) -> TestClient:
    """Somebody with a link and without a key."""
    return TestClient(Access(endpoints(hub), keys=[KEY]), base_url=PUBLIC)


def only(hub: Hub) -> IncidentRow:
    with hub.store.database.read() as connection:
        [row] = open_incidents(connection)
    return row


def test_every_link_of_a_page_leads_somewhere(links: dict[str, str], client: TestClient) -> None:
    acts = {"acknowledge", "resolve", "reassign", "reclassify", "silence"}
    shown = {"incident": "repairs.clean failed", "root": "silver.repairs"}
    shown |= {"timeline": 'id="timeline"', "consequences": 'id="signals"'}
    shown |= {"hub": "/incidents"}
    assert set(links) == acts | set(shown)
    for name, link in links.items():
        assert link.startswith(PUBLIC)
        headers = {} if name in acts else {"Authorization": "Bearer s3cret"}
        answer = client.get(link, headers=headers)
        assert answer.status_code == 200, name
        assert shown.get(name, "repairs.clean failed") in answer.text
        assert ("<form method" in answer.text) is (name in acts)


def test_the_links_of_alertmanagers_form_lead_to_the_hub_and_to_the_incident(
    page: Notification, client: TestClient
) -> None:
    posted = json.loads(encode_payload(page))
    [alert] = posted["alerts"]
    reader = {"Authorization": "Bearer s3cret"}
    assert posted["externalURL"] == PUBLIC
    assert client.get(posted["externalURL"], headers=reader).status_code == 200
    assert "repairs.clean failed" in client.get(alert["generatorURL"], headers=reader).text


def test_whoever_only_looks_changes_nothing(
    hub: Hub, links: dict[str, str], client: TestClient
) -> None:
    before = only(hub)
    for link in links.values():
        client.get(link)
        client.head(link)

    assert only(hub) == before


def test_the_button_acknowledges_and_the_timeline_says_by_which_way(
    hub: Hub, links: dict[str, str], client: TestClient
) -> None:
    answer = client.post(links["acknowledge"])

    assert answer.status_code == 200
    assert "acknowledged" in answer.text
    row = only(hub)
    assert row.state == "acknowledged"
    with hub.store.database.read() as connection:
        entries = timelines_of(connection, [row.id])[row.id]
    assert "somebody whom phone reached sees to it" in [each.message for each in entries]


def test_a_button_pressed_twice_acts_once(
    hub: Hub, links: dict[str, str], client: TestClient
) -> None:
    client.post(links["acknowledge"])
    version = only(hub).version

    assert client.post(links["acknowledge"]).status_code == 200
    assert only(hub).version == version


def test_the_button_resolves(hub: Hub, links: dict[str, str], client: TestClient) -> None:
    assert client.post(links["resolve"], data={"reason": "a drill"}).status_code == 200
    with hub.store.database.read() as connection:
        assert open_incidents(connection) == []
    assert client.post(links["acknowledge"]).status_code == 409


def test_the_button_hands_it_to_a_declared_team(
    hub: Hub, links: dict[str, str], client: TestClient
) -> None:
    assert client.post(links["reassign"], data={"owner": "nobody"}).status_code == 400
    assert only(hub).version == 1
    assert client.post(links["reassign"], data={"owner": "finance"}).status_code == 200
    assert only(hub).owner_name == "finance-data"


def test_the_button_silences_this_incident_for_a_while(
    hub: Hub, links: dict[str, str], client: TestClient
) -> None:
    assert client.post(links["silence"], data={"hours": "9000"}).status_code == 400
    assert client.post(links["silence"], data={"hours": "4"}).status_code == 200
    with hub.store.database.read() as connection:
        [made] = load_silences(connection, now=NOON)
    assert [str(each) for each in made.matchers] == [f"incident={only(hub).id}"]
    assert made.ends_at - made.starts_at == 4 * 3_600_000_000


def test_a_link_lives_for_a_week(
    hub: Hub, links: dict[str, str], client: TestClient, clock: Clock
) -> None:
    clock.now = NOON + LIFE_MICROS
    answer = client.post(links["acknowledge"])

    assert answer.status_code == 403
    assert "too old" in answer.text
    assert only(hub).state == "triggered"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("acknowledge?", "resolve?"),
        ("acknowledge?", "dance?"),
        ("INC-", "INC-9"),
        ("for=phone", "for=another"),
        ("expires=1", "expires=2"),
        ("expires=1", "expires=-1"),
        ("signature=", "signature=0"),
        ("signature=", "signature=%FF"),
        ("signature=", "none="),
    ],
)
def test_a_link_that_was_changed_leads_nowhere(
    old: str, new: str, hub: Hub, links: dict[str, str], client: TestClient
) -> None:
    changed = links["acknowledge"].replace(old, new)
    assert changed != links["acknowledge"]
    for method in ("GET", "POST"):
        assert client.request(method, changed).status_code == 403
    assert only(hub).state == "triggered"


@pytest.mark.parametrize("path", ["/act/x", "/act/x/y/z", "/act//incidents", "/act/x/../y/ack"])
def test_nothing_else_below_that_path_is_open(path: str, client: TestClient) -> None:
    assert client.get(path).status_code in (401, 403, 404)


def test_a_form_that_is_too_large_is_refused(
    hub: Hub, links: dict[str, str], client: TestClient
) -> None:
    assert client.post(links["resolve"], content=b"reason=" + b"x" * 20_000).status_code == 400
    assert only(hub).state == "triggered"


def test_without_a_public_address_pages_carry_no_links(hub: Hub, tmp_path: Path) -> None:
    flags = {"database": hub.settings.database}
    other = Hub(load_settings(tmp_path, flags=flags, environ={}))
    planned: Any = object()
    assert other.links(planned) == {}
    other.stop()


def test_a_signature_is_one_stores_alone() -> None:
    link = links_of("INC-1", "job:a:b", "phone", secret=b"a" * 32, public_url=PUBLIC, now=NOON)[
        "resolve"
    ]
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert read_link("INC-1", "resolve", query, secret=b"a" * 32, now=NOON).receiver == "phone"
    with pytest.raises(Refused):
        read_link("INC-1", "resolve", query, secret=b"b" * 32, now=NOON)
