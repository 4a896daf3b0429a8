"""What the browser is to do next. The web layer turns a step into a response."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum, auto

from gateway.domain.errors import SluisError
from gateway.domain.language import Language
from gateway.federation.models import IdentityProvider, School, Service


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the browser to this address (303 after a POST)."""

    url: str


@dataclass(frozen=True, slots=True, repr=False)
class PostForm:
    """Have the browser post these fields to this address. Pages of `framed_by` may show that in a frame."""

    url: str
    fields: tuple[tuple[str, str], ...]
    framed_by: tuple[str, ...] = ()


def framed(step: Redirect | PostForm, service: Service) -> Redirect | PostForm:
    """The same, for the pages that the service is embedded by to show."""
    return replace(step, framed_by=service.embedded_by) if isinstance(step, PostForm) and service.embedded_by else step


@dataclass(frozen=True, slots=True)
class ChooseSchool:
    """Show discovery for this login."""

    login: str


@dataclass(frozen=True, slots=True)
class AskToLink:
    """Show the person what linking their two accounts would do, and ask whether to."""

    linking: str


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Show the person what would go to the service, and ask whether it may."""

    asked: str


@dataclass(frozen=True, slots=True)
class ShowMine:
    """Show the person what there is of their own."""

    page: str


@dataclass(frozen=True, slots=True)
class OtherWay:
    """Another way in, when the one that was tried is closed: the same login, through the school or with eduID.

    `through`: that way is open; `link`: the one that was tried opens once the two accounts are linked.
    """

    login: str
    school: School
    held: IdentityProvider | None = None
    through: bool = True
    link: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Show the person a page about this error; `back`, if there is one, takes the refusal to the service.

    `other_way` is what the person can do instead, `missing` what they would have to do as well. `link_at` is the school
    at which a link with their own school would give them the ECK iD that they lack; `school` the one that they chose;
    `choose` the login, anew, in which they can choose another.
    """

    error: SluisError
    service: Service | None = None
    back: "PostForm | Redirect | None" = None
    other_way: OtherWay | None = None
    missing: Mapping[Language, str] | None = None
    link_at: School | None = None
    school: School | None = None
    choose: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmLogout:
    """Ask the person whether to log out; a yes is posted to this address, with the token."""

    action: str
    token: str
    service: Service | None


class Ending(StrEnum):
    """What became of a party's own session in a logout."""

    ENDED = auto()
    """It says so, or it was the one that asked."""
    ASKED = auto()
    """The page that says so asks it, in a frame of its own; what became of it nobody can know."""
    NO_ANSWER = auto()
    """It was told, and did not say that it did as it was told."""
    IMPOSSIBLE = auto()
    """It has no way to be told."""


@dataclass(frozen=True, slots=True)
class Result:
    """A party and what became of its session."""

    party: Service | IdentityProvider
    ending: Ending


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Say what ended and what did not; `back` takes the answer to whoever asked for the logout.

    `frames` are addresses of parties that log the person out when the browser loads them.
    """

    service: Service | None
    results: tuple[Result, ...] = ()
    back: "PostForm | Redirect | None" = None
    shared: bool = False
    frames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeaveNext:
    """Send the browser to the next party of a logout, and on by itself when that is silent for so many `seconds`."""

    to: "Redirect | PostForm"
    plan: str
    names: Mapping[Language, str]
    seconds: float


Question = ChooseSchool | AskToLink | AskConsent | ShowMine
"""What has a page at an address of its own."""
Step = Redirect | PostForm | Question | Refused | ConfirmLogout | LoggedOut | LeaveNext
