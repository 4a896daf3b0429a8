"""/docs/connect: what a supplier reads is what the gateway does."""

import json
import re
from urllib.parse import urlsplit

import pytest
from lxml import html

from gateway.app import create_app
from gateway.domain.language import Language
from gateway.domain.purpose import Purpose
from gateway.parts import assemble
from gateway.settings.loader import load
from tests.support.browser_like import Tab
from tests.support.configuration import FILES, write_configuration
from tests.support.demo import Demo


def document(demo: Demo) -> dict[str, str]:
    return json.loads(Tab().open(demo.gateway + "/.well-known/openid-configuration").body)


def test_discovery_leads_to_it(demo: Demo) -> None:
    tab = Tab().open(document(demo)["service_documentation"])
    assert (tab.status, tab.title) == (200, "Een dienst aansluiten")
    assert tab.follow("English").title == "Connect a service"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_address_of_discovery_stands_there(demo: Demo, language: str) -> None:
    text = Tab(language=language).open(demo.gateway + "/docs/connect").text
    told = document(demo)
    for name in told:
        if name.endswith(("_endpoint", "jwks_uri")) or name == "issuer":
            assert told[name] in text, name
    assert demo.gateway + "/saml/metadata/idp" in text
    assert demo.gateway + "/saml/idp/sso" in text


def test_every_link_leads_somewhere(demo: Demo) -> None:
    tab = Tab().open(demo.gateway + "/docs/connect")
    addresses = [link.get("href") for link in tab.page.iter("a") if link.get("href").startswith("http")]
    assert len(addresses) == 2
    assert all(Tab().open(address).status == 200 for address in addresses)


def test_what_the_demo_service_gets_stands_in_the_table_with_its_scope(demo: Demo) -> None:
    page = Tab().open(demo.gateway + "/docs/connect").page
    rows = {
        row.find("td").text_content(): [cell.text_content() for cell in row] for row in page.iterfind(".//tbody/tr")
    }
    assert (rows["eckid"][1], rows["eckid"][3]) == ("eck", "eckId")
    assert rows["given_name"][1] == "profile"
    assert rows["ou"][2] == "Voortgang per groep"
    assert "employee_number" not in rows


@pytest.mark.parametrize("language", list(Language))
def test_every_purpose_is_explained_in_words(demo: Demo, language: Language) -> None:
    page = Tab(language=language.value).open(demo.gateway + "/docs/connect").page
    for purpose in Purpose:
        [row] = page.xpath(f"//*[@id='{purpose}']")
        assert [one.text_content() for one in row] == [purpose.value, purpose.text(language.basis)], "nl or en"
    targets = {link.get("href") for link in page.iterfind(".//tbody//a")}
    assert targets
    assert all(page.xpath(f"//*[@id='{target[1:]}']") for target in targets)


def test_a_federation_with_saml_services_alone(tmp_path) -> None:
    page = connected(tmp_path)
    assert [one.text_content() for one in page.iterfind(".//main/h2")] == [
        "SAML 2.0",
        "Gegevens en hun namen",
        "Doelen",
        "Voorbeelden",
    ]
    heads = [one.text_content() for one in page.iterfind(".//thead//th")]
    assert heads == ["SAML, entree", "SAML, surf", "Doelen die het rechtvaardigen"]
    assert all(len(row) == len(heads) for row in page.iterfind(".//tbody/tr"))
    text = page.text_content()
    assert "MellonIdPMetadataFile" in text
    for unknown in ("OpenID", "openid", "OIDC", "UserInfo", "PKCE", "/oidc/"):
        assert unknown not in text, unknown


def test_nothing_on_it_runs_or_comes_from_elsewhere(demo: Demo) -> None:
    tab = Tab().open(demo.gateway + "/docs/connect")
    assert "form-action 'none'" in tab.headers["content-security-policy"]
    assert not list(tab.page.iter("script"))
    sources = [one.get("src") or one.get("href") for one in tab.page.iter("img", "link")]
    assert all(not urlsplit(source).netloc for source in sources)
    assert not re.search(r"\sstyle=", tab.body)


def test_it_can_be_switched_off(tmp_path) -> None:
    assert answered(tmp_path, {"gateway.yaml": FILES["gateway.yaml"] + "supplier_page: false\n"}).status_code == 404


def connected(directory):
    answer = answered(directory, {})
    assert answer.status_code == 200
    return html.fromstring(answer.get_data(as_text=True))


def answered(directory, changes):
    """What a gateway without keys for tokens answers."""
    parts = assemble(load(write_configuration(directory, changes)))
    try:
        return create_app(parts).test_client().get("/docs/connect")
    finally:
        parts.engine.dispose()
