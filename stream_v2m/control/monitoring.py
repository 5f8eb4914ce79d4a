"""Addresses for those who watch over the performance: metrics, health, readiness."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from stream_v2m.control.health import Health
from stream_v2m.control.metrics import Metrics
from stream_v2m.control.route import Route
from stream_v2m.control.words import written

if TYPE_CHECKING:
    from aiohttp import web


def routes(metrics: Metrics, health: Health) -> list[Route]:
    """``/metrics``, ``/health`` (503 if it does not go on) and ``/ready`` (503 if there is nothing to hear)."""
    from aiohttp import web
    from prometheus_client.exposition import choose_encoder

    async def tell_metrics(request: web.Request) -> web.StreamResponse:
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(metrics.registry), headers={"Content-Type": kind})

    async def tell_health(request: web.Request) -> web.StreamResponse:
        reasons = health.failing()
        return _answer(web.Response, "failing" if reasons else "ok", reasons)

    async def tell_ready(request: web.Request) -> web.StreamResponse:
        reasons = health.unready()
        return _answer(web.Response, "not ready" if reasons else "ready", reasons)

    return [
        Route("GET", "/metrics", tell_metrics),
        Route("GET", "/health", tell_health),
        Route("GET", "/ready", tell_ready),
    ]


def _answer(response: type[web.Response], status: str, reasons: tuple[str, ...]) -> web.Response:
    return response(
        status=HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK,
        text=written({"status": status, "reasons": reasons}),
        content_type="application/json",
    )
