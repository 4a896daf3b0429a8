"""A small browser with the cookie rules of real ones, several tabs sharing one jar, and no scripts.

Cookies are of a host and a path, and gone when their Max-Age is nothing. A Secure cookie is taken over plain http from
loopback alone. `SameSite=None` needs Secure; Lax goes along on navigation by GET alone when another site leads here;
Strict never does. (RFC 6265bis, 5.5 and 5.6.) One that does not say goes along: Chromium allows it for two minutes,
longer than a login here takes, and Firefox always.
"""

from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from lxml import html

MAX_STEPS = 20


@dataclass(frozen=True)
class Cookie:
    name: str
    value: str
    same_site: str
    http_only: bool
    secure: bool
    max_age: str
    path: str = "/"

    def is_for(self, path: str) -> bool:
        """Path-match (RFC 6265, 5.1.4)."""
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


@dataclass
class Jar:
    """What one person's browser keeps; empty it to lose a cookie."""

    hosts: dict[str, dict[str, Cookie]] = field(default_factory=dict)

    def of(self, url: str) -> dict[str, Cookie]:
        return self.hosts.setdefault(urlsplit(url).hostname or "", {})

    def header(self, url: str, *, method: str, initiator: str | None) -> str:
        foreign = initiator is not None and _site(initiator) != _site(url)
        return "; ".join(
            f"{cookie.name}={cookie.value}"
            for cookie in self.of(url).values()
            if cookie.is_for(urlsplit(url).path or "/")
            and (not foreign or cookie.same_site in ("", "None") or (cookie.same_site == "Lax" and method == "GET"))
        )

    def keep(self, url: str, header: str) -> None:
        for name, morsel in SimpleCookie(header).items():
            same_site, secure = morsel["samesite"].capitalize(), bool(morsel["secure"])
            if name.startswith("__Host-") and not (url.startswith("https:") and secure and morsel["path"] == "/"):
                continue
            if same_site == "None" and not secure:
                continue
            if morsel["max-age"] and int(morsel["max-age"]) <= 0:
                self.of(url).pop(name, None)
                continue
            max_age, path = morsel["max-age"], morsel["path"] or "/"
            self.of(url)[name] = Cookie(name, morsel.value, same_site, bool(morsel["httponly"]), secure, max_age, path)


def _site(url: str) -> tuple[str, str | None]:
    """Scheme and host; ports make no difference, and addresses have no registrable part."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname


@dataclass
class Tab:
    """One tab: an address, a page, and the forms on it."""

    jar: Jar = field(default_factory=Jar)
    language: str = "nl"
    url: str = ""
    status: int = 0
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    visited: list[str] = field(default_factory=list)
    _again: tuple[str, str, str | None, str | None] | None = None

    def open(self, url: str, *, initiator: str | None = None) -> "Tab":
        """Go to an address, as from the address bar, or led there by a page."""
        return self._go("GET", url, None, initiator)

    def reload(self) -> "Tab":
        """Send the last request again, a POST too."""
        assert self._again is not None
        return self._go(*self._again)

    def press(self, text: str = "", **fields: str) -> "Tab":
        """Press the button that says this (any, if nothing is said), with these fields filled in."""
        for form in self.page.forms:
            for button in form.xpath(
                ".//button | .//input[@type='submit'] | //button[@form=$id]", id=form.get("id", "")
            ):
                if text in (
                    button.get("value", "") if button.tag == "input" else " ".join(button.text_content().split())
                ):
                    return self._submit(form, button, fields)
        raise AssertionError(f"no button says {text!r} on {self.url}")

    def follow(self, text: str) -> "Tab":
        """Follow the link that says this."""
        for link in self.page.iter("a"):
            if text in link.text_content():
                return self.open(urljoin(self.url, link.get("href")), initiator=self.url)
        raise AssertionError(f"no link says {text!r} on {self.url}")

    @property
    def page(self) -> html.HtmlElement:
        return html.fromstring(self.body, base_url=self.url)

    @property
    def text(self) -> str:
        """What a person reads."""
        return " ".join(self.page.find(".//main").text_content().split())

    @property
    def title(self) -> str:
        return " ".join(self.page.find(".//h1").text_content().split())

    def send(self, url: str, **fields: str) -> "Tab":
        """Send these fields to this address, as a form of the page might."""
        return self._go("POST", url, urlencode(fields), self.url)

    def _submit(self, form: html.FormElement, button: html.HtmlElement, fields: dict[str, str]) -> "Tab":
        values = dict(form.form_values()) | fields
        if button.get("name"):
            values[button.get("name")] = button.get("value", "")
        action = urljoin(self.url, form.get("action") or self.url)
        if form.method == "GET":
            return self._go("GET", f"{action.partition('?')[0]}?{urlencode(values)}", None, self.url)
        return self._go("POST", action, urlencode(values), self.url)

    def _go(self, method: str, url: str, body: str | None, initiator: str | None) -> "Tab":
        self._again = (method, url, body, initiator)
        for _ in range(MAX_STEPS):
            location = self._ask(method, url, body, initiator)
            if location is None:
                return self
            method, url, body = "GET", urljoin(url, location), None
        raise AssertionError(f"a redirect without end at {url}")

    def _ask(self, method: str, url: str, body: str | None, initiator: str | None) -> str | None:
        parts = urlsplit(url)
        headers = {
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Language": self.language,
            "Sec-Fetch-Site": _fetch_site(initiator, url),
        }
        if cookies := self.jar.header(url, method=method, initiator=initiator):
            headers["Cookie"] = cookies
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            if initiator is not None:
                headers["Origin"] = f"{urlsplit(initiator).scheme}://{urlsplit(initiator).netloc}"
        connection = HTTPConnection(parts.netloc, timeout=120)
        try:
            connection.request(method, parts._replace(scheme="", netloc="", fragment="").geturl() or "/", body, headers)
            answer = connection.getresponse()
            self.url, self.status, self.body = url, answer.status, answer.read().decode()
            self.headers = {name.lower(): value for name, value in answer.headers.items()}
            self.visited.append(url)
            for header in answer.headers.get_all("Set-Cookie", ()):
                self.jar.keep(url, header)
        finally:
            connection.close()
        return answer.headers["Location"] if 300 <= answer.status < 400 else None


def _fetch_site(initiator: str | None, url: str) -> str:
    """Fetch Metadata 2.4, as far as loopback addresses go."""
    if initiator is None:
        return "none"
    if _site(initiator) != _site(url):
        return "cross-site"
    return "same-origin" if urlsplit(initiator).netloc == urlsplit(url).netloc else "same-site"
