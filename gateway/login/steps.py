"""What the browser is to do next. The web layer turns a step into a response."""

from dataclasses import dataclass

from gateway.domain.errors import SluisError
from gateway.federation.models import Service


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the browser to this address (303 after a POST)."""

    url: str


@dataclass(frozen=True, slots=True, repr=False)
class PostForm:
    """Have the browser post these fields to this address."""

    url: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChooseSchool:
    """Show discovery for this login."""

    login: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Show the person a page about this error; `back`, if there is one, takes the refusal to the service."""

    error: SluisError
    service: Service | None = None
    back: "PostForm | Redirect | None" = None


@dataclass(frozen=True, slots=True)
class ConfirmLogout:
    """Ask the person whether to log out; a yes is posted to this address, with the token."""

    action: str
    token: str
    service: Service | None


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Say that the person is logged out, and what that does not end."""

    service: Service | None


Step = Redirect | PostForm | ChooseSchool | Refused | ConfirmLogout | LoggedOut
