"""Whether the process lives, whether it is ready, and what it measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub import telemetry


class Check(Struct, frozen=True):
    """One thing that must hold for the hub to be ready."""

    is_ok: bool
    detail: str = ""


Checks = Callable[[], Mapping[str, Check]]


def health_routes(checks: Checks, metrics: Callable[[], bytes]) -> list[Route]:
    """Return ``/livez``, ``/readyz`` and ``/metrics``; ``checks`` may take its time."""

    def live(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_request: Request) -> Response:
        found = await run_in_threadpool(checks)
        is_ready = all(check.is_ok for check in found.values())
        content = {
            "status": "ready" if is_ready else "not ready",
            "checks": {
                name: {"ok": check.is_ok, "detail": check.detail} for name, check in found.items()
            },
        }
        return JSONResponse(content, status_code=200 if is_ready else 503)

    def measured(_request: Request) -> Response:
        return Response(metrics(), media_type=telemetry.METRICS_CONTENT_TYPE)

    return [Route("/livez", live), Route("/readyz", ready), Route("/metrics", measured)]
