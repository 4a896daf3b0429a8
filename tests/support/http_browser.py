"""A browser without scripts: follows redirects, presses the buttons of forms, keeps cookies as a browser does.

Sites are hosts here: every party has a loopback address of its own, and ports make no difference to a cookie.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from http.cookies import Morsel, SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from lxml import html

MAX_STEPS = 20
"""Redirects that one click may lead through."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the browser shows."""

    url: str
    status: int
    body: str

    def form(self) -> html.FormElement:
        """The page's first form that posts."""
        return next(form for form in html.fromstring(self.body, base_url=self.url).forms if form.method == "POST")


@dataclass
class Browser:
    """One person's browser, new: it knows nobody."""

    cookies: dict[tuple[str, str], "Morsel[str]"] = field(default_factory=dict)

    def get(self, url: str) -> Page:
        """Type an address."""
        return self._follow("GET", url, None, initiator=None)

    def submit(self, page: Page, **fields: str) -> Page:
        """Press the button of the page's form, with these fields filled in."""
        form = page.form()
        values = dict(form.form_values()) | fields
        return self._follow("POST", urljoin(page.url, form.action), urlencode(values), initiator=page.url)

    def _follow(self, method: str, url: str, body: str | None, *, initiator: str | None) -> Page:
        for _ in range(MAX_STEPS):
            page, location = self._ask(method, url, body, initiator)
            if location is None:
                return page
            method, url, body = "GET", urljoin(url, location), None
        raise AssertionError(f"a redirect without end at {url}")

    def _ask(self, method: str, url: str, body: str | None, initiator: str | None) -> tuple[Page, str | None]:
        parts = urlsplit(url)
        headers = {"Cookie": self._cookies_for(method, url, initiator)}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = urljoin(initiator or url, "/").rstrip("/")
        connection = HTTPConnection(parts.netloc, timeout=20)
        try:
            connection.request(method, parts._replace(scheme="", netloc="", fragment="").geturl() or "/", body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            for header in answer.headers.get_all("Set-Cookie", ()):
                self._keep(_site(url), header)
        finally:
            connection.close()
        location = answer.headers["Location"] if 300 <= answer.status < 400 else None
        return Page(url, answer.status, text), location

    def _cookies_for(self, method: str, url: str, initiator: str | None) -> str:
        site = _site(url)
        abroad = initiator is not None and _site(initiator) != site
        return "; ".join(
            f"{name}={cookie.coded_value}"
            for (owner, name), cookie in self.cookies.items()
            if owner == site and not (abroad and _stays_home(cookie, method))
        )

    def _keep(self, site: str, header: str) -> None:
        for name, cookie in SimpleCookie(header).items():
            if not _acceptable(name, cookie, site):
                continue
            if _over(cookie):
                self.cookies.pop((site, name), None)
            else:
                self.cookies[site, name] = cookie


def _site(url: str) -> str:
    return urlsplit(url).hostname or ""


def _stays_home(cookie: "Morsel[str]", method: str) -> bool:
    """Whether SameSite keeps a cookie from a navigation that another site began (RFC 6265bis 5.8.3).

    One without SameSite goes along all the same: Chromium allows that for two minutes, longer than a login here takes.
    """
    same_site = cookie["samesite"].lower()
    return same_site == "strict" or (same_site == "lax" and method == "POST")


def _acceptable(name: str, cookie: "Morsel[str]", site: str) -> bool:
    """RFC 6265bis 5.7. Secure is possible without TLS: everybody here is on loopback."""
    if cookie["samesite"].lower() == "none" and not cookie["secure"]:
        return False
    if name.startswith("__Host-") and not (cookie["secure"] and cookie["path"] == "/" and not cookie["domain"]):
        return False
    return not cookie["domain"] or cookie["domain"] == site


def _over(cookie: "Morsel[str]") -> bool:
    if cookie["max-age"]:
        return int(cookie["max-age"]) <= 0
    return bool(cookie["expires"]) and parsedate_to_datetime(cookie["expires"]) <= datetime.now(UTC)
