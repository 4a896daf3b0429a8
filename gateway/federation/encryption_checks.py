"""Whether what is to be encrypted can be, and where CBC is let in."""

from collections.abc import Iterable, Iterator

from gateway.federation.clients import SamlClient
from gateway.federation.encrypting import Encrypt
from gateway.federation.metadata.sources import is_in_source
from gateway.federation.models import IdentityProvider
from gateway.settings.loader import Entry
from gateway.settings.models.identity_providers import IdentityProviderEntry
from gateway.settings.models.services import ServiceEntry
from gateway.settings.problems import Problem, warning
from gateway.xml.ciphers import CBC

_TAKEN = "assertions encrypted in CBC are taken from it, which does not tell a changed text from a genuine one"


def encryption_problems(
    clients: Iterable[tuple[SamlClient, Entry[ServiceEntry]]],
    idps: Iterable[tuple[IdentityProvider, Entry[IdentityProviderEntry]]],
) -> Iterator[Problem]:
    """Of all SAML parties. Metadata in a source is read only for who must have a key: the others would be many."""
    for client, service_entry in clients:
        yield from _wishes(client, service_entry)
    for idp, idp_entry in idps:
        if idp.allow_cbc:
            yield warning(idp_entry.place("allow_cbc"), _TAKEN, "ask it for AES-GCM")


def _wishes(client: SamlClient, entry: Entry[ServiceEntry]) -> Iterator[Problem]:
    """A wish that the metadata does not allow, and CBC, which hides little from whoever can ask often."""
    if client.encrypt is Encrypt.NEVER or (is_in_source(entry.value) and client.encrypt is Encrypt.AUTO):
        return
    place, chosen = entry.place("encrypt_assertion"), client.encryption
    marked = any(key.for_encryption for key in client.metadata.encryption_keys)
    if chosen is None and client.encrypt is Encrypt.ALWAYS:
        what = "encrypt_assertion is always, but the metadata has no RSA key with AES-GCM and RSA-OAEP"
        yield Problem(place, what, "ask the supplier for metadata with one")
    elif chosen is None and marked:
        what = "the metadata has an encryption key, but names no AES-GCM with RSA-OAEP: assertions go unencrypted"
        yield warning(place, what, "ask the supplier to support AES-GCM, or say `encrypt_assertion: never`")
    if chosen is not None and chosen.content in CBC:
        yield warning(
            entry.place("allow_cbc"), "assertions are encrypted in CBC, which anybody can change", "ask for AES-GCM"
        )
