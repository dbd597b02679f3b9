import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from hub.flow.ingest import Lag
from hub.flow.project import Project, project_all
from hub.store import tracking
from hub.store.opening import Store
from tests.api.intake import MAX_BODY, bodies, serving

LINEAGE = "/api/v1/lineage"
BATCH = "/api/v1/lineage/batch"


def event(number: int = 1) -> bytes:
    return json.dumps(
        {
            "eventTime": "2026-11-23T09:00:00Z",
            "eventType": "COMPLETE",
            "run": {"runId": f"run-{number}"},
            "job": {"namespace": "shop", "name": "orders"},
        }
    ).encode()


async def test_an_event_is_answered_empty_once_it_is_in_the_journal(store: Store) -> None:
    async with serving(store) as client:
        answer = await client.post(LINEAGE, content=event())
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["content-length"] == "0"
    assert answer.headers["hub-position"] == "1"
    assert bodies(store) == [event()]


async def test_a_slash_at_the_end_leads_to_the_same_place(sqlite_store: Store) -> None:
    async with serving(sqlite_store) as client:
        assert (await client.post(f"{LINEAGE}/", content=event())).status_code == 201
        assert (await client.post(f"{BATCH}/", content=b"[%s]" % event())).status_code == 200


async def test_a_byte_identical_repeat_is_stored_once_and_gets_its_first_position(
    store: Store,
) -> None:
    async with serving(store) as client:
        await client.post(LINEAGE, content=event(1))
        await client.post(LINEAGE, content=event(2))
        again = await client.post(LINEAGE, content=b"\n " + event(1) + b"\t\r\n")
        in_batch = await client.post(BATCH, content=b"[%s , %s]" % (event(2), event(1)))
        zipped = await client.post(
            LINEAGE, content=gzip.compress(event(1)), headers={"Content-Encoding": "gzip"}
        )
    assert (again.status_code, again.headers["hub-position"]) == (201, "1")
    assert (zipped.status_code, zipped.headers["hub-position"]) == (201, "1")
    assert in_batch.headers["hub-position"] == "1"
    assert in_batch.json()["summary"]["duplicates"] == 2
    assert len(bodies(store)) == 2


async def test_a_batch_is_answered_with_a_summary(store: Store) -> None:
    elements = [event(1), b'{"no": "event"}', b"[1]", b'"text"', event(1), b"null"]
    async with serving(store) as client:
        answer = await client.post(BATCH, content=b"[%s]" % b",".join(elements))
    assert answer.status_code == 200
    assert answer.headers["hub-position"] == "1"
    assert answer.json() == {
        "status": "partial_success",
        "summary": {
            "received": 6,
            "successful": 3,
            "failed": 3,
            "retriable": 0,
            "non_retriable": 3,
            "duplicates": 1,
        },
        "failed_events": [
            {"index": index, "reason": "the body is not a JSON object", "retriable": False}
            for index in (2, 3, 5)
        ],
        "duplicate_events": [4],
    }
    assert bodies(store) == [event(1), b'{"no": "event"}']


async def test_an_empty_batch_is_a_success_without_a_position(sqlite_store: Store) -> None:
    async with serving(sqlite_store) as client:
        answer = await client.post(BATCH, content=b" [ ] ")
    assert answer.json()["status"] == "success"
    assert "hub-position" not in answer.headers


async def test_elements_of_a_batch_are_stored_in_their_own_bytes(sqlite_store: Store) -> None:
    elements = [b'{"a" : "\\ud800"}', b'{ "b":1e999}', b'{"c":[[],[{}]]}', b"{}"]
    async with serving(sqlite_store) as client:
        answer = await client.post(BATCH, content=b"\n[ " + b" ,\r\n".join(elements) + b"\t]")
    assert answer.json()["status"] == "success"
    assert bodies(sqlite_store) == elements


async def test_secrets_are_masked_before_they_are_journaled(sqlite_store: Store) -> None:
    body = b'{"eventTime": "2026-11-23T09:00:00Z", "url": "postgres://etl:hunter2@db/shop"}'
    async with serving(sqlite_store) as client:
        first = await client.post(LINEAGE, content=body)
        other = await client.post(LINEAGE, content=body.replace(b"hunter2", b"hunter3"))
        again = await client.post(BATCH, content=b"[%s]" % body)
    assert bodies(sqlite_store) == [body.replace(b"hunter2", b"***")] * 2
    positions = [answer.headers["hub-position"] for answer in (first, other, again)]
    assert positions == ["1", "2", "1"], "repeats are told by what was received"


async def test_events_that_arrive_together_share_a_commit(sqlite_store: Store) -> None:
    commits: list[None] = []
    async with serving(sqlite_store, on_commit=lambda: commits.append(None)) as client:
        answers = await asyncio.gather(
            *(client.post(LINEAGE, content=event(number)) for number in range(200))
        )
    assert sorted(int(answer.headers["hub-position"]) for answer in answers) == list(range(1, 201))
    assert len(commits) < 100
    stored = bodies(sqlite_store)
    for number, answer in enumerate(answers):
        assert stored[int(answer.headers["hub-position"]) - 1] == event(number)


async def test_a_body_over_the_limit_is_refused(sqlite_store: Store) -> None:
    large = b'{"x": "' + b"x" * 2000 + b'"}'
    async with serving(sqlite_store, max_body_bytes=1000) as client:
        plain = await client.post(LINEAGE, content=large)
        zipped = await client.post(
            LINEAGE, content=gzip.compress(large), headers={"Content-Encoding": "gzip"}
        )

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(large), 100):
                yield large[start : start + 100]

        chunked = await client.post(BATCH, content=chunks())
    assert [answer.status_code for answer in (plain, zipped, chunked)] == [413] * 3
    assert "intake.max_body_bytes" in plain.json()["fix"]
    assert bodies(sqlite_store) == []


async def test_a_gzip_bomb_is_stopped_at_the_limit(sqlite_store: Store) -> None:
    bomb = gzip.compress(bytes(200 << 20), 1)
    assert len(bomb) < 1 << 20
    async with serving(sqlite_store) as client:
        answer = await client.post(LINEAGE, content=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    assert bodies(sqlite_store) == []


async def test_a_body_just_under_the_limit_is_taken(sqlite_store: Store) -> None:
    body = b'{"x":"' + b"x" * (MAX_BODY - 8) + b'"}'
    assert len(body) == MAX_BODY
    async with serving(sqlite_store) as client:
        assert (await client.post(LINEAGE, content=body)).status_code == 201
        assert (await client.post(LINEAGE, content=body + b" ")).status_code == 413


async def test_gzip_in_several_members_is_one_body(sqlite_store: Store) -> None:
    body = gzip.compress(event()[:50]) + gzip.compress(event()[50:])
    async with serving(sqlite_store) as client:
        answer = await client.post(LINEAGE, content=body, headers={"Content-Encoding": "GZip"})
    assert answer.status_code == 201
    assert bodies(sqlite_store) == [event()]


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(event())[:-1],
        gzip.compress(event())[:20],
        gzip.compress(event()) + b"rest",
        gzip.compress(event())[:-8] + bytes(8),
        event(),
        b"",
    ],
    ids=["no-end", "half", "rest-after-it", "wrong-checksum", "plain", "empty"],
)
async def test_broken_gzip_is_refused(sqlite_store: Store, body: bytes) -> None:
    async with serving(sqlite_store) as client:
        answer = await client.post(LINEAGE, content=body, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "gzip" in answer.json()["error"]
    assert bodies(sqlite_store) == []


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
async def test_another_encoding_is_refused_with_those_that_are_read(
    sqlite_store: Store, encoding: str
) -> None:
    async with serving(sqlite_store) as client:
        answer = await client.post(LINEAGE, content=event(), headers={"Content-Encoding": encoding})
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "gzip, identity"


async def test_under_pressure_a_client_is_asked_to_come_back(sqlite_store: Store) -> None:
    large = [b'{"number": %d, "x": "%s"}' % (number, b"x" * 900) for number in range(50)]
    async with serving(sqlite_store, max_pending_bytes=2_000) as client:
        with sqlite_store.database.write():
            posts = [asyncio.create_task(client.post(LINEAGE, content=body)) for body in large]
            done, _ = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
            refused = next(iter(done)).result()
        answers = await asyncio.gather(*posts)
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    accepted = [body for body, answer in zip(large, answers, strict=True) if answer.is_success]
    assert {answer.status_code for answer in answers} == {201, 503}
    assert sorted(bodies(sqlite_store)) == sorted(accepted)


async def test_what_waits_to_be_projected_holds_up_what_comes(sqlite_store: Store) -> None:
    seconds = [0.0]

    def projected() -> int:
        with sqlite_store.database.read() as connection:
            return tracking.position(connection, Project.name)

    lag = Lag(projected, most_seconds=1.0, clock=lambda: seconds[0])
    async with serving(sqlite_store, lag=lag) as client:
        for number, at in enumerate((0.0, 0.9, 1.1)):
            seconds[0] = at
            # That it is late is seen with the last of them, when it is written.
            assert (await client.post(LINEAGE, content=event(number))).status_code == 201
        refused = await client.post(LINEAGE, content=event(3))
        assert len(bodies(sqlite_store)) == 3
        project_all(sqlite_store)
        seconds[0] = 1.3
        # Who is refused has the writer look again.
        async with asyncio.timeout(10):
            while (await client.post(LINEAGE, content=event(3))).status_code == 503:
                pass
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert "projected" in refused.json()["error"]
    assert len(bodies(sqlite_store)) == 4


async def test_a_failing_store_is_told_as_unavailable(sqlite_store: Store) -> None:
    async with serving(sqlite_store) as client:
        with sqlite_store.database.write() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        noise = json.dumps({"x": [hash((n, "noise")) for n in range(50_000)]}).encode()
        answer = await client.post(LINEAGE, content=noise)
    assert answer.status_code == 503
    assert "full" in answer.json()["error"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_only_posts_are_taken(sqlite_store: Store, method: str) -> None:
    async with serving(sqlite_store) as client:
        answer: httpx.Response = await client.request(method, LINEAGE)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_other_paths_are_for_the_application_behind(sqlite_store: Store) -> None:
    async with serving(sqlite_store) as client:
        assert (await client.get("/graphql")).text == "behind the intake"
        assert (await client.get(LINEAGE)).text == "behind the intake"
        assert (await client.get(BATCH)).status_code == 405
