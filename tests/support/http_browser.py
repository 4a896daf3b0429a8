"""A browser without scripts: follows redirects, keeps cookies by host, and fills forms."""

from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
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
    """Cookies are of a host, whatever its port, as in any browser."""

    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, url: str) -> Page:
        return self._follow("GET", url, None)

    def submit(self, page: Page, **fields: str) -> Page:
        """Press the button of the page's form, with these fields filled in."""
        form = page.form()
        values = dict(form.form_values()) | fields
        return self._follow("POST", urljoin(page.url, form.action), urlencode(values))

    def _follow(self, method: str, url: str, body: str | None) -> Page:
        for _ in range(MAX_STEPS):
            page, location = self._ask(method, url, body)
            if location is None:
                return page
            method, url, body = "GET", urljoin(url, location), None
        raise AssertionError(f"a redirect without end at {url}")

    def _ask(self, method: str, url: str, body: str | None) -> tuple[Page, str | None]:
        parts = urlsplit(url)
        jar = self.cookies.setdefault(parts.hostname or "", {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection(parts.netloc, timeout=20)
        try:
            connection.request(method, parts._replace(scheme="", netloc="", fragment="").geturl() or "/", body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            for header in answer.headers.get_all("Set-Cookie", ()):
                self._keep(jar, header)
        finally:
            connection.close()
        location = answer.headers["Location"] if 300 <= answer.status < 400 else None
        return Page(url, answer.status, text), location

    @staticmethod
    def _keep(jar: dict[str, str], header: str) -> None:
        for name, morsel in SimpleCookie(header).items():
            if morsel["max-age"] == "0" or morsel.value == "deleted":
                jar.pop(name, None)
            else:
                jar[name] = morsel.value
