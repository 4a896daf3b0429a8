"""How assertions for a service are encrypted: chosen once, from what its metadata says that it reads."""

from collections.abc import Iterable, Iterator

from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.federation.clients import SamlClient
from gateway.federation.metadata.encryption_keys import EncryptionKey
from gateway.settings.loader import Entry
from gateway.settings.models.services import SamlServiceEntry, ServiceEntry
from gateway.settings.problems import Problem, warning
from gateway.xml.algorithms import SHA256, strong_key
from gateway.xml.ciphers import CBC, GCM, MGF1_SHA256, OAEP, OAEP_MGF1P, KeyTransport, UnknownAlgorithm
from gateway.xml.encryption import EncryptFor

CBC_TAKEN = "assertions encrypted in CBC are taken from it, which does not tell a changed text from a genuine one"
_UNSAID_CONTENT = next(one for one in GCM if "aes128" in one)
_UNSAID_TRANSPORT = KeyTransport(OAEP_MGF1P)
"""Where the metadata says nothing: what every peer with GCM reads."""


def encryption_for(keys: Iterable[EncryptionKey], *, wish: str, allow_cbc: bool) -> EncryptFor | None:
    """For the first key that can be used; None where nothing is to be encrypted, or nothing can be.

    `wish` is `auto` (a key that the metadata marks for encryption), `always` (any that may) or `never`.
    """
    if wish == "never":
        return None
    usable = (one for one in keys if one.for_encryption or wish == "always")
    return next((found for key in usable if (found := _chosen(key, allow_cbc=allow_cbc))), None)


def encryption_wishes(entry: Entry[ServiceEntry], client: SamlClient) -> Iterator[Problem]:
    """A wish that the metadata does not allow, and CBC, which hides little from whoever can ask often."""
    assert isinstance(entry.value, SamlServiceEntry)
    place, wish, chosen = entry.place("encrypt_assertion"), entry.value.encrypt_assertion, client.encryption
    marked = any(key.for_encryption for key in client.metadata.encryption_keys)
    if chosen is None and wish == "always":
        what = "encrypt_assertion is always, but the metadata has no RSA key with AES-GCM and RSA-OAEP"
        yield Problem(place, what, "ask the supplier for metadata with one")
    elif chosen is None and wish == "auto" and marked:
        what = "the metadata has an encryption key, but names no AES-GCM with RSA-OAEP: assertions go unencrypted"
        yield warning(place, what, "ask the supplier to support AES-GCM, or say `encrypt_assertion: never`")
    if chosen is not None and chosen.content in CBC:
        yield warning(
            entry.place("allow_cbc"), "assertions are encrypted in CBC, which anybody can change", "ask for AES-GCM"
        )


def _chosen(key: EncryptionKey, *, allow_cbc: bool) -> EncryptFor | None:
    public_key = strong_key(key.certificate)
    if not isinstance(public_key, rsa.RSAPublicKey):
        return None
    preferred = [*GCM, *CBC] if allow_cbc else [*GCM]
    contents = key.contents or (_UNSAID_CONTENT,)
    content = next((one for one in preferred if one in contents), None)
    transport = _transport(key.transports)
    return None if content is None or transport is None else EncryptFor(public_key, content, transport)


def _transport(named: tuple[KeyTransport, ...]) -> KeyTransport | None:
    if not named:
        return _UNSAID_TRANSPORT
    known = [one for one in named if _is_known(one)]
    if any(one.method == OAEP for one in known):
        # The method leaves digest and mask to the sender.
        return KeyTransport(OAEP, SHA256, MGF1_SHA256)
    return known[0] if known else None


def _is_known(transport: KeyTransport) -> bool:
    try:
        transport.padding()
    except UnknownAlgorithm:
        return False
    return True
