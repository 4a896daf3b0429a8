"""A test school and a test service beside a gateway of your own: `python -m gateway.demo.beside DIR`, until Ctrl-C."""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from gateway.cli.key_material import KeyKind, private_pem, self_signed, write_secret
from gateway.cli.loading import settings_or_exit
from gateway.demo.__main__ import told_to_stop
from gateway.demo.federation import EXAMPLE_PORT, address, idp_document, sp_document
from gateway.demo.idp import School
from gateway.demo.people import NEW_PUPIL, PUPIL, TEACHER, DemoSchool, DemoService
from gateway.demo.servers import is_free, serving
from gateway.demo.service import Service
from gateway.domain.clock import Clock, SystemClock
from gateway.domain.randomness import Randomness, SystemRandomness
from gateway.saml.addresses import Addresses
from gateway.settings.loader import Settings
from gateway.xml.keys import SigningKey, signing_key

TEST_SCHOOL = DemoSchool(
    id="test-school",
    name="Testschool",
    host="127.0.0.2",
    brin="99ZZ",
    domain="testschool.example",
    dialect="entree",
    people=(
        replace(PUPIL, expect="a pupil: her ECK iD and first name go"),
        replace(NEW_PUPIL, expect="no ECK iD yet: an identifier made here goes"),
        replace(TEACHER, expect="a teacher"),
    ),
)
TEST_SERVICE = DemoService("test-service", "Testdienst", "127.0.0.4", signs_requests=True)
_ENTRIES = {
    "schools/test-school.yaml": """\
# A school that no register has.
- {brin: 99ZZ, names: {nl: Testschool, en: Test school}, sector: po, board: test-board, place: Nergens}
""",
    "identity-providers/test-school.yaml": """\
# Where that school's people log in. Here anybody may be anybody: for `environment: test` alone.
id: test-school
names: {nl: Testschool, en: Test school}
protocol: saml
metadata: test-school.xml
dialect: entree
schools: [99ZZ]
eck_id: [assertion]
""",
    "services/test-service.yaml": """\
# A service, and what it asks: each attribute with its purpose.
id: test-service
names: {nl: Testdienst, en: Test service}
supplier: {name: Test supplier, contact: support@test-service.example}
protocol: saml
metadata: test-service.xml
dialect: entree
sectors: [po]
fallback: provisional
attribute_sets:
  1: {eck_id: access, given_name: greeting, role: access}
""",
    "agreements/test-service.yaml": """\
# What the school's board agreed to. Without it nothing goes to the service.
- {service: test-service, attribute_set: 1, boards: [test-board], from: 2026-08-01, reference: TEST-1}
""",
}
"""What stands in the configuration of the two, by file: the shortest that works."""


def main() -> int:
    """Write the entries that are not there, serve both parties, say what to do next, wait."""
    parser = argparse.ArgumentParser(prog="python -m gateway.demo.beside", description=__doc__)
    parser.add_argument("directory", type=Path, help="the configuration of your gateway, made by `sluis init`")
    parser.add_argument("--port", type=int, help="where both listen; the gateway's own, if it is not given")
    arguments = parser.parse_args()
    settings = settings_or_exit(arguments.directory)
    gateway = settings.gateway
    if gateway.environment != "test":
        print(
            f"{arguments.directory / 'gateway.yaml'} says `environment: {gateway.environment}`. At the test school anybody "
            "can be anybody, so it goes with `environment: test` alone: `sluis init --environment test` makes one",
            file=sys.stderr,
        )
        return 1
    port = arguments.port or urlsplit(gateway.base_url).port or EXAMPLE_PORT
    if not is_free(port, (TEST_SCHOOL.host, TEST_SERVICE.host)):
        print(
            f"port {port} is taken at {TEST_SCHOOL.host} or {TEST_SERVICE.host} (or this system has no such loopback "
            "addresses); choose another with --port",
            file=sys.stderr,
        )
        return 1
    told = SimpleQueue[int]()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda number, _: told.put(number))
    with beside(arguments.directory, settings, port, clock=SystemClock(), randomness=SystemRandomness()) as written:
        _say(arguments.directory, port, written)
        while not told_to_stop(told, 1):
            pass
    return 0


@contextmanager
def beside(
    directory: Path, settings: Settings, port: int, *, clock: Clock, randomness: Randomness
) -> Iterator[tuple[str, ...]]:
    """Both, served at this port until the context ends. Yields the files that were written."""
    keys = {party: _key(directory, party, clock) for party in (TEST_SCHOOL.id, TEST_SERVICE.id)}
    documents = {
        f"identity-providers/{TEST_SCHOOL.id}.xml": idp_document(TEST_SCHOOL, port, keys[TEST_SCHOOL.id]),
        f"services/{TEST_SERVICE.id}.xml": sp_document(TEST_SERVICE, port, keys[TEST_SERVICE.id]),
    }
    written = tuple(_write(directory, {**_ENTRIES, **documents}))
    certificates = [
        x509.load_pem_x509_certificate((directory / one.certificate).read_bytes()) for one in settings.keys.saml_signing
    ]
    addresses = Addresses(settings.gateway.base_url)
    school_id = f"{address(TEST_SCHOOL.host, port)}/metadata"
    school = School(
        school=TEST_SCHOOL,
        entity_id=school_id,
        key=keys[TEST_SCHOOL.id],
        addresses=addresses,
        gateway=certificates,
        clock=clock,
        randomness=randomness,
    )
    service = Service(
        service=TEST_SERVICE,
        origin=address(TEST_SERVICE.host, port),
        key=keys[TEST_SERVICE.id],
        addresses=addresses,
        gateway=certificates,
        schools=((TEST_SCHOOL.name, school_id),),
        clock=clock,
        randomness=randomness,
    )
    with ExitStack() as stack:
        stack.enter_context(serving(school.app(), TEST_SCHOOL.host, port))
        stack.enter_context(serving(service.app(), TEST_SERVICE.host, port))
        yield written


def _write(directory: Path, files: dict[str, str]) -> Iterator[str]:
    """Write what is not there, or is metadata that has changed; entries stay as their operator left them."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        if path.exists() and (path.suffix == ".yaml" or path.read_text("utf-8") == text):
            continue
        path.write_text(text, "utf-8")
        yield name


def _key(directory: Path, party: str, clock: Clock) -> SigningKey:
    """The party's own: made once, so that its metadata stays true when it is started again."""
    private = directory / "var" / "test-parties" / f"{party}.key"
    certificate = private.with_suffix(".crt")
    if not private.exists():
        made = KeyKind.RSA_2048.make()
        write_secret(private, private_pem(made, None))
        certificate.write_bytes(self_signed(made, party, clock.now()).public_bytes(Encoding.PEM))
    return signing_key(load_pem_private_key(private.read_bytes(), None), certificate.read_bytes())


def _say(directory: Path, port: int, written: tuple[str, ...]) -> None:
    for name in written:
        print(f"wrote {directory / name}")
    print(f"{TEST_SCHOOL.name} and {TEST_SERVICE.name} are there. Start the gateway, in another terminal:")
    print(f"  sluis serve {directory}{'      (sluis reload, if it runs already)' if written else ''}")
    print(f"Then open {address(TEST_SERVICE.host, port)}/ in a browser on this machine. Ctrl-C stops both.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
