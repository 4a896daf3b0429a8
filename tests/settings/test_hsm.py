"""Keys that stay in a token sign XML and tokens that others can check; what is wrong with a token is said."""

import copy
import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import KeySet
from lxml import etree

from gateway.cli import main
from gateway.domain.errors import SluisError
from gateway.domain.key_ring import Ring
from gateway.federation.clients import SigningAlgorithm
from gateway.oidc.op.signing import Signer
from gateway.settings import hsm
from gateway.settings.hsm import EcInToken, Place, RsaInToken, token_private_key
from gateway.settings.keys import KeyRing, load_keys
from gateway.settings.loader import load
from gateway.settings.private_keys import token_key
from gateway.settings.problems import Problems
from gateway.xml.keys import SigningKey
from gateway.xml.signatures import sign, verify
from tests.support import softhsm
from tests.support.configuration import edited, write_configuration
from tests.support.signing_keys import signing_key
from tests.support.softhsm import SoftHsm

pytestmark = pytest.mark.stranger

RSA = signing_key("gateway")
P_256 = ec.generate_private_key(ec.SECP256R1())
P_384 = ec.generate_private_key(ec.SECP384R1())
OCTETS = b"a message"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftHsm]:
    if reason := softhsm.why_not():
        pytest.skip(reason)
    made = SoftHsm(tmp_path_factory.mktemp("token")).make()
    for label, key in {"rsa": RSA.private_key, "p256": P_256, "p384": P_384}.items():
        made.put(key, label)
    made.put(ec.generate_private_key(ec.SECP521R1()), "p521")
    made.put(RSA.private_key, "twice")
    made.put(P_256, "twice")
    with pytest.MonkeyPatch.context() as patch:
        made.show(patch)
        yield made


@pytest.fixture
def token(filled: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    for name, value in filled.environment.items():
        monkeypatch.setenv(name, value)
    return filled


def place(label: str, **other: str) -> Place:
    return Place(**{"module": softhsm.MODULE, "token": "sluis", "label": label, "pin": softhsm.PIN} | other)


def ring(directory: Path, token: SoftHsm, *, key: str = "keys/saml.key", label: str = "rsa") -> KeyRing:
    write_configuration(directory, edited("keys.yaml", f"{{file: {key}}}", token.reference(label)))
    return load_keys(load(directory))


def refused(directory: Path, token: SoftHsm, **other: str) -> str:
    with pytest.raises(Problems) as caught:
        ring(directory, token, **other)
    return "\n".join(map(str, caught.value.problems))


def test_an_rsa_key_in_a_token_signs_xml(tmp_path: Path, token: SoftHsm):
    key = ring(tmp_path, token).saml_signing.active
    element = etree.fromstring('<a xmlns="urn:x" ID="_1"><b>c</b></a>')
    sign(element, key)
    assert isinstance(key.private_key, RsaInToken)
    assert verify(element, [key.certificate])[0].text == "c"
    assert key.sign(OCTETS) == RSA.sign(OCTETS), "as the same key outside the token signs"


@pytest.mark.parametrize(("label", "outside"), [("p256", P_256), ("p384", P_384)])
def test_an_ec_key_in_a_token_signs_xml(token: SoftHsm, label: str, outside: ec.EllipticCurvePrivateKey):
    key = token_private_key(place(label))
    assert isinstance(key, EcInToken)
    assert (key.curve.name, key.key_size) == (outside.curve.name, outside.key_size)
    signed = SigningKey(key, RSA.certificate)
    both = signed.sign(OCTETS)
    assert len(both) == 2 * outside.key_size // 8
    outside.public_key().verify(key.sign(OCTETS, ec.ECDSA(hashes.SHA256())), OCTETS, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        outside.public_key().verify(key.sign(OCTETS, ec.ECDSA(hashes.SHA256())), b"x", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(("label", "algorithm"), [("rsa", "RS256"), ("p256", "ES256"), ("p384", "ES384")])
def test_a_key_in_a_token_signs_tokens_and_its_public_half_is_published(token: SoftHsm, label: str, algorithm: str):
    key = token_key("t1", algorithm, token_private_key(place(label)))
    signer = Signer({algorithm: Ring(key, (), ())})
    published = signer.jwks()
    assert not {"d", "p", "q"} & published["keys"][0].keys()
    made = signer.sign({"sub": "a"}, SigningAlgorithm(algorithm))
    assert jwt.decode(made, KeySet.import_key_set(published), algorithms=[algorithm]).claims == {"sub": "a"}
    assert signer.own(made) == {"sub": "a"}


def test_a_child_process_signs_with_a_session_of_its_own_and_its_parent_goes_on(token: SoftHsm):
    key = token_private_key(place("rsa"))
    assert isinstance(key, RsaInToken)
    before = key.sign(OCTETS, padding.PKCS1v15(), hashes.SHA256())
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, key.sign(OCTETS, padding.PKCS1v15(), hashes.SHA256()))
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        assert told.read() == before
    os.waitpid(child, 0)
    assert key.sign(OCTETS, padding.PKCS1v15(), hashes.SHA256()) == before


def test_workers_that_log_in_at_once_all_sign(token: SoftHsm):
    key = token_private_key(place("rsa"))
    workers = [_worker_that_logs_in_often(key) for _ in range(6)]
    assert [os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) for worker in workers] == [0] * 6


def test_who_locks_the_library_holds_up_nobody(token: SoftHsm, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hsm, "_A_LOGIN_TAKES", 0.0)
    with Path(softhsm.MODULE).open("rb") as somebody:
        fcntl.flock(somebody, fcntl.LOCK_EX)
        assert token_private_key(place("rsa")).key_size == 2048


def _worker_that_logs_in_often(key: RsaInToken | EcInToken) -> int:
    worker = os.fork()
    if worker:
        return worker
    failed = 1
    try:
        for _ in range(20):
            _session_that_signed(key)
            token_private_key(place("p256"))
        failed = 0
    finally:
        os._exit(failed)


def test_two_tokens_of_a_module_do_not_end_each_others_sessions_for_ever(token: SoftHsm):
    token.beside("second").put(P_384, "p384")
    keys = token_private_key(place("rsa")), token_private_key(place("p384", token="second"))
    before = [_session_that_signed(key) for key in keys]
    hsm._modules[softhsm.MODULE].begin_anew()
    hsm._tokens[softhsm.MODULE, "sluis"].close()
    after = [_session_that_signed(key) for key in keys]
    assert all(was is not now for was, now in zip(before, after, strict=True))
    assert all(_session_that_signed(key) is now for key, now in zip(keys, after, strict=True))


def _session_that_signed(key: RsaInToken | EcInToken) -> object:
    if isinstance(key, RsaInToken):
        key.sign(OCTETS, padding.PKCS1v15(), hashes.SHA256())
    else:
        key.sign(OCTETS, ec.ECDSA(hashes.SHA256()))
    return key._token._session


def test_a_session_that_ended_is_opened_anew(token: SoftHsm):
    key, other = token_private_key(place("rsa")), None
    assert isinstance(key, RsaInToken)
    before = key.sign(OCTETS, padding.PKCS1v15(), hashes.SHA256())
    other = token_private_key(place("p256"))
    assert key.sign(OCTETS, padding.PKCS1v15(), hashes.SHA256()) == before
    assert other.key_size == 256


def test_a_token_that_is_gone_fails_closed(token: SoftHsm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    key = token_private_key(place("rsa"))
    elsewhere = SoftHsm(tmp_path / "elsewhere", label="other").make()
    monkeypatch.setenv("SOFTHSM2_CONF", elsewhere.environment["SOFTHSM2_CONF"])
    pkcs11 = pytest.importorskip("pkcs11")
    pkcs11.lib(softhsm.MODULE).reinitialize()
    with pytest.raises(SluisError) as caught:
        key.sign(OCTETS, padding.PKCS1v15(), hashes.SHA256())
    assert caught.value.cause == "PKCS #11: NoSuchToken"
    monkeypatch.undo()
    os.environ.update(token.environment)
    pkcs11.lib(softhsm.MODULE).reinitialize()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"label": "absent"}, "the token sluis: it has no key pair with the label absent"),
        ({"label": "twice"}, "several keys with the label twice"),
        ({"label": "p521"}, "neither RSA nor EC on P-256 or P-384"),
        ({"token": "absent"}, "the token absent: no token has this label"),
        ({"pin": "0000"}, "the PIN does not open it"),
        ({"module": "/nowhere.so"}, "/nowhere.so is no PKCS #11 module"),
        ({"module": __file__}, "is no PKCS #11 module"),
    ],
)
def test_what_is_wrong_with_a_token_is_said(token: SoftHsm, wrong: dict[str, str], says: str):
    given = place(**{"label": "rsa"} | wrong)
    with pytest.raises(ValueError, match=r".") as caught:
        token_private_key(given)
    assert says in str(caught.value)
    assert "0000" not in str(caught.value) + repr(given)


def test_two_halves_that_do_not_belong_together_are_refused(token: SoftHsm, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hsm._Token, "public_key", lambda *_: signing_key("another").private_key.public_key())
    with pytest.raises(ValueError, match="its public and private key are two"):
        token_private_key(place("rsa"))


def test_the_private_half_does_not_leave_the_token(token: SoftHsm):
    rsa, p_256 = token_private_key(place("rsa")), token_private_key(place("p256"))
    assert isinstance(rsa, RsaInToken)
    assert isinstance(p_256, EcInToken)
    for leaving in (
        rsa.private_numbers,
        lambda: rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        lambda: rsa.decrypt(b"", padding.PKCS1v15()),
        lambda: rsa.sign(b"", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
        lambda: p_256.exchange(ec.ECDH(), P_256.public_key()),
    ):
        with pytest.raises(ValueError, match="token"):
            leaving()
    assert copy.copy(rsa) is rsa
    assert copy.deepcopy(rsa) is rsa


def test_only_keys_that_sign_may_lie_in_a_token(tmp_path: Path, token: SoftHsm):
    assert "a token signs, and this is no key that signs" in refused(tmp_path, token, key="keys/sealing.secret")


def test_the_certificate_of_a_key_in_a_token_is_made_where_it_is_missing(tmp_path: Path, token: SoftHsm):
    write_configuration(tmp_path, edited("keys.yaml", "{file: keys/saml.key}", token.reference("rsa")))
    (tmp_path / "keys/saml.crt").unlink()
    done = CliRunner().invoke(main, ["init", str(tmp_path), "--keys-only"])
    assert done.exit_code == 0, done.output
    assert "keys/saml.crt" in done.output
    made = load_keys(load(tmp_path)).saml_signing.active
    made.certificate.verify_directly_issued_by(made.certificate)
    assert made.certificate.public_key() == RSA.private_key.public_key()


def test_the_status_of_keys_says_which_sign_in_a_token(tmp_path: Path, token: SoftHsm):
    write_configuration(tmp_path, edited("keys.yaml", "{file: keys/saml.key}", token.reference("rsa")))
    done = CliRunner().invoke(main, ["keys", "status", str(tmp_path)])
    assert f"signs in a token: rsa in sluis ({softhsm.MODULE})" in done.output
    assert softhsm.PIN not in done.output


def test_a_certificate_of_another_key_is_refused(tmp_path: Path, token: SoftHsm):
    assert "the certificate belongs to another key" in refused(tmp_path, token, label="p256")


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        (
            "{pkcs11: {module: /x.so, token: a, label: b, pin: {env: P}}, passphrase: {env: Q}}",
            "a PIN, not a passphrase",
        ),
        ("{pkcs11: {module: /x.so, token: a, label: b, pin: {env: P}}, file: x}", "one of them"),
        ("{pkcs11: {module: /x.so, token: a, label: b, pin: 5678}}", "a secret does not stand here"),
        ("{pkcs11: {module: /x.so, token: a, pin: {env: P}}}", "label"),
    ],
)
def test_a_reference_that_is_wrong_is_said(tmp_path: Path, reference: str, says: str):
    write_configuration(tmp_path, edited("keys.yaml", "{file: keys/saml.key}", reference))
    with pytest.raises(Problems) as caught:
        load(tmp_path)
    assert says in "\n".join(map(str, caught.value.problems))
    assert "5678" not in str(caught.value)


def test_a_pin_that_cannot_be_read_is_said(tmp_path: Path):
    reference = "{pkcs11: {module: /x.so, token: a, label: b, pin: {env: SLUIS_NO_PIN}}}"
    write_configuration(tmp_path, edited("keys.yaml", "{file: keys/saml.key}", reference))
    with pytest.raises(Problems) as caught:
        load_keys(load(tmp_path))
    assert "the PIN of the token a: the environment variable SLUIS_NO_PIN is not set" in str(caught.value.problems[0])


def test_without_the_library_the_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "pkcs11", None)
    with pytest.raises(ValueError, match=r"pip install 'sluis\[pkcs11\]'"):
        token_private_key(place("rsa"))
