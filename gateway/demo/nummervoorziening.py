"""A stand-in for Nummervoorziening, for tests and trials: mutual TLS, WS-Addressing, batches, faults.

It reads messages by hand and holds them to a description of its own (`nummervoorziening_wsdl`), so that it shares
nothing with the gateway's client but the facts. Its pseudonyms are hashes
of what it is asked, good for nothing elsewhere.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha512
from typing import Any

from lxml import etree

from gateway.demo.nummervoorziening_wsdl import NS, OPERATIONS, schema

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
CHAIN = "http://purl.edustandaard.nl/begrippenkader/e7ec7d3c-c235-4513-bfb6-e54e66854795"
SECTORS = {
    "Primair onderwijs": "http://purl.edustandaard.nl/begrippenkader/512e4729-03a4-43a2-95ba-758071d1b725",
    "Voortgezet onderwijs": "http://purl.edustandaard.nl/begrippenkader/2a1401e9-c223-493b-9b86-78f6993b1a8d",
    "Middelbaar beroepsonderwijs": "http://purl.edustandaard.nl/begrippenkader/f3ac3fbb-5eae-49e0-8494-0a44855fff25",
}
_FROM = f"{WSA}/anonymous?oin="
_OIN = re.compile(r"[0-9A-Z]{20}", re.ASCII)
_SCHEMA = schema()


class Refused(Exception):
    """Answered with a SOAP fault of this faultactor."""


@dataclass
class Submitted:
    """A batch: what came of it, and how often it must still be asked for until it is finished."""

    values: dict[int, str]
    failed: dict[int, str]
    rounds: int
    retrieved: bool = False


@dataclass
class StandIn:
    """The service. A test may make it slow, silent, or have it answer nonsense."""

    rounds: int = 1
    delay: Callable[[], None] = lambda: None
    nonsense: bytes | None = None
    limit: int = 1000
    batches: dict[str, Submitted] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Operations and the OIN that asked."""

    def answer(self, body: bytes, action: str) -> tuple[int, bytes]:
        """Status and envelope."""
        if self.nonsense is not None:
            return 200, self.nonsense
        try:
            root, request = _opened(body)
            operation = etree.QName(request).localname.removesuffix("Request")
            self._check_addressing(root, operation, action)
            self.delay()
            name, children = getattr(self, f"_{operation}")(request)
        except Refused as fault:
            return 500, _fault(str(fault))
        made = etree.Element(f"{{{NS}}}{name}", nsmap={"eck": NS})
        _fill(made, children)
        return 200, _envelope(made)

    def stampseudonym(self, hpgn: str) -> str:
        """What it makes of a hash."""
        first = hpgn
        while first in self.replaced:
            first = self.replaced[first]
        return f"https://ketenid.nl/sppilot/{sha512(f'stamp {first}'.encode()).hexdigest()}"

    def eck_id(self, stampseudonym: str, sector: str) -> str:
        """What it makes of a stampseudonym."""
        return f"https://ketenid.nl/pilot/{sha512(f'eck {stampseudonym} {sector}'.encode()).hexdigest()}"

    def _check_addressing(self, root: Any, operation: str, action: str) -> None:
        header = root.find(f"{{{SOAP}}}Header")
        said = {} if header is None else {etree.QName(one).localname: one for one in header}
        texts = {name: one.text for name, one in said.items()}
        if action.strip('"') != f"{NS}/{operation}" or texts.get("Action") != f"{NS}/{operation}":
            raise Refused("ActionMismatch")
        address = (said["From"].findtext(f"{{{WSA}}}Address") if "From" in said else None) or ""
        oin = address.removeprefix(_FROM)
        if not address.startswith(_FROM) or not _OIN.fullmatch(oin) or not texts.get("MessageID"):
            raise Refused("InvalidAddressing")
        self.asked.append((operation, oin))

    def _ping(self, _: Any) -> tuple[str, list[Any]]:
        told = [("available", "true"), ("applicationVersion", "2.0"), ("systemTime", "2026-09-07T08:30:00Z")]
        return "pingResponse", told

    def _retrieveStampseudonym(self, request: Any) -> tuple[str, list[Any]]:  # noqa: N802 - the service's name
        return "retrieveStampseudonymResponse", [("stampseudonym", self.stampseudonym(_hash(_text(request, "hpgn"))))]

    def _retrieveEckId(self, request: Any) -> tuple[str, list[Any]]:  # noqa: N802
        sector = self._sector(request)
        return "retrieveEckIdResponse", [("eckId", self.eck_id(_stamp(_text(request, "stampseudonym")), sector))]

    def _submitStampseudonymBatch(self, request: Any) -> tuple[str, list[Any]]:  # noqa: N802
        return self._submit(request, "hpgnList", "hPgn", lambda text: self.stampseudonym(_hash(text)))

    def _submitEckIdBatch(self, request: Any) -> tuple[str, list[Any]]:  # noqa: N802
        sector = self._sector(request)
        listed = "stampseudonymList"
        return self._submit(request, listed, "stampseudonym", lambda text: self.eck_id(_stamp(text), sector))

    def _submit(self, request: Any, listed: str, name: str, make: Callable[[str], str]) -> tuple[str, list[Any]]:
        if len(self.batches) >= self.limit:
            raise Refused("nl.ketenid.LimitDailyBatchSubmissionsExceededException")
        batch = Submitted({}, {}, self.rounds)
        for one in request.iterfind(f"{{{NS}}}{listed}"):
            index = int(_text(one, "index"))
            try:
                batch.values[index] = make(_text(one, name))
            except Refused:
                batch.failed[index] = "not valid"
        if not batch.values and not batch.failed:
            raise Refused("EmptyBatchException")
        identifier = f"batch-{len(self.batches) + 1}"
        self.batches[identifier] = batch
        return "submitBatchResponse", [("batchIdentifier", identifier)]

    def _retrieveBatch(self, request: Any) -> tuple[str, list[Any]]:  # noqa: N802
        batch = self.batches.get(_text(request, "batchIdentifier"))
        if batch is None:
            raise Refused("ContentRemovedException")
        if batch.rounds > 0:
            batch.rounds -= 1
            raise Refused("nl.ketenid.NotFinishedException" if batch.rounds % 2 == 0 else "TemporaryBlockedException")
        if batch.retrieved:
            raise Refused("ContentAlreadyRetrievedException")
        batch.retrieved = True
        good = [("success", [("index", str(index)), ("value", one)]) for index, one in batch.values.items()]
        bad = [("failed", [("index", str(index)), ("errorMessage", one)]) for index, one in batch.failed.items()]
        return "retrieveBatchResponse", [*good, *bad]

    def _replaceStampseudonym(self, request: Any) -> tuple[str, list[Any]]:  # noqa: N802
        old, new = _hash(_text(request, "hpgnOld")), _hash(_text(request, "hpgnNew"))
        if request.find(f"{{{NS}}}effectiveDate") is None:
            self.replaced[new] = old
        return "replaceStampseudonymResponse", [("stampseudonym", self.stampseudonym(new))]

    def _retrieveChains(self, _: Any) -> tuple[str, list[Any]]:  # noqa: N802
        return "retrieveChainsResponse", [("chain", _named(CHAIN, "Educatieve contentketen"))]

    def _retrieveSectors(self, _: Any) -> tuple[str, list[Any]]:  # noqa: N802
        return "retrieveSectorsResponse", [("sector", _named(uri, name)) for name, uri in SECTORS.items()]

    def _sector(self, request: Any) -> str:
        sector = _text(request, "sectorId")
        if _text(request, "chainId") != CHAIN:
            raise Refused("InvalidChainException")
        if sector not in SECTORS.values():
            raise Refused("InvalidSectorException")
        return sector


def _opened(body: bytes) -> tuple[Any, Any]:
    """The envelope and the request in it, which is one of the service's."""
    try:
        root: Any = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        [request] = root.find(f"{{{SOAP}}}Body")
    except (etree.XMLSyntaxError, TypeError, ValueError):
        raise Refused("InvalidMessage") from None
    if etree.QName(request).localname.removesuffix("Request") not in OPERATIONS or not _SCHEMA.validate(request):
        raise Refused("InvalidMessage")
    return root, request


def _text(element: Any, name: str) -> str:
    return element.findtext(f"{{{NS}}}{name}") or ""


def _hash(text: str) -> str:
    if len(text) != 64:
        raise Refused("InvalidHpgnException")
    return text


def _stamp(text: str) -> str:
    if not text.startswith("https://ketenid.nl/sppilot/"):
        raise Refused("InvalidStampseudonymException")
    return text


def _named(uri: str, name: str) -> list[tuple[str, str]]:
    return [("id", uri), ("name", name), ("description", name), ("lastEdited", "2026-01-01T00:00:00Z")]


def _fill(parent: Any, children: list[Any]) -> None:
    for name, content in children:
        child = etree.SubElement(parent, f"{{{NS}}}{name}")
        if isinstance(content, list):
            _fill(child, content)
        else:
            child.text = content


def _envelope(content: Any) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(content)
    return etree.tostring(envelope)


def _fault(actor: str) -> bytes:
    fault = etree.Element(f"{{{SOAP}}}Fault")
    for name, text in (("faultcode", "soap:Client"), ("faultstring", "it will not"), ("faultactor", actor)):
        etree.SubElement(fault, name).text = text
    return _envelope(fault)
