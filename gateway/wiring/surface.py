"""What every page shares: what a browser keeps, the languages, the look, and how a step becomes a page."""

from dataclasses import dataclass

from gateway.pages.front import Front
from gateway.pages.language import Choices
from gateway.pages.logos import Logos
from gateway.pages.look import Look
from gateway.pages.render import Renderer
from gateway.pages.respond import Responder
from gateway.pages.static_files import StaticFiles
from gateway.parts import Parts
from gateway.web.cookies import BrowserCookie
from gateway.web.hinted_cookie import HintedCookie
from gateway.web.notified_cookie import NotifiedCookie
from gateway.web.session_cookie import FlaskSessionCookie


@dataclass(frozen=True, slots=True)
class Surface:
    """The cookies, and the pages' own parts."""

    cookie: BrowserCookie
    session_cookie: FlaskSessionCookie
    notified: NotifiedCookie
    hinted: HintedCookie
    choices: Choices
    static_files: StaticFiles
    front: Front

    @property
    def renderer(self) -> Renderer:
        """Makes pages of templates."""
        return self.front.renderer


def surface_of(parts: Parts) -> Surface:
    """All of them, as the settings have them."""
    settings = parts.settings.gateway
    cookie = BrowserCookie(keys=parts.keys.sealing.all, randomness=parts.randomness, https=parts.https)
    choices = Choices(languages=settings.languages, https=parts.https)
    look = Look.of(parts.settings)
    static_files = StaticFiles.of(look)
    renderer = Renderer.of(
        names=settings.names,
        choices=choices,
        static_files=static_files,
        overrides=look.texts,
        logos=Logos.of(parts.settings),
    )
    return Surface(
        cookie=cookie,
        session_cookie=FlaskSessionCookie(https=parts.https, shared=lambda: choices.remembered().shared),
        notified=NotifiedCookie(
            keys=parts.keys.sealing.all,
            browser=cookie.browser,
            lifetime=settings.sso.notified,
            clock=parts.clock,
            randomness=parts.randomness,
            https=parts.https,
        ),
        hinted=HintedCookie(https=parts.https),
        choices=choices,
        static_files=static_files,
        front=Front(
            renderer=renderer,
            respond=Responder(renderer=renderer, clock=parts.clock),
            browser=cookie.browser,
            origin=settings.base_url,
        ),
    )
