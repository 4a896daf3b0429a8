"""/status: whether the gateway, the schools and the services work, for everybody; and the same as JSON."""

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from gateway.domain.clock import Clock, dutch_time
from gateway.domain.errors import SluisError
from gateway.federation.snapshot import Federation
from gateway.login.recent import Party, Recent
from gateway.observability.health import Health
from gateway.pages.render import Renderer
from gateway.pages.standings import Standings, standings
from gateway.settings.models.pages import MaintenanceEntry, Pages

PATH = "/status"


@dataclass(frozen=True, slots=True)
class Status:
    """What is told. `idps` and `services` are None where nothing is known of them, or nothing is to be told."""

    gateway: str
    idps: tuple[Standings, ...] | None
    services: tuple[Standings, ...] | None
    maintenance: tuple[MaintenanceEntry, ...]


class Teller:
    """Finds out what to tell."""

    def __init__(self, *, health: Health, recent: Recent, federation: Federation, pages: Pages, clock: Clock) -> None:
        self._health = health
        self._recent = recent
        self._federation = federation
        self._pages = pages
        self._clock = clock

    def status(self) -> Status:
        """As it is now. What is wrong in the gateway is said in one word: the rest is for its operator."""
        problems = self._health.problems()
        gateway = "down" if problems else "degraded" if self._health.warnings() else "ready"
        now = self._clock.now()
        planned = tuple(sorted((one for one in self._pages.maintenance if one.until > now), key=lambda one: one.since))
        if not self._pages.standings:
            return Status(gateway, None, None, planned)
        try:
            counts = self._recent.counts()
        except SluisError:
            return Status("down", None, None, planned)
        idps, services = (standings(counts, self._federation, party) for party in (Party.IDP, Party.SERVICE))
        return Status(gateway, idps, services, planned)


def blueprint(*, teller: Teller, renderer: Renderer, clock: Clock, told: bool) -> Blueprint:
    """The page and its JSON. Both are 200 whatever they say: whether to send logins here, /health/ready tells."""
    routes = Blueprint("status", __name__)

    @routes.get(PATH)
    def show() -> Response:
        return renderer.page(
            "status.html",
            switch=True,
            alone=True,
            state=teller.status(),
            told=told,
            now=dutch_time(clock.now()),
            local=dutch_time,
        )

    @routes.get(f"{PATH}.json")
    def data() -> Response:
        body = json.dumps(as_data(teller.status()) | {"at": clock.now().isoformat()}, indent=2, ensure_ascii=False)
        return Response(f"{body}\n", mimetype="application/json")

    return routes


def as_data(status: Status) -> dict[str, Any]:
    """All of it as JSON: moments as ISO 8601; a party that is not in the list had too few logins to tell of."""
    return {
        "gateway": status.gateway,
        "identity_providers": _listed(status.idps),
        "services": _listed(status.services),
        "maintenance": [
            {"since": one.since.isoformat(), "until": one.until.isoformat(), "text": dict(one.text)}
            for one in status.maintenance
        ],
    }


def _listed(found: tuple[Standings, ...] | None) -> list[dict[str, Any]] | None:
    if found is None:
        return None
    return [{"id": one.id, "names": dict(one.names), "standing": one.standing} for one in found]
