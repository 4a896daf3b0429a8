"""XML encryption, tried with libxmlsec as the second opinion in both directions."""

from base64 import b64encode
from contextlib import suppress
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from xmlsec import Transform

from gateway.domain.randomness import SystemRandomness
from gateway.xml import decryption
from gateway.xml.algorithms import SHA256
from gateway.xml.ciphers import CBC, GCM, MGF1_SHA256, OAEP, OAEP_MGF1P, KeyTransport
from gateway.xml.decryption import DecryptionProblem, DecryptionRejected, decrypt
from gateway.xml.encryption import encrypt, encrypt_octets
from tests.support.encrypted import (
    AES128_CBC,
    AES128_GCM,
    KEYS,
    XENC,
    XENC11,
    decrypted_by_libxmlsec,
    encrypted,
    encrypted_by_libxmlsec,
    recipient,
)
from tests.support.responses import DS
from tests.support.signing_keys import signing_key

TRANSPORTS = [
    KeyTransport(OAEP_MGF1P),
    KeyTransport(OAEP_MGF1P, SHA256),
    KeyTransport(OAEP, SHA256, MGF1_SHA256),
    KeyTransport(OAEP),
]
PLAIN = '<a xmlns="urn:a" xmlns:b="urn:b" b:c="&amp;&lt;&#10;">tëxt <b:d/> and more</a>'
XMLSEC = {
    "aes128-gcm": (Transform.AES128_GCM, 128),
    "aes192-gcm": (Transform.AES192_GCM, 192),
    "aes256-gcm": (Transform.AES256_GCM, 256),
    "aes128-cbc": (Transform.AES128, 128),
    "aes256-cbc": (Transform.AES256, 256),
}


def opened(element, keys=KEYS, **how):
    return decrypt(element, keys, SystemRandomness(), limit=100_000, elements=100, **how)


def canonical(element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True)


@pytest.mark.parametrize("transport", TRANSPORTS, ids=str)
@pytest.mark.parametrize("content", [*GCM, *CBC], ids=lambda one: one.rpartition("#")[2])
def test_what_is_encrypted_opens_again(content, transport):
    element = etree.fromstring(PLAIN)
    hidden = encrypted(element, recipient(content=content, transport=transport))

    assert "text" not in etree.tostring(hidden).decode()
    assert canonical(opened(hidden, allow_cbc=content in CBC)) == canonical(element)


@pytest.mark.parametrize("transport", TRANSPORTS, ids=str)
@pytest.mark.parametrize("content", GCM, ids=lambda one: one.rpartition("#")[2])
def test_libxmlsec_opens_what_we_encrypt(content, transport):
    element = etree.fromstring(PLAIN)
    data = encrypt(element, recipient(content=content, transport=transport), SystemRandomness())

    assert canonical(decrypted_by_libxmlsec(data, KEYS[0])) == canonical(element)


@pytest.mark.parametrize("content", XMLSEC)
def test_we_open_what_libxmlsec_encrypts(content):
    around = etree.fromstring(f'<e xmlns:b="urn:b">{PLAIN}</e>')
    expected = canonical(around[0])

    encrypted_by_libxmlsec(around[0], KEYS[0].public_key(), *XMLSEC[content])

    # parsed anew: lxml finds no names in what libxmlsec put into its tree
    assert canonical(opened(etree.fromstring(etree.tostring(around)), allow_cbc="cbc" in content)) == expected


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=200))
def test_any_text_comes_back(text):
    element = etree.Element("a")
    element.text = text

    assert opened(encrypted(element)).text == (text or None)


def around(plain: bytes, content: str = AES128_GCM) -> etree._Element:
    """An element with these octets encrypted in it."""
    element = etree.Element("{urn:x&y}e", nsmap={"x": "urn:x&y", None: "urn:d"})
    element.append(encrypt_octets(plain, recipient(content=content), SystemRandomness()))
    return element


def test_prefixes_that_were_declared_around_the_data_are_known_inside():
    assert opened(around(b"<x:f><g/></x:f>")).tag == "{urn:x&y}f"
    assert opened(around(b"<x:f><g/></x:f>"))[0].tag == "{urn:d}g"


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"no element",
        b"<a/><b/>",
        b"x<a/>",
        b"<a/>x",
        b"<a>",
        b"</holder><a/><holder>",
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b"<a>" * 70 + b"</a>" * 70,
        b"<a>" + b"<b/>" * 101 + b"</a>",
        b"\xff<a/>",
        b"<unknown:a/>",
    ],
)
def test_what_is_not_one_sound_element_does_not_open(plain):
    with pytest.raises(DecryptionRejected) as caught:
        opened(around(plain))
    assert (caught.value.reason, caught.value.detail) == (DecryptionProblem.FAILED, "")


def test_cbc_opens_only_where_it_is_allowed():
    with pytest.raises(DecryptionRejected) as caught:
        opened(around(b"<a/>", AES128_CBC))
    assert caught.value.reason is DecryptionProblem.ALGORITHM


@pytest.mark.parametrize("cipher", [b"", bytes(16), bytes(31), bytes(33), bytes(32)])
@pytest.mark.parametrize("content", [AES128_CBC, AES128_GCM])
def test_ciphertext_that_cannot_be_one(content, cipher):
    element = around(b"<a/>", content)
    element.findall(".//{*}CipherValue")[-1].text = b64encode(cipher).decode()
    with pytest.raises(DecryptionRejected) as caught:
        opened(element, allow_cbc=True)
    assert (caught.value.reason, caught.value.detail) == (DecryptionProblem.FAILED, "")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_any_key_of_the_ring_opens(order):
    both = [signing_key("gateway-next-decryption").private_key, *KEYS]
    assert opened(around(b"<a/>"), keys=[both[one] for one in order]).tag == "{urn:d}a"


def test_any_key_of_the_ring_opens_cbc_however_a_wrong_one_falls_out():
    """Octets made with a wrong key look padded one time in sixteen."""
    other = signing_key("gateway-next-decryption").private_key
    for _ in range(100):
        hidden = around(b"<a>text</a>", AES128_CBC)
        assert opened(hidden, keys=[other, *KEYS], allow_cbc=True).text == "text"


def _beside(element, *, pointer: str | None = None):
    """Move the EncryptedKey out of KeyInfo, as a sibling of the data."""
    [wrapped] = element.findall(".//{*}EncryptedKey")
    info = wrapped.getparent()
    info.remove(wrapped)
    if pointer is None:
        info.getparent().remove(info)
    else:
        retrieval = etree.SubElement(info, f"{{{DS}}}RetrievalMethod", Type=f"{XENC}EncryptedKey", URI=pointer)
        assert retrieval is not None
    wrapped.set("Id", "_key")
    element.append(wrapped)
    return element


@pytest.mark.parametrize("pointer", ["#_key", None])
def test_the_key_may_stand_beside_the_data(pointer):
    assert opened(_beside(around(b"<a/>"), pointer=pointer)).tag == "{urn:d}a"


def test_a_pointer_to_another_key_is_followed():
    with pytest.raises(DecryptionRejected) as caught:
        opened(_beside(around(b"<a/>"), pointer="#_other"))
    assert caught.value.reason is DecryptionProblem.STRUCTURE


def _spoilt(path: str, how):
    def spoil(element):
        how(element.find(path))

    return spoil


def _remove(element):
    element.getparent().remove(element)


def _twice(element):
    element.addnext(deepcopy(element))


STRUCTURES = {
    "no data": _spoilt(".//{*}EncryptedData", _remove),
    "two data": _spoilt(".//{*}EncryptedData", _twice),
    "no value": _spoilt("./{*}EncryptedData/{*}CipherData", _remove),
    "no wrapped value": _spoilt(".//{*}EncryptedKey/{*}CipherData", _remove),
    "value that is not base64": _spoilt(".//{*}CipherValue", lambda found: setattr(found, "text", "*")),
    "no wrapped key": _spoilt(".//{*}EncryptedKey", _remove),
    "content instead of an element": _spoilt(".//{*}EncryptedData", lambda found: found.set("Type", XENC + "Content")),
    "OAEPparams": _spoilt(
        ".//{*}EncryptedKey/{*}EncryptionMethod", lambda one: etree.SubElement(one, f"{{{XENC}}}OAEPparams")
    ),
    "five wrapped keys": _spoilt(".//{*}EncryptedKey", lambda one: [_twice(one) for _ in range(4)]),
}
ALGORITHMS = {
    "none for the content": _spoilt("./{*}EncryptedData/{*}EncryptionMethod", _remove),
    "Triple DES": _spoilt(".//{*}EncryptionMethod", lambda one: one.set("Algorithm", XENC + "tripledes-cbc")),
    "none for the key": _spoilt(".//{*}EncryptedKey/{*}EncryptionMethod", _remove),
    "PKCS 1.5": _spoilt(".//{*}EncryptedKey/{*}EncryptionMethod", lambda one: one.set("Algorithm", XENC + "rsa-1_5")),
    "MD5": _spoilt(".//{*}DigestMethod", lambda one: one.set("Algorithm", DS + "md5")),
    "a mask where none is": _spoilt(
        ".//{*}EncryptedKey/{*}EncryptionMethod",
        lambda one: etree.SubElement(one, f"{{{XENC11}}}MGF", Algorithm=MGF1_SHA256),
    ),
}


@pytest.mark.parametrize("slip", STRUCTURES)
def test_a_structure_that_nobody_sends(slip):
    element = around(b"<a/>")
    STRUCTURES[slip](element)
    with pytest.raises(DecryptionRejected) as caught:
        opened(element)
    assert caught.value.reason is DecryptionProblem.STRUCTURE


@pytest.mark.parametrize("slip", ALGORITHMS)
def test_an_algorithm_that_is_not_on_the_list(slip):
    element = around(b"<a/>")
    ALGORITHMS[slip](element)
    with pytest.raises(DecryptionRejected) as caught:
        opened(element)
    assert caught.value.reason is DecryptionProblem.ALGORITHM


def test_the_same_work_is_done_whether_or_not_a_wrapped_key_opens(monkeypatch):
    """Every key on every wrapped key, and every outcome on the content, to the end."""
    work = []
    real = decryption.decrypted_with
    monkeypatch.setattr(decryption, "decrypted_with", lambda *how: work.append(len(how[1])) or real(*how))
    keys = [*KEYS, signing_key("gateway-next-decryption").private_key]

    def work_for(spoil) -> list[int]:
        element = around(b"<a/>")
        spoil(element)
        work.clear()
        with suppress(DecryptionRejected):
            opened(element, keys=keys)
        return list(work)

    garbage = b64encode(bytes(256)).decode()
    short = b64encode(keys[0].public_key().encrypt(b"short", KeyTransport(OAEP_MGF1P).padding())).decode()
    spoilt = [
        lambda _: None,
        _spoilt(".//{*}EncryptedKey//{*}CipherValue", lambda found: setattr(found, "text", garbage)),
        _spoilt(".//{*}EncryptedKey//{*}CipherValue", lambda found: setattr(found, "text", short)),
        _spoilt(".//{*}EncryptedKey//{*}CipherValue", lambda found: setattr(found, "text", "AAAA")),
        _spoilt("./{*}EncryptedData/{*}CipherData/{*}CipherValue", lambda found: setattr(found, "text", garbage)),
    ]
    assert [work_for(one) for one in spoilt] == [[16, 16]] * 5
