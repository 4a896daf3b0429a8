"""An app with nothing but pages: what a step, an error or a discovery looks like, without a login behind it."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace

from flask import Flask, Response
from flask.testing import FlaskClient

from gateway.domain.language import Language
from gateway.login.discovery import Discovery
from gateway.login.steps import Redirect, Step
from gateway.observability import reference
from gateway.pages import discovery, remembered, site
from gateway.pages.front import Front
from gateway.pages.language import Choices
from gateway.pages.logos import Logos
from gateway.pages.look import Look
from gateway.pages.render import Renderer
from gateway.pages.respond import Responder
from gateway.pages.static_files import StaticFiles
from gateway.web import headers, jar
from tests.support.held import HeldClock
from tests.support.small_federation import small_federation

ORIGIN = "https://login.example"
REFERENCE = "7KQ2M9X4TB"


class Pages:
    """The pages on https; `show` makes a page that responds with a step, `offer` what discovery offers."""

    def __init__(
        self, clock: HeldClock, languages: Sequence[Language] = (Language.NL, Language.EN), logos: Logos | None = None
    ) -> None:
        self.app = Flask("pages", static_folder=None, template_folder=None)
        self.offer: Discovery | None = None
        self.chosen: list[tuple[str, str, str]] = []
        self.kept: list[bool] = []
        self.forgotten: list[str] = []
        self.choices = choices = Choices(languages=languages, https=True)
        static_files = StaticFiles.of(Look())
        self.renderer = renderer = Renderer.of(
            names={Language.NL: "Sluis"},
            choices=choices,
            static_files=static_files,
            overrides={},
            logos=logos or Logos({}, {}, {}, {}),
        )
        self.respond = Responder(renderer=renderer, clock=clock)
        self.app.before_request(lambda: reference.bind(REFERENCE))
        headers.install(self.app, https=True)
        jar.install(self.app)
        site.install_errors(self.app, respond=self.respond, services={})
        self.app.register_blueprint(site.blueprint(renderer=renderer, static_files=static_files))
        self.front = Front(renderer, self.respond, lambda: "this browser", ORIGIN)
        self.app.register_blueprint(remembered.blueprint(self.front, federation=small_federation(), choices=choices))
        self.app.register_blueprint(
            discovery.blueprint(
                self.front,
                dispatcher=self,  # type: ignore[arg-type]
                choices=choices,
                hinted=SimpleNamespace(forget=self.forgotten.append),  # type: ignore[arg-type]
            )
        )

    def discovery(self, login: str, browser: str) -> Discovery:
        assert self.offer is not None
        return self.offer

    def choose(self, login: str, brin: object, browser: str, *, held: bool = False, keep: bool = False) -> Step:
        self.kept.append(keep)
        self.chosen.append((login, f"{brin} with eduID" if held else str(brin), browser))
        return Redirect("https://school.example/sso")

    def show(self, path: str, step: Step | Callable[[], Step]) -> None:
        def page() -> Response:
            return self.respond(step() if callable(step) else step)

        self.app.add_url_rule(path, path, page, methods=["GET", "POST"])

    def client(self, language: str = "nl") -> FlaskClient:
        client = self.app.test_client()
        client.environ_base |= {"HTTP_ACCEPT_LANGUAGE": language, "wsgi.url_scheme": "https"}
        return client
