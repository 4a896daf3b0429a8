"""A linking under way, as it is kept between its two logins."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from gateway.attributes import kept
from gateway.attributes.canonical import Reading
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import LinkKind
from gateway.federation.models import IdentityProvider, IdpId, School, Service
from gateway.login.fresh import Opened


@dataclass(frozen=True, slots=True, repr=False)
class Proof:
    """What one side said."""

    idp: IdpId
    reading: Reading


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Flow:
    """`login` waits for it, if one does; proofs are there once their side has answered.

    `school` is that of the account which is linked to. `at` is where a link between schools is for: the school of the
    account that its person comes with.
    """

    id: str
    browser: str
    kind: LinkKind
    school: Brin
    at: Brin | None = None
    login: str = ""
    holder: Proof | None = None
    account: Proof | None = None


@dataclass(frozen=True, slots=True)
class LinkQuestion:
    """What the person is asked. The given names are what each side calls them, if it does.

    `pending`: a school has yet to say that a parent agrees. `at` is set for a link between schools.
    """

    kind: LinkKind
    school: School
    holder_idp: IdentityProvider
    holder_name: str | None = field(repr=False)
    account_name: str | None = field(repr=False)
    services: tuple[Service, ...]
    until: date
    believed_days: int
    replaces: datetime | None
    at: School | None
    pending: bool


@dataclass(frozen=True, slots=True)
class Linked:
    """The link was made. The login that waits for it, at this school, can go on; where none waits it is empty."""

    login: str
    school: Brin
    pending: bool


class Flows:
    """Keeps them, each for its one browser."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def keep(self, flow: Flow) -> None:
        """Keep it, for as long again."""
        fields = {
            "kind": flow.kind,
            "school": str(flow.school),
            "at": str(flow.at) if flow.at else None,
            "login": flow.login,
            "holder": _said(flow.holder),
            "account": _said(flow.account),
        }
        self._opened.keep(flow.id, flow.browser, fields)

    def find(self, flow: str, browser: str) -> Flow:
        """Raises SluisError LOGIN_UNKNOWN or LOGIN_OTHER_BROWSER."""
        found = self._opened.find(flow, browser)
        try:
            return Flow(
                id=flow,
                browser=browser,
                kind=LinkKind(found["kind"]),
                school=Brin(found["school"]),
                at=Brin(found["at"]) if found["at"] else None,
                login=found["login"],
                holder=_proof(found["holder"]),
                account=_proof(found["account"]),
            )
        except (ValueError, TypeError, KeyError) as cause:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, hint="kept by another version of the gateway") from cause

    def end(self, flow: Flow) -> bool:
        """It goes on no more; of several who end it exactly one gets True."""
        return self._opened.close(flow.id)


def _said(proof: Proof | None) -> dict[str, str] | None:
    return {"idp": proof.idp, "reading": kept.dump(proof.reading).decode()} if proof else None


def _proof(fields: Any) -> Proof | None:
    return Proof(IdpId(fields["idp"]), kept.load(fields["reading"].encode())) if fields else None
