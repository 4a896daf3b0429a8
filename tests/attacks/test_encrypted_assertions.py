"""Encrypted assertions of an attacker: who has the gateway's certificate, as everybody has, can encrypt for it."""

from base64 import b64decode, b64encode
from copy import deepcopy
from dataclasses import replace

import pytest
from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.saml.sp.encrypted import MAX_BYTES
from gateway.xml.signatures import sign
from tests.support.encrypted import (
    AES128_CBC,
    AES128_GCM,
    ENCRYPTED,
    KEYS,
    XENC,
    encrypted,
    recipient,
    with_encrypted,
)
from tests.support.responses import (
    DS,
    IDP_KEY,
    NAMESPACES,
    OTHER_KEY,
    SAML,
    SAMLP,
    Marks,
    Message,
    assertion_of,
    identity_provider,
    judge,
    refusal,
    signed,
)
from tests.support.signing_keys import signing_key

ADVICE = f"{{{SAML}}}Advice"


def read(response, **known):
    return judge(response, decryption_keys=KEYS, **known)


def refused(response, **known):
    return refusal(response, decryption_keys=KEYS, **known)


def whole(response, **known) -> tuple[ErrorCode, str | None]:
    """All that a peer learns of a refusal."""
    with pytest.raises(SluisError) as caught:
        read(response, **known)
    return caught.value.code, caught.value.hint


def in_signed_response(to=None, *, assertion: bool = True, change=lambda _: None) -> etree._Element:
    """The Response signed last, over what is encrypted in it."""
    root = with_encrypted(signed(assertion=assertion, response=False), to, change=change)
    sign(root, IDP_KEY)
    return root


def value_of(element: etree._Element, path: str) -> etree._Element:
    return element.find(path)


DATA_VALUE = "./{*}EncryptedData/{*}CipherData/{*}CipherValue"
KEY_VALUE = ".//{*}EncryptedKey/{*}CipherData/{*}CipherValue"


def flipped(path: str, position: int):
    """Change one bit of a CipherValue on its way."""

    def change(element: etree._Element) -> None:
        found = value_of(element, path)
        raw = bytearray(b64decode(found.text))
        raw[position] ^= 1
        found.text = b64encode(bytes(raw)).decode()

    return change


@pytest.mark.parametrize(
    "response",
    [
        lambda: with_encrypted(signed(response=False)),
        in_signed_response,
        lambda: in_signed_response(assertion=False),
    ],
    ids=["assertion signed", "both signed", "Response signed"],
)
def test_honest_encrypted_assertions_are_read(response):
    assert read(response()).attributes().values == (("uid", ("fenna@regenboog.example",)),)


def test_without_a_key_nothing_is_encrypted_for_the_gateway():
    assert refusal(with_encrypted(signed(response=False))) is ErrorCode.RESPONSE_ENCRYPTED


SPOILT = {
    "content, first octet": flipped(DATA_VALUE, 0),
    "content, in the middle": flipped(DATA_VALUE, 400),
    "tag": flipped(DATA_VALUE, -1),
    "wrapped key": flipped(KEY_VALUE, 10),
    "wrapped key, last octet": flipped(KEY_VALUE, -1),
    "wrapped key cut": lambda found: setattr(value_of(found, KEY_VALUE), "text", b64encode(bytes(200)).decode()),
    "content cut": lambda found: setattr(value_of(found, DATA_VALUE), "text", b64encode(bytes(20)).decode()),
    "content of nothing": lambda found: setattr(value_of(found, DATA_VALUE), "text", ""),
}


class TestOracle:
    """Whatever is wrong inside, the answer is the same: nobody learns from it what was nearly right."""

    def test_the_answer_is_one(self):
        answers = {whole(with_encrypted(signed(response=False), change=how)) for how in SPOILT.values()}
        other = recipient(key=signing_key("somebody").private_key.public_key())
        answers.add(whole(with_encrypted(signed(response=False), other)))
        answers.add(
            whole(
                with_encrypted(
                    signed(response=False),
                    recipient(content=AES128_GCM.replace("128", "256")),
                    change=lambda found: found.find(".//{*}EncryptionMethod").set("Algorithm", AES128_GCM),
                )
            )
        )

        assert len(answers) == 1
        [(code, hint)] = answers
        assert code is ErrorCode.RESPONSE_ENCRYPTED
        assert hint == "it does not open with a key of the gateway; its metadata names those to encrypt for"

    def test_cbc_is_not_opened_for_whoever_asks(self):
        root = with_encrypted(signed(response=False), recipient(content=AES128_CBC))
        assert refused(root) is ErrorCode.RESPONSE_ALGORITHM

    def test_cbc_is_not_opened_without_a_signature_around_it_even_where_it_is_allowed(self):
        idp = replace(identity_provider(), allow_cbc=True)
        root = with_encrypted(signed(response=False), recipient(content=AES128_CBC))
        assert refused(root, idp=idp) is ErrorCode.RESPONSE_ALGORITHM

    def test_cbc_in_a_signed_response_is_read_where_the_entry_allows_it(self):
        idp = replace(identity_provider(), allow_cbc=True)
        assert read(in_signed_response(recipient(content=AES128_CBC)), idp=idp).attributes()
        assert refused(in_signed_response(recipient(content=AES128_CBC))) is ErrorCode.RESPONSE_ALGORITHM

    def test_cbc_that_was_changed_fails_at_the_signature_before_any_key_is_tried(self):
        idp = replace(identity_provider(), allow_cbc=True)
        root = in_signed_response(recipient(content=AES128_CBC))
        flipped(DATA_VALUE, 40)(root.find(ENCRYPTED))
        assert refused(root, idp=idp) is ErrorCode.RESPONSE_SIGNATURE_INVALID


class TestContent:
    """What comes out is as strange as anything that comes in."""

    def test_unsigned_content_inside_an_unsigned_response(self):
        root = with_encrypted(signed(assertion=False, response=False))
        assert refused(root) is ErrorCode.RESPONSE_SIGNATURE_MISSING

    def test_content_signed_by_another(self):
        root = with_encrypted(signed(response=False, key=OTHER_KEY))
        assert refused(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID

    def test_evil_signature_inside_a_signed_response(self):
        root = with_encrypted(signed(response=False, key=OTHER_KEY))
        sign(root, IDP_KEY)
        assert refused(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID

    def test_another_ciphertext_put_into_a_signed_response(self):
        root = in_signed_response()
        evil = encrypted(assertion_of(signed(Message(name_id="<saml:NameID>evil</saml:NameID>"), assertion=False)))
        root.replace(root.find(ENCRYPTED), evil)
        assert refused(root) is ErrorCode.RESPONSE_SIGNATURE_INVALID

    def test_an_encrypted_assertion_inside_an_encrypted_assertion(self):
        inner = encrypted(assertion_of(signed(response=False)))
        root = Message().response("")
        root.append(encrypted(inner))
        assert refused(root) is ErrorCode.RESPONSE_SCHEMA

    def test_an_encrypted_assertion_in_the_advice_of_an_encrypted_one(self):
        root = Message().response()
        assertion = assertion_of(root)
        advice = etree.Element(ADVICE)
        advice.append(encrypted(assertion_of(signed(response=False))))
        assertion.find("saml:Conditions", NAMESPACES).addnext(advice)
        sign(assertion, IDP_KEY)
        assert refused(with_encrypted(root)) is ErrorCode.RESPONSE_ASSERTIONS

    def test_a_signed_assertion_hides_in_the_advice_of_an_evil_one(self):
        evil = Message(assertion_id="_evil", attributes={"uid": ("evil@regenboog.example",)}).response()
        original = assertion_of(signed(response=False))
        advice = etree.Element(ADVICE)
        advice.append(deepcopy(original))
        assertion = assertion_of(evil)
        assertion.find("saml:Conditions", NAMESPACES).addnext(advice)
        assertion.insert(1, deepcopy(original.find("ds:Signature", NAMESPACES)))
        assert refused(with_encrypted(evil)) is ErrorCode.RESPONSE_ASSERTIONS

    def test_a_whole_response_is_encrypted_instead_of_an_assertion(self):
        root = Message().response("")
        root.append(encrypted(signed()))
        assert refused(root) is ErrorCode.RESPONSE_SCHEMA

    def test_an_encrypted_name_id_in_an_encrypted_assertion(self):
        hidden = encrypted(etree.fromstring(f'<saml:NameID xmlns:saml="{SAML}">evil</saml:NameID>'))
        name_id = etree.tostring(hidden).decode().replace("EncryptedAssertion", "EncryptedID")
        root = with_encrypted(signed(Message(name_id=name_id), response=False))
        assert refused(root) is ErrorCode.RESPONSE_ENCRYPTED

    def test_a_signature_elsewhere_inside(self):
        root = Message().response()
        assertion = assertion_of(root)
        sign(assertion, IDP_KEY)
        value = assertion.find(".//saml:AttributeValue", NAMESPACES)
        value.append(deepcopy(assertion.find("ds:Signature", NAMESPACES)))
        assertion.remove(assertion.find("ds:Signature", NAMESPACES))
        sign(assertion, IDP_KEY)
        assert refused(with_encrypted(root)) is ErrorCode.RESPONSE_SIGNATURE_INVALID


class TestWrapping:
    """One assertion, plain or encrypted, where it belongs."""

    def test_a_plain_assertion_beside_the_encrypted_one(self):
        root = with_encrypted(signed(response=False))
        root.append(assertion_of(Message(assertion_id="_evil").response()))
        assert refused(root) is ErrorCode.RESPONSE_ASSERTIONS

    def test_two_encrypted_assertions(self):
        root = with_encrypted(signed(response=False))
        root.append(deepcopy(root.find(ENCRYPTED)))
        assert refused(root) is ErrorCode.RESPONSE_ASSERTIONS

    def test_an_encrypted_assertion_hides_in_extensions(self):
        root = with_encrypted(signed(response=False))
        extensions = etree.Element(f"{{{SAMLP}}}Extensions")
        extensions.append(root.find(ENCRYPTED))
        root.insert(1, extensions)
        assert refused(root) is ErrorCode.RESPONSE_ASSERTIONS

    def test_the_signed_response_hides_in_one_with_other_encrypted_content(self):
        original = in_signed_response(assertion=False)
        evil = with_encrypted(Message(response_id="_evil").response())
        signature = deepcopy(original.find("ds:Signature", NAMESPACES))
        extensions = etree.Element(f"{{{SAMLP}}}Extensions")
        extensions.append(original)
        evil.insert(1, extensions)
        evil.insert(1, signature)
        assert refused(evil) is ErrorCode.RESPONSE_SCHEMA

    def test_a_signature_stands_beside_the_ciphertext(self):
        root = with_encrypted(signed(response=False))
        info = root.find(".//ds:KeyInfo", NAMESPACES)
        info.append(assertion_of(signed(response=False)).find("ds:Signature", NAMESPACES))
        assert refused(root) in {ErrorCode.RESPONSE_SIGNATURE_INVALID, ErrorCode.RESPONSE_SCHEMA}


class TestKeys:
    """Which key, by which algorithm, is not for the sender to choose freely."""

    def test_key_confusion_with_the_signing_key(self):
        """The gateway's signing key is no decryption key, though it could decrypt."""
        root = with_encrypted(signed(response=False), recipient(key=signing_key("gateway").private_key.public_key()))
        assert refused(root) is ErrorCode.RESPONSE_ENCRYPTED

    def test_a_pointer_to_a_wrapped_key_that_is_not_there(self):
        def point(found):
            info = found.find(".//{*}KeyInfo")
            info.clear()
            etree.SubElement(info, f"{{{DS}}}RetrievalMethod", URI="#elsewhere", Type=f"{XENC}EncryptedKey")

        assert refused(with_encrypted(signed(response=False), change=point)) is ErrorCode.RESPONSE_ENCRYPTED

    def test_ciphertext_by_reference(self):
        def refer(found):
            data = value_of(found, DATA_VALUE).getparent()
            data.clear()
            etree.SubElement(data, f"{{{XENC}}}CipherReference", URI="http://169.254.169.254/")

        assert refused(with_encrypted(signed(response=False), change=refer)) is ErrorCode.RESPONSE_ENCRYPTED

    @pytest.mark.parametrize("algorithm", [XENC + "rsa-1_5", XENC + "kw-aes128", "urn:none"])
    def test_key_transport_that_is_not_allowed(self, algorithm):
        def swap(found):
            found.find(".//{*}EncryptedKey/{*}EncryptionMethod").set("Algorithm", algorithm)

        assert refused(with_encrypted(signed(response=False), change=swap)) is ErrorCode.RESPONSE_ALGORITHM

    @pytest.mark.parametrize("algorithm", [XENC + "tripledes-cbc", AES128_CBC, "urn:none"])
    def test_content_algorithm_that_is_not_allowed(self, algorithm):
        def swap(found):
            found.find("./{*}EncryptedData/{*}EncryptionMethod").set("Algorithm", algorithm)

        assert refused(with_encrypted(signed(response=False), change=swap)) is ErrorCode.RESPONSE_ALGORITHM

    def test_many_wrapped_keys_to_keep_the_gateway_busy(self):
        def multiply(found):
            wrapped = found.find(".//{*}EncryptedKey")
            for _ in range(50):
                wrapped.addnext(deepcopy(wrapped))

        assert refused(with_encrypted(signed(response=False), change=multiply)) is ErrorCode.RESPONSE_ENCRYPTED

    def test_huge_ciphertext(self):
        def swell(found):
            value_of(found, DATA_VALUE).text = b64encode(bytes(MAX_BYTES)).decode()

        assert refused(with_encrypted(signed(response=False), change=swell)) is ErrorCode.RESPONSE_TOO_LARGE


def test_a_replayed_encrypted_assertion_is_refused_though_it_was_encrypted_anew():

    marks, plain = Marks(), signed(response=False)
    read(with_encrypted(deepcopy(plain)), replay_marks=marks)
    assert refused(with_encrypted(deepcopy(plain)), replay_marks=marks) is ErrorCode.RESPONSE_REPLAYED
