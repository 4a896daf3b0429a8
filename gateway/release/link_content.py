"""What lies in the seal of a link: of the linked account who it is and where, and no name and no local id."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.attributes import kept
from gateway.attributes.canonical import Reading
from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import LinkKind
from gateway.domain.sector import Sector
from gateway.federation.models import IdentityProvider, IdpId
from gateway.federation.snapshot import Federation
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.links import TEXT_VERSION, LinkRules
from gateway.pseudonyms.sources import EckIds
from gateway.storage.contracts import Anomalies, LinkRow, Links
from gateway.storage.sealing import SecretKey

_WHERE = frozenset(
    {
        Attribute.SCHOOL,
        Attribute.SCHOOL_BRANCH,
        Attribute.SCHOOL_DOMAIN,
        Attribute.GROUP,
        Attribute.SUBGROUP,
    }
)
"""Of no use to know a name by. Roles and age stand beside the attributes."""
_KEPT = {
    LinkKind.USER_HELD: frozenset({Attribute.ECK_ID}) | _WHERE,
    # Where somebody is, the school says at which they log in.
    LinkKind.GUEST: frozenset({Attribute.ECK_ID}),
    LinkKind.TRANSITION: frozenset({Attribute.ECK_ID}),
}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class LinkRecords:
    """What who follows links and who makes them go by. `account_key` makes keyed hashes of accounts."""

    links: Links
    federation: Federation
    eck_ids: EckIds
    rules: LinkRules
    account_key: SecretKey
    anomalies: Anomalies

    def account_of(self, idp: IdentityProvider, reading: Reading) -> str:
        """The keyed hash of the account that logged in. Raises SluisError ACCOUNT_MISSING."""
        if reading.account is None:
            raise SluisError(ErrorCode.ACCOUNT_MISSING, hint=str(idp.id))
        return account_hash(self.account_key, idp.id, reading.account)


@dataclass(frozen=True, slots=True, repr=False)
class LinkedAccount:
    """An account of a school that a link leads to, and what the school said of it last."""

    row: LinkRow
    idp: IdentityProvider
    reading: Reading
    marks: Mapping[Sector, str]


def content_of(
    kind: LinkKind, idp: IdpId, reading: Reading, marks: Mapping[Sector, str], services: Sequence[str]
) -> bytes:
    """What is sealed. `services` are those that the person was told of."""
    values = {name: sent for name, sent in reading.attributes.values.items() if name in _KEPT[kind]}
    roles = reading.roles if kind is LinkKind.USER_HELD else frozenset()
    rest = replace(reading, attributes=Attributes(values), roles=roles, account=None, eduid=None)
    content = {
        "idp": idp,
        "reading": kept.dump(rest).decode(),
        "marks": {sector.value: mark for sector, mark in sorted(marks.items())},
        "services": list(services),
        "text": TEXT_VERSION,
    }
    return json.dumps(content, separators=(",", ":")).encode()


def services_of(row: LinkRow) -> list[str]:
    """The ids of the services that its person was told of."""
    return list(json.loads(row.content)["services"])


def idp_of(row: LinkRow) -> IdpId:
    """Whose account the linked one is."""
    return IdpId(json.loads(row.content)["idp"])


def opened(row: LinkRow, federation: Federation) -> LinkedAccount | None:
    """None when the account's identity provider left the federation, and its accounts with it."""
    content = json.loads(row.content)
    idp = federation.identity_providers.get(IdpId(content["idp"]))
    if idp is None or idp.user_held or Brin(row.school) not in idp.schools:
        return None
    marks = {Sector(sector): mark for sector, mark in content["marks"].items()}
    return LinkedAccount(row, idp, kept.load(content["reading"].encode()), marks)
