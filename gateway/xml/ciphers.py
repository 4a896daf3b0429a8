"""The encryption algorithms that the gateway knows (xmlenc-core1): AES in GCM, RSA-OAEP, and CBC where it is allowed.

RSA with PKCS #1 v1.5 padding and Triple DES are not here: nothing can turn them on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.xml.algorithms import SHA256
from gateway.xml.namespaces import XENC, XENC11

OAEP_MGF1P = XENC + "rsa-oaep-mgf1p"
"""RSA-OAEP whose mask is always made with SHA-1 (xmlenc-core1 5.5.2); what nearly every peer can read."""
OAEP = XENC11 + "rsa-oaep"
"""RSA-OAEP that names its mask generation function."""
MGF1_SHA256 = XENC11 + "mgf1sha256"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"

GCM: Mapping[str, int] = {XENC11 + f"aes{bits}-gcm": bits // 8 for bits in (256, 128, 192)}
"""Content algorithms that tell a changed text from a genuine one, and the bytes of their keys; the preferred first."""
CBC: Mapping[str, int] = {XENC + f"aes{bits}-cbc": bits // 8 for bits in (256, 128, 192)}
"""Content algorithms that do not: whoever can ask often enough reads what they hide (Jager and Somorovsky, 2011)."""

_NONCE = 12
_BLOCK = 16
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
# In OAEP a digest need not resist collisions, and peers' default is SHA-1 (xmlenc-core1 5.5.2).
_DIGESTS: Mapping[str, type[hashes.HashAlgorithm]] = {
    SHA1: hashes.SHA1,
    SHA256: hashes.SHA256,
    _MORE + "sha384": hashes.SHA384,
    XENC + "sha512": hashes.SHA512,
}
_MASKS: Mapping[str, type[hashes.HashAlgorithm]] = {
    XENC11 + "mgf1sha1": hashes.SHA1,
    MGF1_SHA256: hashes.SHA256,
    XENC11 + "mgf1sha384": hashes.SHA384,
    XENC11 + "mgf1sha512": hashes.SHA512,
}


class UnknownAlgorithm(Exception):
    """An algorithm that is not on the list. What it is stands in the message for all to see."""


@dataclass(frozen=True, slots=True)
class KeyTransport:
    """How a content key is wrapped: the method, its digest, and its mask where the method leaves that open."""

    method: str
    digest: str = SHA1
    mask: str | None = None

    def padding(self) -> padding.OAEP:
        """Raises UnknownAlgorithm."""
        if self.method == OAEP_MGF1P and self.mask is None:
            mask = XENC11 + "mgf1sha1"
        elif self.method == OAEP:
            mask = XENC11 + "mgf1sha1" if self.mask is None else self.mask
        else:
            raise UnknownAlgorithm
        if self.digest not in _DIGESTS or mask not in _MASKS:
            raise UnknownAlgorithm
        return padding.OAEP(padding.MGF1(_MASKS[mask]()), _DIGESTS[self.digest](), None)


def encrypted_with(algorithm: str, key: bytes, nonce: bytes, plain: bytes) -> bytes:
    """The octets of a CipherValue: nonce, ciphertext, and for GCM its tag (xmlenc-core1 5.2).

    `nonce` has 16 bytes, of which GCM takes 12.
    """
    if algorithm in GCM:
        return nonce[:_NONCE] + AESGCM(key).encrypt(nonce[:_NONCE], plain, None)
    short = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(nonce)).encryptor()
    return nonce + encryptor.update(plain + bytes(short - 1) + bytes([short])) + encryptor.finalize()


def decrypted_with(algorithm: str, key: bytes, cipher: bytes) -> bytes | None:
    """What a CipherValue hides; None when it is not for this key, or was changed, as far as the algorithm can tell."""
    if algorithm in GCM:
        try:
            return AESGCM(key).decrypt(cipher[:_NONCE], cipher[_NONCE:], None)
        except (InvalidTag, ValueError):
            return None
    if len(cipher) < 2 * _BLOCK or len(cipher) % _BLOCK:
        return None
    decryptor = Cipher(algorithms.AES(key), modes.CBC(cipher[:_BLOCK])).decryptor()
    padded = decryptor.update(cipher[_BLOCK:]) + decryptor.finalize()
    return padded[: -padded[-1]] if 1 <= padded[-1] <= _BLOCK else None
