"""What a page stands on that shows something and takes an answer."""

from dataclasses import dataclass

from gateway.pages.render import Renderer
from gateway.web import Browser, Respond
from gateway.web.origin import check_from_here


@dataclass(frozen=True, slots=True)
class Front:
    """`origin` is the gateway's own, the only one whose forms may do anything."""

    renderer: Renderer
    respond: Respond
    browser: Browser
    origin: str

    def check_from_here(self) -> None:
        """A form of another site does nothing. Raises SluisError LOGIN_OTHER_BROWSER."""
        check_from_here(self.origin)
