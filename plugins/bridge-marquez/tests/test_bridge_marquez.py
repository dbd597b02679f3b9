"""The bridge keeps the laws of bridges, on what a real Marquez answered."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import closing
from socket import socket
from typing import Any

import pytest
from hub_bridge_marquez.bridge import MarquezBridge
from hub_bridge_marquez.catalogue import Catalogue
from hub_bridge_marquez.events import Kept, Pageful, batches, settled
from hub_bridge_marquez.names import rewritten_namespace, run_ids_of
from hub_bridge_marquez.options import read_options
from hub_bridge_marquez.wire import Wire
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import DataError, HubError, InvalidInput, NotAuthorised, Unreachable
from hub.spi.bridge import Bridge
from hub.testing.conformance import BridgeConformance
from tests.bridges.recorded import RecordedMarquez, recorded_marquez

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=15,
)


@pytest.fixture
def marquez() -> Iterator[RecordedMarquez]:
    with recorded_marquez() as served:
        yield served


def bridge() -> MarquezBridge:
    return MarquezBridge(sleep=lambda _seconds: None)


class TestMarquezBridge(BridgeConformance):
    def bridge(self) -> Bridge:
        return bridge()

    @pytest.fixture
    def options(self, marquez: RecordedMarquez) -> Mapping[str, Any]:
        return {"url": marquez.url}


def without_nulls(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4))
def test_an_event_loses_its_null_members_and_nothing_else(event: dict[str, Any]) -> None:
    body = json.dumps(event).encode()
    assert json.loads(settled(body)) == without_nulls(event)
    assert settled(settled(body)) == settled(body)
    assert settled(body, is_sorted=True) == settled(settled(body), is_sorted=True)


def test_what_has_no_nulls_keeps_its_bytes() -> None:
    body = b'{"b": 1.10, "a": [null, 12345678901234567890123],\n"c":"\\u00e9"}'

    assert settled(body) == body
    assert settled(b'{"b":1.10,"a":1E-7,"c":null}') == b'{"a":1E-7,"b":1.10}'


def test_what_is_nested_too_deeply_is_left_to_the_hub_to_judge() -> None:
    body = b'{"a":' * 5_000 + b"null" + b"}" * 5_000

    assert settled(body) == body


@given(
    times=st.lists(st.integers(0, 40), max_size=900).map(sorted),
    start=st.integers(0, 45),
)
def test_paging_by_time_misses_nothing_however_many_happen_at_once(
    times: list[int], start: int
) -> None:
    kept = [Kept(at, b"%d" % number) for number, at in enumerate(times)]

    def read(after: int, limit: int) -> Pageful:
        page = [each for each in kept if each.at >= after][:limit]
        return Pageful(page, len(page) < limit)

    told = [event for batch in batches(read, start) for event in batch.events]
    assert told == [each.body for each in kept if each.at >= start]


def test_a_batch_says_where_to_go_on() -> None:
    kept = [Kept(at // 3, b"%d" % at) for at in range(2_000)]

    def read(after: int, limit: int) -> Pageful:
        page = [each for each in kept if each.at >= after][:limit]
        return Pageful(page, len(page) < limit)

    first = next(iter(batches(read, 0)))
    rest = {event for batch in batches(read, first.then) for event in batch.events}
    assert {*first.events, *rest} == {each.body for each in kept}


def test_names_are_what_marquez_makes_of_them() -> None:
    # As a real one answered.
    assert rewritten_namespace("odd space é/s3://b_c") == "odd_space__/s3://b_c"
    assert run_ids_of("not-a-uuid") == ("not-a-uuid", "84b1b24b-c3a1-3f06-a7c7-46d2ee9dd6f7")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "ftp://127.0.0.1/s3cret"},
        {"url": "http://"},
        {"url": "http://127.0.0.1:s3cret/"},
        {"url": 7},
        {"url": "http://127.0.0.1", "key": "s3crét"},
        {"url": "http://127.0.0.1", "key": "a\r\nX-B: s3cret"},
        {"url": "http://127.0.0.1", "database": "mysql://u:s3cret@db/x"},
        {"url": "http://127.0.0.1", "retries": "s3cret"},
    ],
    ids=str,
)
def test_wrong_options_are_refused_without_repeating_them(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        bridge().send(b"{}", options)

    assert raised.value.fix
    assert "s3cr" not in str(raised.value)


@pytest.mark.parametrize("status", [201, 400, 401, 500, 503])
def test_no_secret_is_logged_or_told(
    marquez: RecordedMarquez, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = ("key-s3cret", "user-s3cret", "query-s3cret")
    url = marquez.url.replace("http://", f"http://me:{secrets[1]}@") + f"?token={secrets[2]}"
    marquez.outages = [status] * 20
    told = ""
    with caplog.at_level(logging.DEBUG):
        for options in ({"url": url}, {"url": url, "key": secrets[0]}):
            try:
                told += str(bridge().send(b"{}", options))
            except HubError as error:
                told += f"{error} {error.__cause__}"

    assert str(status) in told or status == 201
    assert [secret for secret in secrets if secret in told + caplog.text] == []


def test_a_key_is_sent_and_a_wrong_one_is_told(marquez: RecordedMarquez) -> None:
    marquez.key = "right"
    assert bridge().send(b"{}", {"url": marquez.url, "key": "right"}) is None
    with pytest.raises(NotAuthorised) as raised:
        bridge().send(b"{}", {"url": marquez.url, "key": "wrong"})
    assert raised.value.fix == "give its key with --key"


def test_why_nobody_answers_is_told_in_this_systems_words() -> None:
    with socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(Unreachable, match=r"did not answer: ConnectError: Connection refused"):
            bridge().send(b"{}", {"url": url})


def test_an_address_that_leads_elsewhere_is_no_marquez(marquez: RecordedMarquez) -> None:
    options = read_options({"url": f"{marquez.url}/api/v1"})
    with closing(Wire(options)) as wire, pytest.raises(InvalidInput) as raised:
        list(Catalogue(wire, "the Marquez").namespaces())
    assert "without /api/v1" in str(raised.value)


@pytest.mark.parametrize(
    "answer", [[], {"namespaces": 7}, {"namespaces": [{"name": 7}]}, {"spaces": []}], ids=str
)
def test_answers_that_are_none_of_a_marquez_are_told_as_such(
    marquez: RecordedMarquez, answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marquez, "answer", lambda *_: (200, answer))
    with (
        closing(Wire(read_options({"url": marquez.url}))) as wire,
        pytest.raises(DataError, match="the Marquez answers"),
    ):
        list(Catalogue(wire, "the Marquez").namespaces())
