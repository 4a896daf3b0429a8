"""From a login's next step to the response that makes the browser take it."""

from flask import Response, request
from markupsafe import escape

from gateway.domain.clock import Clock, dutch_time
from gateway.domain.errors import Audience
from gateway.federation.models import Service
from gateway.login.steps import ChooseSchool, PostForm, Redirect, Refused, Step
from gateway.observability import reference
from gateway.pages.error_texts import text_of
from gateway.pages.render import Renderer
from gateway.web.headers import POLICY


class Responder:
    """Fulfils `gateway.web.Respond`."""

    def __init__(self, *, renderer: Renderer, clock: Clock) -> None:
        self._renderer = renderer
        self._clock = clock

    def __call__(self, step: Step) -> Response:
        match step:
            case Redirect(url):
                return _see_other(url)
            case ChooseSchool(login):
                return _see_other(f"/login/{login}/school")
            case PostForm():
                return self._post(step)
            case Refused():
                return self._refused(step)

    def _post(self, form: PostForm) -> Response:
        response = self._renderer.page("post.html", form=form)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    def _refused(self, refused: Refused) -> Response:
        error = refused.error
        response = self._renderer.page(
            "error.html",
            status=error.kind.http_status,
            error=error,
            text=text_of(error.code),
            service=refused.service,
            back=refused.back if isinstance(refused.back, PostForm) else None,
            start_url=_start_url(refused.service),
            reference=reference.current(),
            now=dutch_time(self._clock.now()),
            for_the_helpdesk=error.kind.audience is not Audience.PERSON and error.hint,
        )
        response.headers["Content-Security-Policy"] = POLICY
        return response


def _see_other(url: str) -> Response:
    """303 behind a POST, so that the browser asks with GET (RFC 9110 15.4.4), else 302."""
    response = Response(f'<a href="{escape(url)}">→</a>', status=303 if request.method == "POST" else 302)
    response.headers["Location"] = url
    return response


def _start_url(service: Service | None) -> str | None:
    return service.start_url if service else None
