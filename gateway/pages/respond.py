"""From a login's next step to the response that makes the browser take it."""

from flask import Response, request
from markupsafe import escape

from gateway.domain.clock import Clock, dutch_time
from gateway.domain.errors import Audience, ErrorCode
from gateway.login.steps import (
    AskConsent,
    AskToLink,
    ChooseSchool,
    ConfirmLogout,
    Ending,
    LeaveNext,
    LoggedOut,
    PostForm,
    Question,
    Redirect,
    Refused,
    ShowMine,
    Step,
)
from gateway.observability import reference
from gateway.pages.error_texts import text_of, way_of
from gateway.pages.render import Renderer
from gateway.web.headers import POLICY, framed_by, framing

_OF_AGREEMENTS = frozenset(code for code in ErrorCode if code.startswith("agreement_"))
"""What a school and the supplier of a service settle between them."""
_UNAVAILABLE = 503
_SOONEST, _SPREAD = 20, 41
"""Seconds: a store that is gone takes longer to come back than a crowd to pass."""


class Responder:
    """Fulfils `gateway.web.Respond`."""

    def __init__(self, *, renderer: Renderer, clock: Clock) -> None:
        self._renderer = renderer
        self._clock = clock

    def __call__(self, step: Step) -> Response:
        match step:
            case Redirect(url):
                return _see_other(url)
            case ChooseSchool() | AskConsent() | AskToLink() | ShowMine():
                return _see_other(page_of(step))
            case PostForm():
                return self._post(step)
            case Refused():
                return self._refused(step)
            case ConfirmLogout() | LeaveNext() | LoggedOut():
                return self._logout(step)

    def _post(self, form: PostForm) -> Response:
        response = self._renderer.posting(form)
        response.headers["Content-Security-Policy"] = framed_by(POLICY, form.framed_by)
        return response

    def _logout(self, step: ConfirmLogout | LeaveNext | LoggedOut) -> Response:
        match step:
            case ConfirmLogout():
                response = self._renderer.page("logout.html", step=step)
            case LeaveNext():
                response = self._renderer.page("leave_next.html", step=step)
            case LoggedOut():
                complete = bool(step.results) and all(one.ending is Ending.ENDED for one in step.results)
                response = self._renderer.page(
                    "logged_out.html",
                    step=step,
                    complete=complete,
                    straight=bool(self._renderer.choices.remembered().usual),
                    title="logged_out.title" if complete or not step.results else "logged_out.partial",
                    back_form=step.back if isinstance(step.back, PostForm) else None,
                    back_url=step.back.url if isinstance(step.back, Redirect) else None,
                )
        frames = step.frames if isinstance(step, LoggedOut) else ()
        response.headers["Content-Security-Policy"] = POLICY + framing(frames)
        return response

    def _refused(self, refused: Refused) -> Response:
        error = refused.error
        start_url = _start_url(refused)
        seconds = _comes_back_after(refused)
        response = self._renderer.page(
            "error.html",
            status=error.kind.http_status,
            error=error,
            text=text_of(error.code),
            service=refused.service,
            back=refused.back if isinstance(refused.back, PostForm) else None,
            start_url=start_url,
            school=refused.school,
            seconds=seconds,
            nothing_sent_again=error.kind.http_status == _UNAVAILABLE and request.method == "POST",
            other_way=refused.other_way,
            missing=refused.missing,
            link_at=refused.link_at,
            choose=refused.choose,
            to=way_of(error.code),
            asks_for_agreement=refused.service is not None and error.code in _OF_AGREEMENTS,
            reference=reference.current(),
            now=dutch_time(self._clock.now()),
            for_the_helpdesk=error.kind.audience is not Audience.PERSON and error.hint,
        )
        embedded_by = refused.service.embedded_by if refused.service else ()
        response.headers["Content-Security-Policy"] = framed_by(POLICY, embedded_by)
        if error.kind.http_status == _UNAVAILABLE:
            response.headers["Retry-After"] = str(seconds or _SOONEST + _SPREAD)
        if seconds:
            response.headers["Refresh"] = str(seconds)
        return response


def _comes_back_after(refused: Refused) -> int | None:
    """Seconds after which the browser asks again by itself; None where that could do something twice, or is no use.

    A login that was refused has ended. The reference is random: by it not everybody comes back at once.
    """
    unavailable = refused.error.kind.http_status == _UNAVAILABLE
    if not unavailable or request.method != "GET" or refused.back is not None:
        return None
    return _SOONEST + sum(reference.current().encode()) % _SPREAD


def page_of(step: Question) -> str:
    """Where this question is asked: at an address of its own, so that it can be asked again."""
    match step:
        case ChooseSchool(login):
            return f"/login/{login}/school"
        case AskConsent(asked):
            return f"/consent/{asked}"
        case AskToLink(linking):
            return f"/link/{linking}"
        case ShowMine(page):
            return f"/me/{page}"


def _see_other(url: str) -> Response:
    """303: whatever the browser did here, it asks there with GET and sends no body along (RFC 9110 15.4.4)."""
    response = Response(f'<a href="{escape(url)}">→</a>', status=303)
    response.headers["Location"] = url
    return response


def _start_url(refused: Refused) -> str | None:
    """Where a link leads back to: with the refusal, where a link can carry it; else to where the service begins."""
    if isinstance(refused.back, Redirect):
        return refused.back.url
    return refused.service.start_url if refused.service else None
