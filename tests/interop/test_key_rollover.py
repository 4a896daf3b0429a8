"""The rollover of docs/guides/key-rollover.md, with SimpleSAMLphp on both sides of a gateway that goes on serving.

Each step is taken by `sluis keys` and `sluis reload`, with a login under way across it: its request was signed, and
what the school encrypts for was read, before the step. Days pass by an earlier `since` in `keys.yaml`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support import real_gateway, simplesamlphp
from tests.support.browser_like import Tab
from tests.support.encrypted_messages import cipher_of
from tests.support.real_gateway import RealGateway
from tests.support.school_login import choose_school, eck_id, press_on
from tests.support.simplesamlphp import SimpleSamlPhp

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
WITHIN = 120
"""Seconds that a reload may take on a busy machine."""


@dataclass(frozen=True, slots=True)
class Rollover:
    """A gateway that serves, a school and an application; they know the gateway by the metadata that they fetched."""

    gateway: RealGateway
    school: SimpleSamlPhp
    application: SimpleSamlPhp

    def fetch(self) -> None:
        """The peers read the gateway's metadata anew."""
        self.school.trust(Tab().open(self.gateway.saml.sp_entity_id).body)
        self.application.trust(Tab().open(self.gateway.saml.idp_entity_id).body)

    def step(self, *step: str) -> None:
        """A step, and its reload, in the middle of a login; then a login of somebody else."""
        at_school = choose_school(Tab().open(self.application.me), "kim")
        real_gateway.sluis("keys", step[0], self.gateway.directory, *step[1:])
        self.reload()
        self.finish(at_school)
        self.log_in()

    def log_in(self) -> None:
        """A login from the application to the school and back."""
        self.finish(choose_school(Tab().open(self.application.me), "kim"))

    def finish(self, at_school: Tab) -> None:
        """The rest of a login, from the school's form on; the school encrypts for the gateway."""
        at_school.press(username="kim", password="kim")
        assert cipher_of(at_school) == "aes128-cbc"
        answer = press_on(at_school)
        assert answer.status == 200, answer.body
        received = answer.press()
        assert received.url.startswith(self.application.me), f"the browser is at {received.url}: {received.body}"
        assert eck_id("kim") in received.body.replace("\\/", "/")

    def reload(self) -> None:
        """`sluis reload`, until it is taken."""
        before = self.workers()
        real_gateway.sluis("reload", self.gateway.directory)
        assert soon(lambda: len(self.workers()) == len(before) and not self.workers() & before), self.gateway.log()

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


def soon(wanted: Callable[[], bool]) -> bool:
    """Whether it becomes so while a reload may take."""
    pause = Event()
    return any(wanted() or pause.wait(0.1) for _ in range(10 * WITHIN)) and wanted()


def _earlier(line: str, by: timedelta) -> str:
    before, found, since = line.partition("since: ")
    if not found:
        return line
    moment = datetime.fromisoformat(since).astimezone(UTC) - by
    return f"{before}since: {moment:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def rollover(tmp_path: Path) -> Iterator[Rollover]:
    if reason := simplesamlphp.why_not():
        pytest.skip(reason)
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
        school.trust(gateway.metadata("sp"))
        running.enter_context(real_gateway.served(gateway))
        yield Rollover(gateway, school, application)


def test_saml_keys_change_without_a_failed_login(rollover: Rollover) -> None:
    """The school and the application read the gateway's metadata as late as they may: just before it would end."""
    old = {name: rollover.certificate(f"{name}-1.crt") for name in ("saml", "encryption")}
    rollover.log_in()

    rollover.step("new", "saml_decryption")
    new = {name: rollover.certificate(f"{name}-2.crt") for name in ("saml", "encryption")}
    assert rollover.published("idp", "signing") == [old["saml"], new["saml"]]
    assert rollover.published("sp", "encryption") == [old["encryption"], new["encryption"]]

    rollover.days_pass(14)
    rollover.fetch()
    rollover.log_in()
    rollover.step("activate", "saml_signing", "saml2")
    rollover.step("activate", "saml_decryption", "enc2")
    assert rollover.published("idp", "signing") == [new["saml"], old["saml"]]
    assert rollover.published("sp", "encryption") == [new["encryption"]], "the school still encrypts for the old one"

    rollover.days_pass(14)
    rollover.fetch()
    rollover.step("retire", "saml_signing", "saml1")
    rollover.step("retire", "saml_decryption", "enc1")
    assert rollover.published("idp", "signing") == [new["saml"]]
    rollover.fetch()
    for name in ("saml", "encryption"):
        (rollover.gateway.directory / f"keys/{name}-1.key").unlink()
    rollover.reload()
    rollover.log_in()
