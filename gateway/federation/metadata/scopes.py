"""Scopes: the domains in which an identity provider may speak of people (shibmd:Scope, Shibboleth metadata 1.0)."""

import re
from dataclasses import dataclass

from lxml import etree

from gateway.federation.metadata.document import MetadataRejected
from gateway.xml.namespaces import MD, SHIBMD, name

MAX_SCOPES = 10_000
"""Of one identity provider; a hub for a whole country has some hundreds."""
_DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9])?", re.ASCII)
_EXPRESSION = re.compile(
    r"\^?(?P<before>(?:\.[+*]|\[\^@\]\+)\\\.|\((?:\?:)?\.[+*]\\\.\)\?|)(?P<domain>[a-z0-9_-]+(?:\\?\.[a-z0-9_-]+)+)\$",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Scopes:
    """What metadata says of scopes. `names` are whole domains, `under` ends of domains; both in lower case.

    Of expressions those that mean "this domain" or "whatever is under this domain" are read. `unread` counts the
    others: they allow nothing, for an expression of a stranger is not run on what a stranger sends.
    """

    names: frozenset[str] = frozenset()
    under: tuple[str, ...] = ()
    unread: int = 0

    @property
    def are_declared(self) -> bool:
        """Whether the metadata says anything of scopes; else there is nothing to hold its owner to."""
        return bool(self.names or self.under or self.unread)

    def allow(self, domain: str) -> bool:
        """Whether it may speak of people in this domain, in whatever case."""
        if not self.are_declared:
            return True
        domain = domain.lower()
        return domain in self.names or any(domain.endswith(end) and len(domain) > len(end) for end in self.under)


NO_SCOPES = Scopes()


def scopes_of(role: etree._Element) -> Scopes:
    """The scopes of a role and of its entity. Raises MetadataRejected for more than 10,000."""
    path = f"{name(MD, 'Extensions')}/{name(SHIBMD, 'Scope')}"
    parts = [part for part in (role, role.getparent()) if part is not None]
    found = [scope for part in parts for scope in part.iterfind(path)]
    if len(found) > MAX_SCOPES:
        raise MetadataRejected(f"it has more than {MAX_SCOPES} scopes")
    names: set[str] = set()
    under: list[str] = []
    unread = 0
    for scope in found:
        text = (scope.text or "").strip().lower()
        if scope.get("regexp", "").strip() not in ("true", "1"):
            names.update([text] if _DOMAIN.fullmatch(text) else [])
            unread += not _DOMAIN.fullmatch(text)
            continue
        matched = _EXPRESSION.fullmatch(text)
        unread += matched is None
        if matched is None:
            continue
        domain, before = matched["domain"].replace("\\", ""), matched["before"]
        if before:
            under.append(f".{domain}")
        if not before or before.endswith("?"):
            names.add(domain)
    return Scopes(frozenset(names), tuple(dict.fromkeys(under)), unread)
