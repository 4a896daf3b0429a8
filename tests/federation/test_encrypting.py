"""How assertions for a service are encrypted, by what its metadata says, and what the operator is told."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.domain.clock import SystemClock
from gateway.federation.build import build
from gateway.federation.models import ServiceId
from gateway.settings.loader import load
from gateway.settings.problems import Problems
from gateway.xml.algorithms import SHA256
from gateway.xml.ciphers import MGF1_SHA256, OAEP, OAEP_MGF1P, SHA1, KeyTransport
from tests.support.configuration import FILES, sp_document, write_configuration
from tests.support.encrypted import AES128_CBC, AES128_GCM, XENC, XENC11
from tests.support.signing_keys import certificate_of, elliptic_key, signing_key

S = "services/leesplein.yaml"
AES256_GCM = XENC11 + "aes256-gcm"


def descriptor(*methods: str, use: str | None = "encryption", certificate=None) -> str:
    der = (certificate or signing_key("leesplein").certificate).public_bytes(Encoding.DER)
    marked = f' use="{use}"' if use else ""
    named = "".join(f'<md:EncryptionMethod Algorithm="{one}"/>' for one in methods)
    return (
        f"<md:KeyDescriptor{marked}>"
        '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>'
        f"{b64encode(der).decode()}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>{named}</md:KeyDescriptor>"
    )


def built(tmp_path, described: str, entry: str = ""):
    """The encryption of the service, and what is said of it."""
    document = sp_document().replace(
        b"<md:AssertionConsumerService", described.encode() + b"<md:AssertionConsumerService"
    )
    changed = {"services/leesplein.xml": document, S: FILES[S] + entry}
    federation, problems = build(load(write_configuration(tmp_path, changed)), clock=SystemClock())
    client = federation.services[ServiceId("leesplein")].saml
    return client.encryption, [str(one) for one in problems if "encrypt" in str(one)]


@pytest.mark.parametrize(
    ("methods", "content", "transport"),
    [
        ((), AES128_GCM, KeyTransport(OAEP_MGF1P, SHA1)),
        ((AES128_CBC, AES128_GCM, AES256_GCM), AES256_GCM, KeyTransport(OAEP_MGF1P, SHA1)),
        ((AES128_GCM, OAEP_MGF1P), AES128_GCM, KeyTransport(OAEP_MGF1P, SHA1)),
        ((AES128_GCM, XENC + "rsa-1_5", OAEP_MGF1P, OAEP), AES128_GCM, KeyTransport(OAEP, SHA256, MGF1_SHA256)),
    ],
)
def test_algorithms_are_those_that_the_metadata_names(methods, content, transport, tmp_path):
    chosen, said = built(tmp_path, descriptor(*methods))

    assert (chosen.content, chosen.transport, said) == (content, transport, [])
    assert chosen.key == signing_key("leesplein").private_key.public_key()


@pytest.mark.parametrize(("wish", "encrypts"), [("auto", False), ("always", True), ("never", False)])
def test_a_key_for_anything_encrypts_only_where_the_entry_says_always(wish, encrypts, tmp_path):
    chosen, said = built(tmp_path, descriptor(use=None), f"encrypt_assertion: {wish}\n")

    assert (chosen is not None, said) == (encrypts, [])


def test_a_key_for_encryption_is_left_alone_where_the_entry_says_never(tmp_path):
    assert built(tmp_path, descriptor(), "encrypt_assertion: never\n") == (None, [])


def test_a_key_that_is_marked_for_encryption_goes_before_one_for_anything(tmp_path):
    other = certificate_of(signing_key("other").private_key, "other")
    chosen, _ = built(tmp_path, descriptor(use=None, certificate=other) + descriptor(), "encrypt_assertion: always\n")

    assert chosen.key == signing_key("leesplein").private_key.public_key()


UNUSABLE = {
    "CBC alone": descriptor(AES128_CBC),
    "RSA 1.5 alone": descriptor(AES128_GCM, XENC + "rsa-1_5"),
    "an EC key": descriptor(certificate=certificate_of(elliptic_key("leesplein"), "leesplein")),
    "a small key": descriptor(certificate=signing_key("small", 1024).certificate),
}


@pytest.mark.parametrize("described", UNUSABLE.values(), ids=UNUSABLE)
def test_a_key_that_cannot_be_used_is_said(described, tmp_path):
    chosen, [said] = built(tmp_path, described)

    assert chosen is None
    assert "names no AES-GCM with RSA-OAEP: assertions go unencrypted" in said


@pytest.mark.parametrize("described", ["", *UNUSABLE.values()], ids=["no key", *UNUSABLE])
def test_always_without_a_usable_key_is_an_error(described, tmp_path):
    with pytest.raises(Problems) as caught:
        built(tmp_path, described, "encrypt_assertion: always\n")

    assert [str(one) for one in caught.value.problems] == [
        (
            f"{S}:{FILES[S].count(chr(10)) + 1}: encrypt_assertion is always, but the metadata has no RSA key with "
            "AES-GCM and RSA-OAEP; ask the supplier for metadata with one"
        )
    ]


def test_cbc_where_the_entry_allows_it_comes_with_a_warning(tmp_path):
    chosen, [said] = built(tmp_path, descriptor(AES128_CBC), "allow_cbc: true\n")

    assert chosen.content == AES128_CBC
    assert "warning: assertions are encrypted in CBC, which anybody can change; ask for AES-GCM" in said


def test_cbc_from_a_school_comes_with_a_warning(tmp_path):
    idp = "identity-providers/petteflat.yaml"
    settings = load(write_configuration(tmp_path, {idp: FILES[idp] + "  allow_cbc: true\n"}))

    _, problems = build(settings, clock=SystemClock())

    assert [str(one) for one in problems if "CBC" in str(one)] == [
        (
            f"{idp}:6: warning: assertions encrypted in CBC are taken from it, which does not tell a changed text from "
            "a genuine one; ask it for AES-GCM"
        )
    ]
