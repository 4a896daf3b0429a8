"""GET /saml/metadata/sp and /saml/metadata/idp: the gateway's own metadata, each at its entity id."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from flask import Blueprint, Response, request

from gateway.domain.clock import Clock
from gateway.saml.addresses import METADATA_IDP_PATH, METADATA_SP_PATH
from gateway.saml.documents import period

CONTENT_TYPE = "application/samlmetadata+xml"
"""Registered by saml-metadata-2.0-os, appendix A."""
MAX_AGE = 3600
"""Seconds for which a cache may keep a document; far less than it stays valid."""


class Publication:
    """A document that is made when it is first needed in its period, and no more often."""

    def __init__(self, make: Callable[[datetime], bytes], clock: Clock) -> None:
        self._make = make
        self._clock = clock
        self._made = self._new(clock.now())

    def current(self) -> bytes:
        """The document of now."""
        now = self._clock.now()
        if self._made[0] != period(now):
            self._made = self._new(now)
        return self._made[1]

    def _new(self, now: datetime) -> tuple[datetime, bytes]:
        return period(now), self._make(now)


def blueprint(*, sp: Publication, idp: Publication) -> Blueprint:
    """Both documents."""
    routes = Blueprint("saml_metadata", __name__)

    @routes.get(METADATA_SP_PATH)
    def sp_document() -> Response:
        return _served(sp.current())

    @routes.get(METADATA_IDP_PATH)
    def idp_document() -> Response:
        return _served(idp.current())

    return routes


def _served(document: bytes) -> Response:
    response = Response(document, content_type=CONTENT_TYPE)
    response.set_etag(sha256(document).hexdigest())
    response.cache_control.public = True
    response.cache_control.max_age = MAX_AGE
    response.make_conditional(request)
    return response
