"""For machines: /health/live, /health/ready and /metrics."""

import ipaddress
import json
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

from flask import Blueprint, Response, abort, request

from gateway.observability.health import Health
from gateway.observability.metrics import CONTENT_TYPE, Metrics


def blueprint(*, health: Health, metrics: Metrics, metrics_from: Sequence[IPv4Network | IPv6Network]) -> Blueprint:
    """Live: the process answers. Ready: it can take logins; if not, 503 and the reasons. Metrics: for some alone.

    Degraded with 200: it takes logins, and somebody must look at the warnings; a balancer leaves it where it is.
    """
    routes = Blueprint("operations", __name__)

    @routes.get("/health/live")
    def live() -> Response:
        return _json({"status": "live"})

    @routes.get("/health/ready")
    def ready() -> Response:
        problems, warnings = health.problems(), health.warnings()
        said = {"problems": problems} if problems else {}
        said |= {"warnings": warnings} if warnings else {}
        return _json({"status": "degraded" if said else "ready", **said}, 503 if problems else 200)

    @routes.get("/metrics")
    def counters() -> Response:
        caller = ipaddress.ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 - nobody's address, not one to bind
        if not any(caller in network for network in metrics_from):
            abort(404)
        return Response(metrics.render(), content_type=CONTENT_TYPE)

    return routes


def _json(value: dict[str, object], status: int = 200) -> Response:
    return Response(json.dumps(value), status=status, mimetype="application/json")
