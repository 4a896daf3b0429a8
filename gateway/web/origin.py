"""Whether a form came from a page of this site."""

from urllib.parse import urlsplit

from flask import request

from gateway.domain.errors import ErrorCode, SluisError


def check_from_here(origin: str) -> None:
    """That a page of this site, or the person, sent the form (Fetch Metadata, 2.4); older browsers say less.

    `origin` is the gateway's own. Raises SluisError LOGIN_OTHER_BROWSER.
    """
    if not _from_here(origin):
        raise SluisError(ErrorCode.LOGIN_OTHER_BROWSER, cause="the form came from another site")


def _from_here(origin: str) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    sent = request.headers.get("Origin")
    if sent is not None:
        return sent == origin
    referrer = urlsplit(request.headers.get("Referer", ""))
    return not referrer.netloc or f"{referrer.scheme}://{referrer.netloc}" == origin
