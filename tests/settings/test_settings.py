"""What settings hold, and that they cannot change."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.attributes.dialects import INCOMING, NAMES
from gateway.domain.language import Language
from gateway.settings.loader import load
from gateway.settings.models.identity_providers import OidcIdentityProviderEntry, SamlIdentityProviderEntry
from gateway.settings.models.services import SamlServiceEntry
from gateway.settings.models.stores import RedisStoreSettings, SqliteStoreSettings
from gateway.settings.reference import reference
from tests.support.configuration import edited, write_configuration

G = "gateway.yaml"


def test_what_is_left_out_has_a_default(tmp_path):
    gateway = load(write_configuration(tmp_path)).gateway

    assert (gateway.workers, gateway.threads) == (2, 4)
    assert gateway.languages == [Language.NL, Language.EN]
    assert gateway.lifetimes.clock_skew == timedelta(seconds=60)
    assert isinstance(gateway.stores.short_lived, SqliteStoreSettings)
    assert gateway.trusted_proxies == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [("90s", 90), ("15m", 900), ("10h", 36000), ("1d", 86400), ("PT15M", 900), ("PT1H30M", 5400), ("P1D", 86400)],
)
def test_durations(written, meant, tmp_path):
    settings = load(write_configuration(tmp_path, edited(G, "15m", written)))

    assert settings.gateway.lifetimes.transaction == timedelta(seconds=meant)


@pytest.mark.parametrize("written", ["P", "PT", "0s", "-5m", "1.5h", "15 m", "PT0S", "900"])
def test_what_is_no_duration(written, tmp_path):
    with pytest.raises(Exception, match="a duration is a number and s, m, h or d"):
        load(write_configuration(tmp_path, edited(G, "15m", written)))


@pytest.mark.parametrize("url", ["https://login.example.nl", "https://login.example.nl:8443", "http://127.0.0.9:8080"])
def test_base_urls(url, tmp_path):
    assert load(write_configuration(tmp_path, edited(G, "https://login.example.nl", url))).gateway.base_url == url


@pytest.mark.parametrize(
    "url", ["login.example.nl", "ftp://login.example.nl", "https://", "https://LOGIN.example.nl", "https://x:y"]
)
def test_what_is_no_base_url(url, tmp_path):
    with pytest.raises(Exception, match="a base URL is scheme and host"):
        load(write_configuration(tmp_path, edited(G, "https://login.example.nl", f'"{url}"')))


def test_stores_and_networks(tmp_path):
    more = (
        "stores: {short_lived: {kind: redis, url: {env: REDIS}}}\n"
        "trusted_proxies: [10.0.0.7, 2001:db8::/32]\nmetrics: {allow_from: [10.0.0.0/24]}\nlifetimes: "
    )
    gateway = load(write_configuration(tmp_path, edited(G, "lifetimes: ", more))).gateway

    assert isinstance(gateway.stores.short_lived, RedisStoreSettings)
    assert gateway.trusted_proxies == [ip_network("10.0.0.7/32"), ip_network("2001:db8::/32")]
    assert gateway.metrics.allow_from == [ip_network("10.0.0.0/24")]


def test_domains_are_compared_without_case(tmp_path):
    settings = load(
        write_configuration(tmp_path, edited("schools/schools.yaml", "petteflat.example", "PetteFlat.Example"))
    )

    assert settings.schools[0].value.domains == ["petteflat.example"]


def test_several_files_and_several_entries_in_one(tmp_path):
    more = "- {brin: 99XC, names: {nl: Zon}, sector: po}\n- {brin: 99XD, names: {nl: Maan}, sector: po}\n"
    settings = load(write_configuration(tmp_path, {"schools/more.yaml": more}))

    assert [str(entry.value.brin) for entry in settings.schools] == ["99XC", "99XD", "99XB"]
    assert [str(entry.place()) for entry in settings.schools[:2]] == ["schools/more.yaml:1", "schools/more.yaml:2"]


def test_nothing_changes_after_loading(tmp_path):
    gateway = load(write_configuration(tmp_path)).gateway

    with pytest.raises(ValidationError):
        gateway.base_url = "https://elsewhere.example"


def test_the_dialects_that_may_be_named_are_those_that_there_are():
    spoken = {
        SamlServiceEntry: set(NAMES),
        SamlIdentityProviderEntry: {*NAMES, "eduid"},
        OidcIdentityProviderEntry: set(INCOMING),
    }
    for model, names in spoken.items():
        assert set(model.model_fields["dialect"].annotation.__args__) == names


def test_the_reference_page_is_what_the_models_say():
    page = Path(__file__).parents[2] / "docs/reference/settings.md"

    assert page.read_text() == reference(), "run: python -m gateway.settings.reference > docs/reference/settings.md"
