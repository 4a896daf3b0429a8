"""The HTTP-Redirect binding: what is sent, and whose signature counts."""

import base64
import urllib.parse
import zlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.saml.redirect import QueryProblem, QueryRejected, inflate, read_query, signed_url, verify_query
from gateway.xml.signatures import SignatureProblem, SignatureRejected
from tests.support.authn_requests import RSA_SHA1, by_redirect, deflated, lower_case_escapes
from tests.support.signing_keys import certificate_of, elliptic_key, elliptic_signing_key, signing_key

KEY = signing_key("sender")
STATE = "a b+c&d=e/é?"


def url(message=b"<m/>", relay_state=STATE, location="https://idp.example/sso"):
    return signed_url(location, "SAMLRequest", message, relay_state, KEY)


def query_of(address: str) -> bytes:
    return address.partition("?")[2].encode()


def problem(raw: bytes, parameter="SAMLRequest"):
    with pytest.raises(QueryRejected) as rejected:
        read_query(raw, parameter)
    return rejected.value.reason


def signature_problem(query, *keys):
    with pytest.raises(SignatureRejected) as rejected:
        verify_query(query, [key.certificate for key in keys])
    return rejected.value.reason


def test_what_is_sent_reads_back():
    query = read_query(query_of(url()), "SAMLRequest")
    assert inflate(query.message, limit=100) == b"<m/>"
    assert query.relay_state == STATE
    verify_query(query, [signing_key("other").certificate, KEY.certificate])


def test_the_parts_stand_in_the_order_of_the_specification():
    names = [part.partition("=")[0] for part in query_of(url()).decode().split("&")]
    assert names == ["SAMLRequest", "RelayState", "SigAlg", "Signature"]
    assert "RelayState" not in url(relay_state=None)


def test_an_address_with_a_query_of_its_own_keeps_it():
    assert url(location="https://idp.example/sso?tenant=1").startswith("https://idp.example/sso?tenant=1&SAMLRequest=")


def test_any_library_can_verify_what_is_sent():
    signed, _, signature = query_of(url()).partition(b"&Signature=")
    raw = base64.b64decode(urllib.parse.unquote(signature.decode()))
    KEY.certificate.public_key().verify(raw, signed, padding.PKCS1v15(), SHA256())


@pytest.mark.parametrize("escape", [urllib.parse.quote_plus, lower_case_escapes, lambda text: text.replace("+", "%2B")])
def test_the_signature_counts_however_the_sender_escapes(escape):
    sent = by_redirect(b"<m/>", "a-b", key=KEY, escape=escape)
    verify_query(read_query(sent.query, "SAMLRequest"), [KEY.certificate])


@pytest.mark.parametrize("bits", [256, 384, 512])
def test_rsa_with_the_sha_2_family(bits):
    algorithm = f"http://www.w3.org/2001/04/xmldsig-more#rsa-sha{bits}"
    sent = by_redirect(b"<m/>", key=KEY, algorithm=algorithm)
    verify_query(read_query(sent.query, "SAMLRequest"), [KEY.certificate])


@pytest.mark.parametrize("side_by_side", [True, False])
def test_ecdsa_as_xml_signatures_write_it_and_as_der(side_by_side):
    key = elliptic_key("sender")
    algorithm = urllib.parse.quote_plus("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256")
    signed = f"SAMLRequest={urllib.parse.quote_plus(deflated(b'<m/>'))}&SigAlg={algorithm}".encode()
    signature = key.sign(signed, ec.ECDSA(SHA256()))
    if side_by_side:
        signature = b"".join(number.to_bytes(32) for number in decode_dss_signature(signature))
    raw = signed + b"&Signature=" + urllib.parse.quote_plus(base64.b64encode(signature)).encode()
    verify_query(read_query(raw, "SAMLRequest"), [certificate_of(key, "sender")])
    assert signature_problem(read_query(raw, "SAMLRequest"), KEY) is SignatureProblem.INVALID


@pytest.mark.parametrize(("curve", "size"), [(ec.SECP256R1, 256), (ec.SECP384R1, 384)])
def test_what_an_ec_key_signs_reads_back_and_names_its_algorithm(curve, size):
    key = elliptic_signing_key("sender", curve)
    address = signed_url("https://idp.example/sso", "SAMLRequest", b"<m/>", STATE, key)
    query = read_query(query_of(address), "SAMLRequest")
    assert query.algorithm == f"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha{size}"
    assert len(query.signature) == size // 4
    verify_query(query, [KEY.certificate, key.certificate])
    assert signature_problem(query, KEY) is SignatureProblem.INVALID


def test_no_signature_is_not_a_signature():
    query = read_query(by_redirect(b"<m/>").query, "SAMLRequest")
    assert signature_problem(query, KEY) is SignatureProblem.MISSING


def test_sha_1_is_refused_before_any_key_is_tried():
    query = read_query(by_redirect(b"<m/>", key=KEY, algorithm=RSA_SHA1).query, "SAMLRequest")
    assert signature_problem(query, KEY) is SignatureProblem.ALGORITHM


def test_a_key_that_is_too_small_does_not_count():
    small = signing_key("small", 1024)
    query = read_query(by_redirect(b"<m/>", key=small).query, "SAMLRequest")
    assert signature_problem(query, small) is SignatureProblem.INVALID


@pytest.mark.parametrize(
    "name", ["SAMLRequest", "RelayState", "SigAlg", "Signature", "SAMLEncoding", "%53AMLRequest", "Rela%79State"]
)
def test_a_parameter_of_the_binding_stands_there_once(name):
    raw = by_redirect(b"<m/>", "state", key=KEY).query + b"&SAMLEncoding=x"
    assert problem(raw + f"&{name}=x".encode()) is QueryProblem.DOUBLED


def test_parameters_of_others_are_passed_over():
    sent = by_redirect(b"<m/>", "state", key=KEY)
    verify_query(read_query(b"utm=1&" + sent.query + b"&utm=2&&", "SAMLRequest"), [KEY.certificate])


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", QueryProblem.MISSING),
        (b"SAMLResponse=abcd", QueryProblem.MISSING),
        (b"SAMLRequest=abcd&SAMLResponse=abcd", QueryProblem.DOUBLED),
        (b"SAMLRequest=abcd&SigAlg=x", QueryProblem.MALFORMED),
        (b"SAMLRequest=abcd&Signature=abcd", QueryProblem.MALFORMED),
        (b"SAMLRequest=abcd&SigAlg=x&Signature=%20", QueryProblem.MALFORMED),
        (b"SAMLRequest=abcd&SAMLEncoding=urn:other", QueryProblem.MALFORMED),
        (b"SAMLRequest=abcd&RelayState=%ff", QueryProblem.MALFORMED),
        (b"SAMLRequest=abcd&RelayState=\xff", QueryProblem.MALFORMED),
    ],
)
def test_what_is_no_query_of_this_binding(raw, reason):
    assert problem(raw) is reason


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("not base64!", QueryProblem.MALFORMED),
        ("é", QueryProblem.MALFORMED),
        (base64.b64encode(b"no deflate").decode(), QueryProblem.MALFORMED),
        (base64.b64encode(zlib.compress(b"a zlib header")).decode(), QueryProblem.MALFORMED),
        (base64.b64encode(base64.b64decode(deflated(b"<m/>")) + b"more").decode(), QueryProblem.MALFORMED),
        (base64.b64encode(base64.b64decode(deflated(b"<m>cut off</m>"))[:-3]).decode(), QueryProblem.MALFORMED),
        (deflated(b"x" * 101), QueryProblem.TOO_LARGE),
    ],
)
def test_what_does_not_unpack(message, reason):
    with pytest.raises(QueryRejected) as rejected:
        inflate(message, limit=100)
    assert rejected.value.reason is reason


def test_the_limit_itself_is_within_the_limit():
    assert inflate(deflated(b"x" * 100), limit=100) == b"x" * 100
