"""What an entity's metadata says about it besides what a login needs; for the operator who looks at it, and no page.

Logos are never fetched and never linked to: a page that shows a picture from elsewhere tells its owner who logs in.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from gateway.xml.namespaces import MD, MDUI, SAML, name

_MDRPI = "urn:oasis:names:tc:SAML:metadata:rpi"
_MDATTR = "urn:oasis:names:tc:SAML:metadata:attribute"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CATEGORY = "http://macedir.org/entity-category"
_SUPPORTS = "http://macedir.org/entity-category-support"
_ASSURANCE = "urn:oasis:names:tc:SAML:attribute:assurance-certification"
_MAX = 200


@dataclass(frozen=True, slots=True)
class About:
    """Names and logos (mdui 1.0), entity attributes (metadata-attr 1.0), registration (mdrpi 1.0), organisation.

    `names` are `language: name`, `logos` an address and a size, or a size alone for one that lies in the document.
    """

    names: tuple[str, ...]
    logos: tuple[str, ...]
    categories: tuple[str, ...]
    supported: tuple[str, ...]
    assurances: tuple[str, ...]
    registration: str
    organisation: str


def about(entity: etree._Element) -> About:
    """What an EntityDescriptor says; what it does not say is empty."""
    registered = entity.find(f"{name(MD, 'Extensions')}/{name(_MDRPI, 'RegistrationInfo')}")
    organisation = entity.find(f"{name(MD, 'Organization')}/{name(MD, 'OrganizationDisplayName')}")
    shown = f"{name(MD, 'Extensions')}/{name(MDUI, 'UIInfo')}"
    interfaces = [info for role in entity for info in role.iterfind(shown)]
    return About(
        names=_distinct(_name(one) for info in interfaces for one in info.iterfind(name(MDUI, "DisplayName"))),
        logos=_distinct(_logo(one) for info in interfaces for one in info.iterfind(name(MDUI, "Logo"))),
        categories=_values(entity, _CATEGORY),
        supported=_values(entity, _SUPPORTS),
        assurances=_values(entity, _ASSURANCE),
        registration="" if registered is None else _registration(registered),
        organisation="" if organisation is None else _line(organisation.text),
    )


def _values(entity: etree._Element, attribute: str) -> tuple[str, ...]:
    path = f"{name(MD, 'Extensions')}/{name(_MDATTR, 'EntityAttributes')}/{name(SAML, 'Attribute')}"
    return _distinct(
        _line(value.text)
        for one in entity.iterfind(path)
        if one.get("Name") == attribute
        for value in one.iterfind(name(SAML, "AttributeValue"))
    )


def _name(display_name: etree._Element) -> str:
    return f"{display_name.get(_LANG, '?')}: {_line(display_name.text)}"


def _logo(logo: etree._Element) -> str:
    size = f"{logo.get('width', '?')}x{logo.get('height', '?')}"
    address = (logo.text or "").strip()
    if address.startswith("data:"):
        return _line(f"{size} in the document, {len(address)} characters")
    return _line(f"{size} {address}")


def _registration(registered: etree._Element) -> str:
    return _line(f"{registered.get('registrationAuthority', '')} {registered.get('registrationInstant', '')}")


def _line(text: str | None) -> str:
    """One line that a terminal can show, whatever a stranger wrote."""
    return "".join(one for one in " ".join((text or "").split())[:_MAX] if one.isprintable())


def _distinct(values: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, values)))
