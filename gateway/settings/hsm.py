"""Keys that stay in a token and sign there (PKCS #11 v2.40): a hardware security module, or SoftHSM.

The library behind it, python-pkcs11, is only there where it was installed for this. A session cannot be handed on to a
child process: the process that reads the configuration closes its own, and every worker opens one at its first
signature. Signatures of one module are made one after another in each worker.

Processes of one machine log in one after another. A token may keep with it how logins went, and tell that there is no
such token to whoever looks at that moment: SoftHSM does, and all workers look as they start.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NoReturn, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from gateway.domain.errors import ErrorCode, SluisError

_CURVES: dict[bytes, type[ec.EllipticCurve]] = {
    bytes.fromhex("06082a8648ce3d030107"): ec.SECP256R1,
    bytes.fromhex("06052b81040022"): ec.SECP384R1,
}
"""Curves by their object identifiers in DER, as CKA_EC_PARAMS has them (RFC 5480 2.1.1.1)."""
_PROBE = b"sluis: do these two keys belong together?"
_STAYS = "the key does not leave its token"
_A_LOGIN_TAKES, _LOOKS_AGAIN = 5.0, 0.01
"""Seconds: at most, where many log in, and between two looks whether it is one's turn."""
_modules: dict[str, "_Module"] = {}
_tokens: dict[tuple[str, str], "_Token"] = {}
_Public = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key is: the module (path of its library), the token's label, the key's label, and what opens it."""

    module: str
    token: str
    label: str
    pin: str = field(repr=False)


def token_private_key(place: Place) -> "RsaInToken | EcInToken":
    """The key in a token, with its public half. Raises ValueError, which says what to do and never the PIN."""
    module = _modules.setdefault(place.module, _Module(place.module))
    token = _tokens.setdefault((place.module, place.token), _Token(module, place.token))
    pkcs11 = _library()
    try:
        public = token.public_key(place)
        key = (
            RsaInToken(token, place, public)
            if isinstance(public, rsa.RSAPublicKey)
            else EcInToken(token, place, public)
        )
        _probe(key)
    except pkcs11.PKCS11Error as cause:
        raise ValueError(_in_words(cause, place)) from None
    finally:
        token.close()
    return key


class _Module:
    """A module in this process: its library, which a child must begin anew, and whose calls are made in turns."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.turn = Lock()
        self.begun = 0
        """How often it was begun: the sessions from before have ended."""
        self._process = 0

    def library(self) -> Any:
        """It, begun in this process. Raises PKCS11Error."""
        loaded, here = _library().lib(self._path), os.getpid()
        if self._process != here:
            if self.begun:
                loaded.reinitialize()
            self.begun += 1
            self._process = here
        return loaded

    def begin_anew(self) -> None:
        """Have it forget all that it found, when it is asked next."""
        self._process = 0

    @contextmanager
    def logging_in(self) -> Iterator[None]:
        """No other process of this machine does so meanwhile, unless one takes its time."""
        try:
            path = os.open(self._path, os.O_RDONLY)
        except OSError:
            # Whoever loads it says why.
            yield
            return
        try:
            _lock(path)
            yield
        finally:
            os.close(path)


def _lock(path: int) -> None:
    """Whoever may read the file may lock it, and holds up nobody for longer than a login to a token takes."""
    until = time.monotonic() + _A_LOGIN_TAKES
    while True:
        try:
            fcntl.flock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return
            time.sleep(_LOOKS_AGAIN)
        else:
            return


class _Token:
    """A token, and the session that this process has with it: one, since a login counts for all of a process."""

    def __init__(self, module: _Module, label: str) -> None:
        self._module = module
        self._label = label
        self._within = (0, 0)
        """The process whose session it is, and which beginning of the library it belongs to."""
        self._session: Any = None
        self._keys: dict[str, Any] = {}

    def sign(self, place: Place, octets: bytes, mechanism: str) -> bytes:
        """A signature as PKCS #11 makes it. Raises PKCS11Error."""
        return self._tried(lambda: self._sign(place, octets, mechanism))

    def public_key(self, place: Place) -> _Public:
        """The public half, from the object beside it of the same label. Raises PKCS11Error or ValueError."""
        return self._tried(lambda: self._public_key(place))

    def close(self) -> None:
        """End the session, so that none is handed on to a child process."""
        with self._module.turn:
            self._end()

    def _tried(self, do: Callable[[], _Made]) -> _Made:
        """What it comes to, at the second try with the library begun anew.

        Sessions end when a token is restarted, and nobody says so before; and a library goes on believing what it found
        at a bad moment. A PIN that was wrong is not tried again: some more would lock the token.
        """
        pkcs11 = _library()
        with self._module.turn:
            try:
                return do()
            except (pkcs11.PinIncorrect, pkcs11.PinLocked):
                raise
            except pkcs11.PKCS11Error:
                self._end()
                self._module.begin_anew()
                return do()

    def _sign(self, place: Place, octets: bytes, mechanism: str) -> bytes:
        pkcs11 = _library()
        session = self._opened(place)
        if place.label not in self._keys:
            self._keys[place.label] = _object(session, pkcs11.ObjectClass.PRIVATE_KEY, place.label)
        made: bytes = self._keys[place.label].sign(octets, mechanism=pkcs11.Mechanism[mechanism])
        return made

    def _public_key(self, place: Place) -> _Public:
        pkcs11 = _library()
        attribute = pkcs11.Attribute
        found = _object(self._opened(place), pkcs11.ObjectClass.PUBLIC_KEY, place.label)
        if found.key_type is pkcs11.KeyType.RSA:
            exponent = int.from_bytes(found[attribute.PUBLIC_EXPONENT])
            return rsa.RSAPublicNumbers(exponent, int.from_bytes(found[attribute.MODULUS])).public_key()
        curve = _CURVES.get(found[attribute.EC_PARAMS]) if found.key_type is pkcs11.KeyType.EC else None
        if curve is None:
            raise ValueError(f"{place.label} in the token {place.token} is neither RSA nor EC on P-256 or P-384")
        # CKA_EC_POINT is the point within an OCTET STRING, whose head is two octets on both curves.
        return ec.EllipticCurvePublicKey.from_encoded_point(curve(), found[attribute.EC_POINT][2:])

    def _opened(self, place: Place) -> Any:
        if self._within != (os.getpid(), self._module.begun):
            with self._module.logging_in():
                library = self._module.library()
                self._session, self._keys = None, {}
                self._session = library.get_token(token_label=self._label).open(user_pin=place.pin)
            self._within = os.getpid(), self._module.begun
        return self._session

    def _end(self) -> None:
        mine = self._session if self._within == (os.getpid(), self._module.begun) else None
        self._within, self._session, self._keys = (0, 0), None, {}
        if mine is not None:
            with suppress(_library().PKCS11Error):
                mine.close()


class _InToken:
    """What a key in a token has and what it refuses, whatever its kind."""

    def __init__(self, token: _Token, place: Place, public: Any) -> None:
        self._token = token
        self._place = place
        self._public = public

    @property
    def key_size(self) -> int:
        """Bits."""
        size: int = self._public.key_size
        return size

    def _signed(self, octets: bytes, mechanism: str) -> bytes:
        try:
            return self._token.sign(self._place, octets, mechanism)
        except _library().PKCS11Error as cause:
            raise SluisError(ErrorCode.INTERNAL, cause=f"PKCS #11: {type(cause).__name__}") from None

    def private_numbers(self) -> NoReturn:
        """Raises ValueError: it has them for itself."""
        raise ValueError(_STAYS)

    def private_bytes(self, *_: Any, **__: Any) -> NoReturn:
        """Raises ValueError: it has them for itself."""
        raise ValueError(_STAYS)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        return self


class RsaInToken(_InToken, rsa.RSAPrivateKey):
    """An RSA key that signs with PKCS #1 v1.5 (RFC 8017 8.2)."""

    def public_key(self) -> rsa.RSAPublicKey:
        """The public half."""
        public: rsa.RSAPublicKey = self._public
        return public

    def sign(self, data: Any, padding: Any, algorithm: Any) -> bytes:
        """The signature over data, digested in the token. Raises SluisError when the token does not answer."""
        if not isinstance(padding, _PKCS1):
            raise ValueError("a key in a token signs with PKCS #1 v1.5")  # noqa: TRY004 - as cryptography does
        return self._signed(bytes(data), f"{algorithm.name.upper()}_RSA_PKCS")

    def decrypt(self, *_: Any, **__: Any) -> NoReturn:
        """Raises ValueError: it signs alone."""
        raise ValueError("a key in a token signs alone")


_PKCS1 = padding.PKCS1v15


class EcInToken(_InToken, ec.EllipticCurvePrivateKey):
    """An EC key that signs with ECDSA (FIPS 186-5)."""

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256 or P-384."""
        curve: ec.EllipticCurve = self._public.curve
        return curve

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        public: ec.EllipticCurvePublicKey = self._public
        return public

    def sign(self, data: Any, signature_algorithm: Any) -> bytes:
        """The signature over data, in DER; the token draws its nonce. Raises SluisError likewise."""
        digest = hashes.Hash(signature_algorithm.algorithm)
        digest.update(bytes(data))
        both = self._signed(digest.finalize(), "ECDSA")
        half = len(both) // 2
        return encode_dss_signature(int.from_bytes(both[:half]), int.from_bytes(both[half:]))

    def exchange(self, *_: Any, **__: Any) -> NoReturn:
        """Raises ValueError: it signs alone."""
        raise ValueError("a key in a token signs alone")


def _probe(key: RsaInToken | EcInToken) -> None:
    """A signature that the public half checks. Raises ValueError for halves of two keys."""
    try:
        if isinstance(key, RsaInToken):
            made = key.sign(_PROBE, padding.PKCS1v15(), hashes.SHA256())
            key.public_key().verify(made, _PROBE, padding.PKCS1v15(), hashes.SHA256())
        else:
            signing = ec.ECDSA(hashes.SHA256())
            key.public_key().verify(key.sign(_PROBE, signing), _PROBE, signing)
    except (InvalidSignature, SluisError):
        raise ValueError("the token cannot sign with the key, or its public and private key are two") from None


def _object(session: Any, kind: Any, label: str) -> Any:
    """The one object of a kind and a label. Raises NoSuchKey or MultipleObjectsReturned.

    All are read, however many: python-pkcs11's own look-up leaves a search open that outlives its session.
    """
    pkcs11 = _library()
    found = list(session.get_objects({pkcs11.Attribute.CLASS: kind, pkcs11.Attribute.LABEL: label}))
    if len(found) != 1:
        raise pkcs11.MultipleObjectsReturned if found else pkcs11.NoSuchKey
    return found[0]


def _in_words(cause: Exception, place: Place) -> str:
    known = {
        "NoSuchToken": "no token has this label",
        "NoSuchKey": f"it has no key pair with the label {place.label}; both halves need it",
        "MultipleObjectsReturned": f"it has several keys with the label {place.label}",
        "MultipleTokensReturned": "several tokens have this label",
        "PinIncorrect": "the PIN does not open it; too many attempts lock it",
        "PinLocked": "it is locked, after too many wrong PINs",
        # What is raised where no module says anything: its library cannot be loaded.
        "PKCS11Error": f"{place.module} is no PKCS #11 module that can be loaded",
    }
    kind = type(cause).__name__
    return f"the token {place.token}: {known.get(kind, kind)}"


def _library() -> Any:
    try:
        import pkcs11  # noqa: PLC0415 - installed where somebody has a token
    except ImportError:
        raise ValueError("a key in a token needs python-pkcs11: pip install 'sluis[pkcs11]'") from None
    return pkcs11
