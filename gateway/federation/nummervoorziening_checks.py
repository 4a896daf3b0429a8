"""Whether Nummervoorziening can be asked where an identity provider's entry says so."""

import ssl
from collections.abc import Iterator

from gateway.settings.loader import Settings
from gateway.settings.problems import Problem, warning


def nummervoorziening_problems(settings: Settings) -> Iterator[Problem]:
    """Everything that keeps it from being asked."""
    entry = settings.gateway.nummervoorziening
    schools = {one.value.brin: one for one in settings.schools}
    for idp in settings.identity_providers:
        if "nummervoorziening" not in idp.value.eck_id:
            continue
        place = idp.place("eck_id")
        if entry is None:
            yield Problem(place, "gateway.yaml has no nummervoorziening", "say there how it is asked, or leave it out")
            continue
        for brin in idp.value.schools:
            school = schools.get(brin)
            if school is None:
                continue
            if school.value.oin is None:
                yield warning(school.place("brin"), f"{brin} has no `oin`: Nummervoorziening is not asked for it")
            if school.value.sector.eck.value not in entry.sectors:
                what = f"nummervoorziening.sectors does not name the sector of {brin}: nothing is asked for it"
                yield warning(school.place("sector"), what)
    if entry is not None:
        yield from _certificate(settings)


def _certificate(settings: Settings) -> Iterator[Problem]:
    entry = settings.gateway.nummervoorziening
    assert entry is not None
    place = settings.gateway_document.place(("nummervoorziening", "certificate"))
    if not entry.url.startswith("https:"):
        yield Problem(settings.gateway_document.place(("nummervoorziening", "url")), "it is reached over https alone")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_cert_chain(settings.directory / entry.certificate, settings.directory / entry.key, password="")
        if entry.authorities is not None:
            context.load_verify_locations(settings.directory / entry.authorities)
    except (OSError, ValueError) as cause:
        why = getattr(cause, "strerror", None) or type(cause).__name__
        hint = "a certificate and its key, unencrypted, in PEM, and authorities in PEM"
        yield Problem(place, f"its files cannot be used: {why}", hint)
