"""The discovery service of SAML: it answers with the gateway, and only where the service's metadata says."""

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from gateway.domain.errors import SluisError
from gateway.federation.metadata.document import MetadataDocument
from gateway.federation.metadata.parse import read_sp
from gateway.federation.snapshot import Federation
from gateway.login.steps import Redirect, Step
from gateway.saml.addresses import DISCOVERY_PATH, Addresses
from gateway.saml.idp import discovery_service
from gateway.xml.namespaces import IDPDISC
from tests.support.small_federation import LEESPLEIN, changed, small_federation

ADDRESSES = Addresses("https://login.example")
IDP = "https%3A%2F%2Flogin.example%2Fsaml%2Fmetadata%2Fidp"
DEFAULT, OTHER = "https://leesplein.example/ds", "https://leesplein.example/other?tenant=1"


def client(*responses: str) -> tuple[FlaskClient, str]:
    small = small_federation()
    service = changed(small.services[LEESPLEIN], discovery_responses=responses)
    federation = Federation.of(schools=(), identity_providers=(), services=(service,), agreements=())
    app = Flask("discovery", static_folder=None)

    def respond(step: Step) -> Response:
        assert isinstance(step, Redirect)
        return Response(status=303, headers={"Location": step.url})

    @app.errorhandler(SluisError)
    def refused(error: SluisError) -> Response:
        return Response(str(error.code), status=400)

    app.register_blueprint(discovery_service.blueprint(addresses=ADDRESSES, federation=federation, respond=respond))
    return app.test_client(), service.saml.metadata.entity_id


def answer(**asked: str) -> Response:
    browser, entity_id = client(DEFAULT, OTHER)
    names = {"return_": "return"}
    query = {"entityID": entity_id} | {names.get(name, name): value for name, value in asked.items()}
    return browser.get(DISCOVERY_PATH, query_string={name: value for name, value in query.items() if value is not None})


@pytest.mark.parametrize("passive", ["true", "false", None])
def test_it_answers_at_once_with_the_gateway(passive: str) -> None:
    assert answer(isPassive=passive).headers["Location"] == f"{DEFAULT}?entityID={IDP}"


@pytest.mark.parametrize("back", [DEFAULT, f"{DEFAULT}?target=cookie%3A1", OTHER, f"{OTHER}&more=2"])
def test_it_returns_to_addresses_of_the_metadata(back: str) -> None:
    sign = "&" if "?" in back else "?"
    assert answer(return_=back).headers["Location"] == f"{back}{sign}entityID={IDP}"


def test_the_name_of_the_answer_is_the_services() -> None:
    asked = answer(returnIDParam="idp", policy=f"{IDPDISC}:single")
    assert asked.headers["Location"] == f"{DEFAULT}?idp={IDP}"


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "https://leesplein.example.evil.example/ds",
        f"{DEFAULT}.evil.example",
        f"{DEFAULT}/../x",
        "https://leesplein.example@evil.example/ds",
        "//evil.example/ds",
        "javascript:alert(1)",
        f"{DEFAULT}#x",
        f"{DEFAULT}?a=\r\nLocation: https://evil.example",
        f"{DEFAULT}?x=\\evil",
        f"{DEFAULT}?" + "x" * 3000,
        "https://leesplein.example/other?tenant=2",
        "http://leesplein.example/ds",
        "",
    ],
)
def test_it_is_no_open_redirect(back: str) -> None:
    refused = answer(return_=back)
    assert (refused.status_code, refused.text) == (400, "request_return_unknown")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"entityID": None}, "request_missing"),
        ({"entityID": "https://nobody.example"}, "request_service_unknown"),
        ({"policy": "urn:other"}, "request_unsupported"),
        ({"isPassive": "perhaps"}, "request_malformed"),
        ({"returnIDParam": "a&b=c"}, "request_malformed"),
        ({"returnIDParam": "tenant", "return_": OTHER}, "request_malformed"),
    ],
)
def test_what_is_wrong_is_a_page(asked: dict[str, str], code: str) -> None:
    assert answer(**asked).text == code


def test_a_parameter_that_stands_there_twice_is_refused() -> None:
    browser, entity_id = client(DEFAULT)
    assert browser.get(f"{DISCOVERY_PATH}?entityID={entity_id}&entityID=x").text == "request_malformed"


def test_a_service_without_such_an_address_gets_no_answer() -> None:
    browser, entity_id = client()
    asked = browser.get(DISCOVERY_PATH, query_string={"entityID": entity_id, "return": DEFAULT})
    assert asked.text == "request_return_unknown"


def test_the_addresses_are_read_from_metadata_the_default_first() -> None:
    document = f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sp.example">
    <SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><Extensions>
    <d:DiscoveryResponse xmlns:d="{IDPDISC}" Binding="{IDPDISC}" Location="https://sp.example/a" index="1"/>
    <d:DiscoveryResponse xmlns:d="{IDPDISC}" Binding="{IDPDISC}" Location="http://sp.example/plain" index="2"/>
    <d:DiscoveryResponse xmlns:d="{IDPDISC}" Binding="urn:other" Location="https://sp.example/c" index="3"/>
    <d:DiscoveryResponse xmlns:d="{IDPDISC}" Binding="{IDPDISC}"
    Location="https://sp.example/b" index="4" isDefault="true"/>
    </Extensions><AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    Location="https://sp.example/acs" index="0"/></SPSSODescriptor></EntityDescriptor>"""
    read = read_sp(MetadataDocument.of(document.encode()), None)
    assert read.discovery_responses == ("https://sp.example/b", "https://sp.example/a")
