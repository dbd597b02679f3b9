"""Whatever arrives gets a clear status: 400 if it is no JSON object, else 201, and never a 500."""

import gzip
import json
import sys
from typing import NoReturn

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.openlineage.events import Unusable, read_event
from hub.flow.ingest.bodies import MAX_DEPTH
from hub.store.opening import Store
from tests.api.intake import bodies, serving

LINEAGE = "/api/v1/lineage"
BATCH = "/api/v1/lineage/batch"


def nested(depth: int, inner: bytes = b"1") -> bytes:
    return b'{"a":' * depth + inner + b"}" * depth


def in_facet(value: bytes) -> bytes:
    return (
        b'{"eventTime": "2026-11-23T09:00:00Z", "eventType": "START",'
        b' "run": {"runId": "r", "facets": {"custom": ' + value + b"}},"
        b' "job": {"namespace": "n", "name": "j"}}'
    )


def timed(event_time: str) -> bytes:
    return (
        b'{"eventTime": %s, "eventType": "START", "run": {"runId": "r"},'
        b' "job": {"namespace": "n", "name": "j"}}' % event_time.encode()
    )


def named(name: str) -> bytes:
    event = json.loads(timed('"2026-11-23T09:00:00Z"')) | {"job": {"namespace": "n", "name": name}}
    return json.dumps(event).encode()


NO_JSON_OBJECT = {
    "nothing": b"",
    "whitespace": b" \n\t",
    "a word": b"hello",
    "half an object": b'{"eventTime": "2026',
    "two objects": b"{}{}",
    "an object and more": b"{} x",
    "an array": b"[{}]",
    "a text": b'"{}"',
    "a number": b"1",
    "null": b"null",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "invalid UTF-8 in a member's name": b'{"\xff": 1}',
    "invalid UTF-8 in a text": b'{"a": "\xc3("}',
    "invalid UTF-8 in a facet": in_facet(b'{"a": "\xff"}'),
    "an overlong encoding": in_facet(b'"\xc0\xaf"'),
    "a surrogate in UTF-8": in_facet(b'"\xed\xa0\x80"'),
    "NaN": b'{"a": NaN}',
    "NaN in a facet": in_facet(b'{"a": [NaN]}'),
    "Infinity in a facet": in_facet(b"-Infinity"),
    "a comma too many in a facet": in_facet(b'{"a": 1,}'),
    "a word in a facet": in_facet(b"yes"),
    "single quotes": b"{'a': 1}",
    "a comment": b"{} // none",
    "a leading zero": in_facet(b"01"),
    "a raw line break in a text": in_facet(b'"a\nb"'),
    "a raw NUL": b'{"a": "\x00"}',
    "a NUL behind": b"{}\x00",
    "a wrong escape": in_facet(b'"\\x41"'),
    "half an escape": in_facet(b'"\\u12"'),
    "a surrogate and a wrong escape": in_facet(b'"\\ud800 \\x"'),
    "half an object with a surrogate": b'{"a": "\\ud800"',
    "too deep": nested(MAX_DEPTH + 1),
    "too deep in a facet": in_facet(nested(MAX_DEPTH - 2)),
    "far too deep": b"[" * 100_000,
    "far too deep, closed": nested(50_000),
    "an unclosed text": b'{"a": "' + b"[" * 5_000,
    "truncated": json.dumps({"a": ["x" * 100] * 100}).encode()[:-20],
}

# What it is, and whether an event can be made of it.
JSON_OBJECTS = {
    "an empty object": (b"{}", False),
    "an object of another kind": (b'{"hello": "world"}', False),
    "a repeated member": (b'{"run": 1, "run": 2}', False),
    "half a surrogate pair in a facet": (in_facet(b'"\\ud800"'), False),
    "the other half": (in_facet(b'"\\udc00x"'), False),
    "a surrogate and a letter": (in_facet(b'"\\ud83d\\u0041"'), False),
    "a surrogate in a member's name": (in_facet(b'{"\\ud800": 1}'), False),
    "an escaped NUL in a facet": (in_facet(b'"\\u0000"'), True),
    "an escaped NUL in a name": (named("a\0b"), False),
    "an integer of 5,000 digits": (in_facet(b"1" + b"0" * 5_000), True),
    "a float out of range": (in_facet(b"1e999"), True),
    "a tiny float": (in_facet(b"-1E-999"), True),
    "deep, but not too deep": (nested(MAX_DEPTH), False),
    "deep in a facet": (in_facet(nested(MAX_DEPTH - 3)), False),
    "many brackets, none deep": (in_facet(b"[" + b"[],{}," * 5_000 + b"1]"), True),
    "brackets in texts": (in_facet(b'"' + b"[{" * 5_000 + b'"'), True),
    "escaped quotes and brackets": (in_facet(b'"' + b'\\"[' * 2_000 + b'"'), True),
    "null facets": (in_facet(b"1").replace(b'{"custom": 1}', b"null"), True),
    "a null facet": (in_facet(b"null"), True),
    "a facet that is a number": (in_facet(b"3"), True),
    "a naive time": (timed('"2026-11-23T09:00:00"'), True),
    "a time with a zone's name": (timed('"2026-11-23T09:00:00+00:00[Europe/London]"'), True),
    "a time of the year 9999": (timed('"9999-12-31T23:59:59Z"'), False),
    "a time of the year 0": (timed('"0000-00-00T00:00:00Z"'), False),
    "a time that is a number": (timed("1700000000"), False),
    "a time that is a huge number": (timed("1e999"), False),
    "a time that is null": (timed("null"), False),
    "a time that is half a surrogate pair": (timed('"\\ud800"'), False),
    "a time that is an object": (timed('{"a": 1}'), False),
    "an empty time": (timed('""'), False),
    "an endless time": (timed(f'"2026-11-23T09:00:00.{"1" * 50_000}Z"'), True),
    "an empty name": (named(""), False),
    "an enormous name": (named("x" * 1_000_000), False),
    "a name with a line break": (named("a\nb"), True),
    "a name beyond the basic plane": (named("\U0001f600"), True),
    "inputs that are no array": (b'{"eventTime": "2026-11-23T09:00:00Z", "inputs": 3}', False),
    "a member without a name": (b'{"": 1}', False),
}  # fmt: skip


async def post(store: Store, path: str, body: bytes, **headers: str) -> httpx.Response:
    async with serving(store) as client:
        return await client.post(path, content=body, headers=headers)


@pytest.mark.parametrize("body", NO_JSON_OBJECT.values(), ids=NO_JSON_OBJECT)
async def test_what_is_no_json_object_is_refused_and_not_kept(
    sqlite_store: Store, body: bytes
) -> None:
    answer = await post(sqlite_store, LINEAGE, body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("the body is n")
    zipped = await post(sqlite_store, LINEAGE, gzip.compress(body), **{"Content-Encoding": "gzip"})
    assert zipped.status_code == 400
    assert bodies(sqlite_store) == []


@pytest.mark.parametrize(("body", "is_usable"), JSON_OBJECTS.values(), ids=JSON_OBJECTS)
async def test_every_json_object_is_kept_as_it_is(
    sqlite_store: Store, body: bytes, is_usable: bool
) -> None:
    answer = await post(sqlite_store, LINEAGE, body)
    assert (answer.status_code, answer.content) == (201, b"")
    again = await post(sqlite_store, BATCH, b"[" + body + b"]")
    assert again.json()["summary"] == {
        "received": 1,
        "successful": 1,
        "failed": 0,
        "retriable": 0,
        "non_retriable": 0,
        "duplicates": 1,
    }
    assert bodies(sqlite_store) == [body]
    assert isinstance(read_event(body), Unusable) == (not is_usable)


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[{}", b"[{},]", b"[NaN]", b'["\xff"]', b"", b"[" * 100_000, b"[{}] []"],
)
async def test_a_batch_that_is_no_json_array_is_refused_whole(
    sqlite_store: Store, body: bytes
) -> None:
    assert (await post(sqlite_store, BATCH, body)).status_code == 400
    assert bodies(sqlite_store) == []


async def test_the_recursion_limit_is_as_it_was_after_a_deep_body(sqlite_store: Store) -> None:
    before = sys.getrecursionlimit()
    await post(sqlite_store, LINEAGE, nested(MAX_DEPTH))
    assert sys.getrecursionlimit() == before


def is_json(body: bytes) -> bool:
    """Tell by Python's own parser, kept to the standard."""
    try:
        json.loads(body.decode(), parse_constant=refuse, parse_int=len, parse_float=len)
    except (ValueError, RecursionError):
        return False
    return not body.startswith(b"\xef\xbb\xbf")


def refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


FRAGMENTS = [
    *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b" ", b"\n", b"\x00", b"\xff", b"\xc3\xa9"),
    *(b"null", b"true", b"NaN", b"Infinity", b"-", b"0", b"1.5", b"1e", b"1e999", b"01", b"."),
    *(b'"a"', b'"eventTime"', b'"\\ud800"', b'"\\u00', b'"2026-11-23T09:00:00Z"', b'"password"'),
    *(b'"a":', b'"b":{', b'"c":[', b'{"a":1}', b"{}", b"[]", b'"://u:p@h"'),
]
noise = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(b"".join)
broken = st.tuples(
    st.sampled_from([body for body, _ in JSON_OBJECTS.values() if len(body) < 500]),
    st.integers(0, 500),
    noise,
    st.integers(0, 5),
).map(lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] + cut[3] :])


@given(noise | broken | noise.map(lambda body: b'{"a":' + body + b"}"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
async def test_any_bytes_get_the_status_that_their_grammar_asks_for(
    sqlite_store: Store, body: bytes
) -> None:
    kept = len(bodies(sqlite_store))
    answer = await post(sqlite_store, LINEAGE, body)
    is_object = is_json(body) and body.strip().startswith(b"{")
    assert answer.status_code == (201 if is_object else 400)
    assert len(bodies(sqlite_store)) - kept in ({0, 1} if is_object else {0})
    batch = await post(sqlite_store, BATCH, b"[%s]" % body)
    assert batch.status_code == (200 if is_json(b"[%s]" % body) else 400)
