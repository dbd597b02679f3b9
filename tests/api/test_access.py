from __future__ import annotations

from hashlib import sha256

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from hub.api.rest.access import Access
from hub.settings import ApiKey

KEY = ApiKey("ci", sha256(b"s3cret").hexdigest())


def who(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.state.holder)


def alive(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("alive")


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.state.holder)
    await socket.close()


APP = Starlette(
    routes=[
        Route("/livez", alive),
        Route("/x", who, methods=["GET", "POST"]),
        WebSocketRoute("/ws", greet),
    ]
)


def client(*keys: ApiKey, host: str = "127.0.0.1") -> TestClient:
    return TestClient(Access(APP, keys=keys), base_url=f"http://{host}")


def test_with_keys_a_request_needs_one() -> None:
    assert client(KEY).get("/x").status_code == 401
    assert client(KEY).get("/x", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client(KEY).get("/x", headers={"Authorization": "Basic s3cret"}).status_code == 401
    assert client(KEY).get("/x", headers={"Authorization": "Bearer s3cret"}).text == "ci"


def test_probes_need_no_key_and_nothing_else_passes_for_one() -> None:
    assert client(KEY).get("/livez").status_code == 200
    for path in ("/livez/", "/livez;x", "//livez", "/LIVEZ", "/livez/../x", "/x?/livez"):
        assert client(KEY).get(path).status_code == 401


def test_a_socket_needs_a_key_too() -> None:
    with pytest.raises(WebSocketDisconnect), client(KEY).websocket_connect("/ws"):
        pass
    headers = {"Authorization": "Bearer s3cret"}
    with client(KEY).websocket_connect("/ws", headers=headers) as socket:
        assert socket.receive_text() == "ci"


def test_without_keys_a_request_must_be_meant_for_this_machine() -> None:
    assert client().get("/x").text == "local"
    assert client(host="localhost:8080").get("/x").text == "local"
    refused = client(host="rebound.example").get("/x")
    assert refused.status_code == 403
    assert "serve.allowed_hosts" in refused.json()["fix"]


def test_without_keys_a_page_of_another_origin_is_refused() -> None:
    assert client().post("/x", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client().post("/x", headers={"Origin": "null"}).status_code == 403
    assert client().post("/x", headers={"Origin": "http://localhost:5173"}).status_code == 200
    with (
        pytest.raises(WebSocketDisconnect),
        client().websocket_connect("/ws", headers={"Origin": "https://evil.example"}),
    ):
        pass
