"""How a hub's process starts, refuses to, is told things by signals, and ends."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from hub.store import schema
from hub.store.database import Database
from tests.api.intake import bodies
from tests.served.hubs import connect, log_of, post, refusal, served

LINEAGE = "/api/v1/lineage"
EVENT = json.dumps(
    {
        "eventTime": "2026-11-23T09:00:00Z",
        "eventType": "COMPLETE",
        "run": {"runId": "r"},
        "job": {"namespace": "n", "name": "j"},
        "outputs": [{"namespace": "n", "name": "d"}],
    }
).encode()
DOMAINS = "domains:\n  - domain: shop\n    team: shop-data\n"


def stored(folder: Path) -> list[bytes]:
    from hub.store.opening import open_store

    with closing(open_store(f"sqlite:///{folder}/hub.db")) as store:
        return bodies(store)


def is_listening(url: str) -> bool:
    try:
        connect(url).close()
    except ConnectionRefusedError:
        return False
    return True


def ended(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> int:
    process.send_signal(number)
    return process.wait(30)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_hub_that_is_told_to_end_answers_what_it_has_begun_to_receive(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    request = post(LINEAGE, EVENT, closes=False)
    with served(tmp_path) as (url, process), connect(url) as connection:
        connection.sendall(request[:-20])
        assert httpx.get(f"{url}/livez").status_code == 200  # so the half has been read, too
        process.send_signal(number)
        while is_listening(url):
            time.sleep(0.01)
        connection.sendall(request[-20:])
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 201 ")
        assert process.wait(30) == code
    assert stored(tmp_path) == [EVENT]
    assert "Traceback" not in log_of(tmp_path)


def test_a_hub_ends_soon_though_clients_keep_connections_open(tmp_path: Path) -> None:
    with served(tmp_path) as (url, process), ExitStack() as open_connections:
        for sent in (b"", b"GET /livez HT", b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            connection = open_connections.enter_context(connect(url))
            connection.sendall(sent)
        assert ended(process) == 0


def test_what_an_api_took_the_stages_project(tmp_path: Path) -> None:
    question = {"query": '{ dataset(namespace: "n", name: "d") { name } }'}
    with served(tmp_path, "--role", "api") as (url, api):
        posted = httpx.post(f"{url}{LINEAGE}", content=EVENT)
        assert posted.status_code == 201
        after = {"Hub-After-Position": posted.headers["Hub-Position"]}
        with served(tmp_path, "--role", "stages") as (said, stages):
            assert said == "running the stages"
            answer = httpx.post(f"{url}/graphql", json=question, headers=after, timeout=60)
            assert answer.json() == {"data": {"dataset": {"name": "d"}}}
            assert ended(stages) == 0
        assert ended(api) == 0


def test_two_hubs_may_make_a_new_store_at_the_same_time(tmp_path: Path) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(2) as threads:
        for url, _ in threads.map(stack.enter_context, [served(tmp_path), served(tmp_path)]):
            assert httpx.get(f"{url}/readyz").status_code == 200


def test_a_taken_port_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with served(tmp_path) as (url, _process):
        port = url.rpartition(":")[2]
        code, message = refusal(
            tmp_path, "--port", port, "--database", f"sqlite:///{tmp_path}/x.db"
        )
    assert code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in message
    assert "--port" in message
    assert not (tmp_path / "x.db").exists()


def test_another_address_is_not_listened_on_without_keys(tmp_path: Path) -> None:
    code, message = refusal(tmp_path, "--host", "0.0.0.0")  # noqa: S104 - that is what is refused
    assert code == 2
    assert "without API keys" in message
    assert "[[auth.keys]]" in message


def test_an_address_of_no_database_is_told_once_and_in_words(tmp_path: Path) -> None:
    code, message = refusal(tmp_path, "--database", "mysql://x/y")
    assert code == 2
    assert message.splitlines()[0].endswith("mysql is neither sqlite nor postgresql")
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("hub.toml", "[serve]\nprot = 1\n", "hub.toml:2: serve.prot is no setting of the hub"),
        ("hub.toml", "[intake]\nmax_body_bytes = 0\n", "hub.toml:2: intake.max_body_bytes: "),
        ("hub.toml", "[serve\nport = 1\n", "hub.toml cannot be read: "),
        ("domains.yaml", DOMAINS + "    pager: x\n", "domains.yaml:2: "),
        ("domains.yaml", DOMAINS + "    receiver: nobody\n", "receiver nobody is not declared"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    tmp_path: Path, file: str, content: str, expected: str
) -> None:
    (tmp_path / file).write_text(content)
    code, message = refusal(tmp_path)
    assert (code, expected in message) == (2, True), message
    assert not (tmp_path / "hub.db").exists()


def test_an_unknown_variable_is_no_reason_not_to_start(tmp_path: Path) -> None:
    with served(tmp_path, env={"HUB_SERVICE_HOST": "10.0.0.1"}) as (url, _process):
        assert httpx.get(f"{url}/livez").status_code == 200


def test_a_server_that_is_behind_is_refused_with_the_command_to_type(
    postgresql_url: str, tmp_path: Path
) -> None:
    database = Database(postgresql_url)
    with closing(database), database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'pre_0000'"))
    code, message = refusal(tmp_path, "--database", postgresql_url)
    assert code == 3
    assert f"'pre_0000'; this hub needs '{schema.HEAD}'" in message
    assert f"hub migrate --database '{database.masked_url}'" in message


def test_files_are_read_again_on_request_and_wrong_ones_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "domains.yaml"
    file.write_text(DOMAINS)

    def reloaded(content: str) -> str:
        """Write a new file, have it read, and return what the hub says of it."""
        before = len(log_of(tmp_path))
        file.write_text(content)
        process.send_signal(signal.SIGHUP)
        while not (said := log_of(tmp_path)[before:]).endswith("\n"):
            time.sleep(0.01)
        return said

    def domains() -> list[str]:
        query = {"query": "{ domains { edges { node { name } } } }"}
        found = httpx.post(f"{url}/graphql", json=query).json()["data"]["domains"]["edges"]
        return [edge["node"]["name"] for edge in found]

    with served(tmp_path) as (url, process):
        assert domains() == ["shop"]
        assert "catalog_reloaded" in reloaded(DOMAINS.replace("shop", "sales"))
        assert domains() == ["sales"]
        assert "domains.yaml:2: " in reloaded(DOMAINS + "    pager: x\n")
        assert domains() == ["sales"]
        ready = httpx.get(f"{url}/readyz")
        assert (ready.status_code, ready.json()["checks"]["catalog"]["ok"]) == (200, True)
        assert "domains.yaml:2: " in ready.json()["checks"]["catalog"]["detail"]
        assert "catalog_reloaded" in reloaded(DOMAINS)
        assert "catalog" not in httpx.get(f"{url}/readyz").json()["checks"]
        assert ended(process) == 0
