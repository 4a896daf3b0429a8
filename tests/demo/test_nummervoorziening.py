"""The stand-in for Nummervoorziening, as the demo runs it: its own description, mutual TLS, addressing, its place."""

import re
import ssl
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
import zeep
from click.testing import CliRunner, Result

from gateway.cli import eckid_batch, eckid_world, main
from gateway.demo.eck_ids import HASHES, OIN
from gateway.demo.nummervoorziening import NS, SOAP, WSA, StandIn
from gateway.demo.nummervoorziening_wsdl import OPERATIONS, wsdl
from gateway.demo.people import BY_HASH, BY_STAMPSEUDONYM, MBO_WITH_API, NUMMERVOORZIENING_HOST
from gateway.pseudonyms.nummervoorziening import soap
from tests.flows.test_openid_login import shown
from tests.support.demo import Demo
from tests.support.held import HeldClock

GATEWAYS = Path(soap.__file__).with_name("eckid.wsdl")


def connection(demo: Demo) -> HTTPSConnection:
    keys = demo.federation.directory / "keys"
    context = ssl.create_default_context(cafile=keys / "nummervoorziening-ca.pem")
    context.load_cert_chain(keys / "nummervoorziening.pem", keys / "nummervoorziening.key")
    return HTTPSConnection(NUMMERVOORZIENING_HOST, demo.federation.port, context=context, timeout=60)


def signatures(document: Path) -> dict[str, tuple[Any, Any, str]]:
    """What zeep reads of each operation: what is asked, what is answered, and the SOAPAction."""
    [service] = zeep.Client(str(document)).wsdl.services.values()
    [port] = service.ports.values()
    return {
        name: (parts_of(one.input.body.type), parts_of(one.output.body.type), one.soapaction)
        for name, one in port.binding.all().items()
    }


def parts_of(described: Any) -> list[tuple[Any, ...]]:
    """Names, how often, and types, of which named ones are opened."""
    return [
        (name, one.min_occurs, one.max_occurs, parts_of(one.type) if hasattr(one.type, "elements") else one.type.name)
        for name, one in described.elements
    ]


def test_its_description_and_the_gateways_say_the_same(demo: Demo, tmp_path: Path) -> None:
    """They were written apart, from the same facts."""
    asking = connection(demo)
    asking.request("GET", "/eck/ws/201703?wsdl")
    document = tmp_path / "service.wsdl"
    document.write_bytes(asking.getresponse().read())
    asking.close()
    assert signatures(document) == signatures(GATEWAYS)
    assert set(signatures(document)) == set(OPERATIONS)
    assert signatures(document)["submitEckIdBatch"][0][0][:3] == ("stampseudonymList", 1, "unbounded")
    assert f"https://{NUMMERVOORZIENING_HOST}:{demo.federation.port}/eck/ws/201703".encode() in document.read_bytes()


def message(operation: str = "ping", *, inner: str = "", **headers: str) -> bytes:
    said = {"Action": f"{NS}/{operation}", "MessageID": "urn:uuid:1", "From": f"{WSA}/anonymous?oin={OIN}", **headers}
    address = f"<wsa:Address>{said.pop('From')}</wsa:Address>"
    header = "".join(f"<wsa:{name}>{value}</wsa:{name}>" for name, value in said.items())
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:wsa="{WSA}" xmlns="{NS}"><s:Header>{header}<wsa:From>{address}'
        f"</wsa:From></s:Header><s:Body><{operation}Request>{inner}</{operation}Request></s:Body></s:Envelope>"
    ).encode()


def test_a_message_as_it_should_be() -> None:
    assert StandIn().answer(message(), f'"{NS}/ping"')[0] == 200


@pytest.mark.parametrize(
    ("body", "action", "actor"),
    [
        (message(), f"{NS}/retrieveChains", "ActionMismatch"),
        (message(Action=f"{NS}/retrieveChains"), f"{NS}/ping", "ActionMismatch"),
        (message(MessageID=""), f"{NS}/ping", "InvalidAddressing"),
        (message(From=f"{WSA}/anonymous"), f"{NS}/ping", "InvalidAddressing"),
        (message(From=f"{WSA}/anonymous?oin=99XA"), f"{NS}/ping", "InvalidAddressing"),
        (message(inner="<more/>"), f"{NS}/ping", "InvalidMessage"),
        (message("retrieveEckId"), f"{NS}/retrieveEckId", "InvalidMessage"),
        (message("makeCoffee"), f"{NS}/makeCoffee", "InvalidMessage"),
        (b"no message", f"{NS}/ping", "InvalidMessage"),
    ],
)
def test_a_message_that_is_not(body: bytes, action: str, actor: str) -> None:
    service = StandIn()
    status, told = service.answer(body, action)
    assert (status, service.asked) == (500, [])
    assert actor.encode() in told


def test_the_description_names_where_it_is() -> None:
    assert b'location="https://there/"' in wsdl("https://there/")


def eck_ids_at(demo: Demo, name: str) -> str | None:
    return shown(demo, name, MBO_WITH_API.name).get("eckid")


def test_an_eck_id_comes_while_its_learner_logs_in(demo: Demo) -> None:
    """At the first login, unless the machine is so busy that this goes on without."""
    first = next(filter(None, (eck_ids_at(demo, BY_STAMPSEUDONYM.given_name) for _ in range(20))))
    assert re.fullmatch(r"https://ketenid\.nl/pilot/[0-9a-f]{128}", first)
    asked = demo.metric("sluis_nummervoorziening_total")
    assert asked >= 1
    assert eck_ids_at(demo, BY_STAMPSEUDONYM.given_name) == first
    assert demo.metric("sluis_nummervoorziening_total") == asked, "it is in the vault"


def test_an_eck_id_comes_by_batch_from_the_administrations_hashes(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, directory = HeldClock(), demo.federation.directory
    monkeypatch.setattr(eckid_world, "SystemClock", lambda: clock)
    monkeypatch.setattr(eckid_batch.time, "sleep", lambda seconds: clock.forward(seconds=seconds))

    def batch(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(main, ["eckid", "batch", *map(str, arguments)])
        assert result.exit_code == 0, result.output
        return result

    before = shown(demo, BY_HASH.given_name, MBO_WITH_API.name)
    assert "eckid" not in before
    batch("hashes", directory, directory / HASHES, "--idp", MBO_WITH_API.id)
    batch("follow", directory)
    batch("start", directory, MBO_WITH_API.brin)
    batch("follow", directory)
    after = shown(demo, BY_HASH.given_name, MBO_WITH_API.name)
    assert after["eckid"].startswith("https://ketenid.nl/pilot/")
    assert after["sub"] == before["sub"]
