"""Nummervoorziening is there and says nothing: the login goes on, and a later one has what it lacked."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.nummervoorziening import CHAIN, SECTORS, StandIn
from gateway.demo.nummervoorziening_server import serve
from gateway.federation.models import IdpId
from gateway.parts import vault_of
from gateway.pseudonyms.derivation import account_hash
from gateway.storage.vault_entry import VaultEntry
from tests.faults.lines import Lines, lines_to
from tests.faults.page import Ending, Fault, note
from tests.faults.people import english, nothing_acknowledged_is_lost, well
from tests.support.asked_eck_ids import OIN, change
from tests.support.child_process import Address
from tests.support.outages import OnServers
from tests.support.relay import Relay, relay
from tests.support.tls_front import Authority, authority

PO = SECTORS["Primair onderwijs"]
STAMP = f"https://ketenid.nl/sppilot/{'5a' * 64}"
SENT, ANOTHER = "700001", "700002"
"""Pupils, by the codes that their school gives for them."""


@dataclass(frozen=True)
class Asking:
    """A gateway that asks Nummervoorziening, at the far end of a line, for the ECK iDs of a school's pupils."""

    lines: Lines
    line: Relay
    eck_id: str

    def logs_in(self, pupil: str) -> str:
        """What the service is told of a pupil who gets in."""
        person = english(self.lines.gateway)
        seen = self.lines.log_in_by_openid(person, pupil)
        assert seen.status == 200, seen
        return person.told(seen.page)

    def must_be_known(self, pupil: str) -> None:
        """Logs in, and the service is told the ECK iD."""
        assert self.eck_id in self.logs_in(pupil)


def configured(directory: Path, line: Relay, ca: Authority) -> None:
    for name, path in zip(("nv.pem", "nv.key", "nv-ca.pem"), (*ca.issue("gateway"), ca.ca), strict=True):
        shutil.copy(path, directory / "keys" / name)
    with (directory / "gateway.yaml").open("a") as file:
        file.write(
            f"nummervoorziening:\n  url: https://127.0.0.1:{line.address.port}/eck/ws/201703\n"
            "  certificate: keys/nv.pem\n  key: keys/nv.key\n  authorities: keys/nv-ca.pem\n"
            f"  chain: {CHAIN}\n  sectors: {{po: {PO}}}\n"
        )
    change(directory / "schools/openid.yaml", "- brin: 99XC\n", f"- brin: 99XC\n  oin: {OIN}\n")
    with (directory / "identity-providers/openid.yaml").open("a") as file:
        file.write("eck_id: [assertion, vault, nummervoorziening]\n")


@pytest.fixture
def asking(stores: OnServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    ca, service = authority(tmp_path, "ca"), StandIn()
    certificate, key = ca.issue("service", "127.0.0.1")
    server = serve(service, certificate=certificate, key=key, authorities=ca.ca)
    with (
        relay(Address("127.0.0.1", server.server_port)) as line,
        lines_to(stores, tmp_path / "gateway", lambda directory: configured(directory, line, ca)) as lines,
    ):
        parts, answer = lines.gateway.parts, lines.school.answer

        def without_eck_id(path: str, *arguments: Any) -> dict[str, Any]:
            return {name: said for name, said in answer(path, *arguments).items() if name != "eckid"}

        monkeypatch.setattr(lines.school, "answer", without_eck_id)
        today = lines.gateway.clock.now().date()
        entries = [
            VaultEntry(
                account=account_hash(parts.keys.pseudonyms.first, IdpId("openid"), f"fenna-{pupil}"),
                school="99XC",
                stampseudonym=STAMP[: -len(pupil)] + pupil,
                checked=today,
            )
            for pupil in (SENT, ANOTHER)
        ]
        vault_of(parts.engine, parts.keys, parts.randomness).put([entries], at_once=True)
        yield Asking(lines, line, service.eck_id(STAMP[: -len(SENT)] + SENT, PO))
        nothing_acknowledged_is_lost(lines.gateway)
    server.shutdown()
    server.server_close()


def test_it_takes_connections_and_answers_nothing(asking: Asking) -> None:
    assert "ketenid.nl/pilot" in asking.logs_in(ANOTHER), "it is asked, on a connection that is kept"
    asking.line.swallows = True
    asking.line.go_dark()
    assert "ketenid.nl" not in asking.logs_in(SENT)
    asking.line.swallows = False
    recovered = well(asking.lines.gateway, lambda: asking.must_be_known(SENT))
    entry = asking.lines.gateway.parts.settings.gateway.nummervoorziening
    assert entry is not None
    note(
        Fault.NUMMERVOORZIENING_SILENT,
        saw=f"gets in, after {entry.login_milliseconds / 1000} s, under the fallback identifier",
        lost=f"{Ending.GOES_ON}: the service gets the ECK iD at the first login after it",
        well=recovered,
    )
