"""The demo's school that sends no ECK iD for everybody: the gateway gets it from Nummervoorziening.

Its administration gave a stampseudonym of one learner, so that a login asks for the ECK iD; and a file with the hash of
another, for whom the operator asks by batch.
"""

from datetime import date
from hashlib import sha256, sha512
from pathlib import Path

import yaml

from gateway.cli.loading import keys_or_exit
from gateway.demo.authority import Authority
from gateway.demo.nummervoorziening import CHAIN, SECTORS
from gateway.demo.people import BY_HASH, BY_STAMPSEUDONYM, MBO_WITH_API, NUMMERVOORZIENING_HOST, Person
from gateway.domain.clock import SystemClock, dutch_day
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import IdpId
from gateway.parts import lasting_engine, vault_of
from gateway.pseudonyms.derivation import account_hash
from gateway.settings.loader import load
from gateway.storage import migrate
from gateway.storage.vault_entry import VaultEntry

OIN = f"00000007000{MBO_WITH_API.brin}00000"
HASHES = "hashes.csv"
"""The school's file, in the demo's directory."""
_PATIENCE = 5000
"""Milliseconds; a laptop that starts a federation may be slow at its first question."""


def write_eck_ids(directory: Path, port: int) -> None:
    """Write certificates, how Nummervoorziening is asked, and the school's file."""
    authority, keys = Authority.fresh("Sluis demo", SystemClock().now()), directory / "keys"
    authority.write(keys / "nummervoorziening-ca.pem")
    authority.issue(keys / "nummervoorziening-server", NUMMERVOORZIENING_HOST)
    authority.issue(keys / "nummervoorziening")
    entry = {
        "url": f"https://{NUMMERVOORZIENING_HOST}:{port}/eck/ws/201703",
        "certificate": "keys/nummervoorziening.pem",
        "key": "keys/nummervoorziening.key",
        "authorities": "keys/nummervoorziening-ca.pem",
        "chain": CHAIN,
        "sectors": {"mbo": SECTORS["Middelbaar beroepsonderwijs"]},
        "login_milliseconds": _PATIENCE,
    }
    gateway = directory / "gateway.yaml"
    asked = yaml.safe_dump({"nummervoorziening": entry}, sort_keys=False)
    gateway.write_text(f"{gateway.read_text('utf-8')}\n{asked}", "utf-8")
    line = f"{_user(BY_HASH)},{MBO_WITH_API.brin},{_checked()},{sha256(BY_HASH.account.encode()).hexdigest()}"
    (directory / HASHES).write_text(f"account,school,checked,hash\n{line}\n", "utf-8")


def provision(directory: Path) -> None:
    """Put into the vault what the school's administration would."""
    settings = load(directory)
    keys, engine = keys_or_exit(settings), lasting_engine(settings)
    migrate.upgrade(engine)
    entry = VaultEntry(
        account=account_hash(keys.pseudonyms.first, IdpId(MBO_WITH_API.id), _user(BY_STAMPSEUDONYM)),
        school=MBO_WITH_API.brin,
        stampseudonym=f"https://ketenid.nl/sppilot/{sha512(BY_STAMPSEUDONYM.account.encode()).hexdigest()}",
        checked=_checked(),
    )
    vault_of(engine, keys, SystemRandomness()).put([[entry]], at_once=True)
    engine.dispose()


def _user(person: Person) -> str:
    return f"{person.account}@{MBO_WITH_API.domain}"


def _checked() -> date:
    return dutch_day(SystemClock().now())
