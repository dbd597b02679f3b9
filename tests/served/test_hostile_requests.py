"""What no client of ours would send, over real sockets: clear statuses, and nothing is lost."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.store.opening import open_store
from tests.api.intake import bodies
from tests.served.hubs import connect, exchange, log_of, post, served

LINEAGE = "/api/v1/lineage"
BATCH = "/api/v1/lineage/batch"
JSON = "Content-Type: application/json"
GZIP = "Content-Encoding: gzip"
MIB = 1 << 20


def event(run: str) -> bytes:
    return json.dumps(
        {
            "eventTime": "2026-11-23T09:00:00Z",
            "eventType": "START",
            "run": {"runId": run},
            "job": {"namespace": "hostile", "name": "job"},
        }
    ).encode()


def request(line: str, *headers: str, host: str = "localhost") -> bytes:
    return "\r\n".join([line, f"Host: {host}", *headers, "Connection: close", "", ""]).encode()


def chunked(*pieces: bytes) -> bytes:
    head = request(f"POST {LINEAGE} HTTP/1.1", "Transfer-Encoding: chunked")
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def large(size: int) -> bytes:
    return b'{"a": "%s"}' % (b"x" * size)


# The status that each gets, and how it is sent.
REFUSED: dict[str, tuple[int, bytes]] = {
    "no JSON": (400, post(LINEAGE, b"hello")),
    "a deep array": (400, post(BATCH, b"[" * 100_000)),
    "a body of 40 MB": (413, post(LINEAGE, large(40 * MIB))),
    "a body of 40 MB in chunks": (413, chunked(*[large(MIB)] * 40)),
    "a body that is said to be of 40 MB, by one who asks first": (
        413,
        request(f"POST {LINEAGE} HTTP/1.1", f"Content-Length: {40 * MIB}", "Expect: 100-continue"),
    ),
    "a gzip bomb": (413, post(LINEAGE, gzip.compress(large(200 * MIB)), GZIP)),
    "half a gzip stream": (400, post(LINEAGE, gzip.compress(event("x"))[:-9], GZIP)),
    "gzip that is none": (400, post(LINEAGE, event("x"), GZIP)),
    "gzip twice": (415, post(LINEAGE, gzip.compress(event("x")), f"{GZIP}, gzip")),
    "an unknown encoding": (415, post(LINEAGE, event("x"), "Content-Encoding: br")),
    "two lengths": (400, post(LINEAGE, event("x"), "Content-Length: 3")),
    "a length and chunks": (400, post(LINEAGE, b"0\r\n\r\n", "Transfer-Encoding: chunked")),
    "a negative length": (400, request(f"POST {LINEAGE} HTTP/1.1", "Content-Length: -2")),
    "an endless length": (400, request(f"POST {LINEAGE} HTTP/1.1", f"Content-Length: {'9' * 30}")),
    "a space before the colon": (400, request(f"POST {LINEAGE} HTTP/1.1", "Content-Length : 2")),
    "chunks without sizes": (400, chunked()[:-5] + b"zz\r\n{}\r\n0\r\n\r\n"),
    "lines that end in half": (400, b"GET /livez HTTP/1.1\nHost: localhost\n\n"),
    "a folded header": (400, request("GET /livez HTTP/1.1", "X: a\r\n b")),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "an unknown version": (400, request("GET /livez HTTP/9.9")),
    "a NUL in the path": (400, request("GET /\0 HTTP/1.1")),
    "a tunnel": (400, request("CONNECT localhost:80 HTTP/1.1")),
    "a head of 300 kB in one line": (431, request("GET /livez HTTP/1.1", "X: " + "a" * 300_000)),
    "a head of many lines": (431, request("GET /livez HTTP/1.1", *["X: y"] * 100_000)),
    "an address of 300 kB": (431, request(f"GET /{'a' * 300_000} HTTP/1.1")),
    "HEAD where there is only POST": (405, request(f"HEAD {BATCH} HTTP/1.1")),
    "OPTIONS": (405, request(f"OPTIONS {BATCH} HTTP/1.1")),
    "OPTIONS of dead letters": (405, request("OPTIONS /api/v1/dead-letters HTTP/1.1")),
    "GET of GraphQL": (405, request("GET /graphql?query={hub{version}} HTTP/1.1")),
    "TRACE": (405, request("TRACE / HTTP/1.1")),
    "another host": (403, request("GET / HTTP/1.1", host="evil.example")),
    "another origin": (403, post(LINEAGE, event("x"), "Origin: https://evil.example")),
    "no origin at all": (403, post(LINEAGE, event("x"), "Origin: null")),
    "a page that is not there": (404, request("GET /datasets/%00/%ed%a0%80 HTTP/1.1")),
    "half an escape": (404, request("GET /datasets/%zz/%f HTTP/1.1")),
    "a node with a NUL": (404, request("GET /lineage?node=dataset:%00:%00 HTTP/1.1")),
    "a state in no encoding": (400, request("GET /incidents?state=%ff&after=%ff HTTP/1.1")),
    "dead letters that are none": (400, post("/api/v1/dead-letters", b"[1]", JSON)),
    "GraphQL in no encoding": (400, post("/graphql", b"\xff\xfe{", JSON)),
    "GraphQL as a form": (400, post("/graphql", b"query=%7Bhub%7Bversion%7D%7D")),
    "GraphQL of 2 MB": (413, post("/graphql", large(2 * MIB), JSON)),
    "GraphQL with deep variables": (400, post("/graphql", b'{"a":' * 5_000 + b"}" * 5_000, JSON)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """A hub that answers all of the module's tests."""
    with served(folder) as (url, _process):
        yield url


def statuses(answers: bytes) -> list[int]:
    """The statuses of answers that follow one another."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", answers)]


@pytest.mark.parametrize(("status", "sent"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_and_the_hub_goes_on(
    url: str, folder: Path, status: int, sent: bytes
) -> None:
    assert statuses(exchange(url, sent)) == [status]
    assert httpx.get(f"{url}/readyz").status_code == 200
    assert "Traceback" not in log_of(folder)


def test_whoever_sends_all_of_a_large_body_still_hears_why_it_was_refused(url: str) -> None:
    with connect(url) as connection:
        # As urllib does it: the whole request first, and the connection to be closed after it.
        connection.sendall(post(LINEAGE, large(40 * MIB)))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_goes_away_in_the_middle_leaves_no_trace(url: str, folder: Path) -> None:
    for path in (LINEAGE, BATCH, "/api/v1/dead-letters", "/graphql"):
        with connect(url) as connection:
            connection.sendall(post(path, event("gone"), JSON)[:-9])
    assert statuses(exchange(url, post(LINEAGE, event("stayed")))) == [201]
    assert "Traceback" not in log_of(folder)


def test_whatever_way_an_event_comes_it_is_kept_once(tmp_path: Path) -> None:
    ways = {
        "plain": post(LINEAGE, event("plain")),
        "zipped": post(LINEAGE, gzip.compress(event("zipped")), GZIP),
        "in-chunks": chunked(event("in-chunks")[:9], event("in-chunks")[9:]),
        "of-old": post(LINEAGE, event("of-old"), version="1.0"),
        "after-asking": post(LINEAGE, event("after-asking"), "Expect: 100-continue"),
    }
    pipelined = ["first", "second", "third"]
    with served(tmp_path) as (url, process):
        for name, sent in ways.items():
            assert statuses(exchange(url, sent))[-1] == 201, name
            assert statuses(exchange(url, sent))[-1] == 201, name
        sent = b"".join(post(LINEAGE, event(name), closes=False) for name in pipelined)
        sent += post(LINEAGE, b"no event", closes=False) + post(LINEAGE, event("last"))
        assert statuses(exchange(url, sent)) == [201, 201, 201, 400, 201]
        process.kill()
        process.wait()
    store = open_store(f"sqlite:///{tmp_path}/hub.db")
    try:
        assert bodies(store) == [event(name) for name in (*ways, *pipelined, "last")]
    finally:
        store.close()
