"""/logout: a person ends everything that this browser's logins gave; and the stations of every logout."""

import json

from flask import Blueprint, Response, request

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import Randomness
from gateway.login.sso.logout import Logouts, PersonAsked
from gateway.login.steps import ConfirmLogout
from gateway.pages.language import Choices
from gateway.storage.contracts import ShortLivedStore
from gateway.web import Browser, Respond

PATH = "/logout"
_SECONDS = 600
_MAX_TOKEN = 100


def blueprint(
    *,
    logouts: Logouts,
    store: ShortLivedStore,
    randomness: Randomness,
    choices: Choices,
    respond: Respond,
    browser: Browser,
) -> Blueprint:
    """The pages. Nobody is logged out by a link or by a form of another site: the person's yes carries a token."""
    routes = Blueprint("logout", __name__)

    @routes.get(PATH)
    def ask() -> Response:
        token = randomness.token()
        store.put(f"logout-question:{token}", json.dumps(browser()).encode(), seconds=_SECONDS)
        return respond(ConfirmLogout(PATH, token, None))

    @routes.post(PATH)
    def confirmed() -> Response:
        token = request.form.get("token", "")
        key = f"logout-question:{token}"
        kept = store.get(key) if token.isascii() and len(token) < _MAX_TOKEN else None
        if kept is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN)
        if json.loads(kept) != browser():
            raise SluisError(ErrorCode.LOGIN_OTHER_BROWSER)
        store.take(key)
        if request.form.get("shared") == "yes":
            choices.remember(shared=True)
        return respond(logouts.begin(logouts.registry.of_browser(browser()), PersonAsked, browser()))

    @routes.get(f"{PATH}/<plan>")
    def go_on(plan: str) -> Response:
        return respond(logouts.go_on(plan, browser()))

    return routes
