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


Step = Redirect | PostForm | ChooseSchool | Refused
