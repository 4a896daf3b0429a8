"""The rollovers of docs/guides/key-rollover.md, with strangers on both sides of a gateway that goes on serving.

The school and an application are SimpleSAMLphp, another application is openid-client, which checks every ID token
against the key set. Each step is taken by `sluis keys` and `sluis reload`, with a login at both applications under way
across it: requests were signed, and what the school encrypts for was read, before the step. Days pass by an earlier
`since` in `keys.yaml`. The new keys that sign lie in a token.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from gateway.cli import main
from tests.support import node_saml, openid_client, real_gateway, simplesamlphp, softhsm
from tests.support.browser_like import Tab
from tests.support.encrypted_messages import cipher_of
from tests.support.openid_client import RelyingParty, relying_party
from tests.support.real_gateway import RealGateway
from tests.support.school_login import choose_school, eck_id, press_on
from tests.support.simplesamlphp import SimpleSamlPhp
from tests.support.softhsm import SoftHsm

pytestmark = pytest.mark.stranger

FEDERATION = Path(__file__).parent / "federation"
ENTRY = """\
id: two-schools
allow_cbc: true
names: {nl: Inloggen van twee scholen}
metadata: two-schools.xml
dialect: entree
schools: [99XA, 99XB]
"""


@dataclass(frozen=True, slots=True)
class Rollover:
    """A gateway that serves, a school and an application; they know the gateway by the metadata that they fetched."""

    gateway: RealGateway
    school: SimpleSamlPhp
    application: SimpleSamlPhp
    client: RelyingParty
    token: SoftHsm

    def to_the_token(self, name: str) -> None:
        """A key of a file moves into the token."""
        key = self.gateway.directory / "keys" / f"{name}.key"
        private = load_pem_private_key(key.read_bytes(), None)
        assert isinstance(private, RSAPrivateKey)
        self.token.put(private, name)
        key.unlink()
        keys = self.gateway.directory / "keys.yaml"
        written = keys.read_text()
        assert f"{{file: keys/{name}.key}}" in written
        keys.write_text(written.replace(f"{{file: keys/{name}.key}}", self.token.reference(name)))

    def fetch(self) -> None:
        """The peers read the gateway's metadata, and its key set at the next login, anew."""
        assert Tab().open(f"{self.client.address.url}/anew").status == 200
        self.school.trust(Tab().open(self.gateway.saml.sp_entity_id).body)
        self.application.trust(Tab().open(self.gateway.saml.idp_entity_id).body)

    def step(self, *steps: tuple[str, ...]) -> None:
        """Steps, and their reload, in the middle of two logins; then two of somebody else."""
        at_school = choose_school(Tab().open(self.application.me), "kim")
        there_too = choose_school(Tab().open(self.client.login()), "kim")
        for step, *what in steps:
            self.keys(step, *what)
        self.reload()
        self.finish(at_school)
        self.finish_at_client(there_too)
        self.log_in()

    def keys(self, step: str, *what: str) -> None:
        """`sluis keys`, which reads everything anew."""
        done = CliRunner().invoke(main, ["keys", step, str(self.gateway.directory), *what])
        assert done.exit_code == 0, done.output

    def log_in(self) -> None:
        """A login from each application to the school and back."""
        self.finish(choose_school(Tab().open(self.application.me), "kim"))
        self.finish_at_client(choose_school(Tab().open(self.client.login()), "kim"))

    def finish(self, at_school: Tab) -> None:
        """The rest of a login of SAML, from the school's form on."""
        received = self.answered(at_school).press()
        assert received.url.startswith(self.application.me), f"the browser is at {received.url}: {received.body}"
        assert eck_id("kim") in received.body.replace("\\/", "/")

    def finish_at_client(self, at_school: Tab) -> None:
        """The rest of a login of OpenID Connect, until the client has checked the signature of the ID token."""
        got = self.client.received(self.answered(at_school))
        assert got.get("userinfo", {}).get("eckid") == eck_id("kim"), got

    def answered(self, at_school: Tab) -> Tab:
        """Past the school's form; the school encrypts for the gateway."""
        at_school.press(username="kim", password="kim")
        assert cipher_of(at_school) == "aes128-cbc"
        answer = press_on(at_school)
        assert answer.status == 200, answer.body
        return answer

    def signs_with(self) -> list[str]:
        """The keys that are published for RS256, by their kid."""
        published = json.loads(Tab().open(f"{self.gateway.address.url}/oidc/jwks").body)["keys"]
        return [one["kid"] for one in published if one["alg"] == "RS256"]

    def reload(self) -> None:
        """`sluis reload`, which ends when it is taken."""
        before = self.workers()
        real_gateway.sluis("reload", self.gateway.directory)
        assert len(self.workers() - before) == len(self.workers()) == len(before), self.gateway.log()

    def workers(self) -> set[int]:
        """Their process ids: those of the configuration before are gone when its reload is over."""
        pid = int((self.gateway.directory / "var/sluis.pid").read_text())
        return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def days_pass(self, days: int) -> None:
        """Everything in `keys.yaml` came into its state so much earlier."""
        path = self.gateway.directory / "keys.yaml"
        lines = [_earlier(line, timedelta(days=days)) for line in path.read_text().splitlines()]
        path.write_text("\n".join(lines) + "\n")

    def published(self, role: str, use: str) -> list[str]:
        """The certificates of the metadata for this use, in base64."""
        document = Tab().open(f"{self.gateway.address.url}/saml/metadata/{role}").body
        descriptors = document.split("KeyDescriptor")
        return [one.partition("X509Certificate>")[2].partition("<")[0] for one in descriptors if f'use="{use}"' in one]

    def certificate(self, name: str) -> str:
        """One of the gateway's, in base64."""
        pem = (self.gateway.directory / "keys" / name).read_bytes()
        return "".join(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.PEM).decode().splitlines()[1:-1])


def _earlier(line: str, by: timedelta) -> str:
    before, found, since = line.partition("since: ")
    if not found:
        return line
    moment = datetime.fromisoformat(since).astimezone(UTC) - by
    return f"{before}since: {moment:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def rollover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rollover]:
    if reason := simplesamlphp.why_not() or node_saml.why_not() or softhsm.why_not():
        pytest.skip(reason)
    token = SoftHsm(tmp_path / "token", label="rollover").make()
    token.show(monkeypatch)
    with ExitStack() as running:
        gateway = real_gateway.initialised(tmp_path / "gateway", "127.0.0.41")
        school = running.enter_context(
            simplesamlphp.identity_provider(tmp_path / "school", "127.0.0.42", binding="HTTP-Redirect", signs="both")
        )
        application = running.enter_context(
            simplesamlphp.application(tmp_path / "app", "127.0.0.43", identity_provider=gateway.saml.idp_entity_id)
        )
        application.trust(gateway.metadata("idp"))
        entries = [
            FEDERATION / "schools/schools.yaml",
            *(FEDERATION / kind / "simplesamlphp.yaml" for kind in ("services", "agreements")),
        ]
        metadata = {
            "identity-providers/two-schools.yaml": ENTRY,
            "identity-providers/two-schools.xml": school.metadata(),
            "services/simplesamlphp.xml": application.metadata(),
        }
        real_gateway.add(gateway, entries, metadata)
        client = relying_party("vreemd", "127.0.0.44", "client_secret_basic")
        client.write_entry(gateway.directory)
        school.trust(gateway.metadata("sp"))
        running.enter_context(real_gateway.served(gateway, token.environment))
        running.enter_context(openid_client.running(client, tmp_path, issuer=gateway.address.url))
        yield Rollover(gateway, school, application, client, token)


def test_keys_change_without_a_failed_login(rollover: Rollover) -> None:
    """The peers read the gateway's metadata as late as they may: just before it would end."""
    old = {name: rollover.certificate(f"{name}-1.crt") for name in ("saml", "encryption")}
    rollover.log_in()

    rollover.step(("new", "saml_decryption"), ("new", "oidc_signing", "--kind", "rsa-2048"))
    for name in ("saml-2", "oidc-3"):
        rollover.to_the_token(name)
    new = {name: rollover.certificate(f"{name}-2.crt") for name in ("saml", "encryption")}
    assert rollover.published("idp", "signing") == [old["saml"], new["saml"]]
    assert rollover.published("sp", "encryption") == [old["encryption"], new["encryption"]]
    assert rollover.signs_with() == ["oidc1", "oidc3"]

    rollover.days_pass(14)
    rollover.fetch()
    rollover.log_in()
    rollover.step(
        ("activate", "saml_signing", "saml2"),
        ("activate", "saml_decryption", "enc2"),
        ("activate", "oidc_signing", "oidc3"),
    )
    assert rollover.published("idp", "signing") == [new["saml"], old["saml"]]
    assert rollover.published("sp", "encryption") == [new["encryption"]], "the school still encrypts for the old one"
    assert rollover.signs_with() == ["oidc3", "oidc1"]

    rollover.days_pass(14)
    rollover.fetch()
    rollover.step(
        ("retire", "saml_signing", "saml1"), ("retire", "saml_decryption", "enc1"), ("retire", "oidc_signing", "oidc1")
    )
    assert rollover.published("idp", "signing") == [new["saml"]]
    assert rollover.signs_with() == ["oidc3"]
    rollover.fetch()
    for name in ("saml", "encryption", "oidc"):
        (rollover.gateway.directory / f"keys/{name}-1.key").unlink()
    rollover.reload()
    rollover.log_in()
